//! `rollout`: what a rollout is at, and the plans that take it back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::{RolloutArgs, RolloutUndoArgs, SelectArgs};
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::history;
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{
    self, ClinicPlan, FleetFile, FleetSummary, Kept, MemberPlan, Rollouts, SelectedFleet, Spool,
    Title, load_fleet, side_by_side,
};
use crate::cli::lock;
use crate::cli::printer::Printer;
use crate::journal::{Run, TOGETHER};
use crate::rollout::{ClinicState, Rollout, Stage};

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
    let file = load_fleet(&manifest, environment, printer)?;
    let Kept { rollout, states } = Rollouts::new(file.state?).find(typed)?;
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
    let file = load_fleet(&manifest, environment, printer)?;
    let state = file.state.clone()?;
    lock::must_be_free((&state, &file.fleet.id), &manifest, environment)?;
    let kept = Arc::new(Rollouts::new(state).find_to_undo(typed)?);
    let gone = gone(&file, &kept);
    let fleet = written(file, &kept, environment, printer).await?;
    let mut title = Title::of(&fleet);
    title.clinics += gone.len();
    let planner = planner.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let (mut summary, mut spool) = (FleetSummary::new(), Spool::new(&fleet, Some(out))?);
    for clinic in gone {
        let words = "[R040] it was begun, and the fleet no longer has it: take it back by itself";
        summary.unread(&clinic, words.to_owned());
    }
    let rollout = kept.rollout.id.clone();
    let named = planner.map(str::to_owned);
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let (kept, planner) = (Arc::clone(&kept), named.clone());
        async move { plan_back(&fleet, at, (&kept, planner), &environment).await }
    };
    side_by_side((&fleet, "planned"), environment, printer, work, &mut |clinic, result, _| {
        let member = MemberPlan { clinic, result };
        summary.add(&member);
        spool.take(member)
    })
    .await?;
    summary.print(&title, printer);
    let saved = spool.bundle()?;
    printer.line(&format!("digest: {}", saved.digest));
    printer.line(&summary.saved(out, &format!("take the rollout {rollout} back")));
    printer.line("note: the manifests still ask for what is taken back: revert them too");
    Ok(summary.exit(false))
}

/// The clinics that were begun and have left the fleet, so that nobody knows where their journals are.
fn gone(file: &FleetFile, kept: &Kept) -> Vec<String> {
    let was_begun = |state: &&ClinicState| state.run.is_some() || state.stage == Stage::Running;
    let begun = kept.states.values().filter(was_begun).map(|state| state.clinic.clone());
    begun.filter(|clinic| file.member(clinic).is_none()).collect()
}

/// The clinics that the rollout wrote to, by their journals; those of which nobody knows are there, too.
async fn written(
    file: FleetFile,
    kept: &Arc<Kept>,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Arc<SelectedFleet>, Failure> {
    let rollout = &kept.rollout;
    let begun =
        kept.states.keys().filter(|clinic| file.member(clinic).is_some()).cloned().collect();
    let begun = Arc::new(selected(file, begun, rollout, environment, printer)?);
    let shared = Arc::clone(kept);
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let kept = Arc::clone(&shared);
        async move {
            let clinic = fleet.clinic(at, &environment)?;
            let runs = history::read(&clinic, &mut Printer::silent())?;
            Ok(!of_rollout(&runs, &clinic, &kept)?.is_empty())
        }
    };
    let (mut clinics, mut others) = (Vec::new(), Vec::new());
    side_by_side((&begun, "read"), environment, printer, work, &mut |clinic, wrote, _| {
        let had_nothing =
            || kept.states.get(&clinic).is_some_and(|state| state.stage == Stage::Unchanged);
        match wrote {
            Ok(false) if had_nothing() => {}
            Ok(false) => others.push(clinic),
            Ok(true) | Err(_) => clinics.push(clinic),
        }
        Ok(())
    })
    .await?;
    if !others.is_empty() {
        others.sort();
        let others = others.join(", ");
        printer.line(&format!(
            "note: by their journals the rollout wrote nothing to these, so they stay: {others}"
        ));
    }
    let file = begun.file.clone();
    Ok(Arc::new(selected(file, clinics, rollout, environment, printer)?))
}

fn selected(
    file: FleetFile,
    clinics: Vec<String>,
    rollout: &Rollout,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<SelectedFleet, Failure> {
    if clinics.is_empty() {
        let message = format!("the rollout {} wrote to no clinic", rollout.id);
        return Err(Failure::new(Exit::Error, "R042", message, "there is nothing to take back"));
    }
    let select = SelectArgs { clinic: clinics, ..SelectArgs::default() };
    SelectedFleet::new(file, fleet::selection(&select, environment)?, printer)
}

/// The runs of a clinic in which the rollout wrote anything: there are several where it was ended and
/// begun again. A journal without the run that the rollout knows of is not the one that it was written to.
fn of_rollout(runs: &[Run], clinic: &Clinic, kept: &Kept) -> Result<Vec<String>, Failure> {
    let Kept { rollout, states } = kept;
    let id = &clinic.manifest.clinic.id;
    let known = states.get(id).and_then(|state| state.run.as_ref());
    if let Some(known) = known.filter(|known| !runs.iter().any(|run| run.id == **known)) {
        let message =
            format!("the rollout was run {known} of {id}, which its journal does not have");
        let hint = "plan this where the journal of the clinic is; without it nobody knows what was written";
        return Err(Failure::new(Exit::Unread, "R043", message, hint));
    }
    let is_of_it = |run: &&Run| {
        let of = run.starter.as_ref().and_then(|starter| starter.rollout.as_ref());
        (of == Some(&rollout.id) || known == Some(&run.id)) && !run.recorded().rows.is_empty()
    };
    Ok(runs.iter().filter(is_of_it).map(|run| run.id.clone()).collect())
}

async fn plan_back(
    fleet: &SelectedFleet,
    at: usize,
    (kept, planner): (&Kept, Option<String>),
    environment: &Environment,
) -> Result<ClinicPlan, Failure> {
    let clinic = fleet.clinic(at, environment)?;
    let runs = history::read(&clinic, &mut Printer::silent())?;
    let own = of_rollout(&runs, &clinic, kept)?;
    let recorded = Which::Saved(&own.join(&TOGETHER.to_string())).recorded(&clinic, &runs)?;
    let opened = clinic.connect(environment).await?;
    let result = clinic.plan(&opened.accuro(), Purpose::Undo(&recorded), Scope::ALL).await;
    opened.close().await;
    let mut undo = result?;
    undo.plan.planner = planner;
    undo.judge(&clinic)?;
    ClinicPlan::of(undo, &clinic)
}
