//! A journal in a folder: one file, opened by one process at a time, appended, flushed to the disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::chain::{Checked, check};
use super::error::JournalError;
use super::read::{Reading, read};
use crate::state::{flush, make_private, private};

/// How often, and how far apart, the file's lock is asked for.
const LOCK_TRIES: u32 = 50;
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The file of an open journal. While it is open no other process can open it for writing.
///
/// The clinic's lock comes before it. This second lock is the file's own, which the system takes
/// back when the process ends: it holds also when the other is removed by hand, so that two
/// processes never write into one chain.
#[derive(Debug)]
pub(super) struct JournalFile {
    file: File,
    path: PathBuf,
    /// The bytes of its whole records.
    length: u64,
}

/// Where the journal of a clinic is. The id is a slug, so it stays inside the folder.
fn path_in(folder: &Path, clinic: &str) -> PathBuf {
    folder.join(format!("{clinic}.journal.jsonl"))
}

/// The same for messages.
pub(super) fn place(folder: &Path, clinic: &str) -> String {
    path_in(folder, clinic).display().to_string()
}

fn io(attempted: &'static str, path: &Path) -> impl Fn(io::Error) -> JournalError {
    let place = path.display().to_string();
    move |problem| JournalError::Io { attempted, place: place.clone(), problem }
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
    Err(JournalError::Locked(path.display().to_string()))
}

/// Reads the journal of a clinic with every fault of its chain; no file is an empty journal.
pub(super) fn check_in(folder: &Path, clinic: &str) -> Result<Checked, JournalError> {
    let path = path_in(folder, clinic);
    match File::open(&path) {
        Ok(file) => check(BufReader::new(file)).map_err(io("read", &path)),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => {
            check(io::empty()).map_err(io("read", &path))
        }
        Err(problem) => Err(io("read", &path)(problem)),
    }
}

impl JournalFile {
    /// Opens the journal of a clinic in a folder, which is made if it is missing, and drops a record
    /// that a crash cut off.
    pub(super) fn open(folder: &Path, clinic: &str) -> Result<(Self, Reading), JournalError> {
        let path = path_in(folder, clinic);
        make_private(folder).map_err(io("make the folder of", &path))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = private(&mut options).open(&path).map_err(io("open", &path))?;
        lock(&file, &path)?;
        let checked = check(BufReader::new(&file)).map_err(io("read", &path))?;
        let reading = read(checked)
            .map_err(|problem| JournalError::unreadable(path.display().to_string(), problem))?;
        if reading.torn {
            file.set_len(reading.whole).map_err(io("mend", &path))?;
        }
        flush(folder).map_err(io("flush the folder of", &path))?;
        Ok((Self { file, path, length: reading.whole }, reading))
    }

    pub(super) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Appends a line; when this returns, it is on the disk. When it fails, what was written of it is
    /// removed; where that fails too, the next run drops it.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(problem) = self.write(line) {
            drop(self.file.set_len(self.length).and_then(|()| self.file.sync_all()));
            return Err(problem);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Writes behind the last whole record.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(line)?;
        self.file.sync_data()
    }
}

#[cfg(test)]
impl JournalFile {
    /// Makes the file one that was opened for reading: neither writing nor shortening works on it.
    pub(super) fn break_it(&mut self) {
        self.file = File::open(&self.path).unwrap();
    }
}
