//! The append-only record of what was done: written before each write and after each answer.
//!
//! One file a clinic, one line of JSON a record, each bound to the one before it by SHA-256. No
//! decision about the grid ever rests on it; it only says whether a sync is still owed.

mod file;
mod read;
mod record;

pub use file::{Journal, JournalError};
pub use read::{ReadError, Reading, is_pending, read};
pub use record::{Event, Hold, Outcome, Record, RowOutcome, RowRecord, Starter};
