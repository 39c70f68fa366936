//! Sends requests: limits, authorization, one token, bounded bodies, no redirects.

use std::error::Error;
use std::io;
use std::sync::Arc;

use governor::DefaultDirectRateLimiter;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::answer::{Answer, retry_after};
use super::hidden::Hidden;
use super::request::{Call, Read, Write, WriteMethod, token as token_call};
use super::retry::{Repeat, retried};
use super::token::{Token, TokenCell, renew_at};
use super::traffic::{Host, Traffic, paced};
use super::{BridgeError, Cause, Settings, http, wire};

/// A client of one service. It can send anything; only [`super::Reader`], [`super::GridWriter`]
/// and [`super::SyncStarter`] decide what.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    settings: Settings,
    hidden: Arc<Hidden>,
    token: TokenCell,
    headers: HeaderMap,
    pace: Option<DefaultDirectRateLimiter>,
    host: Arc<Host>,
}

impl Client {
    /// A client that has not connected yet and shares nothing.
    ///
    /// # Errors
    /// The URL is neither HTTPS nor loopback, or the certificate or a header cannot be used.
    pub fn new(settings: Settings) -> Result<Self, BridgeError> {
        Self::sharing(settings, &Traffic::default())
    }

    /// A client that has not connected yet and shares connections and limits with others.
    ///
    /// # Errors
    /// As for [`Client::new`].
    pub fn sharing(settings: Settings, traffic: &Traffic) -> Result<Self, BridgeError> {
        let unusable =
            |problem| error(&settings, "open the connection".to_owned(), Cause::Settings(problem));
        let http = traffic.client(&settings).map_err(unusable)?;
        let headers = http::headers(&settings.headers).map_err(unusable)?;
        let pace = settings.requests_per_second.and_then(paced);
        let host = traffic.host(&settings);
        let hidden = Arc::new(Hidden::of(&settings));
        Ok(Self { http, settings, hidden, token: TokenCell::default(), headers, pace, host })
    }

    /// The most calls that may run at the same time.
    pub fn concurrency(&self) -> usize {
        self.settings.concurrency.max(1)
    }

