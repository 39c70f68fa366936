//! `apply`: plan or saved plan, approval, write, sync, verify.

use tokio_util::sync::CancellationToken;

use crate::apply::Applied;
use crate::approval::{Consent, Demand, Given, approve};
use crate::cli::args::{ApplyArgs, TargetArgs};
use crate::cli::clinic::{Clinic, Planned, Scope, print_findings};
use crate::cli::cmd::approve::ask;
use crate::cli::cmd::execute::{Execution, starter};
use crate::cli::cmd::plan::print_refusals;
use crate::cli::cmd::saved::{self, Saved};
use crate::cli::cmd::sign::{at_hand, print_approvals};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{look_before, mode};
use crate::cli::interrupt;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::connection::Opened;
use crate::journal::{Journal, is_pending};
use crate::plan::{self, Plan};
use crate::report;

pub(super) async fn run(
    args: &ApplyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let saved = Saved::load(&args.input)?;
    check_usage(args, saved.as_ref())?;
    let path = match (&args.manifest, &saved) {
        (Some(path), _) => path.clone(),
        (None, Some(saved)) => saved.manifest(),
        (None, None) => args.input.clone(),
    };
    let clinic = Clinic::load(&path, environment, printer)?;
    if let Some(saved) = &saved {
        saved.must_belong_to(&clinic)?;
    }
    let demand = clinic.demand();
    let given = at_hand(demand.as_ref(), saved.is_some(), &args.input, &args.approval)?;
    let (id, run) = (&clinic.manifest.clinic.id, environment.new_run()?);
    let stop = CancellationToken::new();
    let asking = Asking { operation: "apply", run: &run, timeout: args.wait.lock_timeout };
    let lock = lock::acquire(&clinic, &asking, &stop, environment, printer)?;
    let (journal, records) = Journal::open(&clinic.state()?, id, &run, environment.clock)?;
    if records.torn {
        printer.line("note: the journal's last record was cut off by a crash and was dropped");
    }
    let opened = clinic.connect(environment).await?;
    let pending = is_pending(&records.records);
    let signed = Signed { demand, given };
    let apply =
        Apply { args, clinic: &clinic, opened: &opened, environment, pending, stop: &stop, signed };
    let result = apply.run(saved.as_ref(), journal, printer).await;
    opened.close().await;
    lock::release(lock, printer);
    result
}

fn check_usage(args: &ApplyArgs, saved: Option<&Saved>) -> Result<(), Failure> {
    let ApplyArgs { targets, auto_approve, manifest, approval, json, .. } = args;
    let TargetArgs { target, exclude } = targets;
    let usage = |message: &str, hint: &str| Err(Failure::new(Exit::Error, "U003", message, hint));
    if saved.is_some() && !(target.is_empty() && exclude.is_empty()) {
        return usage(
            "a saved plan cannot be limited",
            "limit it when it is made: `plan -target … -out …`",
        );
    }
    if saved.is_none() && manifest.is_some() {
        return usage("--manifest goes with a saved plan", "name the manifest itself");
    }
    if saved.is_none() && !approval.is_empty() {
        return usage("--approval goes with a saved plan", "save one with `plan -out FILE`");
    }
    if *json && saved.is_none() && !auto_approve {
        return usage(
            "with --json nobody can be asked",
            "add -auto-approve, or apply a saved plan",
        );
    }
    Ok(())
}

struct Apply<'a> {
    args: &'a ApplyArgs,
    clinic: &'a Clinic,
    opened: &'a Opened,
    environment: &'a Environment,
    pending: bool,
    /// Cancelled by an interrupt, and when the lock is lost.
    stop: &'a CancellationToken,
    signed: Signed,
}

/// The signed approvals that are demanded, and those at hand.
struct Signed {
    demand: Option<Demand>,
    given: Vec<Given>,
}

impl Apply<'_> {
    async fn run(
        &self,
        saved: Option<&Saved>,
        mut journal: Journal,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let TargetArgs { target, exclude } = &self.args.targets;
        let scope = match saved {
            Some(saved) => Scope::Saved(&saved.plan.targets),
            None => Scope::Typed { only: target, except: exclude },
        };
        let planned = self
            .clinic
            .plan(&self.opened.accuro(), crate::cli::clinic::Purpose::Manifest, scope)
            .await?;
        print_findings(&self.clinic.source, &planned.plan.findings, printer);
        let sealed = planned.seal()?;
        let comparison = saved.map(|saved| saved.must_still_hold(&planned)).transpose()?;
        let (plan, digest) = match saved {
            Some(saved) => (&saved.plan, &saved.digest),
            None => (&planned.plan, &sealed.digest),
        };
        let judged = comparison.as_ref().map_or(plan, |comparison| &comparison.judged);
        let refusals = plan::refusals(judged, &self.clinic.policy(&planned.desired));
        self.print(plan, saved, printer);
        print_refusals(&refusals, digest, printer);
        let allow = self.args.allow_mass_change.as_deref();
        let is_open = comparison.is_none_or(|comparison| comparison.open > 0);
        if plan.is_empty() || !is_open {
            return self.nothing_to_write((plan, digest), &planned, journal, printer).await;
        }
        let Signed { demand, given } = &self.signed;
        let consent = Consent { allow_mass_change: allow, demand: demand.as_ref(), given };
        let approved = approve(plan, digest, &refusals, consent)?;
        print_approvals(approved.approvals(), printer);
        let before = look_before(self.clinic, self.opened).await?;
        if saved.is_none() && !self.args.auto_approve {
            ask(&self.clinic.manifest.clinic.name, printer)?;
        }
        journal.append(starter("apply", self.clinic, Some(digest), self.environment))?;
        let execution = self.execution();
        interrupt::guarded(self.stop, execution.run(&approved, before, &mut journal, printer)).await
    }

    fn execution(&self) -> Execution<'_> {
        Execution {
            clinic: self.clinic,
            opened: self.opened,
            environment: self.environment,
            sync_timeout: self.args.wait.sync_timeout,
            json: self.args.json,
            pending: self.pending,
            stop: self.stop,
        }
    }

    /// Nothing differs: only a sync that is still owed is left to do.
    async fn nothing_to_write(
        &self,
        (plan, digest): (&Plan, &str),
        planned: &Planned,
        mut journal: Journal,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        if planned.plan.errors() > 0 {
            return Ok(Exit::Error);
        }
        let execution = self.execution();
        let applied = Applied::already_true(plan);
        if !plan.is_empty() && !self.args.json {
            printer.result(&report::outcomes(plan, &applied.outcomes, None));
        }
        let applied = (plan, digest, &applied);
        if !planned.plan.is_complete() {
            return Ok(execution.nothing(applied, Exit::Unread, printer));
        }
        if !self.pending || mode(self.clinic).is_none() {
            return Ok(execution.nothing(applied, Exit::Done, printer));
        }
        printer
            .line("The sync after the last apply was not completed and verified; it runs again.");
        let before = look_before(self.clinic, self.opened).await?;
        journal.append(starter("sync", self.clinic, None, self.environment))?;
        interrupt::guarded(self.stop, execution.owed_sync(applied, before, &mut journal, printer))
            .await
    }

    fn print(&self, plan: &Plan, saved: Option<&Saved>, printer: &mut Printer) {
        if self.args.json {
            return;
        }
        if let Some(saved) = saved {
            printer.line(&saved::heading(plan));
            printer.line(&format!("digest: {}", saved.digest));
            printer.result(&format!("{}\n", report::summary_line(plan)));
        } else {
            printer.result(&report::plan(plan));
        }
    }
}
