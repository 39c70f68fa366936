//! The exit codes, in one place.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Serialize;

/// How the program ends. README.md lists the codes for users; the last event has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

    /// The meaning in a word for programs.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Changes => "changes",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
            Self::Refused => "refused",
            Self::NotVerified => "not_verified",
            Self::Locked => "locked",
            Self::Unread => "unread",
        }
    }

    /// The meaning for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Changes => "there are changes",
            Self::Findings => "there are findings",
            Self::Incomplete => "not complete",
            Self::Refused => "refused",
            Self::NotVerified => "not synced or not verified",
            Self::Locked => "locked by somebody else",
            Self::Unread => "parts could not be read",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
