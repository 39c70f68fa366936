//! What differs from what was last applied, apart from what the manifest still wants. Pure.
//!
//! Of each row: what the journal says was last applied (A), what it grants (L) and what an apply would leave
//! there (D). Changed outside: L is not A, and D is L. Pending: D is not L, and nobody is known to have changed
//! the row. Both: L is not A, and D is not L. Each row is in one of them at most. A row that others made exactly
//! what the manifest says is adopted by it, and counted alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::fact::{Fact, Finding};
use crate::desired::{Desired, DesiredRow, IgnoredRow};
use crate::journal::{Applied, RowEntry, RunRef, is_perhaps_ours, last_applied};
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, Columns, LiveRow, OfficeId, RowKey, Until};
use crate::plan::{Change, Plan, UnreadPart, UserPlan};

/// What differs, row by row, ordered by user and key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Somebody changed it, and the manifest wants nothing else.
    pub changed_outside: Vec<DriftRow>,
    /// What the manifest wants is not there yet, and nobody is known to have changed the row.
    pub pending: Vec<DriftRow>,
    /// Somebody changed it, and the manifest wants something else.
    pub both: Vec<DriftRow>,
    /// What of changes by others the manifest knows.
    pub ignored: Vec<IgnoredChange>,
    /// Entries of `drift.ignore` that are no longer in force.
    pub expired: Vec<IgnoredRow>,
    /// Rows that others made exactly what the manifest says.
    pub adopted: usize,
    /// Rows that are what was last applied, or may be.
    pub as_applied: usize,
    /// Rows that grant something and that no record speaks of for certain.
    pub never_applied: usize,
    /// Recorded rows of users whom the manifest does not manage, or whose grid was not found.
    pub unmanaged: usize,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftRow {
    /// What is said of it.
    pub finding: Finding,
    /// The run that last applied it.
    pub last: Option<RunRef>,
}

/// A change that the manifest knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredChange {
    /// What is said of it.
    pub row: DriftRow,
    /// Why it is ignored.
    pub reason: String,
    /// The last day on which it is.
    pub until: Until,
}

/// What the comparison is made of.
#[derive(Debug, Clone, Copy)]
pub struct DriftInputs<'a> {
    /// What the journal says of rows.
    pub applied: &'a Applied,
    /// What is there.
    pub live: &'a Snapshot,
    /// What the manifest says.
    pub desired: &'a Desired,
    /// What an apply of everything would do.
    pub plan: &'a Plan,
    /// The rows whose change by others is known.
    pub ignored: &'a [IgnoredRow],
    /// The day at the clinic.
    pub today: Date,
}

/// Compares what was last applied with what is there and with what the manifest wants.
pub fn drift(inputs: DriftInputs<'_>) -> Drift {
    let DriftInputs { applied, live, desired, plan, ignored, today } = inputs;
    let (expired, in_force): (Vec<&IgnoredRow>, Vec<&IgnoredRow>) =
        ignored.iter().partition(|entry| entry.until.0 < today);
    let mut drift = Drift { expired: expired.into_iter().cloned().collect(), ..Drift::default() };
    let unread: BTreeSet<OfficeId> = plan
        .unread
        .iter()
        .filter_map(|unread| match &unread.part {
            UnreadPart::Office(office) => Some(*office),
            // Its rows are in no grid, and left out one by one.
            UnreadPart::Grid(_) | UnreadPart::Rows { .. } => None,
        })
        .collect();
    for user in &plan.users {
        let rows = rows(user, (live, desired, applied));
        for (key, row) in rows.into_iter().filter(|(key, _)| !unread.contains(&key.office)) {
            drift.row(&user.name, key, row, &in_force);
        }
    }
    let is_known = |id| {
        let read = |(_, grid): &(String, Grid)| matches!(grid, Grid::Unread(_));
        // Whose grid was not read may be anybody.
        plan.users.iter().any(|user| user.id == id) || live.grids.iter().any(read)
    };
    drift.unmanaged = applied.keys().filter(|(user, _)| !is_known(*user)).count();
    drift
}

