//! What a sound journal holds. A torn last line is what a crash leaves; it is noted, not an error.

use super::chain::{Checked, Fault};
use super::record::{Event, Outcome, Record};

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The whole records, in order.
    pub records: Vec<Record>,
    /// How many bytes of the file they take.
    pub(super) whole: u64,
    /// Whether a record was cut off at the end.
    pub torn: bool,
    /// The digest of the last line.
    pub head: String,
}

/// The records of a journal without a fault; else its first.
pub(super) fn read(checked: Checked) -> Result<Reading, Fault> {
    let Checked { records, faults, torn, whole, heads: _, head } = checked;
    match faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(Reading { records, whole, torn, head }),
    }
}

/// Whether a sync is owed: a write is not yet verified, or the last sync was not completed.
pub fn is_pending<'a>(records: impl IntoIterator<Item = &'a Record>) -> bool {
    let (mut unverified, mut unsynced) = (false, false);
    let mut before_batch = false;
    for record in records {
        match &record.event {
            Event::BatchStarted { .. } => {
                before_batch = unverified;
                unverified = true;
            }
            Event::BatchEnded { outcomes, .. } => {
                let wrote_nothing = outcomes.iter().all(|row| match row.outcome {
                    Outcome::Held(_) | Outcome::Refused(_) | Outcome::NotReached => true,
                    Outcome::Done | Outcome::AlreadyTrue | Outcome::Failed(_) => false,
                });
                if wrote_nothing {
                    unverified = before_batch;
                }
            }
            Event::SyncStarted { .. } => unsynced = true,
            Event::SyncEnded { complete, .. } => unsynced = !complete,
            Event::Verified { correct } => unverified = !correct,
            Event::Started(_) | Event::Ended { .. } => {}
        }
    }
    unverified || unsynced
}
