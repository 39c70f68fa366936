//! What an apply does once it is approved: write, sync, verify, report.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::apply::{Applied, Apply, Happening};
use crate::approval::Approved;
use crate::bridge::SiteProvider;
use crate::cli::attest;
use crate::cli::clicks::WAITING;
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{
    Clicks, Earlier, Verified, mode, print_sync, print_verified, record, sync, verify, watch,
};
use crate::cli::git;
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::connection::Opened;
use crate::journal::{AskedSync, Event, Journal, Outcome, Starter};
use crate::ocean::{Freshness, SyncError, Synced};
use crate::plan::{Plan, Targets};
use crate::report;
use crate::report::ci::{Outcomes, SyncEnd};
use crate::rollout::RowCounts;

/// Everything but the plan.
pub(super) struct Execution<'a> {
    pub(super) clinic: &'a Clinic,
    /// What was planned, and is planned again to verify it.
    pub(super) purpose: Purpose<'a>,
    pub(super) opened: &'a Opened,
    pub(super) environment: &'a Environment,
    pub(super) sync_timeout: Duration,
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
    /// Whether the clinic's journal has the run.
    pub(super) recorded: bool,
    /// What went wrong first, with its code, if it has one.
    pub(super) why: Option<(Option<&'static str>, String)>,
}

impl Ended {
    pub(super) fn new(exit: Exit, applied: &Applied) -> Self {
        let count = |is: fn(&Outcome) -> bool| applied.count(is) as u64;
        let counts = RowCounts {
            done: count(|outcome| matches!(outcome, Outcome::Done | Outcome::AlreadyTrue)),
            held: count(|outcome| matches!(outcome, Outcome::Held(_))),
            failed: count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
            not_reached: count(|outcome| matches!(outcome, Outcome::NotReached)),
            rows: applied.outcomes.len() as u64,
        };
        let why = applied.halted.as_ref().map(|halted| (None, halted.clone()));
        Self { exit, counts, recorded: false, why }
    }

    /// Whether all that is open waits for what a person does and says.
    pub(super) fn waits_for_a_person(&self) -> bool {
        let code = self.why.as_ref().and_then(|(code, _)| *code);
        code.is_some_and(|code| code == WAITING || SyncError::OF_A_PERSON.contains(&code))
    }

    /// The end of an apply whose rows wait for a person, as the words say.
    pub(super) fn rows_wait(
        words: String,
        exit: Exit,
        (plan, applied): (&Plan, &Applied),
        printer: &mut Printer,
    ) -> Self {
        let ended = Self::nothing(exit, (plan, applied), printer);
        Self { why: Some((Some(WAITING), words)), ..ended }
    }

    /// The end of an apply, of which a CI system is told; what went wrong first counts.
    fn told(
        exit: Exit,
        (plan, applied): (&Plan, &Applied),
        after: &After,
        printer: &mut Printer,
    ) -> Self {
        if let Some(facts) = printer.facts() {
            let outcomes = Outcomes::of(plan, &applied.outcomes, applied.halted.as_deref());
            let sync = Some(SyncEnd::of(after.sync.as_ref()));
            let verified = after.verified.as_ref().map(Verified::is_correct);
            facts.applied(Outcomes { sync, verified, ..outcomes });
        }
        let ended = Self::new(exit, applied);
        Self { why: ended.why.or_else(|| after.why()), ..ended }
    }

    /// The end of an apply that had nothing to write and nothing to sync.
    pub(super) fn nothing(exit: Exit, of: (&Plan, &Applied), printer: &mut Printer) -> Self {
        Self::told(exit, of, &After::default(), printer)
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
    (plan, digest): (&Plan, &str),
    rollout: Option<&str>,
    clinic: &Clinic,
    environment: &Environment,
) -> Event {
    let operation = if plan.undoes.is_some() { "undo" } else { "apply" };
    of_plan(operation, ((plan, digest), rollout), clinic, environment)
}

/// The first record of a run that asks people for the rows of an approved plan.
pub(super) fn asker_of(
    (plan, digest): (&Plan, &str),
    rollout: Option<&str>,
    clinic: &Clinic,
    environment: &Environment,
) -> Event {
    of_plan("worklist", ((plan, digest), rollout), clinic, environment)
}

fn of_plan(
    operation: &str,
    ((plan, digest), rollout): ((&Plan, &str), Option<&str>),
    clinic: &Clinic,
    environment: &Environment,
) -> Event {
    let starter = started(operation, clinic, Some(digest), environment);
    let rollout = rollout.map(str::to_owned);
    Event::Started(Box::new(Starter { undoes: plan.undoes.clone(), rollout, ..starter }))
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
        rollout: None,
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
        let run = journal.apply_id().to_owned();
        let apply = Apply {
            reader: &self.opened.bridge()?,
            writer: &self.opened.grid_writer()?,
            journal,
            stop: self.stop,
        };
        let tell = &mut |happening: Happening<'_>| match happening {
            Happening::Sending { batch, user, rows } => {
                printer.tell(|| events::starting(plan, batch, user, rows));
            }
            Happening::Ended(row) => printer.tell(|| [events::ended(plan, row)]),
            Happening::At(at) => {
                progress.at(at.settled);
                printer.tell(|| [events::progress(at)]);
            }
        };
        let applied = apply.run(approved, tell).await;
        drop(progress);
        printer.tell(|| [events::applied((plan, approved.digest()), Some(&run), &applied)]);
        printer.result(&report::outcomes(plan, &applied.outcomes, applied.halted.as_deref()));
        let owed = applied.may_have_written() || self.owed != Owed::Nothing;
        let after = if !owed {
            After::default()
        } else if self.stop.is_cancelled() {
            let result = Err(SyncError::NotBegun);
            printer.tell(|| [events::sync_ended(&result)]);
            print_sync(&result, printer);
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
        let ended = Ended::told(exit, (plan, &applied), &after, printer);
        Ok(Ended { recorded: true, ..ended })
    }

