//! One clinic of a rollout: its plan out of the bundle, applied as any saved plan.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::approval::Given;
use crate::cli::args::{FormArgs, TargetArgs, WaitArgs};
use crate::cli::clicks::open_list;
use crate::cli::clinic::Clinic;
use crate::cli::cmd::apply::{Around, CarriedOut, Request, Signed};
use crate::cli::cmd::execute::Ended;
use crate::cli::cmd::hand_out::ByHand;
use crate::cli::cmd::saved::Saved;
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetFile, Turn};
use crate::cli::printer::Printer;
use crate::journal::{Journal, WorklistStage, worklists};
use crate::manifest::AccuroConnection;
use crate::plan::Plan;
use crate::rollout::bundle::{Bundle, Entry};
use crate::rollout::{RowCounts, Stage};

/// What every clinic of a rollout is applied with.
pub(super) struct One {
    pub(super) rollout: String,
    pub(super) bundle: Mutex<Bundle<File>>,
    pub(super) file: FleetFile,
    pub(super) given: Vec<Given>,
    pub(super) allow: Vec<String>,
    pub(super) wait: WaitArgs,
    pub(super) syncs: Semaphore,
    pub(super) stop: CancellationToken,
    pub(super) environment: Environment,
}

impl One {
    /// Applies the plan of one clinic.
    pub(super) async fn apply(&self, id: &str, printer: &mut Printer) -> Result<Turn, Failure> {
        let saved = self.saved(id)?;
        let member = self.file.member(id).ok_or_else(|| {
            let message = format!("the fleet has no clinic `{id}` any more");
            Failure::new(Exit::Refused, "R040", message, "plan the fleet again")
        })?;
        let clinic = self.file.clinic(member, &self.environment)?;
        saved.must_belong_to(&clinic)?;
        let undoes = saved.plan.undoes.as_deref();
        let of_this = |given: &&Given| {
            given.approval.as_ref().map_or(true, |approval| approval.plan_digest == saved.digest)
        };
        let demand = clinic.demand();
        let given = match &demand {
            Some(_) => self.given.iter().filter(of_this).cloned().collect(),
            None => Vec::new(),
        };
        let hex = saved.digest.trim_start_matches("sha256:");
        let names = |prefix: &&String| hex.starts_with(prefix.trim_start_matches("sha256:"));
        let targets = TargetArgs::default();
        let request = Request {
            saved: Some(&saved),
            undo: undoes.map(Which::Saved),
            targets: &targets,
            auto_approve: true,
            allow_mass_change: self.allow.iter().find(names).map(String::as_str),
            wait: &self.wait,
            form: &FormArgs { json: false, diff: false },
            signed: Signed { demand, given },
            by_hand: ByHand::default(),
            around: Around::Rollout { id: &self.rollout, stop: &self.stop, syncs: &self.syncs },
        };
        let is_captured =
            matches!(clinic.manifest.connections.accuro, AccuroConnection::Worksheet(_));
        let CarriedOut { run, ended } =
            match request.carry_out(&clinic, &self.environment, printer).await {
                // A screen that has to be read again waits for a person, as its rows do.
                Err(failure) if is_captured && waits(&clinic, &failure) => {
                    return Ok(waiting(failure));
                }
                result => result?,
            };
        let counts = ended.counts;
        let run = ended.recorded.then_some(run);
        let stage = if is_as_planned(&ended, &saved.plan) {
            Stage::Verified
        } else {
            let is_unread = ended.exit == Exit::Unread && is_captured;
            let waits = is_unread || ended.exit == Exit::NotVerified && ended.waits_for_a_person();
            let nothing_failed = counts.failed == 0 && counts.held == 0;
            if waits && nothing_failed {
                Stage::Asked
            } else {
                Stage::after(ended.exit.code(), &counts)
            }
        };
        let unread = || (None, "a part of the screen was not read".to_owned());
        let why = ended.why.or_else(|| (stage == Stage::Asked).then(unread));
        Ok(Turn { stage, counts, run, why })
    }

    /// The plan of a clinic.
    fn saved(&self, id: &str) -> Result<Saved, Failure> {
        let mut bundle = self.bundle.lock().unwrap_or_else(PoisonError::into_inner);
        match bundle.entry(id)? {
            Some(Entry::Planned { plan, digest, refusals: _ }) => Ok(Saved { plan: *plan, digest }),
            Some(Entry::Unplanned(why)) => Err(Failure::new(
                Exit::Error,
                "R041",
                format!("it could not be planned: [{}] {}", why.code, why.message),
                "plan the fleet again once it can be read",
            )),
            None => Err(Failure::plain(Exit::Error, "the bundle has no such clinic")),
        }
    }
}

/// Whether a failure is what a person has to do: read the screen, read it in place of whoever ticked, or set
/// a row again that is not as it was ticked and so has moved.
fn waits(clinic: &Clinic, failure: &Failure) -> bool {
    let is_wrong = || {
        let records =
            Journal::read(&clinic.state().ok()?, &clinic.manifest.clinic.id).ok()?.records;
        Some(open_list(worklists(&records))?.stage() == WorklistStage::Contradicted)
    };
    match failure.code {
        Some("S011") => true,
        Some("P006") => is_wrong().unwrap_or_default(),
        _ => failure.exit == Exit::Unread,
    }
}

/// The turn of a clinic that waits for a person: nothing was written.
fn waiting(failure: Failure) -> Turn {
    let Failure { code, message, hint, exit: _ } = failure;
    let message = hint.map_or_else(|| message.clone(), |hint| format!("{message}; {hint}"));
    Turn {
        stage: Stage::Asked,
        counts: RowCounts::default(),
        run: None,
        why: Some((code, message)),
    }
}

/// Whether the only rows that are not written are those that the plan itself leaves alone by name, as
/// an undo does with what somebody else changed since.
fn is_as_planned(ended: &Ended, plan: &Plan) -> bool {
    let RowCounts { done: _, held, failed, not_reached, rows: _ } = ended.counts;
    let planned = u64::try_from(plan.held.len()).unwrap_or(u64::MAX);
    let others = failed + not_reached == 0 && ended.why.is_none();
    ended.exit == Exit::Incomplete && held > 0 && held == planned && others
}
