//! What can go wrong in a call, in words that name the attempt, the answer and the next step.

use std::time::Duration;

use thiserror::Error;

use super::Service;
use super::mask::Mask;

/// A call that did not succeed.
#[derive(Debug, Error)]
#[error("cannot {attempted} ({service} at {host}): {cause}")]
pub struct BridgeError {
    /// Which service was asked.
    pub service: Service,
    /// Host and port, without path and query.
    pub host: String,
    /// What was attempted, on what: `read the grid of user 77, page 3`.
    pub attempted: String,
    /// What came back, at the last attempt.
    pub cause: Box<Cause>,
    /// Whether an earlier attempt of the same call may have been carried out, its answer lost.
    pub lost_before: bool,
    /// Whether it was tried as often as it may be.
    pub exhausted: bool,
}

/// Why a call did not succeed.
#[derive(Debug, Error)]
pub enum Cause {
    /// No connection, or it broke.
    #[error("{0}")]
    Transport(String),
    /// No answer in time.
    #[error("no full answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// 401, after one new token.
    #[error("401: the token is unknown or expired, or the account lacks permission{0}")]
    Unauthorized(Body),
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

impl Cause {
    /// The same without text that follows no contract: an answer to the token call may hold a token.
    #[must_use]
    pub(super) fn unquoted(mut self) -> Self {
        match &mut self {
            Self::Unauthorized(body)
            | Self::Forbidden(body)
            | Self::NotFound(body)
            | Self::Status { body, .. }
            | Self::NotJson { body, .. } => {
                if body.code.is_none() {
                    body.text.clear();
                }
            }
            Self::Transport(_)
            | Self::TimedOut(_)
            | Self::Redirect(_)
            | Self::TooLarge(_)
            | Self::Shape { .. }
            | Self::Settings(_) => {}
        }
        self
    }
}

/// The text of an answer that was not expected, cut; it is printed escaped.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// `error` of a JSON error body.
    pub code: Option<String>,
    /// `message` of a JSON error body, or the beginning of any other text.
    pub text: String,
}

/// The most characters of a foreign body that a message repeats.
const SHOWN: usize = 200;

impl Body {
    /// Reads an error body: the contract's JSON, or else opaque text.
    pub(super) fn read(mask: &Mask, said: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct ErrorBody {
            error: String,
            #[serde(default)]
            message: Option<String>,
        }
        match serde_json::from_slice::<ErrorBody>(said) {
            Ok(body) => Self {
                code: Some(shown(mask, &body.error)),
                text: body.message.map(|text| shown(mask, &text)).unwrap_or_default(),
            },
            Err(_) => Self::opaque(mask, said),
        }
    }

    /// The front of `said` as opaque text.
    pub(super) fn opaque(mask: &Mask, said: &[u8]) -> Self {
        Self { code: None, text: shown(mask, &String::from_utf8_lossy(said)) }
    }
}

/// Hides secrets, folds white space and cuts, in this order: half a secret could not be found.
/// Control characters are escaped where errors are printed.
fn shown(mask: &Mask, text: &str) -> String {
    let hidden = mask.hide(text);
    let folded = hidden.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = folded.chars().take(SHOWN).collect();
    if cut.len() < folded.len() { format!("{cut}…") } else { cut }
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
            Cause::Transport(_) => "C001",
            Cause::TimedOut(_) => "C002",
            Cause::Unauthorized(_) => "C003",
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
            Cause::TimedOut(_) => {
                format!("check the {service} bridge's health, then run the command again")
            }
            Cause::Unauthorized(_) => format!(
                "check client_id, client_secret and scope of the {service} connection, and ask the vendor whether the account may make this call"
            ),
            Cause::Forbidden(_) => match self.service {
                Service::Accuro => {
                    "give the bridge account the permission to make this call".to_owned()
                }
                Service::Ocean => "the account must be Site Admin of the Ocean site".to_owned(),
            },
            Cause::NotFound(_) => format!("check `url` and `paths` of the {service} connection"),
            Cause::Redirect(_) => {
                "write the final address as `url`; a token is never sent to a second host"
                    .to_owned()
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
        !self.exhausted && self.is_of_the_moment()
    }

    fn is_of_the_moment(&self) -> bool {
        match *self.cause {
            Cause::Transport(_) | Cause::TimedOut(_) => true,
            Cause::Status { status, .. } => matches!(status, 429 | 502..=504),
            Cause::Unauthorized(_)
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
    /// did so at every attempt.
    pub fn changed_nothing(&self) -> bool {
        !self.lost_before && self.is_refusal()
    }

    /// Whether the last attempt was refused before the server looked at it.
    fn is_refusal(&self) -> bool {
        match *self.cause {
            Cause::Unauthorized(_)
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

    /// How long the server asked to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if let Cause::Status { retry_after, .. } = *self.cause { retry_after } else { None }
    }
}
