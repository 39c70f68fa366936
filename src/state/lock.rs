//! The lock: taken, waited for, broken when its holder is gone, given back.
#![expect(clippy::disallowed_methods, reason = "this module waits")]

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::heartbeat::{Beat, Heartbeat, Loss};
use super::holder::{Claim, Gone, Holder};
use super::lock_place::{Freed, LockPlace};
use super::store::State;

/// A lock that is held. It is given back when this is dropped.
#[derive(Debug)]
pub struct Lock {
    place: LockPlace,
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
    /// The lock cannot be read or written.
    #[error("cannot {attempted} the lock {place}: {problem}")]
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// Where it is.
        place: String,
        /// What the system or the store said.
        problem: io::Error,
    },
    /// It is no lock that this program can read.
    #[error("cannot tell who holds the lock {place}: {problem}")]
    Damaged {
        /// Where it is.
        place: String,
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

/// Hears what happens on the way.
pub(super) type Tell<'a> = &'a mut dyn FnMut(&Notice<'_>);

/// What came of asking for a lock once.
pub(super) enum Attempt {
    Taken(Box<Holder>),
    Held(Box<Holder>),
}

impl Lock {
    /// Takes the lock of a clinic, waiting up to `timeout` for whoever holds it. `stop` is cancelled
    /// if the lock is lost while it is held.
    pub fn acquire(
        (state, clinic): (&State, &str),
        claim: &Claim,
        timeout: Duration,
        stop: &CancellationToken,
        tell: &mut dyn FnMut(&Notice<'_>),
    ) -> Result<Self, LockError> {
        let place = LockPlace::new(state, clinic);
        let begun = Instant::now();
        let mut waited_for: Option<String> = None;
        loop {
            // The lease runs from here: the answer may have taken long.
            let asked = Instant::now();
            let holder = match place.attempt(claim, tell)? {
                Attempt::Taken(holder) => {
                    return Self::held(place, *holder, claim, (asked, stop.clone()));
                }
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
            thread::sleep(left.min(place.poll()));
        }
    }

    fn held(
        place: LockPlace,
        holder: Holder,
        claim: &Claim,
        (asked, stop): (Instant, CancellationToken),
    ) -> Result<Self, LockError> {
        let id = holder.id.clone();
        let (lease, clock) = (claim.lease, claim.clock);
        let beat = Beat { place: place.clone(), holder, lease, clock, stop };
        match Heartbeat::start(beat, asked) {
            Ok(heartbeat) => Ok(Self { place, id, heartbeat }),
            Err(problem) => {
                // Without a heartbeat it would be taken over in the middle of the work.
                drop(place.free(&id));
                Err(LockError::Io { attempted: "keep", place: place.describe(), problem })
            }
        }
    }

    /// How it was lost, if it was.
    pub fn loss(&self) -> Option<&Loss> {
        self.heartbeat.loss()
    }

    /// Gives it back; what somebody else holds by now stays theirs.
    pub fn release(mut self) -> Result<(), LockError> {
        self.give_back()
    }

    fn give_back(&mut self) -> Result<(), LockError> {
        // Once is enough: `release` drops the lock too.
        if self.heartbeat.end() { self.place.free(&self.id).map(drop) } else { Ok(()) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody is left to tell; a lock that stays is broken by the next who sees us gone.
        drop(self.give_back());
    }
}

/// Who holds the lock of a clinic, if anybody does; looks only.
pub fn holder(state: &State, clinic: &str) -> Result<Option<Holder>, LockError> {
    LockPlace::new(state, clinic).read()
}

/// Removes the lock with this id and no other. Its holder, if it lives, notices and stops.
pub fn unlock(state: &State, clinic: &str, id: &str) -> Result<Holder, LockError> {
    match LockPlace::new(state, clinic).free(id)? {
        Freed::Done(holder) => Ok(*holder),
        Freed::NotTheirs(holder) => Err(LockError::OtherId { asked: id.to_owned(), holder }),
        Freed::WasFree => Err(LockError::NotLocked { asked: id.to_owned() }),
    }
}
