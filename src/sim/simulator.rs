//! A simulated clinic that is open: its state, its store, and the one way in which a request
//! changes them.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::SimError;
use super::handle::{self, Answer, Context, Request, refuse};
use super::record::{Observer, Recorded};
use super::state::{State, Write};
use super::store::Store;
use super::world::World;

/// A simulated clinic: an Accuro instance with its Ocean site. Clones are the same clinic.
#[derive(Clone)]
pub struct Sim {
    pub(super) clinic: Arc<Clinic>,
    pub(super) observer: Option<Observer>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// Opens the clinic that `world` describes. With a store path, what it is told is kept there
    /// and found again; without one it is forgotten at the end.
    pub fn open(world: World, store: Option<&Path>) -> Result<Self, SimError> {
        world.check()?;
        let world = Arc::new(world);
        let (store, contents) = Store::open(&world, store)?;
        let inside = Inside { state: State::new(world, contents), store };
        Ok(Self { clinic: Arc::new(Clinic { inside: Mutex::new(inside) }), observer: None })
    }

    /// Calls `observer` with every request of servers started from now on, once it has its answer.
    /// `Recorded` prints as a log line.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Recorded) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Every row write that was ever accepted, in order, over all runs on this store.
    pub fn write_log(&self) -> Result<Vec<Write>, SimError> {
        self.clinic.inside().store.write_log()
    }
}

/// What the clones of a [`Sim`] and its servers share.
#[derive(Debug)]
pub(super) struct Clinic {
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    state: State,
    store: Store,
}

impl Clinic {
    /// Answers a request: decide, make durable, change, answer. One request at a time.
    pub(super) fn exchange(&self, request: &Request, context: &Context) -> Answer {
        let mut inside = self.inside();
        let handled = handle::handle(&inside.state, request, context);
        if handled.changes.is_durable()
            && let Err(error) = inside.store.commit(&handled.changes)
        {
            let reason = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            return refuse(500, "store-failed", &format!("nothing was changed: {reason}"));
        }
        inside.state.apply(handled.changes);
        handled.answer
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // The state changes only after a commit, so a panic elsewhere leaves both good.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
