//! `sim`: the embedded simulator by itself.
#![expect(clippy::disallowed_methods, reason = "the world file is read here")]

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::sim_fleet;
use crate::cli::args::SimArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::store_path;
use crate::sim::{Credentials, Faults, Generate, GenerateFleet, Recorded, Serving, Sim, World};

pub(super) async fn run(args: &SimArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let SimArgs { world, listen, store, faults, generate, fleet, log } = args;
    let address = loopback(*listen)?;
    if let Some(spec) = generate {
        let size = GenerateFleet::parse(spec).map_err(|error| failure(&error))?;
        if let Some(size) = size {
            let faults = faults.as_deref().map(read_faults).transpose()?;
            let asked = sim_fleet::Asked { size, faults, folder: fleet.as_deref(), log: *log };
            return sim_fleet::run(asked, address, printer).await;
        }
        if listen.is_some() || faults.is_some() || fleet.is_some() || *log {
            return Err(Failure::new(
                Exit::Error,
                "U003",
                "--generate prints one world and serves nothing unless it says how many clinics",
                "write --generate clinics=10,… to serve ten, or leave out the other arguments",
            ));
        }
        let size: Generate = spec.parse().map_err(|error| failure(&error))?;
        let text = World::generate(&size).to_yaml().map_err(|error| failure(&error))?;
        printer.verbatim(&text);
        return Ok(Exit::Done);
    }
    let Some(world) = world else { return Ok(Exit::Done) };
    let store = store.clone().unwrap_or_else(|| store_path(world));
    let parsed = World::parse(&read(world)?).map_err(|error| failure(&error))?;
    let mut sim = Sim::open(parsed, Some(&store)).map_err(|error| failure(&error))?;
    if let Some(path) = faults {
        sim = sim.with_faults(&read_faults(path)?).map_err(|error| failure(&error))?;
    }
    printer.line(&format!("state is kept in {}", store.display()));
    let sim = sim.observed_by(print);
    let credentials = Credentials::random().map_err(|error| failure(&error))?;
    let serving = sim.serve(address, credentials.clone()).await.map_err(|error| failure(&error))?;
    printer.verbatim(&way_in(&serving, &credentials));
    until_interrupted(serving, printer).await;
    Ok(Exit::Done)
}

/// Where to listen.
fn loopback(listen: Option<SocketAddr>) -> Result<SocketAddr, Failure> {
    let listen = listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
    if listen.ip().is_loopback() {
        return Ok(listen);
    }
    Err(Failure::new(
        Exit::Error,
        "U002",
        format!("the simulator listens on loopback addresses only, not on {listen}"),
        "write --listen 127.0.0.1:PORT",
    ))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::new(Exit::Error, "C013", message, "`accuroform sim --generate` writes a world")
    })
}

fn read_faults(path: &Path) -> Result<Faults, Failure> {
    Faults::parse(&read(path)?).map_err(|error| failure(&error))
}

/// Prints a request to the log.
pub(super) fn print(request: &Recorded) {
    // A log that cannot be printed must not stop the server.
    drop(writeln!(std::io::stderr(), "{request}"));
}

/// What a client must know.
pub(super) fn way_in(serving: &Serving, credentials: &Credentials) -> String {
    let Credentials { client_id, client_secret } = credentials;
    let secret = client_secret.expose_secret();
    format!("address: {}\nclient id: {client_id}\nclient secret: {secret}\n", serving.url())
}

/// Serves until it is told to end.
pub(super) async fn until_interrupted(serving: Serving, printer: &mut Printer) {
    printer.line("Ctrl-C ends it");
    crate::cli::interrupt::once().await;
    serving.shutdown().await;
}

/// What ends the command, with its causes.
pub(super) fn failure(error: &dyn std::error::Error) -> Failure {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        message = format!("{message}: {inner}");
        source = inner.source();
    }
    Failure::new(Exit::Error, "C014", message, "mend the world file or the address")
}
