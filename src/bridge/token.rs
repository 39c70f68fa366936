//! One token for a connection: renewed before it expires, and once when a call answers 401.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::BridgeError;

/// A token with the number of its issue, by which a caller says which one was refused.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    pub(super) issue: u64,
    pub(super) renew_at: Instant,
}

/// How long a token is used whose answer names no lifetime.
const UNKNOWN_LIFETIME: Duration = Duration::from_mins(5);

/// When a token that lives `expires_in` from `now` is replaced: a minute early, or a tenth of a
/// short life.
pub(super) fn renew_at(now: Instant, expires_in: Option<u64>) -> Instant {
    let lifetime = expires_in
        .map_or(UNKNOWN_LIFETIME, |seconds| Duration::from_secs(seconds.min(24 * 60 * 60)));
    now + lifetime.saturating_sub(Duration::from_mins(1).min(lifetime / 10))
}

/// The one token of a connection. Callers that need a new one at the same time wait for one call and
/// share what comes of it.
#[derive(Debug, Default)]
pub(super) struct TokenCell {
    held: Mutex<Held>,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Held {
    token: Option<Token>,
    /// Why the last call failed.
    failure: Option<BridgeError>,
}

impl TokenCell {
    /// The token, fetched through `fetch` when there is none, it is due, or `refused` is its issue.
    pub(super) async fn get<F>(
        &self,
        refused: Option<u64>,
        fetch: impl FnOnce(u64) -> F,
    ) -> Result<Token, BridgeError>
    where
        F: Future<Output = Result<Token, BridgeError>>,
    {
        let failures = self.failures.load(Ordering::SeqCst);
        let mut held = self.held.lock().await;
        if let Some(token) = &held.token
            && refused != Some(token.issue)
            && Instant::now() < token.renew_at
        {
            return Ok(token.clone());
        }
        if let Some(failure) = &held.failure
            && failures != self.failures.load(Ordering::SeqCst)
        {
            return Err(failure.clone());
        }
        let issue = held.token.as_ref().map_or(1, |token| token.issue + 1);
        match fetch(issue).await {
            Ok(token) => {
                held.token = Some(token.clone());
                Ok(token)
            }
            Err(error) => {
                held.failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join_all;

    use super::*;
    use crate::bridge::{Cause, Service};

    fn token(issue: u64, renew_at: Instant) -> Token {
        Token { secret: SecretString::from(format!("t{issue}")), issue, renew_at }
    }

    fn error() -> BridgeError {
        BridgeError {
            service: Service::Accuro,
            host: "bridge".to_owned(),
            attempted: "get a token".to_owned(),
            cause: Box::new(Cause::Transport("gone".to_owned())),
            unanswered: false,
        }
    }

    #[test]
    fn a_token_is_replaced_before_it_expires() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(renew_at(now, Some(3600)), after(3540));
        assert_eq!(renew_at(now, Some(100)), after(90));
        assert_eq!(renew_at(now, Some(0)), now);
        assert_eq!(renew_at(now, None), after(270));
        assert_eq!(renew_at(now, Some(u64::MAX)), after(24 * 60 * 60 - 60));
    }

    #[tokio::test]
    async fn a_token_that_is_due_or_refused_is_fetched_anew_and_no_other() {
        let cell = TokenCell::default();
        let soon = Instant::now() + Duration::from_hours(1);
        let get = |refused, at| cell.get(refused, move |issue| async move { Ok(token(issue, at)) });
        assert_eq!(get(None, Instant::now()).await.unwrap().issue, 1);
        assert_eq!(get(None, soon).await.unwrap().issue, 2);
        assert_eq!(get(None, soon).await.unwrap().issue, 2);
        assert_eq!(get(Some(1), soon).await.unwrap().issue, 2);
        assert_eq!(get(Some(2), soon).await.unwrap().issue, 3);
    }

    #[tokio::test]
    async fn callers_that_wait_for_the_same_call_share_its_failure() {
        let cell = TokenCell::default();
        let calls = Cell::new(0);
        let get = || {
            cell.get(None, |_| async {
                calls.set(calls.get() + 1);
                tokio::task::yield_now().await;
                Err(error())
            })
        };
        let results = join_all([get(), get(), get()]).await;
        assert!(results.iter().all(Result::is_err));
        assert_eq!(calls.get(), 1);
        // Who comes later asks again.
        assert!(get().await.is_err());
        assert_eq!(calls.get(), 2);
    }
}
