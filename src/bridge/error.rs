//! What can go wrong in a call, in words that name the attempt, the answer and the next step.

use std::time::Duration;

use thiserror::Error;

use super::Service;
use super::hidden::Hidden;

/// A call that did not succeed.
#[derive(Debug, Clone, Error)]
#[error("cannot {attempted} ({service} at {host}): {cause}")]
pub struct BridgeError {
    /// Which service was asked.
    pub service: Service,
    /// Host and port, without path and query.
    pub host: String,
    /// What was attempted, on what: `read the grid of user 77, page 3`.
    pub attempted: String,
    /// What came back.
    pub cause: Box<Cause>,
    /// Whether an earlier try of the same call got no answer, so that it may have been carried out.
    pub(super) unanswered: bool,
}

/// Why a call did not succeed.
#[derive(Debug, Clone, Error)]
pub enum Cause {
    /// No connection, or it broke.
    #[error("{0}")]
    Transport(String),
    /// No encrypted connection: the certificate is not believed, or the port does not speak TLS.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("no full answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// 401, after one new token.
    #[error("401: the token is unknown or expired, or the account lacks permission{0}")]
    Unauthorized(Body),
    /// The token call refuses whoever asks.
    #[error("{status}: the client id, the client secret or the scope is refused{body}")]
    Credentials {
        /// The HTTP status.
        status: u16,
        /// The code of the refusal.
        body: Body,
    },
    /// 403.
    #[error("403: the account lacks permission{0}")]
    Forbidden(Body),
    /// 404.
    #[error("404: not found{0}")]
    NotFound(Body),
    /// 3xx, which is never followed.
    #[error("{0}: answered with a redirect, which is never followed")]
    Redirect(u16),
    /// Any other status that is not a success.
    #[error("{status}{body}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` of the answer.
        retry_after: Option<Duration>,
        /// What the body said.
        body: Body,
    },
    /// A body over the limit.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// A success whose body is not JSON, or is cut off.
    #[error("{status}, but the body is not JSON: {problem}{body}")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// What the parser said.
        problem: String,
        /// What the body began with.
        body: Body,
    },
    /// JSON that is not what the contract says.
    #[error("{status}, but the answer is not what the contract says: {problem}")]
    Shape {
        /// The HTTP status.
        status: u16,
        /// What does not fit.
        problem: String,
    },
    /// The request could not be made from the settings.
    #[error("{0}")]
    Settings(String),
}

/// The text of an answer that was not expected, cut; it is printed escaped.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// `error` of a JSON error body.
    pub code: Option<String>,
    /// `message` of a JSON error body, or the beginning of any other text.
    pub text: String,
}

/// An error body of the contract.
#[derive(serde::Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default)]
    message: Option<String>,
}

impl Body {
    /// Reads an error body: the contract's JSON, or else opaque text.
    pub(super) fn read(bytes: &[u8], hidden: &Hidden) -> Self {
        match serde_json::from_slice::<ErrorBody>(bytes) {
            Ok(body) => Self {
                code: Some(hidden.shown(&body.error)),
                text: body.message.map(|text| hidden.shown(&text)).unwrap_or_default(),
            },
            Err(_) => Self::opaque(bytes, hidden),
        }
    }

    /// The bytes at the front of `bytes` as opaque text.
    pub(super) fn opaque(bytes: &[u8], hidden: &Hidden) -> Self {
        Self { code: None, text: hidden.shown(&String::from_utf8_lossy(bytes)) }
    }

    /// The code alone, and only if it is one word: the rest of a token call's answer may hold what
    /// must not be shown.
    pub(super) fn code_only(bytes: &[u8], hidden: &Hidden) -> Self {
        let word = |text: &String| {
            let fits = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-');
            (1..=40).contains(&text.len()) && text.bytes().all(fits)
        };
        let body = serde_json::from_slice::<ErrorBody>(bytes).ok();
        let code = body.map(|body| body.error).filter(word).map(|code| hidden.shown(&code));
        Self { code, text: String::new() }
    }
}

impl std::fmt::Display for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.code, self.text.as_str()) {
            (Some(code), "") => write!(f, ": {code}"),
            (Some(code), text) => write!(f, ": {code}: {text}"),
            (None, "") => Ok(()),
            (None, text) => write!(f, ": “{text}”"),
        }
    }
}

