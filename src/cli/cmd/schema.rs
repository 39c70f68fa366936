//! `schema`: the JSON Schema of the manifest.
#![expect(clippy::disallowed_methods, reason = "a generated file is written here")]

use std::fs;
use std::path::Path;

use crate::cli::args::SchemaArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::schema_text;

const PATH: &str = "schemas/manifest.schema.json";

pub(super) fn run(args: &SchemaArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let SchemaArgs { write } = args;
    if !write {
        printer.document(&schema_text());
        return Ok(Exit::Done);
    }
    let path = Path::new(PATH);
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, schema_text()));
    written.map_err(|error| {
        Failure::new(
            Exit::Error,
            "F001",
            format!("cannot write {PATH}: {error}"),
            "run it in the folder that holds schemas/, or redirect the output of `accuroform schema`",
        )
    })?;
    printer.line(&format!("wrote {PATH}"));
    Ok(Exit::Done)
}
