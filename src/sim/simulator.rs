//! A simulated clinic that is open: its state, its store, and the one way in which a request
//! changes them.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::error::SimError;
use super::faults::{Faults, FaultsError, Script};
use super::handle::{self, Answer, Context, Elsewhere, Request, refuse};
use super::record::{Observer, Recorded};
use super::state::{Changes, Content, RowKey, State, Write};
use super::store::Store;
use super::sync::Run;
use super::world::World;

/// A simulated clinic: an Accuro instance with its Ocean site. Clones are the same clinic.
#[derive(Clone)]
pub struct Sim {
    pub(super) clinic: Arc<Clinic>,
    pub(super) observer: Option<Observer>,
    pub(super) faults: Arc<Script>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// Opens the clinic that `world` describes. With a store path, what it is told is kept there
    /// and found again; without one it is forgotten at the end. Calls meet the world's faults.
    pub fn open(world: World, store: Option<&Path>) -> Result<Self, SimError> {
        world.check()?;
        let faults = Arc::new(Script::new(&world.faults));
        let world = Arc::new(world);
        let (store, contents) = Store::open(&world, store)?;
        let inside = Inside { state: State::new(world, contents), store };
        let clinic = Arc::new(Clinic { inside: Mutex::new(inside) });
        Ok(Self { clinic, observer: None, faults })
    }

    /// Calls `observer` with every request of servers started from now on, once it has its answer.
    /// `Recorded` prints as a log line.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Recorded) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Lets calls of servers started from now on meet these faults, counted from the first, instead
    /// of the world's.
    pub fn with_faults(mut self, faults: &Faults) -> Result<Self, SimError> {
        let mistakes = self.mistakes(faults);
        if !mistakes.is_empty() {
            return Err(FaultsError::Mistakes { mistakes }.into());
        }
        self.faults = Arc::new(Script::new(faults));
        Ok(self)
    }

    /// What this clinic does not have of what a script names, and whatever else is wrong with it.
    pub(super) fn mistakes(&self, faults: &Faults) -> Vec<String> {
        faults.mistakes(Some(&self.clinic.inside().state.world.directory()))
    }

    /// Writes a row past the contract, as another administrator of the clinic would, and gives its
    /// revision afterwards: a test and demonstration aid. It is committed like a client's write,
    /// and is in the write log without an idempotency key.
    #[expect(clippy::disallowed_methods, reason = "the log says when it was written")]
    pub fn write_as_somebody_else(&self, row: RowKey, content: Content) -> Result<u64, SimError> {
        let mut inside = self.clinic.inside();
        let RowKey { user, office, provider } = row;
        let state = &inside.state;
        if state.user(user).is_none() || !state.pairs.contains(&(office, provider)) {
            return Err(SimError::NoSuchRow { user, office, provider });
        }
        let changes = handle::write(state, row, content, Timestamp::now());
        inside.make(changes)?;
        Ok(inside.state.contents.rows.get(&row).map_or(0, |row| row.revision))
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

/// What a fault does around the handling of one request.
#[derive(Debug, Default)]
pub(super) struct Meddling {
    /// What happens elsewhere just before it.
    pub(super) before: Option<Elsewhere>,
    /// What becomes of a run that it starts.
    pub(super) run: Option<RunEnd>,
}

/// The end of a run that a fault decides.
#[derive(Debug)]
pub(super) enum RunEnd {
    Fails { message: String },
    Never,
}

/// An answer, and whether its request wrote rows or started a sync.
pub(super) struct Exchanged {
    pub(super) answer: Answer,
    pub(super) committed: bool,
}

impl From<Answer> for Exchanged {
    fn from(answer: Answer) -> Self {
        Self { answer, committed: false }
    }
}

impl Clinic {
    /// Answers a request: decide, make durable, change, answer. One request at a time.
    pub(super) fn exchange(
        &self,
        request: &Request,
        context: &Context,
        meddling: Meddling,
    ) -> Exchanged {
        let mut inside = self.inside();
        let Meddling { before, run } = meddling;
        if let Some(elsewhere) = before {
            let changes = handle::happen(&inside.state, request, &elsewhere, context.now);
            if let Err(error) = inside.make(changes) {
                return failed(&error).into();
            }
        }
        let mut handled = handle::handle(&inside.state, request, context);
        handled.changes.run = handled.changes.run.map(|started| match run {
            Some(RunEnd::Fails { message }) => Run { failure: Some(message), ..started },
            Some(RunEnd::Never) => started.without_end(),
            None => started,
        });
        let committed = !handled.changes.writes.is_empty() || handled.changes.run.is_some();
        match inside.make(handled.changes) {
            Ok(()) => Exchanged { answer: handled.answer, committed },
            Err(error) => failed(&error).into(),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // The state changes only after a commit, so a panic elsewhere leaves both good.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Makes changes durable, then makes them.
    fn make(&mut self, changes: Changes) -> Result<(), SimError> {
        if changes.is_durable() {
            self.store.commit(&changes)?;
        }
        self.state.apply(changes);
        Ok(())
    }
}

fn failed(error: &SimError) -> Answer {
    let reason =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    refuse(500, "store-failed", &format!("nothing was changed: {reason}"))
}
