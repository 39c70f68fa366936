//! From an HTTP answer to a value or to the reason why it is none. No sockets here.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::de::DeserializeOwned;

use super::error::{Body, Cause};
use super::mask::Mask;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
    /// What no message about it may repeat.
    pub(super) mask: Arc<Mask>,
}

impl Answer {
    /// The answer if it is a success or one of the `expected` refusals, else the reason.
    pub(super) fn accept(self, expected: &[u16]) -> Result<Self, Cause> {
        let Self { status, retry_after, body: _, mask: _ } = self;
        match status {
            200..=299 => Ok(self),
            _ if expected.contains(&status) => Ok(self),
            300..=399 => Err(Cause::Redirect(status)),
            401 => Err(Cause::Unauthorized(self.refusal())),
            403 => Err(Cause::Forbidden(self.refusal())),
            404 => Err(Cause::NotFound(self.refusal())),
            _ => Err(Cause::Status { status, retry_after, body: self.refusal() }),
        }
    }

    fn refusal(&self) -> Body {
        Body::read(&self.mask, &self.body)
    }

    /// The body as the contract's JSON.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                let problem = self.mask.hide(&error.to_string());
                Cause::Shape { status: self.status, problem }
            }
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Cause::NotJson {
                status: self.status,
                problem: error.to_string(),
                body: Body::opaque(&self.mask, &self.body),
            },
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

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.as_bytes().to_vec(), mask: Arc::default() }
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

    #[test]
    fn a_refusal_is_read_or_kept_as_opaque_text() {
        let cause =
            answer(500, r#"{"error":"broken","message":"disk full"}"#).accept(&[]).unwrap_err();
        assert_eq!(cause.to_string(), "500: broken: disk full");
        let cause = answer(500, "<html>  oops\n</html>").accept(&[]).unwrap_err();
        assert_eq!(cause.to_string(), "500: “<html> oops </html>”");
        assert!(answer(409, "{}").accept(&[409]).is_ok());
        assert!(matches!(answer(302, "").accept(&[409]), Err(Cause::Redirect(302))));
    }

    #[test]
    fn html_and_cut_json_are_not_json_and_a_missing_field_is_a_shape() {
        let decode = |text| answer(200, text).decode::<Vec<u32>>().unwrap_err();
        assert!(matches!(decode("<html>"), Cause::NotJson { .. }));
        assert!(matches!(decode("[1, 2"), Cause::NotJson { .. }));
        assert!(matches!(decode("{}"), Cause::Shape { .. }));
    }
}
