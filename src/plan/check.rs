//! Looks for mistakes in a finished plan, with code of its own.
//!
//! It shares no step with `build.rs`: it asks of every change whether it may be there at all; of an
//! undo `check_undo.rs` asks what is particular to it. Every
//! plan passes through it before it can be approved, and so does every plan of the test suite.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::target::Target;
use super::value::{Action, Change, Plan, UnreadPart, UserPlan};
use crate::desired::{Desired, DesiredUser, Why};
use crate::live::{Grid, Providers, Snapshot};
use crate::model::{Cells, Column, LiveRow, RowKey};

/// A plan that must not be applied because it contradicts itself or what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{address}: {problem}")]
pub struct Violation {
    /// The row, or the user.
    pub address: String,
    /// What is wrong.
    pub problem: &'static str,
}

/// Checks a plan by itself.
pub fn check(plan: &Plan) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for user in &plan.users {
        if !seen.insert(user.id) {
            let problem = "the user is in the plan twice";
            found.push(Violation { address: user.name.clone(), problem });
        }
        let mut last: Option<RowKey> = None;
        for change in &user.changes {
            let mut wrong = |problem| found.push(violation(plan, user, change.key, problem));
            if last.is_some_and(|last| last >= change.key) {
                wrong("the row is out of order, or there twice");
            }
            last = Some(change.key);
            change_alone(user, change).into_iter().for_each(&mut wrong);
            match &plan.undoes {
                None => planned_alone(user, change).into_iter().for_each(&mut wrong),
                Some(run) if !is_undone_by(user, change, run) => {
                    wrong("the rule behind the change is not the undo");
                }
                Some(_) => {}
            }
            if plan.unread.iter().any(|unread| is_unread(&unread.part, user, change.key)) {
                wrong("the row is unread");
            }
            if !in_scope(plan, change) {
                wrong("the row or a column of it is outside the targets");
            }
        }
    }
    if plan.undoes.is_none() {
        found.extend(plan.held.iter().map(|held| Violation {
            address: plan.names.address(&plan.clinic, &held.user, held.key),
            problem: "only an undo holds rows",
        }));
    }
    found
}

/// Checks a plan against what it was made from.
pub fn check_against(plan: &Plan, desired: &Desired, live: &Snapshot) -> Vec<Violation> {
    let mut found = check(plan);
    if plan.undoes.is_some() {
        let problem = "the plan of a manifest undoes nothing";
        found.push(Violation { address: plan.clinic.clone(), problem });
    }
    for user in &plan.users {
        let source = desired.users.iter().find(|want| want.name == user.name);
        let (Some(want), Some(Grid::Read { rows, unread, .. })) = (source, live.grid(&user.name))
        else {
            found.push(Violation { address: user.name.clone(), problem: "the user was not read" });
            continue;
        };
        let have: BTreeMap<RowKey, LiveRow> = rows.iter().map(|row| (row.key, *row)).collect();
        let says: BTreeMap<RowKey, Cells> =
            want.rows.iter().map(|row| (row.key, row.cells)).collect();
        for change in &user.changes {
            let says = says.get(&change.key).copied();
            let mut wrong = |problem| found.push(violation(plan, user, change.key, problem));
            if !starts_from(change, have.get(&change.key)) {
                wrong("the row is not planned from its live state");
            }
            if unread.contains(&change.key) {
                wrong("what is there now was not read");
            }
            if !is_wanted(change, says, want) {
                wrong("the change goes beyond the manifest");
            }
            if office_unread(live, change) && says.is_none() {
                wrong("the office's providers are unread");
            }
        }
        if plan.targets.is_everything() {
            let planned: BTreeMap<RowKey, Cells> =
                user.changes.iter().map(|change| (change.key, change.after)).collect();
            for (key, cells) in says.iter().filter(|(key, _)| !unread.contains(key)) {
                let now = have.get(key).map_or(Cells::NOTHING, |row| row.cells);
                let ends_as = planned.get(key).copied().unwrap_or(now);
                if cells.count_above(ends_as) > 0 {
                    found.push(violation(
                        plan,
                        user,
                        *key,
                        "the row would stay below the manifest",
                    ));
                }
            }
        }
    }
    found
}

pub(super) fn violation(
    plan: &Plan,
    user: &UserPlan,
    key: RowKey,
    problem: &'static str,
) -> Violation {
    Violation { address: plan.names.address(&plan.clinic, &user.name, key), problem }
}

