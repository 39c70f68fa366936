//! `schema --live`: what may be named in one clinic's manifest. It reads, and is never given a writer.

use std::path::Path;

use crate::cli::adopt::{Adopted, Draft};
use crate::cli::args::SelectArgs;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::live::{Grid, Providers, Snapshot};
use crate::manifest::{Manifest, Person, WhatIsThere, narrowed_schema};
use crate::model::printable_json;

/// The schema of a clinic as text.
pub(super) async fn text(
    path: &Path,
    clinic: Option<&String>,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<String, Failure> {
    let select =
        SelectArgs { clinic: clinic.into_iter().cloned().collect(), ..SelectArgs::default() };
    let (draft, inherits) = match Adopted::load(path, &select, environment, printer)? {
        Adopted::Clinic(draft) => (*draft, false),
        Adopted::Fleet(fleet) if clinic.is_some() => {
            (Draft::of_fleet(&fleet, 0, environment)?, true)
        }
        Adopted::Fleet(_) => {
            let message = format!("this is about one clinic, and {} has many", path.display());
            return Err(Failure::new(Exit::Error, "U005", message, "name it: --clinic ID"));
        }
    };
    let clinic = &draft.clinic;
    let users = clinic.users();
    let opened = clinic.connect(environment).await?;
    let live = clinic.read(&opened.accuro(), &users).await;
    opened.close().await;
    let live = live?;
    let there = there(&clinic.manifest, inherits, &live)?;
    for note in unread(&live) {
        printer.line(&format!("note: {note}"));
    }
    let schema = format!("{:#}\n", narrowed_schema(&there));
    Ok(printable_json(&schema).into_owned())
}

/// Users that are not offered because nobody knows whether they are there. Any name is accepted all the
/// same, so that the schema calls nothing wrong.
fn unread(live: &Snapshot) -> Vec<String> {
    let note = |(name, grid): &(String, Grid)| match grid {
        Grid::Unread(reason) => Some(format!(
            "the schema does not offer the EMR user {name}, who could not be read: {reason}"
        )),
        Grid::Read { .. } | Grid::NoUser | Grid::SeveralUsers(_) => None,
    };
    live.grids.iter().filter_map(note).collect()
}

/// What is there. Where it is not all known, nothing may be called wrong.
fn there(manifest: &Manifest, inherits: bool, live: &Snapshot) -> Result<WhatIsThere, Failure> {
    let mut there = WhatIsThere {
        clinic: manifest.clinic.id.clone(),
        tenant: manifest.tenant.clone(),
        site: manifest.ocean.site.clone(),
        inherits,
        ..WhatIsThere::default()
    };
    for (id, office) in &live.directory.offices {
        let providers = match &office.providers {
            Providers::Read(providers) => providers,
            Providers::Unread(reason) => {
                let message = format!(
                    "cannot narrow the schema: the providers of {} ({id}) could not be read: {reason}",
                    office.name
                );
                let hint = "nothing was written; mend the reading and run it again";
                return Err(Failure::new(Exit::Unread, "I001", message, hint));
            }
        };
        there.offices.insert(*id, office.name.clone());
        for (id, name) in providers {
            let person = there
                .providers
                .entry(*id)
                .or_insert_with(|| Person { name: name.listed(), offices: Vec::new() });
            person.offices.push(office.name.clone());
        }
    }
    let is_there = |grid: &Grid| matches!(grid, Grid::Read { .. });
    let users = live.grids.iter().filter(|(_, grid)| is_there(grid));
    there.users = users.map(|(name, _)| name.clone()).collect();
    Ok(there)
}
