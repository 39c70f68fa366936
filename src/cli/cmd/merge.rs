//! `plan merge`: the bundles of all shards as one.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::args::MergeArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{self, FleetSummary, SavedBundle, clinics};
use crate::cli::printer::Printer;
use crate::cli::surface::add_bundle;
use crate::report::escape;
use crate::rollout::bundle::{Bundle, Entry, Unplanned, merge};

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
    let summary = stands(&mut SavedBundle::open(out)?, printer)?;
    printer.line(&format!("digest: {}", written.digest));
    printer.line(&summary.saved(out, "apply exactly these plans"));
    Ok(summary.exit(false))
}

/// Says of each clinic what a plan of the fleet in one go would say stands in its way; gives the sum.
fn stands(bundle: &mut Bundle<File>, printer: &mut Printer) -> Result<FleetSummary, Failure> {
    let mut summary = FleetSummary::new();
    for (clinic, entry) in bundle.entries() {
        let entry = entry?;
        summary.entry(&clinic, &entry);
        let lines = match &entry {
            Entry::Planned { plan, refusals, .. } => {
                let unread = plan.unread.iter();
                let unread = unread.map(|part| {
                    escape(&format!("! not read: {clinic}: {}", part.reason)).into_owned()
                });
                unread.chain(fleet::in_the_way(&clinic, plan, refusals)).collect()
            }
            Entry::Unplanned(Unplanned { code, message, .. }) => {
                vec![escape(&format!("! not read: {clinic}: [{code}] {message}")).into_owned()]
            }
        };
        for line in lines {
            printer.line(&line);
        }
    }
    Ok(summary)
}
