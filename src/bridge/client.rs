//! Sends requests: limits, authorization, one token, bounded bodies, no redirects.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, RequestBuilder, Response, Url, redirect, retry as protocol_retry};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::answer::{Answer, retry_after};
use super::mask::Mask;
use super::request::{Call, Read, Write, WriteMethod, token as token_call};
use super::retry::{Repeat, retried};
use super::token::{Token, TokenCell, renew_at};
use super::{BridgeError, Cause, Settings, wire};

/// A client of one service. It can send anything; only [`super::Reader`], [`super::GridWriter`]
/// and [`super::SyncStarter`] decide what.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    settings: Settings,
    token: TokenCell,
    pace: Option<DefaultDirectRateLimiter>,
    mask: Arc<Mask>,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// The URL is neither HTTPS nor loopback, or the certificate or a header cannot be used.
    pub fn new(settings: Settings) -> Result<Self, BridgeError> {
        let http = http(&settings).map_err(|problem| {
            error(&settings, "open the connection".to_owned(), Cause::Settings(problem))
        })?;
        let pace = settings
            .requests_per_second
            .and_then(NonZeroU32::new)
            .map(|rate| RateLimiter::direct(Quota::per_second(rate).allow_burst(NonZeroU32::MIN)));
        let mask = Arc::new(Mask::of(&settings));
        Ok(Self { http, settings, token: TokenCell::default(), pace, mask })
    }

    /// The most calls that may run at the same time.
    pub fn concurrency(&self) -> usize {
        self.settings.concurrency
    }

    /// Sends a read and decodes its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, read: Read<T>) -> Result<T, BridgeError> {
        let call = &read.call;
        let answer = retried(self.settings.limits, Repeat::Harmless, || async {
            let url = self.url(call)?;
            self.authorized(call, &[], |http| http.get(url.clone())).await
        })
        .await?;
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
        // A refusal says nothing of the attempts before it: one of them may have been carried out.
        let lost = AtomicBool::new(false);
        let attempt = || async {
            let url = self.url(call)?;
            let sent = self.authorized(call, expected, |http| {
                let request = match method {
                    WriteMethod::Patch => http.patch(url.clone()),
                    WriteMethod::Post => http.post(url.clone()),
                };
                let request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
                match idempotency_key {
                    Some(key) => request.header("Idempotency-Key", key),
                    None => request,
                }
            });
            sent.await.map_err(|error| {
                let lost_before = lost.load(Ordering::Relaxed);
                lost.fetch_or(!error.changed_nothing(), Ordering::Relaxed);
                BridgeError { lost_before, ..error }
            })
        };
        retried(self.settings.limits, repeat, attempt).await
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
    pub(super) fn shape(&self, attempted: String, problem: &str) -> BridgeError {
        let problem = self.mask.hide(problem);
        error(&self.settings, attempted, Cause::Shape { status: 200, problem })
    }

    /// Sends with a token; a 401 gets one new token and one more try.
    async fn authorized(
        &self,
        call: &Call,
        expected: &[u16],
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answer, BridgeError> {
        let mut refused = None;
        loop {
            let token = self.token.get(refused, |issue| self.fetch_token(issue)).await?;
            let sent = request(&self.http).bearer_auth(token.secret.expose_secret());
            match self.send(call, sent, &token.mask).await?.accept(expected) {
                Err(Cause::Unauthorized(_)) if refused.is_none() => refused = Some(token.issue),
                result => return result.map_err(|cause| self.error(call, cause)),
            }
        }
    }

    /// One token call, tried again while the service is busy.
    async fn fetch_token(&self, issue: u64) -> Result<Token, BridgeError> {
        let call = token_call();
        let mut form = vec![("grant_type", "client_credentials")];
        if let Some(scope) = &self.settings.scope {
            form.push(("scope", scope));
        }
        let answer = retried(self.settings.limits, Repeat::Harmless, || async {
            let request = self
                .http
                .post(self.url(&call)?)
                .basic_auth(
                    self.settings.client_id.expose_secret(),
                    Some(self.settings.client_secret.expose_secret()),
                )
                .form(&form);
            let answer = self.send(&call, request, &self.mask).await?;
            answer.accept(&[]).map_err(|cause| self.error(&call, cause.unquoted()))
        })
        .await?;
        // The parser's words may repeat a piece of the body, and the body is the token.
        let wrong = |problem: &str| {
            let cause = Cause::Shape { status: answer.status, problem: problem.to_owned() };
            self.error(&call, cause)
        };
        let token: wire::Token = serde_json::from_slice(&answer.body)
            .map_err(|_| wrong("no access_token and token_type in it"))?;
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            return Err(wrong("the token is not a Bearer token"));
        }
        if HeaderValue::from_str(&token.access_token).is_err() || token.access_token.is_empty() {
            return Err(wrong("the token cannot be sent in a header"));
        }
        let renew_at = renew_at(Instant::now(), token.expires_in);
        let secret = SecretString::from(token.access_token);
        let mask = Arc::new(self.mask.with(&secret));
        Ok(Token { secret, issue, renew_at, mask })
    }

    /// Sends once and reads the whole body within the limits.
    async fn send(
        &self,
        call: &Call,
        request: RequestBuilder,
        mask: &Arc<Mask>,
    ) -> Result<Answer, BridgeError> {
        if let Some(pace) = &self.pace {
            pace.until_ready().await;
        }
        let sent = async {
            let response = request.send().await?;
            self.receive(response, mask).await
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
        mask: &Arc<Mask>,
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
        Ok(Ok(Answer { status, retry_after, body, mask: Arc::clone(mask) }))
    }

    /// The connection's words for a transport failure, without the URL: its query may be secret.
    fn transport(&self, problem: reqwest::Error) -> Cause {
        if problem.is_timeout() && !problem.is_connect() {
            return Cause::TimedOut(self.settings.limits.answer);
        }
        let connecting = problem.is_connect();
        let problem = problem.without_url();
        let mut words = problem.to_string();
        let mut source = std::error::Error::source(&problem);
        while let Some(inner) = source {
            let inner_words = inner.to_string();
            if !words.contains(&inner_words) {
                words = format!("{words}: {inner_words}");
            }
            source = inner.source();
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
        lost_before: false,
        exhausted: false,
    }
}

#[expect(clippy::disallowed_methods, reason = "an HTTP date is judged against the wall clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The HTTP client that the contract asks for.
fn http(settings: &Settings) -> Result<reqwest::Client, String> {
    let loopback = is_loopback(&settings.url);
    match settings.url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err("the url must be https, or http to a loopback address".to_owned()),
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("accuroform/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(&settings.headers)?)
        .redirect(redirect::Policy::none())
        .retry(protocol_retry::never())
        .referer(false)
        .https_only(!loopback)
        .connect_timeout(settings.limits.connect)
        .timeout(settings.limits.answer)
        .pool_idle_timeout(Duration::from_secs(30));
    if loopback {
        // A proxy of the environment must not see calls to this machine.
        builder = builder.no_proxy();
    }
    if let Some(pem) = &settings.ca {
        let unusable = |error: reqwest::Error| format!("the ca_file cannot be used: {error}");
        let certificates = Certificate::from_pem_bundle(pem).map_err(unusable)?;
        if certificates.is_empty() {
            return Err("the ca_file holds no PEM certificate".to_owned());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| error.without_url().to_string())
}

/// Whether the URL names this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

fn headers(extra: &[(String, SecretString)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in extra {
        let unusable =
            || format!("the header `{name}` cannot be sent: check its name and its value");
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}
