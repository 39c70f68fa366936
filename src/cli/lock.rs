//! The clinic's lock around a command that writes.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clinic::Clinic;
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use crate::report::escape;
use crate::state::{self, Claim, Lock, LockError, Notice, State, StateError};

/// After this long without a word a holder is taken for dead.
const LEASE: Duration = Duration::from_mins(1);

/// Who asks for the lock, and for how long.
pub(super) struct Asking<'a> {
    pub(super) operation: &'a str,
    /// The name of the run.
    pub(super) run: &'a str,
    pub(super) timeout: Duration,
}

/// Takes the lock of a clinic and says what happens on the way. `stop` is cancelled when it is lost.
pub(super) fn acquire(
    clinic: &Clinic,
    asking: &Asking<'_>,
    stop: &CancellationToken,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Lock, Failure> {
    let (state, id) = (clinic.state()?, &clinic.manifest.clinic.id);
    take((&state, id), asking, stop, environment, printer).map_err(|failure| match &clinic.fleet {
        Some(fleet) => unlocked_by(failure, &format!("{} --clinic {id}", fleet.display())),
        None => failure,
    })
}

/// Takes the lock of a fleet: one rollout at a time. No clinic's lock has a name with a dot.
pub(super) fn acquire_fleet(
    (state, fleet): (&State, &str),
    (asking, manifest): (&Asking<'_>, &Path),
    stop: &CancellationToken,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Lock, Failure> {
    take((state, &fleet_lock(fleet)), asking, stop, environment, printer).map_err(|failure| {
        let message = failure.message.replacen("the clinic is locked", &running(fleet), 1);
        unlocked_by(Failure { message, ..failure }, &manifest.display().to_string())
    })
}

/// Refuses while a rollout of the fleet is running; it takes no lock. Who certainly ended holds none.
pub(super) fn must_be_free(
    (state, fleet): (&State, &str),
    manifest: &Path,
    environment: &Environment,
) -> Result<(), Failure> {
    let holder = state::holder(state, &fleet_lock(fleet))?;
    match holder.filter(|holder| !holder.is_dead(&environment.host())) {
        None => Ok(()),
        Some(holder) => {
            let message = format!("{}: {holder}", running(fleet));
            let hint = format!(
                "wait until it has ended; if it certainly runs no more: accuroform unlock {}",
                holder.id
            );
            let failure = Failure::new(Exit::Locked, "L001", message, hint);
            Err(unlocked_by(failure, &manifest.display().to_string()))
        }
    }
}

fn running(fleet: &str) -> String {
    format!("a rollout of the fleet {fleet} is running")
}

/// Says what the lock that is to be removed belongs to.
fn unlocked_by(failure: Failure, what: &str) -> Failure {
    let hint = match failure.hint {
        Some(hint) if failure.exit == Exit::Locked => Some(format!("{hint} {what}")),
        hint => hint,
    };
    Failure { hint, ..failure }
}

/// The name of a fleet's lock.
pub(super) fn fleet_lock(fleet: &str) -> String {
    format!("fleet.{fleet}")
}

fn take(
    place: (&State, &str),
    asking: &Asking<'_>,
    stop: &CancellationToken,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Lock, Failure> {
    let Asking { operation, run, timeout } = asking;
    let claim = Claim {
        id: (*run).to_owned(),
        operation: (*operation).to_owned(),
        who: environment.who(),
        host: environment.host(),
        lease: LEASE,
        clock: environment.clock,
    };
    let mut tell = |notice: &Notice<'_>| {
        let words = match notice {
            Notice::Broken(holder, why) => {
                format!("note: removed the lock of {holder}: {why}")
            }
            Notice::Waiting(holder) => format!("waiting for the lock of {holder}"),
        };
        printer.line(&escape(&words));
    };
    Ok(Lock::acquire(place, &claim, *timeout, stop, &mut tell)?)
}

/// Gives the lock back, and says so if it was lost before.
pub(super) fn release(lock: Lock, printer: &mut Printer) {
    if let Some(loss) = lock.loss() {
        printer.failure(&Failure::new(
            Exit::Incomplete,
            "L004",
            format!("the lock of this run was lost: {loss}; nothing more was written"),
            "see what the other run did with `accuroform history`, then run the command again",
        ));
    }
    if let Err(error) = lock.release() {
        printer.failure(&error.into());
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let (exit, hint) = match &error {
            LockError::Held(holder) => (
                Exit::Locked,
                format!(
                    "wait until it has ended (`--lock-timeout 10m` waits); if it certainly runs no \
                     more: accuroform unlock {}",
                    holder.id
                ),
            ),
            LockError::Io { problem, .. } => (
                Exit::Error,
                StateError::hint_of(problem)
                    .unwrap_or(
                        "make the folder writable; nothing is written to Accuro without the lock",
                    )
                    .to_owned(),
            ),
            LockError::Damaged { .. } => {
                (Exit::Error, "make sure that nobody applies, then delete it".to_owned())
            }
            LockError::OtherId { .. } => {
                (Exit::Locked, "remove it with its own id, if it certainly runs no more".to_owned())
            }
            LockError::NotLocked { .. } => {
                (Exit::Error, "nothing is left to do: the clinic is not locked".to_owned())
            }
        };
        Self::new(exit, error.code(), error.to_string(), hint)
    }
}
