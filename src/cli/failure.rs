//! What ends a command: a stable code, what was attempted on what, and what to do next.

use crate::bridge::BridgeError;
use crate::connection::{OpenError, ReadError};
use crate::journal::JournalError;
use crate::plan::file::PlanFileError;
use crate::state::StateError;

use super::exit::Exit;

/// The end of a command that could not do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// A stable code, where there is one thing to name.
    pub(super) code: Option<&'static str>,
    /// What was attempted, on what.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: Option<String>,
    /// How the program ends.
    pub(super) exit: Exit,
}

impl Failure {
    /// A failure with a code and a next step.
    pub(super) fn new(
        exit: Exit,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code: Some(code), message: message.into(), hint: Some(hint.into()), exit }
    }

    /// A failure of usage, or one whose particulars were printed before.
    pub(super) fn plain(exit: Exit, message: impl Into<String>) -> Self {
        Self { code: None, message: message.into(), hint: None, exit }
    }
}

impl From<BridgeError> for Failure {
    fn from(error: BridgeError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let (exit, hint) = match &error {
            JournalError::Locked(_) => {
                (Exit::Locked, "wait until it has ended, then run the command again")
            }
            JournalError::Io { attempted: "read", problem, .. } => (
                Exit::Error,
                StateError::hint_of(problem)
                    .unwrap_or("let this account read the file, then run the command again"),
            ),
            JournalError::Io { problem, .. } => (
                Exit::Error,
                StateError::hint_of(problem).unwrap_or(
                    "make the folder writable; nothing is written to Accuro without a record",
                ),
            ),
            JournalError::Unreadable { .. } => (
                Exit::Error,
                "`accuroform history verify` names every fault; move the file away to start a new \
                 journal, and keep it",
            ),
            JournalError::Newer { .. } => {
                (Exit::Error, "use the program's version that wrote it, or a newer one")
            }
            JournalError::Closed(_) => (
                Exit::Error,
                "make room on the disk and run the command again: it goes on from what is there",
            ),
        };
        Self::new(exit, error.code(), error.to_string(), hint)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}

impl From<PlanFileError> for Failure {
    fn from(error: PlanFileError) -> Self {
        let exit = match &error {
            PlanFileError::NotAPlan(_) => Exit::Error,
            PlanFileError::Format(_) | PlanFileError::Tampered(_) => Exit::Refused,
        };
        Self::new(exit, error.code(), error.to_string(), "make a new plan with `accuroform plan`")
    }
}
