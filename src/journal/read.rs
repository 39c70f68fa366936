//! What a sound journal holds. A torn last line is what a crash leaves; it is noted, not an error.

use super::chain::{Checked, Fault};
use super::record::{Event, Outcome, Record, RowOutcome};
use super::worklists::Unsaid;

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

/// Whether the answer to a batch says that nothing of it was written.
pub(super) fn wrote_nothing(outcomes: &[RowOutcome]) -> bool {
    outcomes.iter().all(|row| match row.outcome {
        Outcome::Held(_) | Outcome::Refused(_) | Outcome::NotReached => true,
        Outcome::Done | Outcome::AlreadyTrue | Outcome::Failed(_) => false,
    })
}

/// Whether a sync is owed: a write is not yet verified, or the last sync was not completed.
pub fn is_pending<'a>(records: impl IntoIterator<Item = &'a Record>) -> bool {
    let (mut unverified, mut unsynced) = (false, false);
    let (mut before_batch, mut unsaid) = (false, Unsaid::default());
    for record in records {
        unverified |= unsaid.is_written(&record.event);
        match &record.event {
            Event::BatchStarted { .. } => {
                before_batch = unverified;
                unverified = true;
            }
            Event::BatchEnded { outcomes, .. } => {
                if wrote_nothing(outcomes) {
                    unverified = before_batch;
                }
            }
            Event::SyncStarted { .. } => unsynced = true,
            // Nobody else tells how it went: it waits for what people say of it, to the end.
            Event::SyncAsked { .. } => (unsynced, unverified) = (true, true),
            Event::SyncEnded { complete, .. } => unsynced = !complete,
            Event::SyncAttested { .. } => unsynced = false,
            // What a person says that they wrote counts as written.
            Event::ClicksAttested { .. } => unverified = true,
            Event::Verified { correct } => unverified = !correct,
            // It is recorded only where the grid was read and is right.
            Event::PageAttested { missing, .. } => unverified = !missing.is_empty(),
            Event::Started(_)
            | Event::ClicksAsked { .. }
            | Event::ClicksSeen { .. }
            | Event::ClicksWithdrawn { .. }
            | Event::Ended { .. } => {}
        }
    }
    unverified || unsynced
}
