//! Why a clinic cannot be imported.

use thiserror::Error;

use crate::model::UserId;

/// Why nothing is imported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// A part of the clinic is not known.
    #[error("{what} could not be read: {reason}")]
    Unread {
        /// Which part.
        what: String,
        /// Why.
        reason: String,
    },
    /// Accuro has no such user.
    #[error("no EMR user is named `{0}`")]
    NoUser(String),
    /// The name is not of one user.
    #[error("several EMR users are named `{name}` (ids {})", ids(users))]
    SeveralUsers {
        /// The name.
        name: String,
        /// Who has it.
        users: Vec<UserId>,
    },
    /// Nothing could be planned for the user.
    #[error("the EMR user `{0}` is not active")]
    InactiveUser(String),
    /// A user without rows has no profile, and a guessed one would grant something later.
    #[error("the EMR user `{0}` has nothing granted that a rule could name")]
    NothingGranted(String),
    /// There is no office that a rule could name.
    #[error("Accuro lists no office")]
    NoOffice,
}

fn ids(users: &[UserId]) -> String {
    users.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl ImportError {
    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unread { .. } => "I001",
            Self::NoUser(_)
            | Self::SeveralUsers { .. }
            | Self::InactiveUser(_)
            | Self::NothingGranted(_) => "I002",
            Self::NoOffice => "I003",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unread { .. } => "nothing was written; mend the reading and run it again",
            Self::NoUser(_) => "name the integration's user: --user NAME",
            Self::SeveralUsers { .. } => "rename or remove the extra users in Accuro",
            Self::InactiveUser(_) => "activate the user in Accuro, or name another: --user NAME",
            Self::NothingGranted(_) => {
                "there is nothing to import: write what it shall have under `users`, with a profile"
            }
            Self::NoOffice => "check that the bridge's account may see the clinic's offices",
        }
    }
}
