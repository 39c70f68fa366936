//! `undo`: the plan that takes a recorded apply back. Saved or applied like any other plan.

use std::path::Path;

use crate::cli::args::{FormatArgs, PlanArgs, SurfaceArgs, UndoArgs};
use crate::cli::clinic::{Clinic, Purpose};
use crate::cli::cmd::apply::{Around, Request, Signed};
use crate::cli::cmd::hand_out::ByHand;
use crate::cli::cmd::sign::at_hand;
use crate::cli::cmd::{history, plan};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::journal::{End, Run, TOGETHER, last_to_undo, recorded_together};
use crate::plan::Recorded;

pub(super) async fn run(
    args: &UndoArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let UndoArgs {
        manifest,
        run,
        select,
        targets,
        out,
        planner,
        auto_approve,
        allow_mass_change,
        wait,
        form,
        surface: _,
    } = args;
    let which = run.as_deref().map_or(Which::Last, Which::Named);
    if form.json && out.is_none() && !auto_approve {
        let message = "with --json nobody can be asked";
        let hint = "add -auto-approve, or save the plan with -out and apply it";
        return Err(Failure::new(Exit::Error, "U003", message, hint));
    }
    let clinic = Subject::load(manifest, select, environment, printer)?.one()?;
    if out.is_some() {
        let recorded = which.recorded(&clinic, &history::read(&clinic, printer)?)?;
        let args = PlanArgs {
            command: None,
            manifest: manifest.clone(),
            select: select.clone(),
            targets: targets.clone(),
            out: out.clone(),
            planner: planner.clone(),
            form: form.clone(),
            format: FormatArgs::default(),
            against_git: None,
            detailed_exitcode: false,
            surface: SurfaceArgs::default(),
        };
        let what = (&clinic, Purpose::Undo(&recorded));
        return plan::show(&args, what, environment, printer).await;
    }
    let demand = clinic.demand();
    let given = at_hand(demand.as_ref(), false, Path::new(""), &[])?;
    let request = Request {
        saved: None,
        undo: Some(which),
        targets,
        auto_approve: *auto_approve,
        allow_mass_change: allow_mass_change.as_deref(),
        wait,
        form: &form.of_plan(),
        signed: Signed { demand, given },
        by_hand: ByHand::default(),
        around: Around::Nothing,
    };
    Ok(request.carry_out(&clinic, environment, printer).await?.ended.exit)
}

/// Which run is taken back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// The last that wrote anything and is no undo itself.
    Last,
    /// As it was typed: an id, or the beginning of one.
    Named(&'a str),
    /// As a saved plan says: one, or the runs of a plan that was begun again.
    Saved(&'a str),
}

impl Which<'_> {
    /// What the run wrote, by the journal of the clinic.
    pub(super) fn recorded(self, clinic: &Clinic, runs: &[Run]) -> Result<Recorded, Failure> {
        let id = &clinic.manifest.clinic.id;
        let known =
            |saved| runs.iter().find(|run| run.id == saved).ok_or_else(|| unknown(id, saved));
        let found = match self {
            Self::Last => vec![last_to_undo(runs).ok_or_else(|| nothing(id))?],
            Self::Named(typed) => vec![history::find(id, runs, typed)?],
            Self::Saved(saved) => saved.split(TOGETHER).map(known).collect::<Result<_, _>>()?,
        };
        found.iter().try_for_each(|run| must_be_of_here(run, clinic))?;
        let recorded = recorded_together(&found);
        if recorded.rows.is_empty() {
            return Err(Failure::new(
                Exit::Error,
                "H004",
                format!("the run {} of {id} wrote nothing that could be taken back", recorded.run),
                "`accuroform history` lists what each run did",
            ));
        }
        Ok(recorded)
    }
}

fn nothing(clinic: &str) -> Failure {
    Failure::new(
        Exit::Error,
        "H004",
        format!("no run in the journal of {clinic} wrote anything that could be taken back"),
        "`accuroform history` lists what each run did; name an undo to take it back itself",
    )
}

fn unknown(clinic: &str, run: &str) -> Failure {
    Failure::new(
        Exit::Refused,
        "P017",
        format!("the plan takes back the run {run}, which the journal of {clinic} does not have"),
        "apply it where the journal of the run is, or find out who made this plan",
    )
}

/// Refuses a run that is still going on, or was in another Accuro, where the same ids are others.
fn must_be_of_here(run: &Run, clinic: &Clinic) -> Result<(), Failure> {
    let (id, tenant) = (&clinic.manifest.clinic.id, &clinic.manifest.tenant);
    if run.end == End::Running {
        let message = format!("the run {} of {id} is still going on", run.id);
        return Err(Failure::new(Exit::Locked, "H006", message, "wait until it has ended"));
    }
    let of = run.starter.as_ref().and_then(|starter| starter.tenant.as_deref());
    if of == Some(tenant.as_str()) {
        return Ok(());
    }
    let of = of.map_or("an instance that is not recorded".to_owned(), |of| format!("`{of}`"));
    Err(Failure::new(
        Exit::Refused,
        "H005",
        format!("the run {} of {id} was in {of}, the manifest is for `{tenant}`", run.id),
        "use the manifest of that instance; else change the rows by a manifest",
    ))
}
