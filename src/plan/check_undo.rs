//! Looks for mistakes in a finished undo, with code of its own.
//!
//! It asks of every change whether the run wrote the row and the row is still as the run left it,
//! and of every row of the run whether the plan accounts for it.

use std::collections::BTreeMap;

use super::check::{Violation, check, office_unread, starts_from, violation};
use super::undo::{Recorded, RecordedRow};
use super::value::{Change, HeldReason, Plan, UserPlan};
use crate::desired::Desired;
use crate::live::{Grid, Providers, Snapshot};
use crate::model::{Cells, Column, LiveRow, RowKey, UserId};

/// Checks an undo against the record of the run and what else it was made from.
pub fn check_undo(
    plan: &Plan,
    recorded: &Recorded,
    desired: &Desired,
    live: &Snapshot,
) -> Vec<Violation> {
    let mut found = check(plan);
    if plan.undoes.as_deref() != Some(recorded.run.as_str()) {
        let problem = "the plan takes another run back";
        found.push(Violation { address: plan.clinic.clone(), problem });
    }
    let wrote: BTreeMap<(UserId, RowKey), &RecordedRow> =
        recorded.rows.iter().map(|row| ((row.user_id, row.key), row)).collect();
    let mut grids: BTreeMap<UserId, BTreeMap<RowKey, LiveRow>> = BTreeMap::new();
    for (name, grid) in &live.grids {
        if let Grid::Read { user, rows, .. } = grid
            && desired.users.iter().any(|want| want.name == *name && want.id == *user)
        {
            grids.insert(*user, rows.iter().map(|row| (row.key, *row)).collect());
        }
    }
    for user in &plan.users {
        let Some(rows) = grids.get(&user.id) else {
            found.push(Violation { address: user.name.clone(), problem: "the user was not read" });
            continue;
        };
        for change in &user.changes {
            let mut wrong = |problem| found.push(violation(plan, user, change.key, problem));
            if !starts_from(change, rows.get(&change.key)) {
                wrong("the row is not planned from its live state");
            }
            match wrote.get(&(user.id, change.key)) {
                None => wrong("the run did not write the row"),
                Some(row) if !goes_back(change, row, plan.targets.is_everything()) => {
                    wrong("the change is not the way back");
                }
                Some(_) => {}
            }
            if office_unread(live, change) || !is_listed(live, change.key) {
                wrong("nobody can see whose row it is");
            }
        }
    }
    if plan.targets.is_everything() {
        let lost = recorded.rows.iter().filter(|row| !is_accounted_for(plan, row, &grids));
        found.extend(lost.map(|row| Violation {
            address: plan.names.address(&plan.clinic, &row.user, row.key),
            problem: "the plan says nothing of the row",
        }));
    }
    found.extend(wrongly_held(plan, &wrote, &grids));
    found
}

/// Whether every cell that moves was left by the run and ends as it was before; all of them, if the
/// plan is not limited.
fn goes_back(change: &Change, row: &RecordedRow, whole: bool) -> bool {
    let Change { before, after, .. } = change;
    if whole {
        return *before == row.after && *after == row.before;
    }
    let level = |cells: &Cells, column: Column| cells.columns().get(column);
    let columns = Column::ALL.iter().all(|column| {
        level(before, *column) == level(after, *column)
            || (level(before, *column) == level(&row.after, *column)
                && level(after, *column) == level(&row.before, *column))
    });
    // The date of a row that grants nothing is none.
    let from = before.is_nothing() || before.until() == row.after.until();
    let to = after.is_nothing() || after.until() == row.before.until();
    columns && (before.until() == after.until() || (from && to))
}

fn is_listed(live: &Snapshot, key: RowKey) -> bool {
    live.directory.offices.get(&key.office).is_some_and(|office| match &office.providers {
        Providers::Read(providers) => providers.contains_key(&key.provider),
        Providers::Unread(_) => false,
    })
}

/// Whether a row of the run is planned, held, unread, or as it was before.
fn is_accounted_for(
    plan: &Plan,
    row: &RecordedRow,
    grids: &BTreeMap<UserId, BTreeMap<RowKey, LiveRow>>,
) -> bool {
    let is_planned = |user: &UserPlan| {
        user.id == row.user_id && user.changes.iter().any(|change| change.key == row.key)
    };
    let is_unread = plan.unread.iter().any(|unread| unread.part.covers(&row.user, row.key));
    let is_back = grids.get(&row.user_id).is_some_and(|rows| {
        rows.get(&row.key).map_or(Cells::NOTHING, |live| live.cells) == row.before
    });
    is_unread
        || is_back
        || plan.users.iter().any(is_planned)
        || plan.held.iter().any(|held| held.is_at(&row.user, row.key))
}

/// Held rows that are also planned, that the run did not write, or that did not move.
fn wrongly_held(
    plan: &Plan,
    wrote: &BTreeMap<(UserId, RowKey), &RecordedRow>,
    grids: &BTreeMap<UserId, BTreeMap<RowKey, LiveRow>>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for held in &plan.held {
        let mut wrong = |problem| {
            let address = plan.names.address(&plan.clinic, &held.user, held.key);
            found.push(Violation { address, problem });
        };
        let row = wrote.values().find(|row| held.is_at(&row.user, row.key));
        let Some(row) = row.filter(|row| row.after == held.was) else {
            wrong("the run did not leave the held row so");
            continue;
        };
        let live = grids
            .get(&row.user_id)
            .map(|rows| rows.get(&row.key).map_or(Cells::NOTHING, |live| live.cells));
        if live != held.is {
            wrong("the held row is not shown as it is");
        }
        if held.reason == HeldReason::Moved && live.is_none_or(|now| now == row.after) {
            wrong("the held row did not move");
        }
        let planned = |user: &UserPlan| {
            user.id == row.user_id && user.changes.iter().any(|change| change.key == row.key)
        };
        if plan.users.iter().any(planned) {
            wrong("the row is both planned and held");
        }
    }
    found
}
