//! `explain`: codes, holds and columns (`explain_topic.rs`), and the whole manifest of one clinic, each value
//! with where it comes from.

use std::path::Path;

use serde_json::json;

use crate::cli::args::ExplainArgs;
use crate::cli::clinic::{Clinic, read_bounded};
use crate::cli::cmd::explain_topic::Topic;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetFile, SelectedFleet};
use crate::cli::printer::Printer;
use crate::finding;
use crate::manifest::{self, Explained, Source, explain};
use crate::rollout::Selection;

pub(super) fn run(
    args: &ExplainArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ExplainArgs { subject, name, json } = args;
    let Some(subject) = Topic::clinic(subject.as_deref(), name.as_deref()) else {
        let topic = Topic::of(subject.as_deref(), name.as_deref())?;
        topic.print(*json, printer);
        return Ok(Exit::Done);
    };
    let manifest = name.as_deref().unwrap_or(Path::new("fleet.yaml"));
    let source = load(subject, manifest, environment, printer)
        .map_err(|failure| or_a_code(subject, failure))?;
    let explained = explain(&source);
    if *json {
        printer.json(&document(subject, &explained));
    } else {
        printer.result(&explained.to_yaml());
    }
    Ok(Exit::Done)
}

/// What a clinic of a fleet, or the clinic that a manifest of its own is about, was read from.
fn load(
    subject: &str,
    path: &Path,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Source, Failure> {
    match read_bounded(path) {
        Ok(bytes) if manifest::is_fleet(&bytes) => {
            let file = FleetFile::load(path, &bytes, environment, printer)?;
            let selection =
                Selection { clinics: [subject.to_owned()].into(), ..Selection::default() };
            let fleet = SelectedFleet::new(file, selection, printer)?;
            let member = fleet.members.first().ok_or_else(|| no_such(subject, path, "others"))?;
            fleet.file.explained(member, environment)
        }
        // What cannot be read is said by the loader of clinics.
        Ok(_) | Err(_) => {
            let Clinic { manifest, source, .. } = Clinic::load(path, environment, printer)?;
            if manifest.clinic.id == subject {
                return Ok(source);
            }
            Err(no_such(subject, path, &format!("the clinic `{}`", manifest.clinic.id)))
        }
    }
}

/// A clinic that is not there may be a code in small letters.
fn or_a_code(subject: &str, failure: Failure) -> Failure {
    let code = subject.to_uppercase();
    if finding::code(&code).is_none() {
        return failure;
    }
    let hint = failure.hint.map(|hint| format!(" For a clinic: {hint}")).unwrap_or_default();
    Failure { hint: Some(format!("did you mean `{code}`?{hint}")), ..failure }
}

fn no_such(subject: &str, path: &Path, what: &str) -> Failure {
    let message = format!("{} is about {what}, not about `{subject}`", path.display());
    Failure::new(Exit::Error, "R004", message, "name a clinic by the `clinic.id` of its manifest")
}

fn document(clinic: &str, explained: &Explained) -> String {
    let document = json!({
        "kind": "accuroform.explain",
        "format_version": "1.0",
        "clinic": clinic,
        "values": explained.values(),
    });
    format!("{document}\n")
}
