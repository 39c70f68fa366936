//! `show`: a saved plan.

use std::fs::File;
use std::path::Path;

use crate::cli::args::{FormArgs, ShowArgs};
use crate::cli::cmd::plan::{print_as, print_refusals};
use crate::cli::cmd::saved;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetSummary, SavedBundle, Title};
use crate::cli::printer::Printer;
use crate::cli::surface::add_bundle;
use crate::diagnostic::did_you_mean;
use crate::plan::file::{Opened, open_whole};
use crate::report::{Document, FleetDocument, NotPlanned, Review, escape};
use crate::rollout::bundle::{Bundle, Entry, Unplanned};

pub(super) fn run(args: &ShowArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let ShowArgs { plan: path, clinic, form, format, surface: _ } = args;
    let form = format.over(form);
    let text = match (SavedBundle::is_there(path), clinic) {
        (true, None) => return bundle(path, &form, printer),
        (true, Some(clinic)) => of_bundle(path, clinic)?,
        (false, None) => saved::read(path)?,
        (false, Some(_)) => {
            let message = "--clinic names a plan of a bundle, and this is one plan";
            return Err(Failure::new(Exit::Error, "U005", message, "leave it out"));
        }
    };
    let Opened { plan, digest, refusals } = open_whole(&text)?;
    for finding in &plan.findings {
        let place = match finding.span {
            Some(span) => {
                format!("{}:{}:{}", plan.manifest.file(span.layer), span.line, span.column)
            }
            None => plan.manifest.path.clone(),
        };
        let words = format!("{place}: [{}] {}", finding.code, finding.message);
        printer.line(&escape(&words));
    }
    printer.line(&saved::heading(&plan));
    let review = Review { plan: &plan, refusals: &refusals, digest: &digest };
    if let Some(facts) = printer.facts() {
        facts.plan(review);
        facts.saved(&path.to_string_lossy());
    }
    print_as(review, &text, &form, printer);
    print_refusals((&plan, &digest), &refusals, printer);
    if let Some(planner) = &plan.planner {
        printer.line(&format!("planner: {}", escape(planner)));
    }
    printer.line(&format!("digest: {digest}"));
    Ok(Exit::Done)
}

/// The plan of one clinic of a bundle, as a file of its own.
fn of_bundle(path: &Path, clinic: &str) -> Result<String, Failure> {
    let mut bundle = SavedBundle::open(path)?;
    let known: Vec<String> = bundle.clinics().map(|(clinic, _)| clinic.to_owned()).collect();
    if let Some(text) = bundle.text(clinic)? {
        return Ok(text);
    }
    let near = did_you_mean(clinic, known.iter().map(String::as_str));
    let hint = near.map_or_else(
        || "`accuroform show BUNDLE` lists them".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("the bundle has no plan of the clinic `{clinic}`");
    Err(Failure::new(Exit::Error, "R004", message, hint))
}

/// Every plan of a bundle in a line, then their folded sum.
fn bundle(
    path: &Path,
    (form, document): &(FormArgs, Option<Document>),
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    if let Some(facts) = printer.facts() {
        add_bundle(facts, &mut SavedBundle::open(path)?)?;
        facts.saved(&path.to_string_lossy());
    }
    if let Some(document) = document {
        let document = fleet_document(*document)?;
        let mut bundle = SavedBundle::open(path)?;
        print_document(document, &mut bundle, printer)?;
        printer.line(&format!("digest: {}", bundle.digest()));
        return Ok(Exit::Done);
    }
    let FormArgs { json, diff } = form;
    if *json || *diff {
        let message = "--json and --diff show one plan, and this is a bundle of many";
        return Err(Failure::new(Exit::Error, "U005", message, "name its clinic: --clinic ID"));
    }
    let mut bundle = SavedBundle::open(path)?;
    let header = bundle.header();
    let title = Title {
        fleet: header.fleet.id.clone(),
        selection: header.selection.clone(),
        shard: header.shard.as_ref().map(|shard| shard.part),
        clinics: bundle.clinics().count(),
    };
    let mut summary = FleetSummary::new();
    for (clinic, entry) in bundle.entries() {
        summary.entry(&clinic, &entry?);
    }
    summary.print(&title, printer);
    printer.line(&format!("digest: {}", bundle.digest()));
    Ok(Exit::Done)
}

/// A document that can show many clinics, before anything is read for it.
pub(super) fn fleet_document(document: Document) -> Result<FleetDocument, Failure> {
    FleetDocument::new(document).ok_or_else(|| {
        let message =
            "--format terraform-json and --format html show one plan, and this is a fleet";
        Failure::new(Exit::Error, "U005", message, "name its clinic: --clinic ID")
    })
}

/// Prints the plans of a bundle as one document.
pub(super) fn print_document(
    mut document: FleetDocument,
    bundle: &mut Bundle<File>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let clinics: Vec<String> = bundle.clinics().map(|(clinic, _)| clinic.to_owned()).collect();
    let mut missing = Vec::new();
    for clinic in clinics {
        if let Some(text) = bundle.text(&clinic)? {
            let Opened { plan, digest, refusals } = open_whole(&text)?;
            document.add(Review { plan: &plan, refusals: &refusals, digest: &digest });
        } else if let Some(Entry::Unplanned(unplanned)) = bundle.entry(&clinic)? {
            let Unplanned { clinic, code, message, exit_code: _ } = &unplanned;
            document.not_planned(&NotPlanned { clinic, code, message });
            missing.push(clinic.clone());
        }
    }
    let fleet = bundle.header().fleet.id.clone();
    printer.document(&document.text(&fleet, bundle.digest()));
    if !missing.is_empty() {
        printer.line(&format!(
            "note: not planned, so no change of it is counted: {}",
            missing.join(", ")
        ));
    }
    Ok(())
}