    /// Sends a read and decodes its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, read: Read<T>) -> Result<T, BridgeError> {
        let call = &read.call;
        let url = self.url(call)?;
        let request = || self.http.get(url.clone());
        let answer = self.authorized(call, &[], Repeat::Harmless, request).await?;
        answer.decode().map_err(|cause| self.error(call, cause))
    }

    /// Sends a write; the `expected` statuses are answers too, not failures.
    pub(super) async fn write(
        &self,
        write: &Write,
        expected: &[u16],
    ) -> Result<Answer, BridgeError> {
        let Write { call, method, body, idempotency_key } = write;
        let repeat = if idempotency_key.is_some() { Repeat::Harmless } else { Repeat::Never };
        let url = self.url(call)?;
        let request = || {
            let request = match method {
                WriteMethod::Patch => self.http.patch(url.clone()),
                WriteMethod::Post => self.http.post(url.clone()),
            };
            let request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
            match idempotency_key {
                Some(key) => request.header("Idempotency-Key", key),
                None => request,
            }
        };
        self.authorized(call, expected, repeat, request).await
    }

    /// The decoded answer to a write.
    pub(super) fn decode<T: DeserializeOwned>(
        &self,
        write: &Write,
        answer: &Answer,
    ) -> Result<T, BridgeError> {
        answer.decode().map_err(|cause| self.error(&write.call, cause))
    }

    /// An error about an answer that decoded but cannot be right.
    pub(super) fn shape(&self, attempted: String, status: u16, problem: &str) -> BridgeError {
        let problem = self.shown(problem);
        error(&self.settings, attempted, Cause::Shape { status, problem })
    }

    /// Foreign text as a message may repeat it.
    pub(super) fn shown(&self, text: &str) -> String {
        self.hidden.shown(text)
    }

    /// Sends with a token, again while the service is busy; a 401 gets one new token and one more
    /// try. Token calls and tries share one deadline.
    async fn authorized(
        &self,
        call: &Call,
        expected: &[u16],
        repeat: Repeat,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, BridgeError> {
        let begun = Instant::now();
        let (mut refused, mut unanswered) = (None, false);
        loop {
            let token = self.token.get(refused, |issue| self.fetch_token(issue, begun)).await;
            let token = token.map_err(|error| error.after(unanswered))?;
            let answer = retried(self.settings.limits, begun, repeat, || async {
                let sent = request().bearer_auth(token.secret.expose_secret());
                let answer = self.send(call, sent).await?;
                answer.accept(expected).map_err(|cause| self.error(call, cause))
            });
            match answer.await.map_err(|error| error.after(unanswered)) {
                Err(error)
                    if refused.is_none() && matches!(*error.cause, Cause::Unauthorized(_)) =>
                {
                    unanswered = error.unanswered;
                    refused = Some(token.issue);
                }
                result => return result,
            }
        }
    }

    /// One token call, tried again while the service is busy.
    async fn fetch_token(&self, issue: u64, begun: Instant) -> Result<Token, BridgeError> {
        let call = token_call();
        let mut form = vec![("grant_type", "client_credentials")];
        if let Some(scope) = &self.settings.scope {
            form.push(("scope", scope));
        }
        let answer = retried(self.settings.limits, begun, Repeat::Harmless, || async {
            let request = self
                .http
                .post(self.url(&call)?)
                .basic_auth(
                    self.settings.client_id.expose_secret(),
                    Some(self.settings.client_secret.expose_secret()),
                )
                .form(&form);
            let answer = self.send(&call, request).await?;
            answer.accept_token().map_err(|cause| self.error(&call, cause))
        })
        .await?;
        // The parser's words may repeat a piece of the body, and the body is the token.
        let wrong = |problem: &str| {
            let cause = Cause::Shape { status: answer.status, problem: problem.to_owned() };
            self.error(&call, cause)
        };
        let token: wire::Token = serde_json::from_slice(&answer.body)
            .map_err(|_| wrong("it is no JSON object with access_token and token_type"))?;
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            return Err(wrong("the token is not a Bearer token"));
        }
        if HeaderValue::from_str(&token.access_token).is_err() || token.access_token.is_empty() {
            return Err(wrong("the token cannot be sent in a header"));
        }
        let renew_at = renew_at(Instant::now(), token.expires_in);
        let secret = SecretString::from(token.access_token);
        self.hidden.add(&secret);
        Ok(Token { secret, issue, renew_at })
    }

    /// Sends once and reads the whole body within the limits.
    async fn send(&self, call: &Call, request: RequestBuilder) -> Result<Answer, BridgeError> {
        if let Some(pace) = &self.pace {
            pace.until_ready().await;
        }
        // Last: whoever waits for its own pace takes no call of the host from others.
        let _call = self.host.enter().await;
        let sent = async {
            let response = request.headers(self.headers.clone()).send().await?;
            self.receive(response).await
        };
        let answer = match sent.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return Err(self.error(call, cause)),
            Err(problem) => return Err(self.error(call, self.transport(problem))),
        };
        tracing::debug!(attempted = call.attempted, status = answer.status, "answered");
        Ok(answer)
    }

    async fn receive(
        &self,
        mut response: Response,
    ) -> Result<Result<Answer, Cause>, reqwest::Error> {
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, now()));
        let limit = self.settings.limits.body;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Ok(Err(Cause::TooLarge(limit)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Ok(Answer { status, retry_after, body, hidden: Arc::clone(&self.hidden) }))
    }

    /// The connection's words for a transport failure, without the URL: its query may be secret.
    fn transport(&self, problem: reqwest::Error) -> Cause {
        if problem.is_timeout() && !problem.is_connect() {
            return Cause::TimedOut(self.settings.limits.answer);
        }
        let connecting = problem.is_connect();
        let problem = problem.without_url();
        // The outer errors only say that there was a request; the last one says what happened.
        let mut words = problem.to_string();
        let mut source = problem.source();
        let (mut tls, mut of_certificate) = (false, false);
        while let Some(inner) = source {
            words = inner.to_string();
            tls |= is_tls(inner);
            of_certificate |= is_of_certificate(inner);
            source = inner.source();
        }
        let words = self.hidden.shown(&words);
        // A service refuses our certificate only after the connection seems to stand.
        if of_certificate || connecting && tls {
            return Cause::Tls(words);
        }
        let what = if connecting { "no connection" } else { "the connection broke" };
        Cause::Transport(format!("{what}: {words}"))
    }

    fn url(&self, call: &Call) -> Result<Url, BridgeError> {
        let mut url = call
            .url(&self.settings.url, &self.settings.paths)
            .map_err(|problem| self.error(call, Cause::Settings(problem)))?;
        for (name, value) in &self.settings.query {
            url.query_pairs_mut().append_pair(name, value.expose_secret());
        }
        Ok(url)
    }

    fn error(&self, call: &Call, cause: Cause) -> BridgeError {
        error(&self.settings, call.attempted.clone(), cause)
    }
}

/// Whether TLS ended because of a certificate: the service's here, or ours there.
fn is_of_certificate(error: &(dyn Error + 'static)) -> bool {
    use rustls::AlertDescription as Alert;
    // The system's error hides the one inside it from the chain of sources.
    if let Some(inside) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return is_of_certificate(inside);
    }
    match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(_)) => true,
        Some(rustls::Error::AlertReceived(alert)) => [
            Alert::NoCertificate,
            Alert::BadCertificate,
            Alert::UnsupportedCertificate,
            Alert::CertificateRevoked,
            Alert::CertificateExpired,
            Alert::CertificateUnknown,
            Alert::UnknownCA,
            Alert::AccessDenied,
            Alert::DecryptError,
            Alert::CertificateRequired,
        ]
        .contains(alert),
        Some(_) | None => false,
    }
}

fn error(settings: &Settings, attempted: String, cause: Cause) -> BridgeError {
    let host = settings.url.host_str().unwrap_or_default();
    let host = match settings.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    BridgeError {
        service: settings.service,
        host,
        attempted,
        cause: Box::new(cause),
        unanswered: false,
    }
}

/// Whether the error is TLS's own, inside however many I/O errors.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let kept = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || kept.is_some_and(|kept| is_tls(kept))
}

#[expect(clippy::disallowed_methods, reason = "an HTTP date is judged against the wall clock")]
fn now() -> Timestamp {
    Timestamp::now()
}
