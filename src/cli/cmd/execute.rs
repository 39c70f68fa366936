//! What an apply does once it is approved: write, sync, verify, report.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::apply::{Applied, Apply};
use crate::approval::Approved;
use crate::bridge::SiteProvider;
use crate::cli::attest;
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{
    OceanList, Verified, mode, print_sync, print_verified, record, sync, sync_json, verify, watch,
};
use crate::cli::git;
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::connection::Opened;
use crate::journal::{AskedSync, Event, Journal, Outcome, RowOutcome, Starter};
use crate::ocean::{Freshness, SyncError, Synced};
use crate::plan::{Plan, Targets};
use crate::report;
use crate::rollout::RowCounts;

/// Everything but the plan.
pub(super) struct Execution<'a> {
    pub(super) clinic: &'a Clinic,
    /// What was planned, and is planned again to verify it.
    pub(super) purpose: Purpose<'a>,
    pub(super) opened: &'a Opened,
    pub(super) environment: &'a Environment,
    pub(super) sync_timeout: Duration,
    pub(super) json: bool,
    pub(super) owed: Owed,
    /// The sync that is asked of a person from before.
    pub(super) asked: Option<AskedSync>,
    pub(super) stop: &'a CancellationToken,
    /// Of how many a sync is one; `None`: it is the only one.
    pub(super) syncs: Option<&'a Semaphore>,
}

/// How an apply ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    pub(super) counts: RowCounts,
    /// What went wrong first, with its code, if it has one.
    pub(super) why: Option<(Option<&'static str>, String)>,
}

impl Ended {
    fn new(exit: Exit, applied: &Applied) -> Self {
        let count = |is: fn(&Outcome) -> bool| applied.count(is) as u64;
        let counts = RowCounts {
            done: count(|outcome| matches!(outcome, Outcome::Done | Outcome::AlreadyTrue)),
            held: count(|outcome| matches!(outcome, Outcome::Held(_))),
            failed: count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
            not_reached: count(|outcome| matches!(outcome, Outcome::NotReached)),
            rows: applied.outcomes.len() as u64,
        };
        let why = applied.halted.as_ref().map(|halted| (None, halted.clone()));
        Self { exit, counts, why }
    }

    /// Whether all that is open waits for what a person does and says.
    pub(super) fn waits_for_a_person(&self) -> bool {
        let code = self.why.as_ref().and_then(|(code, _)| *code);
        code.is_some_and(|code| SyncError::OF_A_PERSON.contains(&code))
    }

    /// With what went wrong after the last write, unless something did before.
    fn with(self, after: &After) -> Self {
        let Self { exit, counts, why } = self;
        Self { exit, counts, why: why.or_else(|| after.why()) }
    }
}

/// Which sync and verification are owed from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// None.
    Nothing,
    /// Those of rows that this plan verifies, unless its targets leave them out.
    Here,
    /// Those of rows that this plan cannot verify, being an undo of others.
    Elsewhere,
}

impl Owed {
    /// Whether a verification of what this plan is limited to settles it.
    fn is_settled_by(self, targets: &Targets) -> bool {
        match self {
            Self::Nothing => true,
            Self::Here => targets.is_everything(),
            Self::Elsewhere => false,
        }
    }
}

/// The first record of a run.
pub(super) fn starter(
    operation: &str,
    clinic: &Clinic,
    plan: Option<&str>,
    environment: &Environment,
) -> Event {
    Event::Started(Box::new(started(operation, clinic, plan, environment)))
}

/// The first record of a run that writes an approved plan.
pub(super) fn writer_of(
    plan: &Plan,
    digest: &str,
    clinic: &Clinic,
    environment: &Environment,
) -> Event {
    let undoes = plan.undoes.clone();
    let operation = if undoes.is_some() { "undo" } else { "apply" };
    let starter = started(operation, clinic, Some(digest), environment);
    Event::Started(Box::new(Starter { undoes, ..starter }))
}

