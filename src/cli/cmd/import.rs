//! `import`: what Accuro grants now, as a manifest. It is never given a writer.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::cli::adopt::{Adopted, Draft};
use crate::cli::args::ImportArgs;
use crate::cli::cmd::each::{Said, each};
use crate::cli::cmd::import_clinic::Importing;
use crate::cli::cmd::import_place::{Place, Placed};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetFile, SelectedFleet};
use crate::cli::printer::Printer;

pub(super) async fn run(
    args: &ImportArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let default = if args.fleet { "fleet.yaml" } else { "clinic.yaml" };
    let path = args.manifest.clone().unwrap_or_else(|| PathBuf::from(default));
    match Adopted::load(&path, &args.select, environment, printer)? {
        Adopted::Clinic(_) if args.fleet => Err(Failure::new(
            Exit::Error,
            "U005",
            format!(
                "--fleet is about the clinics of a fleet, and {} is one clinic",
                path.display()
            ),
            "name a fleet manifest, or leave --fleet out",
        )),
        Adopted::Clinic(draft) => one(args, &draft, None, environment, printer).await,
        Adopted::Fleet(fleet) => {
            if fleet.selection.clinics.len() == 1 && fleet.members.len() == 1 && !args.fleet {
                let draft = Draft::of_fleet(&fleet, 0, environment)?;
                return one(args, &draft, Some(&fleet.file), environment, printer).await;
            }
            many(args, *fleet, environment, printer).await
        }
    }
}

async fn one(
    args: &ImportArgs,
    draft: &Draft,
    fleet: Option<&FleetFile>,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ImportArgs { out, force, .. } = args;
    let result = Importing { args, draft, fleet, environment }.run().await?;
    let place = Place::of(out.as_deref(), *force, draft.clinic.path());
    let placed = place.put(draft, &result.text)?;
    for line in result.words() {
        printer.line(&line);
    }
    for note in result.notes(draft) {
        printer.line(&format!("note: {note}"));
    }
    match placed {
        Placed::Printed => printer.document(&result.text),
        Placed::Unchanged(path) => {
            printer.line(&format!("{} says it already: nothing to write", path.display()));
        }
        Placed::Written(path) => {
            let shown = path.display();
            printer.line(&format!("wrote {shown}"));
            let is_elsewhere = path.parent() != draft.clinic.path().parent();
            if is_elsewhere {
                printer.line(
                    "note: paths in the manifest are relative to its folder, and this is another one",
                );
            }
            if fleet.is_none() {
                printer.line(&format!("next: accuroform plan {shown}"));
            }
        }
    }
    Ok(Exit::Done)
}

async fn many(
    args: &ImportArgs,
    fleet: SelectedFleet,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (out, force) = (args.out.clone(), args.force);
    let looks = out.is_none() && !force;
    let args = Arc::new(args.clone());
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let (args, out) = (Arc::clone(&args), out.clone());
        async move {
            let draft = Draft::of_fleet(&fleet, at, &environment)?;
            let file = Some(&fleet.file);
            let importing =
                Importing { args: &args, draft: &draft, fleet: file, environment: &environment };
            let result = importing.run().await?;
            let place =
                Place::below(out.as_deref(), force, draft.clinic.path(), fleet.file.folder());
            let placed = place.put(&draft, &result.text)?;
            let mut words = match &placed {
                Placed::Printed if result.text == draft.text => vec!["nothing to write".to_owned()],
                Placed::Printed => vec!["would be written".to_owned()],
                Placed::Unchanged(_) => vec!["nothing to write".to_owned()],
                Placed::Written(path) => vec![format!("wrote {}", path.display())],
            };
            words.extend(result.words());
            words.extend(result.notes(&draft));
            Ok(Said { exit: Exit::Done, words: words.join("; "), document: json!({}) })
        }
    };
    let exit = each(fleet, ("imported", false), environment, printer, work).await?;
    if looks {
        printer.line(
            "nothing was written: --force writes the clinics' files, -out FOLDER copies of them",
        );
    }
    Ok(exit)
}
