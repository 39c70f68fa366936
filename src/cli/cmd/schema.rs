//! `schema`: the JSON Schemas of the manifests and the events.
#![expect(clippy::disallowed_methods, reason = "generated files are written here")]

use std::fs;
use std::path::Path;

use crate::cli::args::{SchemaArgs, WhichSchema};
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::{fleet_schema_text, schema_text};

pub(super) fn run(args: &SchemaArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let SchemaArgs { which: WhichSchema { fleet, events }, write: writes } = args;
    if *writes {
        write("schemas/manifest.schema.json", &schema_text(), printer)?;
        write("schemas/fleet.schema.json", &fleet_schema_text(), printer)?;
        write("schemas/events.schema.json", &events::schema_text(), printer)?;
    } else {
        printer.verbatim(&match (fleet, events) {
            (true, _) => fleet_schema_text(),
            (false, true) => events::schema_text(),
            (false, false) => schema_text(),
        });
    }
    Ok(Exit::Done)
}

fn write(path: &str, text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let folder = Path::new(path).parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|error| {
        Failure::new(
            Exit::Error,
            "F001",
            format!("cannot write {path}: {error}"),
            "run it in the folder that holds schemas/, or redirect the output of `accuroform schema`",
        )
    })?;
    printer.line(&format!("wrote {path}"));
    Ok(())
}
