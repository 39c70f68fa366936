//! One look of `watch`, and what is different from the look before.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::Site;
use crate::cli::args::Until;
use crate::cli::clicks::WRONG;
use crate::cli::failure::Failure;
use crate::cli::ticks::Ticks;
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
    /// That rows were ticked and not read since.
    ticked: Option<String>,
    /// What stands in the way of an apply.
    errors: BTreeSet<String>,
    /// The state of the Ocean site.
    sync: String,
    /// The plan in a line.
    summary: String,
}

impl Look {
    /// What a plan, the sync, what people ticked and a journal that could not be read come to.
    pub(super) fn of(plan: &Plan, sync: &Sync, ticked: &Ticks, journal: Option<String>) -> Self {
        let changes = plan.users.iter().flat_map(|user| {
            user.changes.iter().map(|change| {
                let address = plan.names.address(&plan.clinic, &user.name, change.key);
                (address, difference(change.before, change.after))
            })
        });
        let unread = plan.unread.iter();
        let unread = unread.map(|one| (unread_part(&one.part, &plan.names), one.reason.clone()));
        let mut unread: BTreeMap<String, String> = unread.collect();
        if let Sync::Site(Err(why)) = sync {
            unread.insert("the state of the Ocean site".to_owned(), why.clone());
        }
        unread.extend(journal.map(|why| ("the journal".to_owned(), why)));
        let error = |finding: &Diagnostic| {
            let is_error = finding.severity == Severity::Error;
            is_error.then(|| format!("{} [{}]", finding.message, finding.code))
        };
        let wrong = ticked.wrong_words(plan).into_iter();
        let wrong = wrong.map(|words| format!("{words} [{WRONG}]"));
        Self::Planned(Seen {
            rows: changes.collect(),
            unread,
            ticked: ticked.unread_words(),
            errors: plan.findings.iter().filter_map(error).chain(wrong).collect(),
            sync: sync.words(),
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
                let is_read = seen.unread.is_empty() && seen.ticked.is_none();
                let is_sound = is_read && seen.errors.is_empty();
                match until {
                    Until::NoChanges => is_sound && seen.rows.is_empty(),
                    Until::Changes => !seen.rows.is_empty(),
                    // That a person has still to read the grid is none.
                    Until::Error => !(seen.unread.is_empty() && seen.errors.is_empty()),
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

/// What is known of the sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sync {
    /// The state of the Ocean site, or why it could not be read.
    Site(Result<Site, String>),
    /// A person is asked for it: what people said.
    OfAPerson(String),
    /// The manifest has no connection to Ocean.
    Nobodys,
}

impl Sync {
    fn words(&self) -> String {
        match self {
            Self::Site(Ok(Site { running: Some(run), .. })) => {
                let run = run.as_ref().map(|run| format!(" run {run}")).unwrap_or_default();
                format!("sync: running (green){run}")
            }
            Self::Site(Ok(Site { running: None, last_full, .. })) => {
                let full = last_full.as_deref().unwrap_or("never");
                format!("sync: idle (blue), last full sync {full}")
            }
            Self::Site(Err(_)) => "sync: unknown".to_owned(),
            Self::OfAPerson(said) => format!("sync: Ocean is not read; {said}"),
            Self::Nobodys => {
                "sync: not looked at, the manifest has no connection to Ocean".to_owned()
            }
        }
    }
}

impl Seen {
    /// Everything, for the first look.
    fn first(&self) -> Vec<String> {
        let mut lines = vec![self.summary.clone(), self.sync.clone()];
        lines.extend(self.unread.iter().map(|(part, why)| unread(part, why)));
        lines.extend(self.ticked.iter().map(|words| format!("! {words}")));
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
        let is_known = self.unread.is_empty() && self.ticked.is_none() && self.errors.is_empty();
        let words = if is_known { "nothing to be done any more" } else { "not planned any more" };
        lines.extend(gone.map(|address| format!("- {address}: {words}")));
        let new = self.unread.iter().filter(|(part, _)| !before.unread.contains_key(*part));
        lines.extend(new.map(|(part, why)| unread(part, why)));
        let again = before.unread.keys().filter(|part| !self.unread.contains_key(*part));
        lines.extend(again.map(|part| format!("{part} can be read again")));
        if self.ticked != before.ticked {
            lines.push(match &self.ticked {
                Some(words) => format!("! {words}"),
                None => "no row that was ticked waits to be read any more".to_owned(),
            });
        }
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
