//! The append-only record of what was done: written before each write and after each answer.
//!
//! One line of JSON a record, each bound to the one before it by SHA-256. In a folder it is one file
//! a clinic, in an object store one object a run. It says whether a sync is still owed, and what an
//! undo takes back; nothing else about the grid rests on it.

mod applied;
mod attested;
mod chain;
mod error;
mod history;
mod journal_file;
mod journal_objects;
mod open;
mod read;
mod record;
mod undo;
mod worklists;

pub use applied::{
    Applied, RowEntry, RunRef, Since, Sure, applied, is_perhaps_ours, last_applied, row_since,
    since,
};
pub use attested::{AskedSync, Attestation, SyncState, asked_sync, hands};
pub use chain::{Checked, Fault, check};
pub use error::JournalError;
pub use history::{Counts, End, Run, RunRow, Said, Written, runs};
pub use open::Journal;
pub use read::{Reading, is_pending};
pub use record::{
    Event, Hold, MissingRecord, Outcome, Record, RowOutcome, RowPlace, RowRecord, SeenRow, Starter,
};
pub use undo::{TOGETHER, is_pending_beside, last_to_undo, recorded_together};
pub use worklists::{Standing, Worklist, WorklistRow, WorklistStage, worklists};
