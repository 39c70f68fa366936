//! `schema`: the JSON Schemas of the manifests and the events.
#![expect(clippy::disallowed_methods, reason = "generated files are written here")]

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::args::{SchemaArgs, WhichSchema};
use crate::cli::clinic::read_bounded;
use crate::cli::cmd::schema_live;
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::{fleet_schema_text, schema_text};

pub(super) async fn run(
    args: &SchemaArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let SchemaArgs { which, write: writes, out } = args;
    let WhichSchema { fleet, events, live, clinic } = which;
    if *writes {
        write(Path::new("schemas/manifest.schema.json"), &schema_text(), printer)?;
        write(Path::new("schemas/fleet.schema.json"), &fleet_schema_text(), printer)?;
        write(Path::new("schemas/events.schema.json"), &events::schema_text(), printer)?;
        return Ok(Exit::Done);
    }
    let text = match live {
        Some(path) => schema_live::text(path, clinic.as_ref(), environment, printer).await?,
        None if *fleet => fleet_schema_text(),
        None if *events => events::schema_text(),
        None => schema_text(),
    };
    match out {
        Some(path) => {
            must_be_schema(path)?;
            write(path, &text, printer)?;
        }
        None => printer.verbatim(&text),
    }
    Ok(Exit::Done)
}

/// A schema of ours that is there is an older one. Anything else is somebody's.
fn must_be_schema(path: &Path) -> Result<(), Failure> {
    let ours = |text: &[u8]| {
        let id = serde_json::from_slice::<Value>(text).ok();
        let id = id.as_ref().and_then(|schema| schema.get("$id")?.as_str());
        id.is_some_and(|id| id.starts_with("urn:accuroform:"))
    };
    if path.symlink_metadata().is_err() || read_bounded(path).is_ok_and(|text| ours(&text)) {
        return Ok(());
    }
    let message = format!("{} is there and is no schema of accuroform", path.display());
    Err(Failure::new(Exit::Error, "F002", message, "name another file, or move it away"))
}

fn write(path: &Path, text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|error| {
        Failure::new(
            Exit::Error,
            "F001",
            format!("cannot write {}: {error}", path.display()),
            "run it in the folder that holds schemas/, or redirect the output of `accuroform schema`",
        )
    })?;
    printer.line(&format!("wrote {}", path.display()));
    Ok(())
}
