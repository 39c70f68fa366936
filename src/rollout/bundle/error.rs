//! What can be wrong with a bundle.

use std::io;

use thiserror::Error;

use crate::plan::file::PlanFileError;
use crate::rollout::shard::Shard;

/// A bundle that cannot be written, read or merged.
#[derive(Debug, Error)]
pub enum BundleError {
    /// The system does not let us.
    #[error("cannot {attempted} the bundle: {problem}")]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// What the system said.
        problem: io::Error,
    },
    /// Another file, or a line that no bundle has.
    #[error("the file is not an accuroform bundle: line {line}: {problem}")]
    NotABundle {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// Another major version.
    #[error("the bundle has format {0}, this program reads format 1")]
    Format(String),
    /// The footer is missing.
    #[error("the bundle is cut off after line {line}")]
    CutOff {
        /// The last whole line.
        line: u64,
    },
    /// It is not what was written.
    #[error("the bundle was changed after it was made: {0}")]
    Changed(String),
    /// A clinic that may not be there.
    #[error("the bundle cannot hold {clinic} here: {problem}")]
    Clinic {
        /// The clinic.
        clinic: String,
        /// Why not.
        problem: &'static str,
    },
    /// Fewer clinics or more than were selected.
    #[error("the bundle has {there} of {expected} selected clinics")]
    Incomplete {
        /// How many were selected.
        expected: u64,
        /// How many there are.
        there: u64,
    },
    /// Bundles that were not made together.
    #[error("the bundles do not belong together: their {what} differ: {one} and {other}")]
    Different {
        /// In what they differ.
        what: &'static str,
        /// What one says.
        one: String,
        /// What another says.
        other: String,
    },
    /// A bundle of no shard.
    #[error("only bundles of shards can be merged: {0}")]
    NotShards(&'static str),
    /// Two bundles of one shard.
    #[error("two bundles are of shard {0}")]
    ShardTwice(Shard),
    /// Bundles that are not there.
    #[error("the bundles of {} shards are missing: {}", .0.len(), list(.0))]
    Missing(Vec<Shard>),
    /// A plan that does not open.
    #[error("the plan of {clinic} cannot be used: {problem}")]
    Plan {
        /// The clinic.
        clinic: String,
        /// What is wrong with it.
        problem: PlanFileError,
    },
}

fn list(shards: &[Shard]) -> String {
    shards.iter().map(Shard::to_string).collect::<Vec<_>>().join(", ")
}

impl BundleError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "B001",
            Self::NotABundle { .. } => "B002",
            Self::Format(_) => "B003",
            Self::CutOff { .. } => "B004",
            Self::Changed(_) => "B005",
            Self::Clinic { .. } => "B006",
            Self::Incomplete { .. } => "B007",
            Self::Different { .. } => "B008",
            Self::NotShards(_) | Self::ShardTwice(_) => "B009",
            Self::Missing(_) => "B010",
            Self::Plan { problem, .. } => problem.code(),
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "make sure that the file is there, whole, and may be used",
            Self::NotABundle { .. } => {
                "name a file that `accuroform plan FLEET -out FILE` or `plan merge` wrote"
            }
            Self::Format(_) => "use the program's version that wrote it, or plan again",
            Self::CutOff { .. } => {
                "fetch the file again, or plan again: it was not written to its end"
            }
            Self::Changed(_) => "plan again, and find out who changed this one",
            Self::Clinic { .. } | Self::Plan { .. } => "plan again",
            Self::Incomplete { .. } => {
                "plan again: every selected clinic must be planned or said not to be"
            }
            Self::Different { .. } => {
                "merge the bundles of one plan: same fleet, same selection, same number of shards"
            }
            Self::NotShards(_) => "a bundle of a whole fleet needs no merging",
            Self::ShardTwice(_) => "leave one of the two out",
            Self::Missing(_) => "plan the missing shards and merge again",
        }
    }

    pub(super) fn changed(problem: impl Into<String>) -> Self {
        Self::Changed(problem.into())
    }

    pub(super) fn clinic(clinic: &str, problem: &'static str) -> Self {
        Self::Clinic { clinic: clinic.to_owned(), problem }
    }
}
