//! The append-only record of what was done: written before each write and after each answer.
//!
//! One file a clinic, one line of JSON a record, each bound to the one before it by SHA-256. It says
//! whether a sync is still owed, and what an undo takes back; nothing else about the grid rests on it.

mod chain;
mod file;
mod history;
mod read;
mod record;
mod undo;

pub use chain::{Checked, Fault, check};
pub use file::{Journal, JournalError};
pub use history::{Counts, End, Run, RunRow, Written, runs};
pub use read::{Reading, is_pending};
pub use record::{Event, Hold, Outcome, Record, RowOutcome, RowRecord, Starter};
pub use undo::{is_pending_beside, last_to_undo};
