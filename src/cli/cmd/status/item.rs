//! One thing that waits for a person, and how the command ends that found some.

use jiff::civil::Date;
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// What waits, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The screen: to be read, or to be read again.
    Capture,
    /// Rows of a worklist: to be clicked, or read again.
    Worklist,
    /// A sync: to be done, attested or verified.
    Sync,
    /// Signatures on a saved plan.
    Approval,
    /// A rollout: to be gone on with.
    Rollout,
    /// Access that ends, or has ended.
    Grant,
    /// A part that could not be read: nobody knows what waits there.
    Unread,
}

impl Kind {
    /// `1 sync`, `2 syncs`.
    pub(super) fn counted(self, count: usize) -> String {
        let (one, many) = match self {
            Self::Capture => ("capture", "captures"),
            Self::Worklist => ("worklist", "worklists"),
            Self::Sync => ("sync", "syncs"),
            Self::Approval => ("plan to approve", "plans to approve"),
            Self::Rollout => ("rollout", "rollouts"),
            Self::Grant => ("grant", "grants"),
            Self::Unread => ("unread part", "unread parts"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// One thing that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// The code of the error that other commands end with because of it.
    pub(super) code: Option<&'static str>,
    pub(super) words: String,
    /// What it is about, one by one: rows, clinics, approvals that do not count.
    pub(super) details: Vec<String>,
    /// The last day of a grant.
    pub(super) until: Option<Date>,
    /// What to do next.
    pub(super) next: Option<String>,
    /// Whether something else that waits cannot be known because of it.
    pub(super) leaves_unknown: bool,
}

impl Item {
    pub(super) fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            words: words.into(),
            details: Vec::new(),
            until: None,
            next: None,
            leaves_unknown: kind == Kind::Unread,
        }
    }

    /// What failed, in its own words.
    pub(super) fn failed(kind: Kind, what: &str, failure: Failure) -> Self {
        let Failure { code, message, hint, exit: _ } = failure;
        Self { code, next: hint, ..Self::new(kind, format!("{what}: {message}")) }
    }

    pub(super) fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    pub(super) fn details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    pub(super) fn leaving_unknown(self) -> Self {
        Self { leaves_unknown: true, ..self }
    }
}

/// How the command ends: what could not be read says nothing, so it is worst.
pub(super) fn exit(items: &[Item]) -> Exit {
    if items.iter().any(|item| item.leaves_unknown) {
        Exit::Unread
    } else if items.iter().any(|item| item.kind == Kind::Sync) {
        Exit::NotVerified
    } else if items.is_empty() {
        Exit::Done
    } else {
        Exit::Changes
    }
}
