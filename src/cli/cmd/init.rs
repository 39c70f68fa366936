//! `init`: a clinic to try things on. Nothing that is there is overwritten.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;

const FILES: [(&str, &str); 2] = [
    ("clinic.yaml", include_str!("../../../examples/quickstart/clinic.yaml")),
    ("world.yaml", include_str!("../../../examples/quickstart/world.yaml")),
];

/// The first line of the example names the schema by a path that only this repository has.
const MODELINE: &str = "# yaml-language-server:";

pub(super) fn run(args: &InitArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let InitArgs { folder } = args;
    let failed = |path: &Path, error: std::io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(Exit::Error, "F001", message, "choose another folder: `accuroform init DIR`")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        let text: String =
            text.split_inclusive('\n').filter(|line| !line.starts_with(MODELINE)).collect();
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| failed(&path, error))?;
        printer.line(&format!("wrote {}", path.display()));
    }
    let manifest = folder.join("clinic.yaml");
    printer.line(&format!("next: accuroform plan {}", manifest.display()));
    Ok(Exit::Done)
}
