//! `plan merge`: the bundles of all shards as one.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::args::MergeArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SavedBundle, clinics};
use crate::cli::printer::Printer;
use crate::cli::surface::add_bundle;
use crate::rollout::bundle::{Bundle, merge};

pub(super) fn run(args: &MergeArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let MergeArgs { bundles, out, surface: _ } = args;
    let opened = bundles.iter().map(|path| SavedBundle::open(path));
    let mut shards: Vec<Bundle<File>> = opened.collect::<Result<_, _>>()?;
    let unsaved = |error: &std::io::Error| {
        let message = format!("cannot save the bundle to {}: {error}", out.display());
        Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file =
        NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(|error| unsaved(&error))?;
    let merged = merge(&mut shards, BufWriter::new(file.as_file_mut()), false)?;
    file.as_file().sync_all().map_err(|error| unsaved(&error))?;
    file.persist(out).map_err(|error| unsaved(&error.error))?;
    let written = merged.written;
    if let Some(facts) = printer.facts() {
        add_bundle(facts, &mut SavedBundle::open(out)?)?;
        facts.saved(&out.to_string_lossy());
    }
    let count = usize::try_from(written.clinics).unwrap_or(usize::MAX);
    let without = match written.unplanned {
        0 => String::new(),
        unplanned => format!(" ({unplanned} not planned)"),
    };
    printer.result(&format!("Merged {} of {} bundles{without}.\n", clinics(count), shards.len()));
    printer.line(&format!("digest: {}", written.digest));
    let shown = out.display();
    printer
        .line(&format!("saved to {shown}; to apply exactly these plans: accuroform apply {shown}"));
    Ok(if written.unplanned > 0 { Exit::Unread } else { Exit::Done })
}
