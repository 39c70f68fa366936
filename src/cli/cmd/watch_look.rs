//! One look of `watch`, and what is different from the look before.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::Site;
use crate::cli::args::Until;
use crate::cli::failure::Failure;
use crate::diagnostic::{Diagnostic, Severity};
use crate::finding::{difference, unread_part};
use crate::plan::Plan;
use crate::report;

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// The clinic was planned.
    Planned(Seen),
    /// It was not: why.
    Failed(String),
}

/// The clinic as one look saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// What is to be done, by the address of the row.
    rows: BTreeMap<String, String>,
    /// What could not be read, with why.
    unread: BTreeMap<String, String>,
    /// What stands in the way of an apply.
    errors: BTreeSet<String>,
    /// The state of the Ocean site.
    sync: String,
    /// The plan in a line.
    summary: String,
}

impl Look {
    /// What a plan and the site's state come to.
    pub(super) fn of(plan: &Plan, site: &Result<Site, String>) -> Self {
        let changes = plan.users.iter().flat_map(|user| {
            user.changes.iter().map(|change| {
                let address = plan.names.address(&plan.clinic, &user.name, change.key);
                (address, difference(change.before, change.after))
            })
        });
        let unread = plan.unread.iter();
        let unread = unread.map(|one| (unread_part(&one.part, &plan.names), one.reason.clone()));
        let mut unread: BTreeMap<String, String> = unread.collect();
        if let Err(why) = site {
            unread.insert("the state of the Ocean site".to_owned(), why.clone());
        }
        let error = |finding: &Diagnostic| {
            let is_error = finding.severity == Severity::Error;
            is_error.then(|| format!("{} [{}]", finding.message, finding.code))
        };
        Self::Planned(Seen {
            rows: changes.collect(),
            unread,
            errors: plan.findings.iter().filter_map(error).collect(),
            sync: sync(site),
            summary: report::summary_line(plan),
        })
    }

    /// A look that failed.
    pub(super) fn failed(failure: &Failure) -> Self {
        let Failure { code, message, hint, exit: _ } = failure;
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        let hint = hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        Self::Failed(format!("{message}{code}{hint}"))
    }

    /// Whether a condition is met.
    pub(super) fn meets(&self, until: Until) -> bool {
        match self {
            Self::Failed(_) => until == Until::Error,
            Self::Planned(seen) => {
                let is_sound = seen.unread.is_empty() && seen.errors.is_empty();
                match until {
                    Until::NoChanges => is_sound && seen.rows.is_empty(),
                    Until::Changes => !seen.rows.is_empty(),
                    Until::Error => !is_sound,
                }
            }
        }
    }

    /// What there is to say after this look; `seen` is the last one that succeeded, `before` the last one.
    pub(super) fn lines(&self, before: Option<&Self>, seen: Option<&Seen>) -> Vec<String> {
        let now = match self {
            Self::Failed(_) if before == Some(self) => return Vec::new(),
            Self::Failed(why) => return vec![format!("! look failed: {why}")],
            Self::Planned(now) => now,
        };
        let mut lines = Vec::new();
        if matches!(before, Some(Self::Failed(_))) {
            lines.push("the look succeeded again".to_owned());
        }
        match seen {
            None => lines.extend(now.first()),
            Some(seen) => lines.extend(now.since(seen)),
        }
        lines
    }

    /// What it saw, if it saw anything.
    pub(super) fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Planned(seen) => Some(seen),
            Self::Failed(_) => None,
        }
    }
}

fn sync(site: &Result<Site, String>) -> String {
    match site {
        Ok(Site { running: Some(run), .. }) => {
            let run = run.as_ref().map(|run| format!(" run {run}")).unwrap_or_default();
            format!("sync: running (green){run}")
        }
        Ok(Site { running: None, last_full, .. }) => {
            let full = last_full.as_deref().unwrap_or("never");
            format!("sync: idle (blue), last full sync {full}")
        }
        Err(_) => "sync: unknown".to_owned(),
    }
}

impl Seen {
    /// Everything, for the first look.
    fn first(&self) -> Vec<String> {
        let mut lines = vec![self.summary.clone(), self.sync.clone()];
        lines.extend(self.unread.iter().map(|(part, why)| unread(part, why)));
        lines.extend(self.errors.iter().map(|error| format!("! {error}")));
        lines
    }

    /// What is different from an earlier look.
    fn since(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (address, words) in &self.rows {
            match before.rows.get(address) {
                Some(was) if was == words => {}
                Some(_) => lines.push(format!("~ {address}: {words}")),
                None => lines.push(format!("+ {address}: {words}")),
            }
        }
        let gone = before.rows.keys().filter(|address| !self.rows.contains_key(*address));
        // What cannot be read may still be due.
        let is_known = self.unread.is_empty() && self.errors.is_empty();
        let words = if is_known { "nothing to be done any more" } else { "not planned any more" };
        lines.extend(gone.map(|address| format!("- {address}: {words}")));
        let new = self.unread.iter().filter(|(part, _)| !before.unread.contains_key(*part));
        lines.extend(new.map(|(part, why)| unread(part, why)));
        let again = before.unread.keys().filter(|part| !self.unread.contains_key(*part));
        lines.extend(again.map(|part| format!("{part} can be read again")));
        lines.extend(self.errors.difference(&before.errors).map(|error| format!("! {error}")));
        let mended = before.errors.difference(&self.errors);
        lines.extend(mended.map(|error| format!("no longer: {error}")));
        if self.summary != before.summary {
            lines.push(self.summary.clone());
        }
        if self.sync != before.sync {
            lines.push(self.sync.clone());
        }
        lines
    }
}

fn unread(part: &str, why: &str) -> String {
    format!("! {part} could not be read: {why}")
}
