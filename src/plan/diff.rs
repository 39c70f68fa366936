//! The difference of two ordered lists of rows: one walk over both, nothing looked up.

use std::collections::BTreeSet;

use super::value::{Action, Change, Excess};
use crate::desired::DesiredRow;
use crate::model::{Cells, LiveRow, OfficeId, Revision, RowKey};

/// What one user's rows come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffRows {
    /// Rows to write, ordered by key.
    pub changes: Vec<Change>,
    /// Rows that keep more than the manifest says, ordered by key.
    pub excess: Vec<Excess>,
    /// Desired rows that stay as they are.
    pub unchanged: usize,
}

/// Compares desired with live rows, both ordered by key with every key once.
///
/// Additive (`revocable` empty): rows only rise. Exact: rows of the `revocable` offices become what
/// the manifest says; what it does not say there is revoked by rule 0.
pub fn diff_rows(
    desired: &[DesiredRow],
    live: &[LiveRow],
    revocable: &BTreeSet<OfficeId>,
) -> DiffRows {
    let mut diff = DiffRows::default();
    let mut wanted = desired.iter().copied().peekable();
    let mut found = live.iter().copied().peekable();
    loop {
        let next = match (wanted.peek(), found.peek()) {
            (None, None) => return diff,
            (Some(want), None) => want.key,
            (None, Some(have)) => have.key,
            (Some(want), Some(have)) => want.key.min(have.key),
        };
        let want = wanted.next_if(|row| row.key == next);
        let have = found.next_if(|row| row.key == next);
        diff.row(next, want, have, revocable.contains(&next.office));
    }
}

impl DiffRows {
    fn row(
        &mut self,
        key: RowKey,
        want: Option<DesiredRow>,
        have: Option<LiveRow>,
        revocable: bool,
    ) {
        let (says, rule) = want.map_or((Cells::NOTHING, 0), |row| (row.cells, row.rule));
        let (before, revision) = have.map_or((Cells::NOTHING, None), live_state);
        let after = if revocable { says } else { before.raised_to(says) };
        match Action::between(before, after) {
            Some(action) => {
                self.changes.push(Change { key, before, after, revision, action, rule });
            }
            None => self.unchanged += usize::from(want.is_some()),
        }
        if after.count_above(says) > 0 {
            self.excess.push(Excess { key, holds: after, says });
        }
    }
}

fn live_state(row: LiveRow) -> (Cells, Option<Revision>) {
    let LiveRow { key: _, cells, revision } = row;
    (cells, Some(revision))
}
