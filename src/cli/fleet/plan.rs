//! Plans the clinics of a fleet side by side and hands over each plan as it comes.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::progress::FleetProgress;
use super::subject::SelectedFleet;
use crate::cli::clinic::{Planned, Purpose, Scope};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::is_owed;
use crate::cli::printer::Printer;
use crate::plan::file::Sealed;
use crate::plan::{Plan, Refusal};

/// What planning one clinic gave.
pub(in crate::cli) struct MemberPlan {
    pub(in crate::cli) clinic: String,
    pub(in crate::cli) result: Result<ClinicPlan, Failure>,
}

/// The plan of one clinic of many.
pub(in crate::cli) struct ClinicPlan {
    pub(in crate::cli) plan: Plan,
    pub(in crate::cli) refusals: Vec<Refusal>,
    pub(in crate::cli) sealed: Sealed,
    /// Whether a sync is owed from before.
    pub(in crate::cli) owed: bool,
}

/// Plans every selected clinic; `take` gets each plan as it comes, in no particular order.
pub(in crate::cli) async fn plan_all(
    fleet: &Arc<SelectedFleet>,
    planner: Option<&str>,
    environment: &Environment,
    printer: &mut Printer,
    take: &mut dyn FnMut(MemberPlan, &mut Printer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let total = fleet.members.len();
    let mut progress = FleetProgress::new(total, "planned", printer);
    let mut running = JoinSet::new();
    let mut next = 0;
    let side_by_side = fleet.file.fleet.limits.clinics;
    loop {
        while next < total && running.len() < side_by_side {
            let (fleet, environment) = (Arc::clone(fleet), environment.clone());
            let planner = planner.map(str::to_owned);
            let line = fleet.members.get(next).map(|member| progress.line(&member.id));
            let at = next;
            running.spawn(async move {
                let result = plan_one(&fleet, at, planner, &environment).await;
                (at, line, result)
            });
            next += 1;
        }
        let Some(joined) = running.join_next().await else { break };
        let (at, line, result) = joined.map_err(|error| {
            Failure::plain(Exit::Error, format!("planning a clinic ended unexpectedly: {error}"))
        })?;
        if let Some(line) = line {
            progress.finish(&line, printer);
        }
        let clinic = fleet.members.get(at).map(|member| member.id.clone()).unwrap_or_default();
        take(MemberPlan { clinic, result }, printer)?;
    }
    progress.end(printer);
    Ok(())
}

async fn plan_one(
    fleet: &SelectedFleet,
    at: usize,
    planner: Option<String>,
    environment: &Environment,
) -> Result<ClinicPlan, Failure> {
    let Some(member) = fleet.members.get(at) else {
        return Err(Failure::plain(Exit::Error, "there is no such clinic"));
    };
    let clinic = fleet.file.clinic(member, environment)?;
    let opened = clinic.connect(environment).await?;
    let result = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await;
    opened.close().await;
    let mut planned = result?;
    planned.plan.planner = planner;
    let sealed = planned.seal()?;
    let Planned { plan, refusals, live: _, desired: _ } = planned;
    Ok(ClinicPlan { plan, refusals, sealed, owed: is_owed(&clinic) })
}