fn started(
    operation: &str,
    clinic: &Clinic,
    plan: Option<&str>,
    environment: &Environment,
) -> Starter {
    Starter {
        operation: operation.to_owned(),
        undoes: None,
        tenant: Some(clinic.manifest.tenant.clone()),
        clinic: clinic.manifest.clinic.id.clone(),
        who: environment.who(),
        host: environment.host(),
        ci: environment.ci_run(),
        manifest: clinic.source.digest().to_owned(),
        manifest_path: Some(clinic.source.file_name().to_owned()),
        fleet_path: clinic.fleet.as_ref().map(|path| path.to_string_lossy().into_owned()),
        commit: git::commit(clinic.folder()),
        plan: plan.map(str::to_owned),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl Execution<'_> {
    /// Runs an approved plan to its end.
    pub(super) async fn run(
        &self,
        approved: &Approved<'_>,
        before: Option<Vec<SiteProvider>>,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Result<Ended, Failure> {
        let plan = approved.plan();
        let progress =
            Progress::rows(plan.users.iter().map(|user| user.changes.len()).sum(), printer);
        let apply = Apply {
            reader: &self.opened.accuro(),
            writer: &self.opened.grid_writer(),
            journal,
            stop: self.stop,
        };
        let applied = apply.run(approved, &mut |at| progress.at(at.settled)).await;
        drop(progress);
        if !self.json {
            printer.result(&report::outcomes(plan, &applied.outcomes, applied.halted.as_deref()));
        }
        let owed = applied.may_have_written() || self.owed != Owed::Nothing;
        let after = if !owed {
            After::default()
        } else if self.stop.is_cancelled() {
            let result = Err(SyncError::NotBegun);
            print_sync_as(self.json, &result, printer);
            After { sync: Some(result), verified: None }
        } else {
            let wrote = applied.may_have_written();
            self.sync_and_verify((plan, wrote), before.as_deref(), journal, printer).await
        };
        record(journal, ended(&applied), printer);
        let exit = if !applied.is_whole() {
            Exit::Incomplete
        } else if !plan.is_complete() {
            Exit::Unread
        } else if (after.is_good() || !owed) && !journal.is_closed() {
            Exit::Done
        } else {
            Exit::NotVerified
        };
        self.print_json((plan, approved.digest(), &applied), &after, exit, printer);
        Ok(Ended::new(exit, &applied).with(&after))
    }

    /// Runs the sync that an earlier apply owes.
    pub(super) async fn owed_sync(
        &self,
        applied: (&Plan, &str, &Applied),
        before: Option<Vec<SiteProvider>>,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Result<Ended, Failure> {
        let what = (applied.0, false);
        let after = self.sync_and_verify(what, before.as_deref(), journal, printer).await;
        record(journal, ended(&Applied::default()), printer);
        let exit = if !applied.2.is_whole() {
            Exit::Incomplete
        } else if after.is_good() && !journal.is_closed() {
            Exit::Done
        } else {
            Exit::NotVerified
        };
        self.print_json(applied, &after, exit, printer);
        Ok(Ended::new(exit, applied.2).with(&after))
    }

    /// Ends a run that had nothing to do but what a person was asked for before.
    pub(super) fn waits(
        &self,
        applied: (&Plan, &str, &Applied),
        open: SyncError,
        printer: &mut Printer,
    ) -> Ended {
        self.print_open(&open, printer);
        let after = After { sync: Some(Err(open)), verified: None };
        let exit = if applied.2.is_whole() { Exit::NotVerified } else { Exit::Incomplete };
        self.print_json(applied, &after, exit, printer);
        Ended::new(exit, applied.2).with(&after)
    }

    /// What waits for a person, and the next step unless others have it in one list.
    fn print_open(&self, open: &SyncError, printer: &mut Printer) {
        if self.json || self.syncs.is_some() {
            printer.line(&report::escape(&open.to_string()));
        } else {
            printer.result(&format!("Sync: {}.\n", report::escape(&open.to_string())));
            attest::print_next(self.clinic, open, printer);
        }
    }

    /// Asks a person for the sync, unless that was done after the last write.
    fn ask(&self, wrote: bool, journal: &mut Journal, printer: &mut Printer) -> Option<SyncError> {
        let open = match &self.asked {
            Some(asked) if !wrote => attest::open(asked)?,
            Some(_) | None => {
                let site = self.clinic.manifest.ocean.site.clone();
                let since = self.environment.clock.now();
                record(journal, attest::ask(self.clinic), printer);
                SyncError::Asked { site, since }
            }
        };
        self.print_open(&open, printer);
        Some(open)
    }

    /// Ends a run that had nothing to do.
    pub(super) fn nothing(
        &self,
        applied: (&Plan, &str, &Applied),
        exit: Exit,
        printer: &mut Printer,
    ) -> Ended {
        self.print_json(applied, &After::default(), exit, printer);
        Ended::new(exit, applied.2)
    }

    /// Waits until one more sync may run. An interrupt ends the wait: the sync is then not begun.
    async fn turn_to_sync(&self) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            turn = self.syncs?.acquire() => turn.ok(),
            () = self.stop.cancelled() => None,
        }
    }

    async fn sync_and_verify(
        &self,
        (plan, wrote): (&Plan, bool),
        before: Option<&[SiteProvider]>,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> After {
        let mut after = After::default();
        if let Some(mode) = mode(self.clinic) {
            let watch = watch(self.clinic, mode, self.sync_timeout, self.stop);
            let _turn = self.turn_to_sync().await;
            let synced = sync(self.opened, journal, &watch, printer).await;
            if let Some(result) = &synced {
                print_sync_as(self.json, result, printer);
            }
            after.sync = synced.or_else(|| self.ask(wrote, journal, printer).map(Err));
        }
        let targets = &plan.targets;
        let what = (self.purpose, Scope::Saved(targets));
        let freshness = match &after.sync {
            Some(Ok(_)) => Freshness::Synced,
            Some(Err(_)) | None => Freshness::Stale,
        };
        let list = OceanList { before, freshness };
        match verify(self.clinic, self.opened, what, list, self.environment).await {
            Ok(mut verified) => {
                verified.expect_held(&plan.held);
                if !self.json {
                    print_verified(&verified, printer);
                }
                // A part that is right says nothing about what an earlier apply still owes.
                let correct = verified.is_correct() && self.owed.is_settled_by(targets);
                // A grid that is right says nothing about what a person is asked for.
                if !(correct && after.waits_for_a_person()) {
                    record(journal, Event::Verified { correct }, printer);
                }
                after.verified = Some(verified);
            }
            Err(failure) => {
                printer.failure(&failure);
                record(journal, Event::Verified { correct: false }, printer);
            }
        }
        after
    }

    fn print_json(
        &self,
        (plan, digest, applied): (&Plan, &str, &Applied),
        after: &After,
        exit: Exit,
        printer: &mut Printer,
    ) {
        if !self.json {
            return;
        }
        let row = |row: &RowOutcome| {
            json!({
                "address": plan.names.address(&plan.clinic, &row.user, row.key),
                "user": row.user,
                "office_id": row.key.office,
                "provider_id": row.key.provider,
                "outcome": row.outcome,
            })
        };
        let document = json!({
            "kind": "accuroform.apply",
            "format_version": "1.0",
            "clinic": self.clinic.manifest.clinic.id,
            "plan_digest": digest,
            "undoes": plan.undoes,
            "rows": applied.outcomes.iter().map(row).collect::<Vec<_>>(),
            "counts": counts(&applied.outcomes),
            "halted": applied.halted,
            "sync": after.sync.as_ref().map(sync_json),
            "verified": after.verified.as_ref().map(Verified::json),
            "exit_code": exit.code(),
        });
        printer.json(&format!("{document}\n"));
    }
}

/// In a JSON run the document alone goes to standard output; what went wrong is also said.
fn print_sync_as(json: bool, result: &Result<Synced, SyncError>, printer: &mut Printer) {
    if !json {
        print_sync(result, printer);
    } else if let Err(error) = result {
        let hint = Some(error.hint());
        let (code, message) = (Some(error.code()), error.to_string());
        printer.failure(&Failure { code, message, hint, exit: Exit::NotVerified });
    }
}

/// How sync and verification ended.
#[derive(Default)]
struct After {
    sync: Option<Result<Synced, SyncError>>,
    verified: Option<Verified>,
}

impl After {
    fn waits_for_a_person(&self) -> bool {
        matches!(&self.sync, Some(Err(error)) if error.waits_for_a_person())
    }

    fn is_good(&self) -> bool {
        !matches!(self.sync, Some(Err(_)))
            && self.verified.as_ref().is_some_and(Verified::is_correct)
    }

    /// What went wrong.
    fn why(&self) -> Option<(Option<&'static str>, String)> {
        match (&self.sync, &self.verified) {
            (Some(Err(error)), _) => Some((Some(error.code()), error.to_string())),
            (_, Some(verified)) if !verified.is_correct() => {
                Some((None, "its verification found what is not as planned".to_owned()))
            }
            _ => None,
        }
    }
}

fn counts(rows: &[RowOutcome]) -> Value {
    let count = |is: fn(&Outcome) -> bool| rows.iter().filter(|row| is(&row.outcome)).count();
    json!({
        "done": count(|outcome| matches!(outcome, Outcome::Done)),
        "already_true": count(|outcome| matches!(outcome, Outcome::AlreadyTrue)),
        "held": count(|outcome| matches!(outcome, Outcome::Held(_))),
        "failed": count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
        "not_reached": count(|outcome| matches!(outcome, Outcome::NotReached)),
    })
}

fn ended(applied: &Applied) -> Event {
    Event::Ended {
        done: applied.count(|outcome| matches!(outcome, Outcome::Done | Outcome::AlreadyTrue)),
        held: applied.count(|outcome| matches!(outcome, Outcome::Held(_))),
        failed: applied
            .count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
        not_reached: applied.count(|outcome| matches!(outcome, Outcome::NotReached)),
    }
}
