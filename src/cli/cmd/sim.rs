//! `sim`: the embedded simulator by itself.
#![expect(clippy::disallowed_methods, reason = "the world file is read here")]

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use secrecy::ExposeSecret as _;

use crate::cli::args::SimArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::store_path;
use crate::sim::{Credentials, Faults, Generate, Sim, World};

pub(super) async fn run(args: &SimArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let SimArgs { world, listen, store, faults, generate } = args;
    if let Some(spec) = generate {
        let spec: Generate = spec.parse().map_err(|error| failure(&error))?;
        let text = World::generate(&spec).to_yaml().map_err(|error| failure(&error))?;
        printer.document(&text);
        return Ok(Exit::Done);
    }
    let Some(world) = world else { return Ok(Exit::Done) };
    if !listen.ip().is_loopback() {
        return Err(Failure::new(
            Exit::Error,
            "U002",
            format!("the simulator listens on loopback addresses only, not on {listen}"),
            "write --listen 127.0.0.1:PORT",
        ));
    }
    let store = store.clone().unwrap_or_else(|| store_path(world));
    let parsed = World::parse(&read(world)?).map_err(|error| failure(&error))?;
    let mut sim = Sim::open(parsed, Some(&store)).map_err(|error| failure(&error))?;
    if let Some(path) = faults {
        let faults = Faults::parse(&read(path)?).map_err(|error| failure(&error))?;
        sim = sim.with_faults(&faults).map_err(|error| failure(&error))?;
    }
    printer.line(&format!("state is kept in {}", store.display()));
    serve(sim, *listen, printer).await
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::new(Exit::Error, "C013", message, "`accuroform sim --generate` writes a world")
    })
}

async fn serve(sim: Sim, listen: SocketAddr, printer: &mut Printer) -> Result<Exit, Failure> {
    let sim = sim.observed_by(|request| {
        // A log that cannot be printed must not stop the server.
        drop(writeln!(std::io::stderr(), "{request}"));
    });
    let credentials = Credentials::random().map_err(|error| failure(&error))?;
    let serving = sim.serve(listen, credentials.clone()).await.map_err(|error| failure(&error))?;
    let Credentials { client_id, client_secret } = &credentials;
    printer.document(&format!(
        "address: {}\nclient id: {client_id}\nclient secret: {}\n",
        serving.url(),
        client_secret.expose_secret()
    ));
    printer.line("Ctrl-C ends it");
    crate::cli::interrupt::once().await;
    serving.shutdown().await;
    Ok(Exit::Done)
}

fn failure(error: &dyn std::error::Error) -> Failure {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        message = format!("{message}: {inner}");
        source = inner.source();
    }
    Failure::new(Exit::Error, "C014", message, "mend the world file or the address")
}
