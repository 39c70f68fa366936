//! The journal's file: opened by one process at a time, appended, flushed to the disk.
#![expect(clippy::disallowed_methods, reason = "the journal owns its file")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::read::{ReadError, Reading, read};
use super::record::{Event, Record, VERSION};
use crate::model::{Clock, sha256};

/// An open journal. While it is open no other process can open it for writing.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    clock: Clock,
    apply: String,
    seq: u64,
    last: String,
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
    #[error("another apply of this clinic is running (it holds {})", .0.display())]
    Locked(PathBuf),
    /// It was changed by somebody else.
    #[error("the journal {} cannot be continued: {problem}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ReadError,
    },
}

impl JournalError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "J001",
            Self::Locked(_) => "J002",
            Self::Unreadable { .. } => "J003",
        }
    }
}

/// Where the journal of a clinic is. The id is a slug, so it stays inside the folder.
fn path_in(state: &Path, clinic: &str) -> PathBuf {
    state.join(format!("{clinic}.journal.jsonl"))
}

impl Journal {
    /// Reads the journal of a clinic without opening it for writing; no file is an empty journal.
    pub fn read(state: &Path, clinic: &str) -> Result<Reading, JournalError> {
        let path = path_in(state, clinic);
        match fs::read_to_string(&path) {
            Ok(text) => read(&text).map_err(|problem| JournalError::Unreadable { path, problem }),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(Reading::default()),
            Err(problem) => Err(JournalError::Io { attempted: "read", path, problem }),
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
        let io = |attempted| {
            let path = path.clone();
            move |problem| JournalError::Io { attempted, path, problem }
        };
        make_private_dir(state).map_err(io("make the folder of"))?;
        let mut file = private(OpenOptions::new().read(true).append(true).create(true))
            .open(&path)
            .map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Locked(path)),
            Err(TryLockError::Error(problem)) => return Err(io("lock")(problem)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io("read"))?;
        let reading = read(&text)
            .map_err(|problem| JournalError::Unreadable { path: path.clone(), problem })?;
        if reading.torn {
            file.set_len(reading.whole as u64).map_err(io("mend"))?;
        }
        sync_dir(state).map_err(io("flush the folder of"))?;
        let journal = Self {
            file,
            path,
            clock,
            apply: apply.to_owned(),
            seq: reading.records.len() as u64,
            last: reading.last.clone(),
        };
        Ok((journal, reading))
    }

    /// Appends one record; when this returns, it is on the disk.
    pub fn append(&mut self, event: Event) -> Result<(), JournalError> {
        let record = Record {
            v: VERSION,
            seq: self.seq + 1,
            at: self.clock.now(),
            apply: self.apply.clone(),
            event,
            previous: self.last.clone(),
        };
        let io =
            |problem| JournalError::Io { attempted: "append to", path: self.path.clone(), problem };
        let mut line = serde_json::to_vec(&record).map_err(|error| io(error.into()))?;
        let digest = sha256(&line);
        line.push(b'\n');
        self.file.write_all(&line).and_then(|()| self.file.sync_data()).map_err(io)?;
        self.seq += 1;
        self.last = digest;
        Ok(())
    }

    /// Names this run in the records that follow.
    pub fn apply_id(&self) -> &str {
        &self.apply
    }
}

/// Makes the state folder with mode 0700.
fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Files of the state folder have mode 0600.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A new file survives a power cut only when its folder was flushed too.
fn sync_dir(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
