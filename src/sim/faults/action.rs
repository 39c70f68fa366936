//! What is done to one call.

use std::time::Duration;

use super::kind::FaultKind;
use super::random::Mix;
use crate::sim::handle::Elsewhere;
use crate::sim::sync::Mode;

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) enum Action {
    /// Answers this instead of handling the call.
    Status { status: u16, retry_after: Option<RetryAfter>, text: Option<String> },
    /// Waits, then handles the call.
    Delay(Duration),
    /// Handles the call, then waits.
    DelayAnswer(Duration),
    /// Resets the connection.
    Reset,
    /// Handles the call, then resets the connection.
    AfterWrite,
    /// Handles the call and ends the connection in the middle of the answer.
    Truncated,
    /// Handles the call and answers with half of the JSON.
    CutJson,
    /// Answers so many bytes.
    Huge { bytes: u64 },
    /// Handles the call and answers a byte a second.
    Slow,
    /// Answers an HTML page.
    NotJson,
    /// Answers with this Location.
    Redirect { location: String },
    /// Lets something happen elsewhere, then handles the call.
    Before { kind: FaultKind, elsewhere: Elsewhere },
    /// Handles the call; a run that it starts fails with this message.
    RunFails { message: String },
    /// Handles the call; a run that it starts never ends.
    RunHangs,
}

/// The value of a `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) enum RetryAfter {
    /// As it is sent.
    Text(String),
    /// The HTTP date of so many seconds from now.
    InSeconds(u32),
}

/// What a run that a fault lets fail says.
pub(super) const RUN_MESSAGE: &str = "the simulated EMR did not answer";
/// More than a client of the contract reads.
pub(super) const HUGE_BYTES: u64 = 17 << 20;
/// A host that no resolver knows.
const ELSEWHERE: &str = "http://elsewhere.invalid/";

impl Action {
    pub(in crate::sim) fn kind(&self) -> FaultKind {
        match self {
            Self::Status { status, .. } => FaultKind::Status(*status),
            Self::Delay(_) => FaultKind::Delay,
            Self::DelayAnswer(_) => FaultKind::DelayAnswer,
            Self::Reset => FaultKind::Reset,
            Self::AfterWrite => FaultKind::AfterWrite,
            Self::Truncated => FaultKind::Truncated,
            Self::CutJson => FaultKind::CutJson,
            Self::Huge { .. } => FaultKind::Huge,
            Self::Slow => FaultKind::Slow,
            Self::NotJson => FaultKind::NotJson,
            Self::Redirect { .. } => FaultKind::Redirect,
            Self::Before { kind, .. } => *kind,
            Self::RunFails { .. } => FaultKind::SyncFail,
            Self::RunHangs => FaultKind::SyncHang,
        }
    }

    /// The action of a random mix: what its settings and the draw make of a bare name.
    pub(super) fn drawn(kind: FaultKind, mix: &Mix, draw: u64) -> Self {
        let before = |elsewhere| Self::Before { kind, elsewhere };
        let a_sync = Elsewhere::SyncStarts { mode: Mode::Full, seconds: None };
        match kind {
            FaultKind::Status(status) => Self::Status { status, retry_after: None, text: None },
            FaultKind::Delay => Self::Delay(mix.delay),
            FaultKind::DelayAnswer => Self::DelayAnswer(mix.delay),
            FaultKind::Reset => Self::Reset,
            FaultKind::AfterWrite => Self::AfterWrite,
            FaultKind::Truncated => Self::Truncated,
            FaultKind::CutJson => Self::CutJson,
            FaultKind::Huge => Self::Huge { bytes: HUGE_BYTES },
            FaultKind::Slow => Self::Slow,
            FaultKind::NotJson => Self::NotJson,
            FaultKind::Redirect => Self::Redirect { location: ELSEWHERE.to_owned() },
            FaultKind::ExpireTokens => before(Elsewhere::TokensExpire),
            FaultKind::ConcurrentWriter => before(Elsewhere::SomeRowMoves { draw }),
            FaultKind::SyncFail => Self::RunFails { message: RUN_MESSAGE.to_owned() },
            FaultKind::SyncHang => Self::RunHangs,
            FaultKind::SyncAlreadyRunning | FaultKind::SyncStartedByOther => before(a_sync),
        }
    }
}
