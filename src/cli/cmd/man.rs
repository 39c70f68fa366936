//! `man`: manual pages, made from the help.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;

pub(super) fn run(folder: Option<&Path>, printer: &mut Printer) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    // `help` repeats the others.
    command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(|error| failed(Path::new("-"), &error))?;
        printer.verbatim(&String::from_utf8_lossy(&page));
        return Ok(Exit::Done);
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let written = pages(&command, folder)?;
    printer.line(&format!("wrote {written} pages into {}", folder.display()));
    Ok(Exit::Done)
}

/// Writes the page of a command and those of its subcommands; how many.
fn pages(command: &clap::Command, folder: &Path) -> Result<usize, Failure> {
    let man = Man::new(command.clone());
    let path = folder.join(man.get_filename());
    let mut page = Vec::new();
    man.render(&mut page)
        .and_then(|()| OpenOptions::new().write(true).create(true).truncate(true).open(&path))
        .and_then(|mut file| file.write_all(&page))
        .map_err(|error| failed(&path, &error))?;
    let below = command.get_subcommands().map(|below| pages(below, folder));
    below.sum::<Result<usize, Failure>>().map(|below| below + 1)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    Failure::new(Exit::Error, "F001", message, "choose another folder: `accuroform man DIR`")
}