impl BridgeError {
    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match *self.cause {
            Cause::Transport(_) | Cause::Tls(_) => "C001",
            Cause::TimedOut(_) => "C002",
            Cause::Unauthorized(_) | Cause::Credentials { .. } => "C003",
            Cause::Forbidden(_) => "C004",
            Cause::NotFound(_) => "C005",
            Cause::Redirect(_) => "C006",
            Cause::Status { .. } => "C007",
            Cause::TooLarge(_) => "C008",
            Cause::NotJson { .. } => "C009",
            Cause::Shape { .. } => "C010",
            Cause::Settings(_) => "C011",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        let service = self.service;
        match &*self.cause {
            Cause::Transport(_) => format!(
                "check that the {service} bridge is running, that `url` is right and speaks the scheme written there"
            ),
            Cause::Tls(_) => format!(
                "check that `url` of the {service} connection names a port that speaks TLS, that its certificate is for this host and from an authority that this computer or `ca_file` knows, and that it accepts `client_certificate`"
            ),
            Cause::TimedOut(_) => {
                format!("check the {service} bridge's health, then run the command again")
            }
            Cause::Unauthorized(_) => format!(
                "check client_id, client_secret and scope of the {service} connection, and ask the vendor whether the account may make this call"
            ),
            Cause::Credentials { .. } => {
                format!("check client_id, client_secret and scope of the {service} connection")
            }
            Cause::Forbidden(_) => match self.service {
                Service::Accuro => {
                    "give the bridge account the permission to make this call".to_owned()
                }
                Service::Ocean => "the account must be Site Admin of the Ocean site".to_owned(),
            },
            Cause::NotFound(_) => match self.service {
                Service::Accuro => "check `url` and `paths` of the Accuro connection".to_owned(),
                Service::Ocean => {
                    "check `ocean.site`, and `url` and `paths` of the Ocean connection".to_owned()
                }
            },
            Cause::Redirect(_) => {
                "write the final address as `url`; a token is never sent to a second host"
                    .to_owned()
            }
            Cause::Status { status: 429 | 503, retry_after: Some(wait), .. } if !wait.is_zero() => {
                format!(
                    "the service asks to wait {} s; run the command again after that",
                    wait.as_secs()
                )
            }
            Cause::Status { status: 429 | 503, .. } => {
                "the service is busy; run the command again later, or lower requests_per_second"
                    .to_owned()
            }
            Cause::Status { .. } => {
                format!("look into the {service} bridge's log, then run the command again")
            }
            Cause::TooLarge(_) | Cause::NotJson { .. } | Cause::Shape { .. } => {
                format!("check that `url` is the {service} bridge and not a page in front of it")
            }
            Cause::Settings(_) => format!("mend the {service} connection in the manifest"),
        }
    }

    /// Whether the same call may be sent again when sending twice is harmless.
    pub(super) fn is_passing(&self) -> bool {
        match *self.cause {
            Cause::Transport(_) | Cause::TimedOut(_) => true,
            Cause::Status { status, .. } => matches!(status, 429 | 502..=504),
            Cause::Tls(_)
            | Cause::Unauthorized(_)
            | Cause::Credentials { .. }
            | Cause::Forbidden(_)
            | Cause::NotFound(_)
            | Cause::Redirect(_)
            | Cause::TooLarge(_)
            | Cause::NotJson { .. }
            | Cause::Shape { .. }
            | Cause::Settings(_) => false,
        }
    }

    /// Whether the call certainly changed nothing: the server refused it before looking at it, and
    /// answered every try.
    pub fn changed_nothing(&self) -> bool {
        if self.unanswered {
            return false;
        }
        match *self.cause {
            Cause::Tls(_)
            | Cause::Unauthorized(_)
            | Cause::Credentials { .. }
            | Cause::Forbidden(_)
            | Cause::NotFound(_)
            | Cause::Redirect(_)
            | Cause::Settings(_) => true,
            Cause::Status { status, .. } => matches!(status, 400..=499),
            Cause::Transport(_)
            | Cause::TimedOut(_)
            | Cause::TooLarge(_)
            | Cause::NotJson { .. }
            | Cause::Shape { .. } => false,
        }
    }

    /// The error with what is known of the tries before it.
    pub(super) fn after(mut self, unanswered: bool) -> Self {
        self.unanswered |= unanswered;
        self
    }

    /// Whether the server turned the call away before it looked at it: it may be sent again even
    /// where sending twice is not harmless.
    pub(super) fn is_busy(&self) -> bool {
        matches!(*self.cause, Cause::Status { status: 429, .. })
    }

    /// How long the server asked to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if let Cause::Status { retry_after, .. } = *self.cause { retry_after } else { None }
    }
}
