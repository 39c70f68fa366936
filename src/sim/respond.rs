//! Answers as HTTP responses: the ones that were meant, and the ones that faults make of them.
#![expect(clippy::disallowed_methods, reason = "a slow body and a date of now need the clock")]

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};

use super::faults::RetryAfter;
use super::handle::{Answer, refuse};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// As a proxy in front of a server that is down would say it, but with 200.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Your \
                    session has ended</h1></body></html>\n";
const CHUNK: usize = 64 << 10;
/// Lets what was written so far reach the client before the connection ends.
const BEFORE_THE_END: Duration = Duration::from_millis(20);

/// The answer as it is meant.
pub(super) fn whole(answer: Answer) -> Response<Body> {
    let Answer { status, headers, body } = answer;
    with(status, headers, Body::from(body))
}

/// The answer with half of its JSON, correctly framed.
pub(super) fn cut_json(answer: Answer) -> Response<Body> {
    let Answer { status, headers, body } = answer;
    let half = first_half(&body);
    with(status, headers, Body::from(half))
}

/// The answer with half of its body, and then the end of the connection.
pub(super) fn truncated(answer: Answer) -> Response<Body> {
    let Answer { status, headers, body } = answer;
    let half = first_half(&body);
    let parts = stream::unfold(Some(half), |half| async {
        let Some(half) = half else {
            tokio::time::sleep(BEFORE_THE_END).await;
            return Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None));
        };
        Some((Ok(half), None))
    });
    let mut response = with(status, headers, Body::from_stream(parts));
    response.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
    response
}

/// The answer, one byte a second.
pub(super) fn slow(answer: Answer) -> Response<Body> {
    let Answer { status, headers, body } = answer;
    let length = body.len();
    let bytes =
        stream::unfold((Bytes::from(body), Duration::ZERO), |(mut left, wait)| async move {
            if left.is_empty() {
                return None;
            }
            tokio::time::sleep(wait).await;
            let byte = left.split_to(1);
            Some((Ok::<_, Infallible>(byte), (left, Duration::from_secs(1))))
        });
    let mut response = with(status, headers, Body::from_stream(bytes));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

/// So many bytes of white space, without saying beforehand how many.
pub(super) fn huge(bytes: u64) -> Response<Body> {
    let chunk = Bytes::from(vec![b' '; CHUNK]);
    let chunks = stream::unfold(bytes, move |left| {
        let now = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let part = chunk.slice(..now);
        async move {
            // Else a client that reads as fast as this writes would have the thread to itself.
            tokio::task::yield_now().await;
            let sent = u64::try_from(now).unwrap_or(left);
            (now > 0).then(|| (Ok::<_, Infallible>(part), left.saturating_sub(sent)))
        }
    });
    with(200, Vec::new(), Body::from_stream(chunks))
}

/// A page for people.
pub(super) fn not_json() -> Response<Body> {
    let mut response = with(200, Vec::new(), Body::from(PAGE));
    response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    response
}

/// Somewhere else, with the same method and body.
pub(super) fn redirect(location: &str) -> Response<Body> {
    let mut response = with(307, Vec::new(), Body::empty());
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A status with the text of the script, or with the contract's error body.
pub(super) fn status(
    status: u16,
    retry_after: Option<RetryAfter>,
    text: Option<String>,
) -> Response<Body> {
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let mut response = match text {
        None => whole(refuse(status, "fault", "the fault script answers this call")),
        Some(text) => {
            let label = if is_json(&text) { JSON } else { TEXT };
            let mut response = with(status, Vec::new(), Body::from(text));
            response.headers_mut().insert(header::CONTENT_TYPE, label);
            response
        }
    };
    if let Some(value) = retry_after.and_then(retry_value) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// What goes out on a connection that was cut: nothing of it.
pub(super) fn nothing() -> Response<Body> {
    Response::new(Body::empty())
}

fn retry_value(retry_after: RetryAfter) -> Option<HeaderValue> {
    let text = match retry_after {
        RetryAfter::Text(text) => text,
        RetryAfter::InSeconds(seconds) => {
            let at =
                Timestamp::now().checked_add(SignedDuration::from_secs(seconds.into())).ok()?;
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()?
        }
    };
    HeaderValue::from_str(&text).ok()
}

/// At a boundary of characters, so that what is wrong is the JSON and nothing else.
fn first_half(body: &str) -> Bytes {
    let half = body.len() / 2;
    let end = (0..=half).rev().find(|end| body.is_char_boundary(*end)).unwrap_or(0);
    Bytes::copy_from_slice(body.get(..end).unwrap_or_default().as_bytes())
}

fn with(status: u16, headers: Vec<(&'static str, &'static str)>, body: Body) -> Response<Body> {
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, JSON);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap_or_else(|_| {
        // Only a status outside 100 to 999 gets here.
        let mut response = nothing();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
