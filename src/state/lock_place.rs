//! The lock of a clinic, wherever it is.

use std::time::Duration;

use super::heartbeat::Loss;
use super::holder::{Claim, Holder};
use super::lock::{Attempt, LockError, Tell};
use super::lock_file::LockFile;
use super::lock_object::LockObject;
use super::store::State;

/// Between two looks at a lock that is waited for.
const POLL: Duration = Duration::from_millis(200);
/// The same where each look is a request.
const POLL_OBJECT: Duration = Duration::from_secs(1);

/// A file or an object. Both promise the same: of several who change it at once exactly one does.
#[derive(Debug, Clone)]
pub(super) enum LockPlace {
    File(LockFile),
    Object(LockObject),
}

impl LockPlace {
    /// The clinic's id is a slug, so it stays inside the state.
    pub(super) fn new(state: &State, clinic: &str) -> Self {
        match state {
            State::Folder(path) => Self::File(LockFile::new(path, clinic)),
            State::Objects(objects) => Self::Object(LockObject::new(objects, clinic)),
        }
    }

    /// Where it is, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::File(file) => file.path().display().to_string(),
            Self::Object(object) => object.describe(),
        }
    }

    pub(super) fn poll(&self) -> Duration {
        match self {
            Self::File(_) => POLL,
            Self::Object(_) => POLL_OBJECT,
        }
    }

    /// Who holds the lock, if anybody does.
    pub(super) fn read(&self) -> Result<Option<Holder>, LockError> {
        match self {
            Self::File(file) => file.read(),
            Self::Object(object) => object.read(),
        }
    }

    /// Takes the lock if it is free or its holder is gone.
    pub(super) fn attempt(&self, claim: &Claim, tell: Tell<'_>) -> Result<Attempt, LockError> {
        match self {
            Self::File(file) => file.attempt(claim, tell),
            Self::Object(object) => object.attempt(claim, tell),
        }
    }

    /// Says that the holder is alive, unless the lock is lost.
    pub(super) fn renew(&self, holder: &Holder) -> Result<Option<Loss>, LockError> {
        match self {
            Self::File(file) => file.renew(holder),
            Self::Object(object) => object.renew(holder),
        }
    }

    /// Frees the lock if this id holds it; else says who does.
    pub(super) fn free(&self, id: &str) -> Result<Freed, LockError> {
        match self {
            Self::File(file) => file.free(id),
            Self::Object(object) => object.free(id),
        }
    }
}

/// What came of freeing a lock.
#[derive(Debug)]
pub(super) enum Freed {
    /// It was held by this holder, and is free.
    Done(Box<Holder>),
    /// Somebody else holds it.
    NotTheirs(Box<Holder>),
    /// Nobody held it.
    WasFree,
}
