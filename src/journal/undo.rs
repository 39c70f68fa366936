//! What of a run can be taken back. Pure.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::history::{Run, RunRow, Written};
use super::read::is_pending;
use super::record::{Event, Outcome, Record};
use super::worklists::Standing;
use crate::model::{RowKey, UserId};
use crate::plan::{Recorded, RecordedRow};

impl Run {
    /// What the run wrote, or may have written; without rows, there is nothing to take back.
    pub fn recorded(&self) -> Recorded {
        Recorded { run: self.id.clone(), rows: self.rows.iter().filter_map(recorded).collect() }
    }

    /// The run that it took back, if it is an undo.
    pub fn undoes(&self) -> Option<&str> {
        self.starter.as_ref().and_then(|starter| starter.undoes.as_deref())
    }
}

/// What stands between the names of runs that are taken back together.
pub const TOGETHER: char = '+';

/// What runs of one plan wrote, oldest first: an apply that was ended and begun again. A row that
/// several of them sent is there once, with what it was before the first.
pub fn recorded_together(runs: &[&Run]) -> Recorded {
    let mut together: BTreeMap<(UserId, RowKey), RecordedRow> = BTreeMap::new();
    for row in runs.iter().flat_map(|run| run.recorded().rows) {
        match together.entry((row.user_id, row.key)) {
            Entry::Vacant(place) => drop(place.insert(row)),
            Entry::Occupied(mut place) => {
                let first = place.get_mut();
                first.certain |= row.certain;
                first.after = row.after;
            }
        }
    }
    let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    Recorded { run: ids.join(&TOGETHER.to_string()), rows: together.into_values().collect() }
}

fn recorded(row: &RunRow) -> Option<RecordedRow> {
    let RunRow { user, user_id, sent, written } = row;
    let certain = match written {
        Written::Known(Outcome::Done) | Written::Asked(Standing::Verified(Some(_))) => true,
        // Done by a try without an answer, perhaps, or by somebody else.
        Written::Known(Outcome::AlreadyTrue | Outcome::Failed(_))
        | Written::Unknown
        | Written::Asked(
            Standing::Verified(None) | Standing::Attested(_) | Standing::Contradicted { .. },
        ) => false,
        Written::Known(Outcome::Held(_) | Outcome::Refused(_) | Outcome::NotReached)
        | Written::Asked(Standing::Open) => {
            return None;
        }
    };
    Some(RecordedRow {
        user: user.clone(),
        user_id: *user_id,
        key: sent.key,
        office: sent.office.clone(),
        provider: sent.provider.clone(),
        before: sent.before,
        after: sent.after,
        certain,
    })
}

/// The run that an undo without a name takes back: the last that wrote anything and is no undo
/// itself. So an undo that is begun again goes on, and does not take itself back.
pub fn last_to_undo(runs: &[Run]) -> Option<&Run> {
    runs.iter().rev().find(|run| run.undoes().is_none() && !run.recorded().rows.is_empty())
}

/// Whether rows of others than `run` and its undos are still to be verified, so that the rows of
/// `run`, or of the runs that are named together, cannot settle what is owed. A sync alone is settled by any sync.
pub fn is_pending_beside(records: &[Record], run: &str) -> bool {
    let mut own: BTreeSet<&str> = run.split(TOGETHER).collect();
    // The plans whose rows these runs asked of people: whoever ticks them does it in another run.
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    for record in records {
        if let Event::Started(starter) = &record.event
            && starter.undoes.as_deref() == Some(run)
        {
            own.insert(&record.apply);
        }
        if let Event::ClicksAsked { plan, .. } = &record.event
            && own.contains(record.apply.as_str())
        {
            asked.insert(plan);
        }
    }
    is_pending(records.iter().filter(|record| match record.event {
        Event::BatchStarted { .. } | Event::BatchEnded { .. } => {
            !own.contains(record.apply.as_str())
        }
        Event::Verified { correct } => correct,
        Event::PageAttested { ref missing, .. } => missing.is_empty(),
        Event::ClicksAttested { ref plan, .. } | Event::ClicksSeen { ref plan, .. } => {
            !asked.contains(plan.as_str())
        }
        Event::Started(_)
        | Event::SyncStarted { .. }
        | Event::SyncEnded { .. }
        | Event::SyncAsked { .. }
        | Event::SyncAttested { .. }
        | Event::ClicksAsked { .. }
        | Event::ClicksWithdrawn { .. }
        | Event::Ended { .. } => false,
    }))
}
