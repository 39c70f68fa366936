//! `sim`: the embedded simulator by itself.
#![expect(clippy::disallowed_methods, reason = "the world file is read here")]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use crate::cli::args::SimArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::store_path;
use crate::sim::{Credentials, Generate, Sim, World};

pub(super) async fn run(args: &SimArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let SimArgs { world, listen, store, generate } = args;
    if let Some(spec) = generate {
        let spec: Generate = spec.parse().map_err(|error| failure(&error))?;
        let text = World::generate(&spec).to_yaml().map_err(|error| failure(&error))?;
        printer.result(&text);
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
    serve(world, store.as_deref(), *listen, printer).await
}

async fn serve(
    world: &Path,
    store: Option<&Path>,
    listen: std::net::SocketAddr,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let text = fs::read_to_string(world).map_err(|error| {
        let message = format!("cannot read the world {}: {error}", world.display());
        Failure::new(Exit::Error, "C013", message, "`accuroform sim --generate` writes one")
    })?;
    let parsed = World::parse(&text).map_err(|error| failure(&error))?;
    let store = store.map_or_else(|| store_path(world), Path::to_owned);
    let sim = Sim::open(parsed, Some(&store)).map_err(|error| failure(&error))?;
    let sim = sim.observed_by(|request| {
        // A log that cannot be printed must not stop the server.
        drop(writeln!(std::io::stderr(), "{request}"));
    });
    let credentials = Credentials::random().map_err(|error| failure(&error))?;
    let serving = sim.serve(listen, credentials.clone()).await.map_err(|error| failure(&error))?;
    let Credentials { client_id, client_secret } = &credentials;
    printer.result(&format!(
        "address: {}\nclient id: {client_id}\nclient secret: {}\n",
        serving.url(),
        client_secret.expose_secret()
    ));
    printer.line(&format!("state is kept in {}; Ctrl-C ends it", store.display()));
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