/// A row while it is compared.
#[derive(Clone, Copy, Default)]
struct Row<'a> {
    entries: &'a [RowEntry],
    holds: Cells,
    wants: Cells,
    /// What the manifest says; `None`: no rule speaks of it.
    says: Option<Cells>,
}

/// Every row of a user that is there, recorded or wanted.
fn rows<'a>(
    user: &UserPlan,
    (live, desired, applied): (&Snapshot, &Desired, &'a Applied),
) -> BTreeMap<RowKey, Row<'a>> {
    let mut rows: BTreeMap<RowKey, Row<'a>> = BTreeMap::new();
    for ((id, key), entries) in applied {
        if *id == user.id {
            rows.insert(*key, Row { entries, ..Row::default() });
        }
    }
    for (name, grid) in &live.grids {
        let Grid::Read { user: _, active: _, rows: found, unread: _ } = grid else { continue };
        for LiveRow { key, cells, revision: _ } in found.iter().filter(|_| *name == user.name) {
            let row = rows.entry(*key).or_default();
            (row.holds, row.wants) = (*cells, *cells);
        }
    }
    for Change { key, after, .. } in &user.changes {
        rows.entry(*key).or_default().wants = *after;
    }
    let of_user = desired.users.iter().filter(|one| one.id == user.id);
    for DesiredRow { key, cells, rule: _ } in of_user.flat_map(|one| &one.rows) {
        rows.entry(*key).or_default().says = Some(*cells);
    }
    if let Some(grid) = live.grid(&user.name) {
        rows.retain(|key, _| !grid.has_unread(*key));
    }
    rows
}

impl Drift {
    fn row(&mut self, user: &str, key: RowKey, row: Row<'_>, ignored: &[&IgnoredRow]) {
        let Row { entries, holds, wants, says } = row;
        let last = last_applied(entries);
        let differs = last.map(|last| last.after).filter(|applied| *applied != holds);
        let differs = differs.filter(|_| !is_perhaps_ours(entries, holds));
        let finding = |fact| DriftRow {
            finding: Finding { user: user.to_owned(), key, fact },
            last: last.map(|entry| entry.at.clone()),
        };
        let is_adopted = differs.is_some() && says == Some(holds);
        self.adopted += usize::from(is_adopted);
        let mut left = differs.filter(|_| !is_adopted);
        for entry in ignored.iter().filter(|entry| entry.key == key) {
            let Some(applied) = left else { break };
            let known = known(entry, applied, holds);
            if known == applied {
                continue;
            }
            self.ignored.push(IgnoredChange {
                row: finding(Fact::ChangedOutside { applied, holds: known }),
                reason: entry.reason.clone(),
                until: entry.until,
            });
            left = Some(known).filter(|known| *known != holds);
        }
        match (left, holds == wants) {
            (Some(applied), true) => {
                self.changed_outside.push(finding(Fact::ChangedOutside { applied, holds }));
            }
            (Some(applied), false) => {
                self.both.push(finding(Fact::ChangedAndPending { applied, holds, wants }));
            }
            (None, false) => self.pending.push(finding(Fact::Pending { holds, wants })),
            (None, true) => {}
        }
        let is_recorded = last.is_some() || is_perhaps_ours(entries, holds);
        self.as_applied += usize::from(is_recorded && differs.is_none());
        self.never_applied += usize::from(!is_recorded && !holds.is_nothing());
    }

    /// Whether somebody changed a row, and the manifest does not know of it.
    pub fn is_found(&self) -> bool {
        !self.changed_outside.is_empty() || !self.both.is_empty()
    }
}

/// What was last applied, with what an entry lets differ as it is now.
fn known(entry: &IgnoredRow, applied: Cells, holds: Cells) -> Cells {
    if entry.columns.is_empty() {
        return holds;
    }
    let columns = Columns::from_fn(|column| {
        let from = if entry.columns.contains(&column) { holds } else { applied };
        from.columns().get(column)
    });
    // A row that grants nothing has no date: the other one's stands for it.
    let dated = if applied.is_nothing() { holds } else { applied };
    Cells::new(columns, dated.until())
}
