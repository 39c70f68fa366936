//! The lock of a clinic as one object. It is never deleted, because a deletion has no condition: a
//! lock that is free says so. Every change names the version that it replaces, so of two who find
//! it free or stale exactly one takes it, and a holder never renews what another took.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::heartbeat::Loss;
use super::holder::{Claim, Gone, Holder, VERSION};
use super::lock::{Attempt, LockError, Notice, Tell};
use super::lock_place::Freed;
use super::object::{Object, Version};
use super::objects::Objects;

/// How often a lock that others change in between is looked at anew.
const TRIES: u32 = 8;
/// A call needs no less time than this, however short a lease is.
const LEAST: Duration = Duration::from_secs(1);

/// Where the lock of a clinic is.
#[derive(Debug, Clone)]
pub(super) struct LockObject {
    objects: Objects,
    name: String,
    probe: String,
}

/// What a lock that nobody holds says.
#[derive(Debug, Serialize, Deserialize)]
struct Released {
    v: u32,
    /// Who held it.
    released: String,
}

/// What a look at the lock shows.
enum Seen {
    /// There never was a lock of this clinic.
    Never,
    Free(Version),
    Held(Box<Holder>, Object),
}

impl LockObject {
    pub(super) fn new(objects: &Objects, clinic: &str) -> Self {
        Self {
            objects: objects.clone(),
            name: format!("locks/{clinic}.json"),
            probe: format!("locks/{clinic}.clock"),
        }
    }

    pub(super) fn describe(&self) -> String {
        self.objects.place(&self.name)
    }

    fn io(&self, attempted: &'static str, problem: io::Error) -> LockError {
        LockError::Io { attempted, place: self.describe(), problem }
    }

    fn failed(&self, attempted: &'static str) -> impl Fn(StateError) -> LockError {
        move |error| self.io(attempted, error.into_io())
    }

    fn changing(&self, attempted: &'static str) -> LockError {
        self.io(attempted, StateError::Changed.into_io())
    }

    fn look(&self) -> Result<Seen, LockError> {
        /// Read first: the rest of a newer format may look different.
        #[derive(Deserialize)]
        struct Kind {
            v: u32,
            released: Option<String>,
        }
        let Some(object) = self.objects.get(&self.name).map_err(self.failed("read"))? else {
            return Ok(Seen::Never);
        };
        let damaged = |problem| LockError::Damaged { place: self.describe(), problem };
        let broken = |error: serde_json::Error| damaged(error.to_string());
        match serde_json::from_slice(&object.bytes).map_err(broken)? {
            Kind { v: VERSION, released: Some(_) } => Ok(Seen::Free(object.version)),
            Kind { v: VERSION, released: None } => {
                let holder = serde_json::from_slice(&object.bytes).map_err(broken)?;
                Ok(Seen::Held(Box::new(holder), object))
            }
            Kind { v, .. } => {
                Err(damaged(format!("it has format version {v}, this program reads {VERSION}")))
            }
        }
    }

    pub(super) fn read(&self) -> Result<Option<Holder>, LockError> {
        Ok(match self.look()? {
            Seen::Held(holder, _) => Some(*holder),
            Seen::Free(_) | Seen::Never => None,
        })
    }

    /// Writes over the version that was seen; `false`: somebody was faster.
    fn write(
        &self,
        attempted: &'static str,
        content: &impl Serialize,
        over: Option<&Version>,
    ) -> Result<bool, LockError> {
        let mut text =
            serde_json::to_vec_pretty(content).map_err(|error| self.io(attempted, error.into()))?;
        text.push(b'\n');
        let written = match over {
            None => self.objects.create(&self.name, &text),
            Some(version) => self.objects.replace(&self.name, &text, version),
        };
        Ok(written.map_err(self.failed(attempted))?.is_some())
    }

    pub(super) fn attempt(&self, claim: &Claim, tell: Tell<'_>) -> Result<Attempt, LockError> {
        for _ in 0..TRIES {
            let ours = Holder::new(claim);
            let (is_taken, gone) = match self.look()? {
                Seen::Never => (self.write("create", &ours, None)?, None),
                Seen::Free(version) => (self.write("take", &ours, Some(&version))?, None),
                Seen::Held(holder, object) => {
                    let Some(gone) = self.gone(&holder, &object, &ours)? else {
                        return Ok(Attempt::Held(holder));
                    };
                    let is_taken = self.write("take over", &ours, Some(&object.version))?;
                    (is_taken, Some((holder, gone)))
                }
            };
            if is_taken {
                if let Some((holder, gone)) = gone {
                    tell(&Notice::Broken(&holder, gone));
                }
                return Ok(Attempt::Taken(Box::new(ours)));
            }
        }
        Err(self.changing("take"))
    }

    /// Whether and how a holder is gone. Silence needs two clocks that agree: a host whose clock is
    /// wrong would break a lock that is alive.
    fn gone(
        &self,
        holder: &Holder,
        object: &Object,
        ours: &Holder,
    ) -> Result<Option<Gone>, LockError> {
        if holder.is_dead(&ours.host) {
            return Ok(Some(Gone::Dead));
        }
        if !holder.is_silent(ours.created) {
            return Ok(None);
        }
        let now = self.objects.now(&self.probe).map_err(self.failed("ask for the time of"))?;
        let is_silent = now.duration_since(object.changed).is_ok_and(|age| age > holder.lease());
        Ok(is_silent.then_some(Gone::Silent))
    }

    pub(super) fn renew(&self, holder: &Holder) -> Result<Option<Loss>, LockError> {
        let limit = (holder.lease() / 6).max(LEAST);
        let place = Self { objects: self.objects.within(limit), ..self.clone() };
        for _ in 0..TRIES {
            let object = match place.look()? {
                Seen::Never | Seen::Free(_) => return Ok(Some(Loss::Removed)),
                Seen::Held(other, _) if other.id != holder.id => {
                    return Ok(Some(Loss::TakenOver(*other)));
                }
                Seen::Held(_, object) => object,
            };
            if place.write("renew", holder, Some(&object.version))? {
                return Ok(None);
            }
        }
        Err(self.changing("renew"))
    }

    pub(super) fn free(&self, id: &str) -> Result<Freed, LockError> {
        for _ in 0..TRIES {
            let (holder, object) = match self.look()? {
                Seen::Never | Seen::Free(_) => return Ok(Freed::WasFree),
                Seen::Held(other, _) if other.id != id => return Ok(Freed::NotTheirs(other)),
                Seen::Held(holder, object) => (holder, object),
            };
            let released = Released { v: VERSION, released: holder.id.clone() };
            if self.write("free", &released, Some(&object.version))? {
                return Ok(Freed::Done(holder));
            }
        }
        Err(self.changing("free"))
    }
}
