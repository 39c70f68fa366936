//! One token for a connection: renewed before it expires, and once when a call answers 401.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::BridgeError;
use super::mask::Mask;

/// A token with the number of its issue, by which a caller says which one was refused.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    pub(super) issue: u64,
    pub(super) renew_at: Instant,
    /// Hides this token with the other secrets of the connection.
    pub(super) mask: Arc<Mask>,
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

/// The one token of a connection. Callers that need a new one at the same time wait for one call.
#[derive(Debug, Default)]
pub(super) struct TokenCell(Mutex<Option<Token>>);

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
        let mut held = self.0.lock().await;
        if let Some(token) = held.as_ref()
            && refused != Some(token.issue)
            && Instant::now() < token.renew_at
        {
            return Ok(token.clone());
        }
        let issue = held.as_ref().map_or(1, |token| token.issue + 1);
        let token = fetch(issue).await?;
        *held = Some(token.clone());
        Ok(token)
    }
}
