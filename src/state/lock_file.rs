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
use super::heartbeat::Loss;
use super::holder::{Claim, Gone, Holder, VERSION};
use super::lock::{Attempt, LockError, Notice, Tell};
use super::lock_place::Freed;

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
struct Guard {
    _file: File,
}

/// A holder that is written and not yet in force.
#[derive(Debug)]
struct Prepared {
    path: PathBuf,
    /// The time by the clock of the file system, which every host that shares it agrees on.
    now: SystemTime,
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
        let place = self.path().display().to_string();
        move |problem| LockError::Io { attempted, place, problem }
    }

    /// Waits for the guard, for a moment.
    fn guard(&self) -> Result<Guard, LockError> {
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
        let damaged = |problem: String| LockError::Damaged {
            place: self.path().display().to_string(),
            problem,
        };
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
    fn changed(&self) -> Result<SystemTime, LockError> {
        fs::metadata(self.path()).and_then(|data| data.modified()).map_err(self.io("look at"))
    }

    /// Writes a holder beside the lock, whole and on the disk.
    fn prepare(&self, holder: &Holder) -> Result<Prepared, LockError> {
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
    fn create(&self, prepared: &Prepared, _guard: &Guard) -> Result<bool, LockError> {
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
    fn replace(&self, prepared: &Prepared, _guard: &Guard) -> Result<(), LockError> {
        fs::rename(&prepared.path, self.path()).map_err(self.io("renew"))
    }

    /// Removes the lock, whoever holds it.
    fn remove(&self, _guard: &Guard) -> Result<(), LockError> {
        fs::remove_file(self.path()).map_err(self.io("remove"))
    }

    pub(super) fn attempt(&self, claim: &Claim, tell: Tell<'_>) -> Result<Attempt, LockError> {
        let ours = Holder::new(claim);
        // Most who wait find a holder that is alive: that needs no writing.
        if let Some(holder) = self.read()?
            && !holder.is_dead(&claim.host)
            && !holder.is_silent(ours.created)
        {
            return Ok(Attempt::Held(Box::new(holder)));
        }
        let guard = self.guard()?;
        let prepared = self.prepare(&ours)?;
        if let Some(holder) = self.read()? {
            let gone = if holder.is_dead(&claim.host) {
                Gone::Dead
            // Two clocks must agree: a host whose clock is wrong would break a lock that is alive,
            // and the file system's alone may be moved by a copy.
            } else if holder.is_silent(ours.created)
                && prepared
                    .now
                    .duration_since(self.changed()?)
                    .is_ok_and(|age| age > holder.lease())
            {
                Gone::Silent
            } else {
                return Ok(Attempt::Held(Box::new(holder)));
            };
            self.remove(&guard)?;
            tell(&Notice::Broken(&holder, gone));
        }
        if self.create(&prepared, &guard)? {
            return Ok(Attempt::Taken(Box::new(ours)));
        }
        let Some(holder) = self.read()? else {
            // Somebody who does not see our guard took it and gave it back within a moment.
            let problem = io::Error::other("it came and went while we asked for it");
            return Err(self.io("create")(problem));
        };
        Ok(Attempt::Held(Box::new(holder)))
    }

    pub(super) fn renew(&self, holder: &Holder) -> Result<Option<Loss>, LockError> {
        let guard = self.guard()?;
        match self.read()? {
            None => Ok(Some(Loss::Removed)),
            Some(other) if other.id != holder.id => Ok(Some(Loss::TakenOver(other))),
            Some(_) => {
                let prepared = self.prepare(holder)?;
                self.replace(&prepared, &guard)?;
                Ok(None)
            }
        }
    }

    pub(super) fn free(&self, id: &str) -> Result<Freed, LockError> {
        // Without a lock there may be no folder, and no need for one.
        if self.read()?.is_none() {
            return Ok(Freed::WasFree);
        }
        let guard = self.guard()?;
        match self.read()? {
            None => Ok(Freed::WasFree),
            Some(other) if other.id != id => Ok(Freed::NotTheirs(Box::new(other))),
            Some(holder) => {
                self.remove(&guard)?;
                Ok(Freed::Done(Box::new(holder)))
            }
        }
    }
}
