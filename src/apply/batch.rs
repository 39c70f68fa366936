//! What an answer means for each row of a batch. Pure.

use std::collections::BTreeMap;

use crate::bridge::RowWrite;
use crate::journal::{Hold, Outcome, RowRecord};
use crate::model::{Cells, LiveRow, Names, Revision, RowKey};
use crate::plan::{Change, UserPlan};

/// A row of a batch that has no outcome yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) change: Change,
    /// The revision that is sent.
    pub(super) expected: Option<Revision>,
}

impl Row {
    pub(super) fn new(change: Change) -> Self {
        Self { change, expected: change.revision }
    }

    pub(super) fn write(&self) -> RowWrite {
        RowWrite { key: self.change.key, expected: self.expected, cells: self.change.after }
    }

    pub(super) fn record(&self, user: &UserPlan, names: &Names) -> RowRecord {
        let Change { key, before, after, rule, revision: _, action: _ } = self.change;
        RowRecord {
            key,
            office: names.offices.get(&key.office).cloned(),
            provider: names.providers.get(&key.provider).cloned(),
            expected: self.expected,
            before,
            after,
            rule: user.rules.get(rule as usize).cloned(),
        }
    }
}

/// What is known of a batch after an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Rows whose fate is known.
    pub(super) outcomes: Vec<(RowKey, Outcome)>,
    /// Rows to send again: nothing was written because of others.
    pub(super) again: Vec<Row>,
    /// Rows that the answer says nothing about.
    pub(super) unclear: Vec<Row>,
}

/// After "all rows were written": each row must come back as it was sent.
pub(super) fn written(rows: &[Row], now: &[LiveRow]) -> Settled {
    let now = by_key(now);
    let mut settled = Settled::default();
    for row in rows {
        match now.get(&row.change.key) {
            Some(live) if live.cells == row.change.after => {
                settled.outcomes.push((row.change.key, Outcome::Done));
            }
            Some(_) | None => settled.unclear.push(*row),
        }
    }
    settled
}

/// After a conflict: rows that moved are held, the others go again.
///
/// A server may leave a row that grants nothing out of the grid although it has a revision. Such a
/// row was planned as absent; it is sent again at the revision the conflict names, once, because
/// its content is what the plan was made from.
pub(super) fn conflict(rows: &[Row], moved: &[LiveRow]) -> Settled {
    let moved = by_key(moved);
    let mut settled = Settled::default();
    let mut named = false;
    for row in rows {
        let Some(live) = moved.get(&row.change.key) else {
            settled.again.push(*row);
            continue;
        };
        named = true;
        if row.expected.is_none() && live.cells.is_nothing() && row.change.before.is_nothing() {
            settled.again.push(Row { expected: Some(live.revision), ..*row });
        } else if live.cells == row.change.after {
            settled.outcomes.push((row.change.key, Outcome::AlreadyTrue));
        } else {
            settled.outcomes.push((row.change.key, held(row, live.cells, Some(live.revision))));
        }
    }
    if !named {
        settled.unclear = std::mem::take(&mut settled.again);
    }
    settled
}

/// After a refusal of some rows: they failed, the others go again. No name: all failed.
pub(super) fn invalid(rows: &[Row], refused: &[RowKey], message: &str) -> Settled {
    let mut settled = Settled::default();
    let none_named = !rows.iter().any(|row| refused.contains(&row.change.key));
    for row in rows {
        if none_named || refused.contains(&row.change.key) {
            settled.outcomes.push((row.change.key, Outcome::Refused(message.to_owned())));
        } else {
            settled.again.push(*row);
        }
    }
    settled
}

/// After a lost or unclear answer, from a grid that was read since: what is there is what counts.
pub(super) fn looked_up(rows: &[Row], grid: &[LiveRow], why: &str) -> Settled {
    let grid = by_key(grid);
    let mut settled = Settled::default();
    for row in rows {
        let live = grid.get(&row.change.key);
        let cells = live.map_or(Cells::NOTHING, |live| live.cells);
        let revision = live.map(|live| live.revision);
        let outcome = if cells == row.change.after {
            Outcome::Done
        } else if cells == row.change.before && (revision == row.expected || cells.is_nothing()) {
            Outcome::Failed(format!("not there when last read: {why}"))
        } else {
            held(row, cells, revision)
        };
        settled.outcomes.push((row.change.key, outcome));
    }
    settled
}

/// After a conflict that names no row of the batch, from a grid that was read since: rows that moved
/// are settled and the others go again. Where none moved, all failed: a batch is never repeated as
/// it was.
pub(super) fn conflict_looked_up(rows: &[Row], grid: &[LiveRow], why: &str) -> Settled {
    let seen = looked_up(rows, grid, why);
    let is_open = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
    if seen.outcomes.iter().all(|(_, outcome)| is_open(outcome)) {
        return seen;
    }
    let (open, outcomes): (Vec<_>, Vec<_>) =
        seen.outcomes.into_iter().partition(|(_, outcome)| is_open(outcome));
    let is_again = |row: &&Row| open.iter().any(|(key, _)| *key == row.change.key);
    Settled {
        outcomes,
        again: rows.iter().filter(is_again).copied().collect(),
        unclear: Vec::new(),
    }
}

fn held(row: &Row, now: Cells, is: Option<Revision>) -> Outcome {
    Outcome::Held(Hold::Moved { was: row.expected, is, now })
}

fn by_key(rows: &[LiveRow]) -> BTreeMap<RowKey, LiveRow> {
    rows.iter().map(|row| (row.key, *row)).collect()
}
