//! A saved plan against the clinic as it is now: what moved, and what the manifest never asked for.

use std::collections::BTreeMap;

use super::value::{Change, Plan, UserPlan};
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, LiveRow, RowKey};

/// What became of a saved plan since it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Rows that somebody else changed, by address: the plan is stale.
    pub moved: Vec<String>,
    /// Changes that a plan made now would not make, by address: the plan is not the manifest's.
    pub foreign: Vec<String>,
    /// Changes that are not yet what the plan says.
    pub open: usize,
    /// The saved plan, measured against the rows that exist now: what the guards must judge.
    pub judged: Plan,
}

/// Compares a saved plan with one made now from the same manifest and targets.
pub fn compare(saved: &Plan, fresh: &Plan, live: &Snapshot) -> Comparison {
    let mut result =
        Comparison { moved: Vec::new(), foreign: Vec::new(), open: 0, judged: saved.clone() };
    for (user, judged) in saved.users.iter().zip(&mut result.judged.users) {
        let same = fresh.users.iter().find(|now| {
            (&now.name, now.id, &now.name_pattern, now.exact)
                == (&user.name, user.id, &user.name_pattern, user.exact)
        });
        let grid = live.grids.iter().find(|(name, _)| *name == user.name).map(|(_, grid)| grid);
        let (Some(now), Some(Grid::Read { rows, .. })) = (same, grid) else {
            result.foreign.push(format!("{}/{}", saved.clinic, user.name));
            continue;
        };
        let rows: BTreeMap<RowKey, LiveRow> = rows.iter().map(|row| (row.key, *row)).collect();
        let planned: BTreeMap<RowKey, &Change> =
            now.changes.iter().map(|change| (change.key, change)).collect();
        judged.existing.clone_from(&now.existing);
        for change in &user.changes {
            let row = rows.get(&change.key);
            let cells = row.map_or(Cells::NOTHING, |row| row.cells);
            let address = || saved.names.address(&saved.clinic, &user.name, change.key);
            result.open += usize::from(cells != change.after);
            if cells == change.after {
                // Done by an earlier run of the same plan: the row counted as existing then.
                if cells.is_nothing() {
                    *judged.existing.entry(change.key.office).or_insert(0) += 1;
                }
            } else if cells != change.before || row.map(|row| row.revision) != change.revision {
                result.moved.push(address());
            } else if !planned.get(&change.key).is_some_and(|now_planned| {
                now_planned.after == change.after && rule(now, now_planned) == rule(user, change)
            }) {
                result.foreign.push(address());
            }
        }
    }
    result
}

/// The rule behind a change.
fn rule<'a>(user: &'a UserPlan, change: &Change) -> Option<&'a crate::desired::Rule> {
    user.rules.get(change.rule as usize)
}
