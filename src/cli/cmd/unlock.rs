//! `unlock`: removes a lock that its holder left behind.

use crate::cli::args::UnlockArgs;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::lock::fleet_lock;
use crate::cli::printer::Printer;
use crate::report::escape;
use crate::state;

pub(super) fn run(
    args: &UnlockArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let UnlockArgs { id, manifest, select } = args;
    let (state, name) = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => (clinic.state()?, clinic.manifest.clinic.id),
        // A fleet has a lock of its own: one rollout at a time.
        Subject::Fleet(fleet) => (fleet.file.state?, fleet_lock(&fleet.file.fleet.id)),
    };
    let holder = state::unlock(&state, &name, id)?;
    printer.result(&format!("Removed the lock of {}.\n", escape(&holder.to_string())));
    Ok(Exit::Done)
}