fn change_alone(user: &UserPlan, change: &Change) -> Vec<&'static str> {
    let Change { key: _, before, after, revision, action, rule } = change;
    let mut wrong = Vec::new();
    let rises = Column::ALL.iter().any(|c| after.columns().get(*c) > before.columns().get(*c));
    let falls = Column::ALL.iter().any(|c| after.columns().get(*c) < before.columns().get(*c));
    let date_moves = !before.is_nothing() && !after.is_nothing() && before.until() != after.until();
    if before == after {
        wrong.push("nothing changes");
    }
    let expected = match (rises, falls, date_moves) {
        (true, false, false) => Action::Grant,
        (false, true, false) => Action::Revoke,
        _ => Action::Change,
    };
    if *action != expected {
        wrong.push("the action is not what the cells say");
    }
    if revision.is_none() && !before.is_nothing() {
        wrong.push("a row that grants something has no revision");
    }
    if user.rules.get(*rule as usize).is_none() {
        wrong.push("no rule stands behind the change");
    }
    wrong
}

/// What holds of a manifest's changes and not of an undo's.
fn planned_alone(user: &UserPlan, change: &Change) -> Vec<&'static str> {
    let Change { before, after, rule, .. } = change;
    let rises = Column::ALL.iter().any(|c| after.columns().get(*c) > before.columns().get(*c));
    let falls = Column::ALL.iter().any(|c| after.columns().get(*c) < before.columns().get(*c));
    let earlier = !before.is_nothing()
        && !after.is_nothing()
        && match (before.until(), after.until()) {
            (None, Some(_)) => true,
            (Some(before), Some(after)) => after < before,
            (_, None) => false,
        };
    let mut wrong = Vec::new();
    if !user.exact && (falls || earlier) {
        wrong.push("an additive plan lowers the row");
    }
    if *rule == 0 && rises {
        wrong.push("access rises without a rule");
    }
    let why = user.rules.get(*rule as usize).map(|rule| &rule.why);
    if matches!(why, Some(Why::Undo(_))) {
        wrong.push("only an undo takes a run back");
    }
    wrong
}

/// Whether the rule behind a change is that `run` is taken back.
fn is_undone_by(user: &UserPlan, change: &Change, run: &str) -> bool {
    let why = user.rules.get(change.rule as usize).map(|rule| &rule.why);
    matches!(why, Some(Why::Undo(undone)) if undone == run)
}

/// A row that a rule names may be planned although its office's providers are unread.
fn is_unread(part: &UnreadPart, user: &UserPlan, key: RowKey) -> bool {
    match part {
        UnreadPart::Office(_) => false,
        UnreadPart::Grid(_) | UnreadPart::Rows { .. } => part.covers(&user.name, key),
    }
}

fn in_scope(plan: &Plan, change: &Change) -> bool {
    let moved =
        |column: Column| change.before.columns().get(column) != change.after.columns().get(column);
    let excluded = plan.targets.except.iter().any(|target| match *target {
        Target::Office(office) => office == change.key.office,
        Target::Provider(provider) => provider == change.key.provider,
        Target::Column(column) => moved(column),
    });
    let only = &plan.targets.only;
    let offices = only.iter().any(|target| matches!(target, Target::Office(_)));
    let providers = only.iter().any(|target| matches!(target, Target::Provider(_)));
    let columns = only.iter().any(|target| matches!(target, Target::Column(_)));
    !excluded
        && (!offices || only.contains(&Target::Office(change.key.office)))
        && (!providers || only.contains(&Target::Provider(change.key.provider)))
        && (!columns
            || Column::ALL.iter().all(|c| !moved(*c) || only.contains(&Target::Column(*c))))
}

pub(super) fn starts_from(change: &Change, live: Option<&LiveRow>) -> bool {
    match live {
        Some(row) => change.before == row.cells && change.revision == Some(row.revision),
        None => change.before.is_nothing() && change.revision.is_none(),
    }
}

/// Whether every cell that moves ends where the manifest or, in additive mode, the live row has it.
fn is_wanted(change: &Change, says: Option<Cells>, user: &DesiredUser) -> bool {
    if says.is_none() && (!user.exact || !user.managed.contains(&change.key.office)) {
        return false;
    }
    let says = says.unwrap_or(Cells::NOTHING);
    let columns = Column::ALL.iter().all(|column| {
        let (before, after) =
            (change.before.columns().get(*column), change.after.columns().get(*column));
        before == after || after == says.columns().get(*column)
    });
    let until = change.after.until();
    columns && (until == change.before.until() || until == says.until())
}

pub(super) fn office_unread(live: &Snapshot, change: &Change) -> bool {
    live.directory
        .offices
        .get(&change.key.office)
        .is_none_or(|office| matches!(office.providers, Providers::Unread(_)))
}
