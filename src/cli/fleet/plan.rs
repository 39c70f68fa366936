//! Works on the clinics of a fleet side by side, and plans them.

use std::collections::BTreeMap;
use std::sync::Arc;

use indicatif::ProgressBar;
use tokio::task::{Id, JoinError, JoinSet};

use super::progress::FleetProgress;
use super::subject::SelectedFleet;
use crate::cli::clinic::{Clinic, Planned, Purpose, Scope};
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

impl ClinicPlan {
    /// Seals a plan.
    pub(in crate::cli) fn of(planned: Planned, clinic: &Clinic) -> Result<Self, Failure> {
        let sealed = planned.seal()?;
        let Planned { plan, refusals, live: _, desired: _ } = planned;
        Ok(Self { plan, refusals, sealed, owed: is_owed(clinic) })
    }
}

/// What is done with the result of a clinic when it comes.
type Take<'a, T> =
    &'a mut dyn FnMut(String, Result<T, Failure>, &mut Printer) -> Result<(), Failure>;

/// Does `work` for every selected clinic, so many side by side as the fleet allows; `take` gets each
/// result as it comes, in no particular order.
pub(in crate::cli) async fn side_by_side<T, F>(
    (fleet, done): (&Arc<SelectedFleet>, &'static str),
    environment: &Environment,
    printer: &mut Printer,
    work: impl Fn(Arc<SelectedFleet>, usize, Environment) -> F,
    take: Take<'_, T>,
) -> Result<(), Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let total = fleet.members.len();
    let mut progress = FleetProgress::new(total, done, printer);
    let mut running = JoinSet::new();
    let mut members = fleet.members.iter().enumerate();
    let limit = fleet.file.fleet.limits.clinics;
    let mut begun: BTreeMap<Id, (String, ProgressBar)> = BTreeMap::new();
    loop {
        while running.len() < limit
            && let Some((at, member)) = members.next()
        {
            let task = running.spawn(work(Arc::clone(fleet), at, environment.clone()));
            begun.insert(task.id(), (member.id.clone(), progress.line(&member.id)));
        }
        let Some(joined) = running.join_next_with_id().await else { break };
        let (task, result) = match joined {
            Ok((task, result)) => (task, result),
            // The others are none the worse for it.
            Err(error) => (error.id(), Err(unexpected(&error))),
        };
        if let Some((clinic, line)) = begun.remove(&task) {
            progress.finish(&line, printer);
            take(clinic, result, printer)?;
        }
    }
    progress.end(printer);
    Ok(())
}

fn unexpected(error: &JoinError) -> Failure {
    Failure::plain(Exit::Error, format!("the work on it ended unexpectedly: {error}"))
}

/// Plans every selected clinic; `take` gets each plan as it comes, in no particular order.
pub(in crate::cli) async fn plan_all(
    fleet: &Arc<SelectedFleet>,
    planner: Option<&str>,
    environment: &Environment,
    printer: &mut Printer,
    take: &mut dyn FnMut(MemberPlan, &mut Printer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let planner = planner.map(str::to_owned);
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let planner = planner.clone();
        async move { plan_one(&fleet, at, planner, &environment).await }
    };
    side_by_side((fleet, "planned"), environment, printer, work, &mut |clinic, result, printer| {
        take(MemberPlan { clinic, result }, printer)
    })
    .await
}

async fn plan_one(
    fleet: &SelectedFleet,
    at: usize,
    planner: Option<String>,
    environment: &Environment,
) -> Result<ClinicPlan, Failure> {
    let clinic = fleet.clinic(at, environment)?;
    let opened = clinic.connect(environment).await?;
    let result = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await;
    opened.close().await;
    let mut made = result?;
    made.plan.planner = planner;
    made.judge(&clinic)?;
    ClinicPlan::of(made, &clinic)
}
