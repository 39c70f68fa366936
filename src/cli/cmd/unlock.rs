//! `unlock`: removes a lock that its holder left behind.

use crate::cli::args::UnlockArgs;
use crate::cli::clinic::Clinic;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::report::escape;
use crate::state;

pub(super) fn run(
    args: &UnlockArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let UnlockArgs { id, manifest } = args;
    let clinic = Clinic::load(manifest, environment, printer)?;
    let holder = state::unlock(&clinic.state()?, &clinic.manifest.clinic.id, id)?;
    printer.result(&format!("Removed the lock of {}.\n", escape(&holder.to_string())));
    Ok(Exit::Done)
}
