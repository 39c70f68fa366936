//! `sim --generate clinics=…`: many made-up clinics from one server, and a fleet to plan against.

use std::net::SocketAddr;
use std::path::Path;

use super::fleet_files::FleetFiles;
use super::sim::{failure, print, until_interrupted, way_in};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::sim::{Credentials, Faults, GenerateFleet, SimFleet};

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) size: GenerateFleet,
    pub(super) faults: Option<Faults>,
    /// Where to write the manifests.
    pub(super) folder: Option<&'a Path>,
    /// Whether to log requests.
    pub(super) log: bool,
}

pub(super) async fn run(
    asked: Asked<'_>,
    listen: SocketAddr,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let Asked { size, faults, folder, log } = asked;
    let files = folder.map(|folder| FleetFiles::new(folder, size));
    if let Some(files) = &files {
        files.check()?;
    }
    let mut fleet = SimFleet::open(size.worlds()).map_err(|error| failure(&error))?;
    if let Some(faults) = faults {
        fleet = fleet.with_faults(&faults).map_err(|error| failure(&error))?;
    }
    if log {
        fleet = fleet.observed_by(print);
    }
    let credentials = Credentials::random().map_err(|error| failure(&error))?;
    let serving = fleet.serve(listen, &credentials).await.map_err(|error| failure(&error))?;
    if let Some(files) = &files {
        let manifest = files.write(&serving.url(), &credentials)?.display();
        printer.result(&format!("address: {}\nfleet: {manifest}\n", serving.url()));
        printer.line(&format!("next: accuroform plan {manifest}"));
    } else {
        printer.verbatim(&way_in(&serving, &credentials));
        printer.line("each call names its clinic with the query parameter tenant");
    }
    until_interrupted(serving, printer).await;
    Ok(Exit::Done)
}