    /// Runs the sync that an earlier apply owes.
    pub(super) async fn owed_sync(
        &self,
        (plan, applied): (&Plan, &Applied),
        before: Option<Vec<SiteProvider>>,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Result<Ended, Failure> {
        let what = (plan, false);
        let after = self.sync_and_verify(what, before.as_deref(), journal, printer).await;
        record(journal, ended(&Applied::default()), printer);
        let exit = if !applied.is_whole() {
            Exit::Incomplete
        } else if after.is_good() && !journal.is_closed() {
            Exit::Done
        } else {
            Exit::NotVerified
        };
        let ended = Ended::told(exit, (plan, applied), &after, printer);
        Ok(Ended { recorded: true, ..ended })
    }

    /// Ends a run that had nothing to do but what a person was asked for before.
    pub(super) fn waits(
        &self,
        (plan, applied): (&Plan, &Applied),
        open: SyncError,
        printer: &mut Printer,
    ) -> Ended {
        let after = After { sync: Some(self.tell_open(open, printer)), verified: None };
        let exit = if applied.is_whole() { Exit::NotVerified } else { Exit::Incomplete };
        Ended::told(exit, (plan, applied), &after, printer)
    }

    /// Says what waits for a person, and the next step unless others have it in one list.
    fn tell_open(&self, open: SyncError, printer: &mut Printer) -> Result<Synced, SyncError> {
        attest::tell(self.clinic, &open, printer);
        if printer.streams() || self.syncs.is_some() {
            printer.line(&report::escape(&open.to_string()));
        } else {
            printer.result(&format!("Sync: {}.\n", report::escape(&open.to_string())));
            attest::print_next(self.clinic, &open, printer);
        }
        let result = Err(open);
        printer.tell(|| [events::sync_ended(&result)]);
        result
    }

    /// Asks a person for the sync, unless that was done after the last write.
    fn ask(
        &self,
        wrote: bool,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Option<Result<Synced, SyncError>> {
        let open = match &self.asked {
            Some(asked) if !wrote => attest::open(asked)?,
            Some(_) | None => {
                let site = self.clinic.manifest.ocean.site.clone();
                let since = self.environment.clock.now();
                record(journal, attest::ask(self.clinic), printer);
                SyncError::Asked { site, since }
            }
        };
        Some(self.tell_open(open, printer))
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
                print_sync(result, printer);
            }
            after.sync = synced.or_else(|| self.ask(wrote, journal, printer));
        }
        let targets = &plan.targets;
        let what = (self.purpose, Scope::Saved(targets));
        let freshness = match &after.sync {
            Some(Ok(_)) => Freshness::Synced,
            Some(Err(_)) | None => Freshness::Stale,
        };
        let earlier = Earlier { list: before, freshness, clicks: Clicks::Settled };
        match verify(self.clinic, self.opened, what, earlier, self.environment).await {
            Ok(mut verified) => {
                verified.expect_held(&plan.held);
                printer.tell(|| [events::verified(&verified)]);
                print_verified(&verified, printer);
                // A part that is right says nothing about what an earlier apply still owes.
                let correct = verified.is_correct() && self.owed.is_settled_by(targets);
                // A grid that is right says nothing about what a person is asked for.
                if !(correct && after.waits_for_a_person()) {
                    record(journal, Event::Verified { correct }, printer);
                }
                after.verified = Some(verified);
            }
            Err(failure) => {
                printer.tell(|| [events::not_verified(&failure)]);
                printer.failure(&failure);
                record(journal, Event::Verified { correct: false }, printer);
            }
        }
        after
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

fn ended(applied: &Applied) -> Event {
    Event::Ended {
        done: applied.count(|outcome| matches!(outcome, Outcome::Done | Outcome::AlreadyTrue)),
        held: applied.count(|outcome| matches!(outcome, Outcome::Held(_))),
        failed: applied
            .count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
        not_reached: applied.count(|outcome| matches!(outcome, Outcome::NotReached)),
    }
}
