//! From journal text to records. A torn last line is what a crash leaves; it is noted, not an error.

use thiserror::Error;

use super::record::{Event, Record, VERSION};
use crate::model::sha256;

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The whole records, in order.
    pub records: Vec<Record>,
    /// How many bytes of the text they take.
    pub(super) whole: usize,
    /// Whether a record was cut off at the end.
    pub torn: bool,
    /// The digest of the last line.
    pub(super) last: String,
}

/// A journal that was changed, or written by a newer program.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// A line that is no record.
    #[error("line {line} is not a record: {problem}")]
    NotARecord {
        /// From 1.
        line: usize,
        /// What the parser said.
        problem: String,
    },
    /// A newer format.
    #[error("line {line} has format version {version}, this program reads {VERSION}")]
    Version {
        /// From 1.
        line: usize,
        /// What it says.
        version: u32,
    },
    /// A record that does not follow from the one before it.
    #[error(
        "record {seq} at line {line} does not follow the one before it: one was edited, removed or moved"
    )]
    Broken {
        /// From 1.
        line: usize,
        /// What it says.
        seq: u64,
    },
}

/// Reads and checks a whole journal.
pub fn read(text: &str) -> Result<Reading, ReadError> {
    let mut reading = Reading { last: sha256(b""), ..Reading::default() };
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        let Some(content) = line.strip_suffix('\n') else {
            reading.torn = true;
            break;
        };
        let record: Record = serde_json::from_str(content)
            .map_err(|error| ReadError::NotARecord { line: number, problem: error.to_string() })?;
        if record.v != VERSION {
            return Err(ReadError::Version { line: number, version: record.v });
        }
        if record.previous != reading.last || record.seq != number as u64 {
            return Err(ReadError::Broken { line: number, seq: record.seq });
        }
        reading.last = sha256(content.as_bytes());
        reading.whole += line.len();
        reading.records.push(record);
    }
    Ok(reading)
}

/// Whether a sync is owed: a write is not yet verified, or the last sync was not completed.
pub fn is_pending(records: &[Record]) -> bool {
    let (mut unverified, mut unsynced) = (false, false);
    for record in records {
        match &record.event {
            Event::BatchStarted { .. } => unverified = true,
            Event::SyncStarted { .. } => unsynced = true,
            Event::SyncEnded { complete, .. } => unsynced = !complete,
            Event::Verified { correct } => unverified = !correct,
            Event::Started(_) | Event::BatchEnded { .. } | Event::Ended { .. } => {}
        }
    }
    unverified || unsynced
}
