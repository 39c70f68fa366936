//! From an HTTP answer to a value or to the reason why it is none. No sockets here.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::{Body, Cause};
use super::hidden::Hidden;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
    /// What a message about it must not repeat.
    pub(super) hidden: Arc<Hidden>,
}

impl Answer {
    /// The answer if it is a success or one of the `expected` refusals, else the reason.
    pub(super) fn accept(self, expected: &[u16]) -> Result<Self, Cause> {
        let Self { status, retry_after, ref body, ref hidden } = self;
        match status {
            200..=299 => Ok(self),
            _ if expected.contains(&status) => Ok(self),
            300..=399 => Err(Cause::Redirect(status)),
            401 => Err(Cause::Unauthorized(Body::read(body, hidden))),
            403 => Err(Cause::Forbidden(Body::read(body, hidden))),
            404 => Err(Cause::NotFound(Body::read(body, hidden))),
            _ => Err(Cause::Status { status, retry_after, body: Body::read(body, hidden) }),
        }
    }

    /// The answer to a token call if it is a success, else the reason without the body.
    pub(super) fn accept_token(self) -> Result<Self, Cause> {
        let Self { status, retry_after, ref body, ref hidden } = self;
        let code = Body::code_only(body, hidden);
        match status {
            200..=299 => Ok(self),
            300..=399 => Err(Cause::Redirect(status)),
            400 | 401 | 403 => Err(Cause::Credentials { status, body: code }),
            404 => Err(Cause::NotFound(code)),
            _ => Err(Cause::Status { status, retry_after, body: code }),
        }
    }

    /// The body as the contract's JSON.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let problem = self.hidden.shown(&error.to_string());
            // The parser calls some values of a wrong type a fault of the syntax.
            if serde_json::from_slice::<IgnoredAny>(&self.body).is_ok() {
                return Cause::Shape { status: self.status, problem };
            }
            let body = Body::opaque(&self.body, &self.hidden);
            Cause::NotJson { status: self.status, problem, body }
        })
    }
}

/// `Retry-After` as seconds or as an HTTP date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::wire;

    fn answer(status: u16, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        Answer { status, retry_after: None, body, hidden: Arc::default() }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Fri, 20 Nov 2026 14:00:30 GMT", now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(retry_after("Fri, 20 Nov 2026 13:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    fn accept(answer: Answer) -> Result<Answer, Cause> {
        answer.accept(&[409])
    }

    #[test]
    fn a_refused_token_call_shows_one_word_of_the_answer_at_most() {
        let refused = |status, body| answer(status, body).accept_token().unwrap_err().to_string();
        let words = refused(401, r#"{"error":"invalid_client","error_description":"canary"}"#);
        let whose = "the client id, the client secret or the scope is refused";
        assert_eq!(words, format!("401: {whose}: invalid_client"));
        assert_eq!(refused(400, r#"{"error":"bad secret: canary"}"#), format!("400: {whose}"));
        assert_eq!(refused(500, "<html>canary</html>"), "500");
    }

    #[test]
    fn a_refusal_is_read_or_kept_as_opaque_text() {
        let cause = accept(answer(500, r#"{"error":"broken","message":"disk full"}"#)).unwrap_err();
        assert_eq!(cause.to_string(), "500: broken: disk full");
        let cause = accept(answer(500, "<html>  oops\n</html>")).unwrap_err();
        assert_eq!(cause.to_string(), "500: “<html> oops </html>”");
        assert!(accept(answer(409, "{}")).is_ok());
        assert!(matches!(accept(answer(302, "")), Err(Cause::Redirect(302))));
    }

    #[test]
    fn html_and_cut_json_are_not_json_and_a_missing_field_is_a_shape() {
        let decode = |text| answer(200, text).decode::<Vec<u32>>().unwrap_err();
        assert!(matches!(decode("<html>"), Cause::NotJson { .. }));
        assert!(matches!(decode("[1, 2"), Cause::NotJson { .. }));
        assert!(matches!(decode("{}"), Cause::Shape { .. }));
        let level = answer(200, "null").decode::<wire::RunState>().unwrap_err();
        assert!(matches!(level, Cause::Shape { .. }), "{level}");
    }
}
