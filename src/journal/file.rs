//! The journal's file: opened by one process at a time, appended, flushed to the disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::chain::{Checked, Fault, check};
use super::read::{Reading, read};
use super::record::{Event, Record, VERSION};
use crate::model::{Clock, sha256};
use crate::state::{flush, make_private, private};

/// How often, and how far apart, the file's lock is asked for.
const LOCK_TRIES: u32 = 50;
const LOCK_POLL: Duration = Duration::from_millis(20);

/// An open journal. While it is open no other process can open it for writing.
///
/// The clinic's lock comes before it. This second lock is the file's own, which the system takes
/// back when the process ends: it holds also when the other is removed by hand, so that two
/// processes never write into one chain.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    clock: Clock,
    apply: String,
    seq: u64,
    last: String,
    /// The bytes of its whole records.
    length: u64,
    /// Whether half a record may be in the file, so that nothing may follow it.
    closed: bool,
}

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file cannot be opened, read or written.
    #[error("cannot {attempted} the journal {}: {problem}", path.display())]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// Another process has it open.
    #[error("another process writes the journal {}", .0.display())]
    Locked(PathBuf),
    /// It was changed by somebody else.
    #[error("the journal {} cannot be continued: {problem}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Fault,
    },
    /// It was written by a newer program.
    #[error("the journal {} cannot be read: {problem}", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Which version it has.
        problem: Fault,
    },
    /// An earlier record of this run could not be written.
    #[error("the journal {} takes no more records: an earlier one could not be written", .0.display())]
    Closed(PathBuf),
}

impl JournalError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "J001",
            Self::Locked(_) => "J002",
            Self::Unreadable { .. } => "J003",
            Self::Newer { .. } => "J004",
            Self::Closed(_) => "J005",
        }
    }
}

/// Where the journal of a clinic is. The id is a slug, so it stays inside the folder.
fn path_in(state: &Path, clinic: &str) -> PathBuf {
    state.join(format!("{clinic}.journal.jsonl"))
}

fn io(attempted: &'static str, path: &Path) -> impl Fn(io::Error) -> JournalError {
    let path = path.to_owned();
    move |problem| JournalError::Io { attempted, path: path.clone(), problem }
}

/// Takes the file's own lock. Whoever gets here has the clinic's lock, so a process that still has
/// the file open is most likely about to end, or a child of one that has not closed it yet.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_POLL),
            Err(TryLockError::Error(problem)) => return Err(io("lock", path)(problem)),
        }
    }
    Err(JournalError::Locked(path.to_owned()))
}

/// A fault of the whole file as an error of it.
fn unreadable(path: &Path, problem: Fault) -> JournalError {
    let path = path.to_owned();
    if matches!(problem, Fault::Version { .. }) {
        JournalError::Newer { path, problem }
    } else {
        JournalError::Unreadable { path, problem }
    }
}

impl Journal {
    /// Reads the journal of a clinic without opening it for writing; no file is an empty journal.
    pub fn read(state: &Path, clinic: &str) -> Result<Reading, JournalError> {
        let path = path_in(state, clinic);
        let checked = Self::check(state, clinic)?;
        read(checked).map_err(|problem| unreadable(&path, problem))
    }

    /// Reads the journal of a clinic with every fault of its chain; no file is an empty journal.
    pub fn check(state: &Path, clinic: &str) -> Result<Checked, JournalError> {
        let path = path_in(state, clinic);
        match File::open(&path) {
            Ok(file) => check(BufReader::new(file)).map_err(io("read", &path)),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => {
                check(io::empty()).map_err(io("read", &path))
            }
            Err(problem) => Err(io("read", &path)(problem)),
        }
    }

    /// Opens the journal of a clinic in the state folder `state`, which is made if it is missing,
    /// and drops a record that a crash cut off. `apply` names the records of this run.
    pub fn open(
        state: &Path,
        clinic: &str,
        apply: &str,
        clock: Clock,
    ) -> Result<(Self, Reading), JournalError> {
        let path = path_in(state, clinic);
        make_private(state).map_err(io("make the folder of", &path))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = private(&mut options).open(&path).map_err(io("open", &path))?;
        lock(&file, &path)?;
        let checked = check(BufReader::new(&file)).map_err(io("read", &path))?;
        let reading = read(checked).map_err(|problem| unreadable(&path, problem))?;
        if reading.torn {
            file.set_len(reading.whole).map_err(io("mend", &path))?;
        }
        flush(state).map_err(io("flush the folder of", &path))?;
        let journal = Self {
            file,
            path,
            clock,
            apply: apply.to_owned(),
            seq: reading.records.len() as u64,
            last: reading.head.clone(),
            length: reading.whole,
            closed: false,
        };
        Ok((journal, reading))
    }

    /// Appends one record; when this returns, it is on the disk. When it fails, the journal takes no
    /// more records: one without those before it would tell another story than what happened. What
    /// was written of it is removed; where that fails too, the next run drops it.
    pub fn append(&mut self, event: Event) -> Result<(), JournalError> {
        if self.closed {
            return Err(JournalError::Closed(self.path.clone()));
        }
        let record = Record {
            v: VERSION,
            seq: self.seq + 1,
            at: self.clock.now(),
            apply: self.apply.clone(),
            event,
            previous: self.last.clone(),
        };
        let path = self.path.clone();
        let failed = |problem| io("append to", &path)(problem);
        let mut line = serde_json::to_vec(&record).map_err(|error| failed(error.into()))?;
        let digest = sha256(&line);
        line.push(b'\n');
        if let Err(problem) = self.write(&line) {
            self.closed = true;
            drop(self.file.set_len(self.length).and_then(|()| self.file.sync_all()));
            return Err(failed(problem));
        }
        self.seq += 1;
        self.last = digest;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Writes behind the last whole record.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(line)?;
        self.file.sync_data()
    }

    /// Whether a record could not be written, so that no more are taken.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Names this run in the records that follow.
    pub fn apply_id(&self) -> &str {
        &self.apply
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "test code")]
mod tests {
    use super::*;

    #[test]
    fn a_journal_whose_failed_record_cannot_be_removed_can_still_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock(jiff::Timestamp::now);
        let (mut journal, _) = Journal::open(folder.path(), "lakeside", "one", clock).unwrap();
        journal.append(Event::Verified { correct: true }).unwrap();
        // Neither writing nor shortening works on a file that was opened for reading.
        journal.file = File::open(&journal.path).unwrap();
        let first = journal.append(Event::Verified { correct: true }).unwrap_err();
        assert_eq!(first.code(), "J001", "{first}");
        let second = journal.append(Event::Verified { correct: true }).unwrap_err();
        assert_eq!(second.code(), "J005", "{second}");
        assert_eq!(Journal::read(folder.path(), "lakeside").unwrap().records.len(), 1);
    }
}
