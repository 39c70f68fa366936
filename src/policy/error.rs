//! Why a policy could not be asked. It is never taken for a policy that says nothing.

use thiserror::Error;

/// A policy that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// It is not Rego.
    #[error("cannot read the policy {name}: {problem}")]
    NotRego {
        /// The file.
        name: String,
        /// The engine's words.
        problem: String,
    },
    /// Its evaluation ended without an answer.
    #[error("the policy `{package}` gave no answer: {problem}")]
    NoAnswer {
        /// The package, or one of its tests.
        package: String,
        /// The engine's words.
        problem: String,
    },
    /// This program has no engine for Rego.
    #[error("this accuroform was built without policies in Rego, and the manifest names {0} files")]
    NotBuilt(usize),
}

impl PolicyError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRego { .. } => "Y003",
            Self::NoAnswer { .. } => "Y004",
            Self::NotBuilt(_) => "Y005",
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotRego { .. } => "mend the file; `accuroform policy test` reads all of them",
            Self::NoAnswer { .. } => {
                "mend the rule; try it with `accuroform policy test MANIFEST PLAN`"
            }
            Self::NotBuilt(_) => "use a build with the feature `policy`, which is on by default",
        }
    }
}
