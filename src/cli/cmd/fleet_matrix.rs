//! `fleet matrix`: the shards that hold clinics, for a CI system.

use crate::cli::args::MatrixArgs;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::load_selected;
use crate::cli::printer::Printer;
use crate::rollout::matrix;

pub(super) fn run(
    args: &MatrixArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let MatrixArgs { manifest, format, shards, select } = args;
    let fleet = load_selected(manifest, select, environment, printer)?;
    let ids = fleet.members.iter().map(|member| member.id.as_str());
    let text = matrix((*format).into(), *shards, ids).map_err(|error| {
        Failure::new(Exit::Error, error.code(), error.to_string(), error.hint())
    })?;
    printer.result(&text);
    Ok(Exit::Done)
}
