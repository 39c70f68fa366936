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
///
/// A batch is written as a whole or not at all. So a row that is still at the revision that was sent
/// proves that nothing of its batch was written, and whoever moved the others was somebody else.
/// Without such a row it may have been written and then changed by somebody else.
pub(super) fn looked_up(rows: &[Row], grid: &[LiveRow], why: &str) -> Settled {
    let grid = by_key(grid);
    let find = |row: &Row| grid.get(&row.change.key);
    let unmoved = |row: &Row| find(row).is_some_and(|live| row.expected == Some(live.revision));
    let unwritten = rows.iter().any(unmoved);
    let mut settled = Settled::default();
    for row in rows {
        let cells = find(row).map_or(Cells::NOTHING, |live| live.cells);
        let revision = find(row).map(|live| live.revision);
        let as_before =
            cells == row.change.before && (revision == row.expected || cells.is_nothing());
        let outcome = if cells == row.change.after {
            if unwritten { Outcome::AlreadyTrue } else { Outcome::Done }
        } else if as_before && unwritten {
            Outcome::Failed(format!("not there when last read: {why}"))
        } else if as_before {
            // A row that is not there has no revision: it may have come and gone.
            Outcome::Failed(format!("the grid does not show it: {why}"))
        } else if unwritten {
            held(row, cells, revision)
        } else {
            Outcome::Failed(format!(
                "whether it was written is unknown, somebody else changed it since: {why}"
            ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, Level, OfficeId, ProviderId};
    use crate::plan::Action;

    fn key(provider: u64) -> RowKey {
        RowKey { office: OfficeId(1), provider: ProviderId(provider) }
    }

    fn cells(columns: &[Column]) -> Cells {
        Cells::new(columns.iter().map(|column| (*column, Level::Full)).collect(), None)
    }

    fn wanted() -> Cells {
        cells(&[Column::Patient])
    }

    /// A row that is planned from nothing to `wanted`.
    fn row(provider: u64, revision: Option<u64>) -> Row {
        Row::new(Change {
            key: key(provider),
            before: Cells::NOTHING,
            after: wanted(),
            revision: revision.map(Revision),
            action: Action::Grant,
            rule: 1,
        })
    }

    fn live(provider: u64, cells: Cells, revision: u64) -> LiveRow {
        LiveRow { key: key(provider), cells, revision: Revision(revision) }
    }

    fn outcomes(rows: &[Row], grid: &[LiveRow]) -> Vec<Outcome> {
        let settled = looked_up(rows, grid, "no answer");
        assert!(settled.again.is_empty() && settled.unclear.is_empty());
        settled.outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    #[test]
    fn a_batch_that_the_grid_shows_is_done() {
        let grid = [live(1, wanted(), 5), live(2, wanted(), 1)];
        assert_eq!(
            outcomes(&[row(1, Some(4)), row(2, None)], &grid),
            [Outcome::Done, Outcome::Done]
        );
    }

    #[test]
    fn a_row_that_did_not_move_proves_that_nothing_of_its_batch_was_written() {
        let other = cells(&[Column::Inbox]);
        let grid = [live(1, Cells::NOTHING, 4), live(2, wanted(), 1), live(3, other, 1)];
        let rows = [row(1, Some(4)), row(2, None), row(3, None), row(4, None)];
        let failed = Outcome::Failed("not there when last read: no answer".to_owned());
        let held = Outcome::Held(Hold::Moved { was: None, is: Some(Revision(1)), now: other });
        assert_eq!(outcomes(&rows, &grid), [failed.clone(), Outcome::AlreadyTrue, held, failed]);
    }

    #[test]
    fn a_row_that_moved_without_such_a_proof_is_not_said_to_be_left_alone() {
        let other = cells(&[Column::Inbox]);
        let seen = outcomes(&[row(1, Some(4)), row(2, None)], &[live(1, other, 6)]);
        let [Outcome::Failed(moved), Outcome::Failed(absent)] = seen.as_slice() else {
            panic!("{seen:?}")
        };
        assert!(moved.contains("unknown"), "{moved}");
        assert!(absent.starts_with("the grid does not show it"), "{absent}");
    }

    #[test]
    fn a_row_that_grants_nothing_is_sent_again_once_at_the_revision_of_the_conflict() {
        let first = conflict(&[row(1, None)], &[live(1, Cells::NOTHING, 3)]);
        assert_eq!((first.again[0].expected, first.outcomes.len()), (Some(Revision(3)), 0));
        let second = conflict(&first.again, &[live(1, Cells::NOTHING, 4)]);
        assert!(matches!(second.outcomes[..], [(_, Outcome::Held(_))]) && second.again.is_empty());
    }

    #[test]
    fn a_conflict_that_names_no_row_of_the_batch_is_unclear() {
        let settled = conflict(&[row(1, Some(4))], &[live(9, Cells::NOTHING, 1)]);
        assert_eq!((settled.unclear.len(), settled.again.len()), (1, 0));
    }
}
