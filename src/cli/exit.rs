//! The exit codes, in one place.

use std::process::ExitCode;

/// How the program ends. README.md lists the codes for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done; a plan without changes, or with changes and no `--detailed-exitcode`.
    Done,
    /// Usage, manifest or connection.
    Error,
    /// `plan --detailed-exitcode`: there are changes.
    Changes,
    /// `validate`, `fmt --check`, `diagnose`: there are findings.
    Findings,
    /// Apply: some rows are held, failed or were not reached. Watch: its time is over before its condition.
    Incomplete,
    /// A guard, a stale or a tampered plan.
    Refused,
    /// Applied, but sync or verification did not succeed.
    NotVerified,
    /// Somebody else holds the state.
    Locked,
    /// The plan has unread parts.
    Unread,
}

impl Exit {
    /// The number that the shell sees.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Findings => 3,
            Self::Incomplete => 4,
            Self::Refused => 5,
            Self::NotVerified => 6,
            Self::Locked => 7,
            Self::Unread => 8,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
