//! `rollout`: what a rollout is at, and the plans that take it back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::{RolloutArgs, RolloutUndoArgs, SelectArgs};
use crate::cli::clinic::{Purpose, Scope};
use crate::cli::cmd::history;
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{
    self, ClinicPlan, FleetSummary, Kept, MemberPlan, Rollouts, SelectedFleet, Spool, Title,
    header, load_selected, side_by_side,
};
use crate::cli::printer::Printer;
use crate::rollout::ClinicState;

/// The rollout that is meant and the fleet manifest: with one argument that is a file, the manifest.
fn named(args: &RolloutArgs) -> (Option<&str>, PathBuf) {
    let RolloutArgs { rollout, manifest, json: _ } = args;
    let default = || PathBuf::from("fleet.yaml");
    match (rollout, manifest) {
        (Some(one), None) if Path::new(one).is_file() => (None, PathBuf::from(one)),
        (typed, manifest) => (typed.as_deref(), manifest.clone().unwrap_or_else(default)),
    }
}

/// Prints the waves of a rollout and what each clinic is at.
pub(super) fn status(
    args: &RolloutArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (typed, manifest) = named(args);
    let fleet = load_selected(&manifest, &SelectArgs::default(), environment, printer)?;
    let Kept { rollout, states } = Rollouts::new(fleet.file.state?).find(typed)?;
    if args.json {
        let states: Vec<&ClinicState> = states.values().collect();
        let document = json!({
            "kind": "accuroform.rollout",
            "format_version": "1.0",
            "rollout": rollout,
            "clinics": states,
        });
        printer.json(&format!("{document}\n"));
    } else {
        printer.result(&fleet::status(&rollout, &states));
    }
    Ok(Exit::Done)
}

/// Plans what takes a rollout back, for every clinic that it wrote to. It is never given a writer.
pub(super) async fn undo(
    args: &RolloutUndoArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let RolloutUndoArgs { which, out, planner } = args;
    let (typed, manifest) = named(which);
    let fleet = load_selected(&manifest, &SelectArgs::default(), environment, printer)?;
    let Kept { rollout, states } = Rollouts::new(fleet.file.state.clone()?).find(typed)?;
    let written: Vec<String> = states
        .values()
        .filter(|state| state.run.is_some() && fleet.file.member(&state.clinic).is_some())
        .map(|state| state.clinic.clone())
        .collect();
    if written.is_empty() {
        let message = format!("the rollout {} wrote to no clinic", rollout.id);
        return Err(Failure::new(Exit::Error, "R042", message, "there is nothing to take back"));
    }
    let select = SelectArgs { clinic: written, ..SelectArgs::default() };
    let selection = fleet::selection(&select, environment)?;
    let fleet = Arc::new(SelectedFleet::new(fleet.file, selection, printer)?);
    let planner = planner.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let (mut summary, mut spool) = (FleetSummary::new(), Spool::new()?);
    let (states, named) = (Arc::new(states), planner.map(str::to_owned));
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let (states, planner) = (Arc::clone(&states), named.clone());
        async move { plan_back(&fleet, at, (&states, planner), &environment).await }
    };
    side_by_side((&fleet, "planned"), environment, printer, work, &mut |clinic, result, _| {
        let member = MemberPlan { clinic, result };
        summary.add(&member);
        spool.take(member)
    })
    .await?;
    summary.print(&Title::of(&fleet), printer);
    let saved = spool.bundle(header(&fleet), Some(out))?;
    let shown = out.display();
    printer.line(&format!("digest: {}", saved.digest));
    printer.line(&format!(
        "saved to {shown}; to take the rollout {} back: accuroform apply {shown}",
        rollout.id
    ));
    printer.line("note: the manifests still ask for what is taken back: revert them too");
    Ok(summary.exit(false))
}

async fn plan_back(
    fleet: &SelectedFleet,
    at: usize,
    (states, planner): (&std::collections::BTreeMap<String, ClinicState>, Option<String>),
    environment: &Environment,
) -> Result<ClinicPlan, Failure> {
    let clinic = fleet.clinic(at, environment)?;
    let run = states.get(&clinic.manifest.clinic.id).and_then(|state| state.run.as_deref());
    let runs = history::read(&clinic, &mut Printer::silent())?;
    let recorded = Which::Named(run.unwrap_or_default()).recorded(&clinic, &runs)?;
    let opened = clinic.connect(environment).await?;
    let result = clinic.plan(&opened.accuro(), Purpose::Undo(&recorded), Scope::ALL).await;
    opened.close().await;
    let mut undo = result?;
    undo.plan.planner = planner;
    undo.judge(&clinic)?;
    ClinicPlan::of(undo, &clinic)
}
