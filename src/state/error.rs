//! Why the state cannot be used.

use std::io;

use thiserror::Error;

use crate::model::StateUrlFault;

/// Why the state cannot be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// The URL is not one.
    #[error("{}", .0.message)]
    Url(StateUrlFault),
    /// This program was built without object stores.
    #[error("this accuroform was built without object stores, which {place} needs")]
    NoCloud {
        /// The URL.
        place: String,
    },
    /// The settings of the environment do not fit.
    #[error("cannot open the state {place}: {problem}")]
    Settings {
        /// The URL.
        place: String,
        /// What is wrong with them.
        problem: String,
    },
    /// It cannot be read or written.
    #[error("cannot {attempted} {place}: {problem}")]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// On what.
        place: String,
        /// What the store or the system said.
        problem: String,
    },
    /// Somebody else changed what only one may change.
    #[error("another run has changed it")]
    Changed,
    /// No name of the state.
    #[error("`{0}` is not a name in the state")]
    Name(String),
}

impl StateError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "T001",
            Self::NoCloud { .. } => "T002",
            Self::Settings { .. } => "T003",
            Self::Io { .. } => "T004",
            Self::Name(_) => "T005",
            Self::Changed => "T006",
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Url(fault) => fault.hint,
            Self::NoCloud { .. } => "use a build with the feature `cloud`, or a folder",
            Self::Settings { .. } => "docs/state.md lists the variables that are read",
            Self::Io { .. } => {
                "make sure that the state can be read and written; docs/state.md lists the \
                 permissions that it needs"
            }
            Self::Changed => {
                "see what the other run did with `accuroform history`, then run the command again"
            }
            Self::Name(_) => {
                "use letters, digits, `-`, `_` and `.`, with slashes between the parts"
            }
        }
    }

    /// The same as an error of a file, which is what locks and journals know.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// What to do next about an error of a file, if it is one of the state.
    pub(crate) fn hint_of(problem: &io::Error) -> Option<&'static str> {
        problem.get_ref()?.downcast_ref::<Self>().map(Self::hint)
    }
}
