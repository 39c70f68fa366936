//! The lock file of a clinic. Whoever changes it holds the guard beside it for that moment, so of
//! two who find it free or stale exactly one takes it.
#![expect(clippy::disallowed_methods, reason = "owns the lock file, and waits for its guard")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;

use super::folder::{flush, make_private, private};
use super::holder::{Holder, VERSION};
use super::lock::LockError;

/// The guard is held for milliseconds; whoever holds it for longer is stopped or hangs.
const GUARD_WAIT: Duration = Duration::from_secs(5);
const GUARD_POLL: Duration = Duration::from_millis(10);

/// Where the lock of a clinic is.
#[derive(Debug, Clone)]
pub(super) struct LockFile {
    folder: PathBuf,
    clinic: String,
}

/// While this lives nobody else changes the lock file. The system takes it back from a process
/// that ends, however it ends.
#[derive(Debug)]
pub(super) struct Guard {
    _file: File,
}

/// A holder that is written and not yet in force.
#[derive(Debug)]
pub(super) struct Prepared {
    path: PathBuf,
    /// The time by the clock of the file system, which every host that shares it agrees on.
    pub(super) now: SystemTime,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // It is a second name of the lock, or nobody's; once renamed it is not there.
        drop(fs::remove_file(&self.path));
    }
}

impl LockFile {
    /// The clinic's id is a slug, so the file stays inside the folder.
    pub(super) fn new(folder: &Path, clinic: &str) -> Self {
        Self { folder: folder.to_owned(), clinic: clinic.to_owned() }
    }

    fn named(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.clinic))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.named("lock")
    }

    fn io(&self, attempted: &'static str) -> impl FnOnce(io::Error) -> LockError {
        let path = self.path();
        move |problem| LockError::Io { attempted, path, problem }
    }

    /// Waits for the guard, for a moment.
    pub(super) fn guard(&self) -> Result<Guard, LockError> {
        make_private(&self.folder).map_err(self.io("make the folder of"))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = private(&mut options)
            .open(self.named("lock.guard"))
            .map_err(self.io("open the guard of"))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Guard { _file: file }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < GUARD_WAIT => {
                    thread::sleep(GUARD_POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    let problem = io::Error::new(ErrorKind::TimedOut, "somebody is changing it");
                    return Err(self.io("guard")(problem));
                }
                Err(TryLockError::Error(problem)) => return Err(self.io("guard")(problem)),
            }
        }
    }

    /// Who holds the lock, if anybody does.
    pub(super) fn read(&self) -> Result<Option<Holder>, LockError> {
        /// Read first: the rest of a newer format may look different.
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let text = match fs::read(self.path()) {
            Ok(text) => text,
            Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(None),
            Err(problem) => return Err(self.io("read")(problem)),
        };
        let damaged = |problem: String| LockError::Damaged { path: self.path(), problem };
        match serde_json::from_slice::<Version>(&text) {
            Ok(Version { v: VERSION }) => {}
            Ok(Version { v }) => {
                return Err(damaged(format!(
                    "it has format version {v}, this program reads {VERSION}"
                )));
            }
            Err(error) => return Err(damaged(error.to_string())),
        }
        serde_json::from_slice(&text).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// When the file was last changed, by the clock of its file system.
    pub(super) fn changed(&self) -> Result<SystemTime, LockError> {
        fs::metadata(self.path()).and_then(|data| data.modified()).map_err(self.io("look at"))
    }

    /// Writes a holder beside the lock, whole and on the disk.
    pub(super) fn prepare(&self, holder: &Holder) -> Result<Prepared, LockError> {
        let write = || {
            make_private(&self.folder)?;
            let path = self.named(&format!("lock.{}", holder.id));
            let mut options = OpenOptions::new();
            let mut file = private(options.write(true).create(true).truncate(true)).open(&path)?;
            let prepared = Prepared { path, now: SystemTime::UNIX_EPOCH };
            let mut text = serde_json::to_vec_pretty(holder)?;
            text.push(b'\n');
            file.write_all(&text)?;
            file.sync_all()?;
            let now = file.metadata()?.modified()?;
            Ok::<_, io::Error>((prepared, now))
        };
        let (mut prepared, now) = write().map_err(self.io("write"))?;
        prepared.now = now;
        Ok(prepared)
    }

    /// Puts a prepared holder where nobody holds the lock; `false`: somebody does.
    ///
    /// A hard link cannot replace anything, so this stays true where hosts share the folder but not
    /// its guard. Where the file system has no hard links, the guard alone makes it true.
    pub(super) fn create(&self, prepared: &Prepared, _guard: &Guard) -> Result<bool, LockError> {
        match fs::hard_link(&prepared.path, self.path()) {
            Ok(()) => {}
            Err(problem) if problem.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(_) if self.path().exists() => return Ok(false),
            Err(_) => fs::rename(&prepared.path, self.path()).map_err(self.io("create"))?,
        }
        flush(&self.folder).map_err(self.io("flush the folder of"))?;
        Ok(true)
    }

    /// Replaces the lock with a newer state of the same holder.
    pub(super) fn replace(&self, prepared: &Prepared, _guard: &Guard) -> Result<(), LockError> {
        fs::rename(&prepared.path, self.path()).map_err(self.io("renew"))
    }

    /// Removes the lock, whoever holds it.
    pub(super) fn remove(&self, _guard: &Guard) -> Result<(), LockError> {
        fs::remove_file(self.path()).map_err(self.io("remove"))
    }
}
