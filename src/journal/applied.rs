//! What the runs of a journal say of each row of one Accuro. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::history::{Run, Written};
use super::record::{Hold, Outcome};
use super::worklists::Standing;
use crate::model::{Cells, Column, Level, RowKey, UserId};

/// What runs say of rows, by user and row; of each row, oldest first.
pub type Applied = BTreeMap<(UserId, RowKey), Vec<RowEntry>>;

/// What one run says of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEntry {
    /// The run.
    pub at: RunRef,
    /// What the row granted when the run planned it.
    pub before: Cells,
    /// What the run was to leave there; where it only saw the row, what it granted then.
    pub after: Cells,
    /// How sure that is.
    pub sure: Sure,
}

/// A run, as people look it up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunRef {
    /// When it began.
    pub at: Timestamp,
    /// Its name.
    pub run: String,
    /// Who ran it; who says that they set the row, where it was asked of a person.
    pub who: String,
}

/// How sure a journal is of what a run left in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// The row was so when the run was done with it: written by it, or found so.
    Yes,
    /// It was sent and no answer is recorded, or the answer was lost: it may have been written.
    Perhaps,
    /// The run left the row alone, and saw that somebody else had changed it.
    Seen,
}

/// What the `runs`, oldest first, say of the rows of `tenant`. Those of another tenant do not count: ids
/// mean something in one Accuro alone.
pub fn applied(runs: &[Run], tenant: &str) -> Applied {
    let mut applied = Applied::new();
    for run in runs {
        let Some(starter) = run.starter.as_ref() else { continue };
        if starter.tenant.as_deref() != Some(tenant) {
            continue;
        }
        for row in &run.rows {
            let (before, after) = (row.sent.before, row.sent.after);
            let (after, sure) = match &row.written {
                Written::Known(Outcome::Done | Outcome::AlreadyTrue)
                | Written::Asked(Standing::Verified(_)) => (after, Sure::Yes),
                Written::Known(Outcome::Failed(_))
                | Written::Unknown
                | Written::Asked(Standing::Attested(_)) => (after, Sure::Perhaps),
                Written::Known(Outcome::Held(
                    Hold::Moved { now, .. } | Hold::Unplanned { now: Some(now), .. },
                )) => (*now, Sure::Seen),
                Written::Known(
                    Outcome::Held(Hold::Unplanned { now: None, .. })
                    | Outcome::Refused(_)
                    | Outcome::NotReached,
                )
                | Written::Asked(Standing::Open) => continue,
                Written::Asked(Standing::Contradicted { said: _, is }) => (*is, Sure::Seen),
            };
            let who = match &row.written {
                Written::Asked(standing) => standing.said().map(|said| said.by.clone()),
                Written::Known(_) | Written::Unknown => None,
            };
            let who = who.unwrap_or_else(|| starter.who.clone());
            let at = RunRef { at: run.at, run: run.id.clone(), who };
            let entries = applied.entry((row.user_id, row.sent.key)).or_default();
            entries.push(RowEntry { at, before, after, sure });
        }
    }
    applied
}

/// What was last applied to a row: the last entry that is certain.
pub fn last_applied(entries: &[RowEntry]) -> Option<&RowEntry> {
    entries.iter().rev().find(|entry| entry.sure == Sure::Yes)
}

/// Whether a run may have left the row so after what was last applied for certain.
pub fn is_perhaps_ours(entries: &[RowEntry], holds: Cells) -> bool {
    let later = entries.iter().rev().take_while(|entry| entry.sure != Sure::Yes);
    later.into_iter().any(|entry| entry.sure == Sure::Perhaps && entry.after == holds)
}

/// Since when a cell holds what it holds, as far as a journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since<'a> {
    /// No run speaks of the row.
    NotRecorded,
    /// It was so when the first run that speaks of the row planned it.
    BeforeRecords,
    /// This run left it so.
    Run(&'a RunRef),
    /// This run may have left it so.
    Perhaps(&'a RunRef),
    /// Somebody else changed it after this run.
    Outside(&'a RunRef),
}

/// Since when a `column` of a row holds what it `holds`.
pub fn since(entries: &[RowEntry], holds: Cells, column: Column) -> Since<'_> {
    let level = |cells: Cells| cells.columns().get(column);
    let is = level(holds);
    if entries.is_empty() {
        return Since::NotRecorded;
    }
    for RowEntry { at, before, after, sure } in entries.iter().rev() {
        match (level(*before) == is, level(*after) == is, sure) {
            // It was planned and seen to be so: look further back.
            (true, true, _) | (_, true, Sure::Seen) | (true, _, Sure::Perhaps) => {}
            (false, true, Sure::Yes) => return Since::Run(at),
            (false, true, Sure::Perhaps) => return Since::Perhaps(at),
            (_, false, _) => return Since::Outside(at),
        }
    }
    Since::BeforeRecords
}

/// Since when a row holds all that it holds: the latest of its granted cells.
pub fn row_since(entries: &[RowEntry], holds: Cells) -> Since<'_> {
    let granted = Column::ALL.into_iter().filter(|c| holds.columns().get(*c) > Level::None);
    let latest = granted.map(|column| since(entries, holds, column)).max_by(|one, two| {
        let when = |since: &Since<'_>| match since {
            Since::NotRecorded | Since::BeforeRecords => None,
            // Of one run, what is less certain is later.
            Since::Run(at) => Some((at.at, 0)),
            Since::Perhaps(at) => Some((at.at, 1)),
            Since::Outside(at) => Some((at.at, 2)),
        };
        when(one).cmp(&when(two))
    });
    latest.unwrap_or(Since::NotRecorded)
}
