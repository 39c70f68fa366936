//! `plan` of a fleet: its clinics side by side, one line each, then the folded sum. It is never given
//! a writer.

use std::sync::Arc;

use crate::cli::args::{FormArgs, PlanArgs, TargetArgs};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{Events, FleetSummary, SelectedFleet, Spool, Title, header, plan_all};
use crate::cli::printer::Printer;

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
        against_git,
        detailed_exitcode,
    } = args;
    if against_git.is_some() {
        return Err(Failure::new(
            Exit::Error,
            "U005",
            "--against-git is about one clinic",
            "name it: --clinic ID",
        ));
    }
    let FormArgs { json, diff } = form;
    must_be_whole(targets, *diff)?;
    let planner = planner.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let fleet = Arc::new(fleet);
    let mut summary = FleetSummary::new();
    let mut spool = out.as_ref().map(|_| Spool::new()).transpose()?;
    let mut events = json.then(|| Events::new(environment.clock));
    if let Some(events) = &mut events {
        events.version(printer);
    }
    plan_all(&fleet, planner, environment, printer, &mut |planned, printer| {
        summary.add(&planned);
        if let Some(events) = &mut events {
            events.planned(&planned, printer);
        }
        spool.as_mut().map_or(Ok(()), |spool| spool.take(planned))
    })
    .await?;
    let exit = summary.exit(*detailed_exitcode);
    match &mut events {
        Some(events) => events.fleet_planned(&summary, fleet.members.len(), exit, printer),
        None => summary.print(&Title::of(&fleet), printer),
    }
    if let (Some(spool), Some(path)) = (spool, out) {
        let saved = spool.bundle(header(&fleet), Some(path))?;
        let shown = path.display();
        printer.line(&format!("digest: {}", saved.digest));
        printer.line(&format!(
            "saved to {shown}; to apply exactly these plans: accuroform apply {shown}"
        ));
    }
    Ok(exit)
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
