//! `plan` of a fleet: its clinics side by side, one line each, then the folded sum. It is never given
//! a writer.

use std::path::Path;
use std::sync::Arc;

use crate::cli::args::{FormArgs, PlanArgs, TargetArgs};
use crate::cli::cmd::show::{fleet_document, print_document};
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetSummary, SavedBundle, SelectedFleet, Spool, Title, plan_all};
use crate::cli::printer::Printer;
use crate::cli::surface::add_member;

pub(super) async fn run(
    args: &PlanArgs,
    fleet: SelectedFleet,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let PlanArgs {
        command: _,
        manifest: _,
        select: _,
        targets,
        out,
        planner,
        form,
        format,
        against_git,
        detailed_exitcode,
        surface: _,
    } = args;
    if against_git.is_some() {
        return Err(Failure::new(
            Exit::Error,
            "U005",
            "--against-git is about one clinic",
            "name it: --clinic ID",
        ));
    }
    let (FormArgs { json, diff }, document) = format.over(&form.of_plan());
    must_be_whole(targets, diff)?;
    if json {
        return Err(Failure::new(
            Exit::Error,
            "U005",
            "--format json shows one plan, and this is a fleet",
            "name its clinic: --clinic ID; --json prints the events of all",
        ));
    }
    let document = document.map(fleet_document).transpose()?;
    let planner = planner.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let fleet = Arc::new(fleet);
    if let Some(facts) = printer.facts() {
        facts.fleet(&fleet.file.fleet.id);
    }
    let mut summary = FleetSummary::new();
    let keeps = out.is_some() || document.is_some();
    let mut spool = keeps.then(|| Spool::new(&fleet, out.as_deref())).transpose()?;
    plan_all(&fleet, planner, environment, printer, &mut |planned, printer| {
        summary.add(&planned);
        if let Some(facts) = printer.facts() {
            add_member(facts, &planned);
        }
        printer.tell(|| [events::clinic_planned(&planned)]);
        spool.as_mut().map_or(Ok(()), |spool| spool.take(planned))
    })
    .await?;
    let exit = summary.exit(*detailed_exitcode);
    printer.tell(|| [summary.told(fleet.members.len(), exit)]);
    if document.is_none() && !printer.streams() {
        summary.print(&Title::of(&fleet), printer);
    }
    let saved = spool.map(Spool::bundle).transpose()?;
    if let Some(facts) = printer.facts() {
        let digest = saved.as_ref().map(|saved| saved.digest.as_str());
        facts.fleet_planned(summary.sum_line(fleet.members.len()), digest);
        facts.owed(summary.owes_syncs());
    }
    if let (Some(document), Some(saved)) = (document, &saved) {
        print_document(document, &mut SavedBundle::open(&saved.path)?, printer)?;
        printer.line(&summary.sum_line(fleet.members.len()));
    }
    if let (Some(saved), Some(path)) = (saved, out) {
        let shown = path.display();
        let next = match fleet.selection.shard {
            Some(_) => format!(
                "saved to {shown}; with the other shards: accuroform plan merge -out FILE {shown} …"
            ),
            None => summary.saved(path, "apply exactly these plans"),
        };
        say_saved(&saved.digest, path, &next, printer);
    }
    Ok(exit)
}

/// Says where the bundle is, and what is next.
fn say_saved(digest: &str, path: &Path, next: &str, printer: &mut Printer) {
    let shown = path.display().to_string();
    printer.tell(|| [events::saved(&shown, digest)]);
    if let Some(facts) = printer.facts() {
        facts.saved(&shown);
    }
    printer.line(&format!("digest: {digest}"));
    printer.line(next);
}

/// Targets and the diff are about the rows of one clinic.
fn must_be_whole(targets: &TargetArgs, diff: bool) -> Result<(), Failure> {
    let TargetArgs { target, exclude } = targets;
    if target.is_empty() && exclude.is_empty() && !diff {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Error,
        "U005",
        "-target, -exclude and --diff are about the rows of one clinic",
        "name the clinic: --clinic ID",
    ))
}
