//! Why the journal cannot be used.

use std::io;

use thiserror::Error;

use super::chain::Fault;

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It cannot be opened, read or written.
    #[error("cannot {attempted} the journal {place}: {problem}")]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// Where it is.
        place: String,
        /// What the system or the store said.
        problem: io::Error,
    },
    /// Another process has it open.
    #[error("another process writes the journal {0}")]
    Locked(String),
    /// It was changed by somebody else.
    #[error("the journal {place} cannot be continued: {problem}")]
    Unreadable {
        /// Where it is.
        place: String,
        /// What is wrong with it.
        problem: Fault,
    },
    /// It was written by a newer program.
    #[error("the journal {place} cannot be read: {problem}")]
    Newer {
        /// Where it is.
        place: String,
        /// Which version it has.
        problem: Fault,
    },
    /// An earlier record of this run could not be written.
    #[error("the journal {0} takes no more records: an earlier one could not be written")]
    Closed(String),
}

impl JournalError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "J001",
            Self::Locked(_) => "J002",
            Self::Unreadable { .. } => "J003",
            Self::Newer { .. } => "J004",
            Self::Closed(_) => "J005",
        }
    }

    /// A fault of the whole journal as an error of it.
    pub(super) fn unreadable(place: String, problem: Fault) -> Self {
        if matches!(problem, Fault::Version { .. }) {
            Self::Newer { place, problem }
        } else {
            Self::Unreadable { place, problem }
        }
    }
}
