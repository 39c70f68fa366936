//! The lock: taken, waited for, broken when its holder is gone, given back.
#![expect(clippy::disallowed_methods, reason = "this module waits")]

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::heartbeat::{Beat, Heartbeat, Loss};
use super::holder::{Claim, Gone, Holder};
use super::lock_file::LockFile;

/// Between two looks at a lock that is waited for.
const POLL: Duration = Duration::from_millis(200);

/// A lock that is held. It is given back when this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: LockFile,
    id: String,
    heartbeat: Heartbeat,
}

/// What happens on the way to the lock.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A lock of somebody who is gone was removed.
    Broken(&'a Holder, Gone),
    /// Somebody holds the lock and is waited for.
    Waiting(&'a Holder),
}

/// Why a lock cannot be had, or not be removed.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("the clinic is locked: {0}")]
    Held(Box<Holder>),
    /// The lock file cannot be read or written.
    #[error("cannot {attempted} the lock {}: {problem}", path.display())]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// It is no lock file that this program can read.
    #[error("cannot tell who holds the lock {}: {problem}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The lock that was to be removed has another id.
    #[error("{asked} does not hold the lock: it is held by {holder}")]
    OtherId {
        /// What was asked for.
        asked: String,
        /// Who holds it.
        holder: Box<Holder>,
    },
    /// Nobody holds it.
    #[error("{asked} does not hold the lock: nobody does")]
    NotLocked {
        /// What was asked for.
        asked: String,
    },
}

impl LockError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held(_) => "L001",
            Self::Io { .. } => "L002",
            Self::Damaged { .. } => "L003",
            Self::OtherId { .. } => "L005",
            Self::NotLocked { .. } => "L006",
        }
    }
}

impl Lock {
    /// Takes the lock of a clinic, waiting up to `timeout` for whoever holds it. `stop` is cancelled
    /// if the lock is lost while it is held.
    pub fn acquire(
        (state, clinic): (&Path, &str),
        claim: &Claim,
        timeout: Duration,
        stop: &CancellationToken,
        tell: &mut dyn FnMut(&Notice<'_>),
    ) -> Result<Self, LockError> {
        let file = LockFile::new(state, clinic);
        let begun = Instant::now();
        let mut waited_for: Option<String> = None;
        loop {
            let holder = match attempt(&file, claim, tell)? {
                Attempt::Taken(holder) => return Self::held(file, *holder, claim, stop),
                Attempt::Held(holder) => holder,
            };
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(LockError::Held(holder));
            }
            if waited_for.as_ref() != Some(&holder.id) {
                tell(&Notice::Waiting(&holder));
                waited_for = Some(holder.id);
            }
            thread::sleep(left.min(POLL));
        }
    }

    fn held(
        file: LockFile,
        holder: Holder,
        claim: &Claim,
        stop: &CancellationToken,
    ) -> Result<Self, LockError> {
        let id = holder.id.clone();
        let beat = Beat {
            file: file.clone(),
            holder,
            lease: claim.lease,
            clock: claim.clock,
            stop: stop.clone(),
        };
        match Heartbeat::start(beat) {
            Ok(heartbeat) => Ok(Self { file, id, heartbeat }),
            Err(problem) => {
                // Without a heartbeat it would be taken over in the middle of the work.
                drop(remove_own(&file, &id));
                Err(LockError::Io { attempted: "keep", path: file.path(), problem })
            }
        }
    }

    /// How it was lost, if it was.
    pub fn loss(&self) -> Option<&Loss> {
        self.heartbeat.loss()
    }

    /// Gives it back.
    pub fn release(mut self) -> Result<(), LockError> {
        self.heartbeat.end();
        remove_own(&self.file, &self.id)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.heartbeat.end();
        // Nobody is left to tell; a lock that stays is broken by the next who sees us gone.
        drop(remove_own(&self.file, &self.id));
    }
}

enum Attempt {
    Taken(Box<Holder>),
    Held(Box<Holder>),
}

/// Takes the lock if it is free or its holder is gone.
fn attempt(
    file: &LockFile,
    claim: &Claim,
    tell: &mut dyn FnMut(&Notice<'_>),
) -> Result<Attempt, LockError> {
    let ours = Holder::new(claim);
    // Most who wait find a holder that is alive: that needs no writing.
    if let Some(holder) = file.read()?
        && !holder.is_dead(&claim.host)
        && !holder.is_silent(ours.created)
    {
        return Ok(Attempt::Held(Box::new(holder)));
    }
    let guard = file.guard()?;
    let prepared = file.prepare(&ours)?;
    if let Some(holder) = file.read()? {
        let gone = if holder.is_dead(&claim.host) {
            Gone::Dead
        // Two clocks must agree: a host whose clock is wrong would break a lock that is alive, and
        // the file system's alone may be moved by a copy.
        } else if holder.is_silent(ours.created)
            && prepared.now.duration_since(file.changed()?).is_ok_and(|age| age > holder.lease())
        {
            Gone::Silent
        } else {
            return Ok(Attempt::Held(Box::new(holder)));
        };
        file.remove(&guard)?;
        tell(&Notice::Broken(&holder, gone));
    }
    if file.create(&prepared, &guard)? {
        return Ok(Attempt::Taken(Box::new(ours)));
    }
    let Some(holder) = file.read()? else {
        // Somebody who does not see our guard took it and gave it back within a moment.
        let problem = io::Error::other("it came and went while we asked for it");
        return Err(LockError::Io { attempted: "create", path: file.path(), problem });
    };
    Ok(Attempt::Held(Box::new(holder)))
}

fn remove_own(file: &LockFile, id: &str) -> Result<(), LockError> {
    let guard = file.guard()?;
    if file.read()?.is_some_and(|holder| holder.id == id) { file.remove(&guard) } else { Ok(()) }
}

/// Who holds the lock of a clinic, if anybody does; looks only.
pub fn holder(state: &Path, clinic: &str) -> Result<Option<Holder>, LockError> {
    LockFile::new(state, clinic).read()
}

/// Removes the lock with this id and no other. Its holder, if it lives, notices and stops.
pub fn unlock(state: &Path, clinic: &str, id: &str) -> Result<Holder, LockError> {
    let file = LockFile::new(state, clinic);
    let not_locked = || LockError::NotLocked { asked: id.to_owned() };
    if file.read()?.is_none() {
        return Err(not_locked());
    }
    let guard = file.guard()?;
    let holder = file.read()?.ok_or_else(not_locked)?;
    if holder.id != id {
        return Err(LockError::OtherId { asked: id.to_owned(), holder: Box::new(holder) });
    }
    file.remove(&guard)?;
    Ok(holder)
}
