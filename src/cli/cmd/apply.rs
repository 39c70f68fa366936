//! `apply`: plan or saved plan, approval, write, sync, verify.

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::apply::Applied;
use crate::approval::{Consent, Demand, Given, approve};
use crate::cli::args::{ApplyArgs, ByHandArgs, FormArgs, TargetArgs, WaitArgs};
use crate::cli::attest;
use crate::cli::clicks::{Seen, open_list, print_wrong, seen, waits};
use crate::cli::clinic::{Clinic, Planned, Purpose, Scope, print_findings};
use crate::cli::cmd::apply_fleet;
use crate::cli::cmd::approve::ask;
use crate::cli::cmd::execute::{Ended, Execution, Owed, starter, writer_of};
use crate::cli::cmd::hand_out::{By, ByHand, hand_out, must_take_a_list};
use crate::cli::cmd::plan::{print_made_again, print_plan, print_refusals};
use crate::cli::cmd::saved::{self, Saved};
use crate::cli::cmd::sign::{at_hand, print_approvals};
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::events::{self, Judged, Operation};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{look_before, mode};
use crate::cli::fleet::{SavedBundle, Subject};
use crate::cli::interrupt;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::connection::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::journal::{
    AskedSync, Event, Journal, Record, Worklist, WorklistRow, asked_sync, is_pending,
    is_pending_beside, runs, worklists,
};
use crate::manifest::AccuroConnection;
use crate::plan::{self, Plan, Recorded};
use crate::report::ci::Waiting;
use crate::report::{self, Review, count};
use crate::rollout::RowCounts;

pub(super) async fn run(
    args: &ApplyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    if args.resume.is_some() || SavedBundle::is_there(&args.input) {
        return apply_fleet::run_saved(args, environment, printer).await;
    }
    let saved = Saved::load(&args.input)?;
    check_usage(args, saved.as_ref())?;
    if let Some(facts) = printer.facts().filter(|_| saved.is_some()) {
        facts.saved(&args.input.to_string_lossy());
    }
    let path = match (&args.manifest, &saved) {
        (Some(path), _) => path.clone(),
        (None, Some(saved)) => saved.manifest(),
        (None, None) => args.input.clone(),
    };
    let clinic = match &saved {
        Some(saved) => {
            let clinic = saved.clinic(&path, environment, printer)?;
            saved.must_belong_to(&clinic)?;
            clinic
        }
        None => match Subject::load(&path, &args.select, environment, printer)? {
            Subject::Clinic(clinic) => *clinic,
            Subject::Fleet(fleet) => {
                return apply_fleet::run(args, *fleet, environment, printer).await;
            }
        },
    };
    let demand = clinic.demand();
    let given = at_hand(demand.as_ref(), saved.is_some(), &args.input, &args.approval)?;
    let undoes = saved.as_ref().and_then(|saved| saved.plan.undoes.as_deref());
    let request = Request {
        saved: saved.as_ref(),
        undo: undoes.map(Which::Saved),
        targets: &args.targets,
        auto_approve: args.auto_approve,
        allow_mass_change: args.allow_mass_change.first().map(String::as_str),
        wait: &args.wait,
        form: &FormArgs { json: false, diff: false },
        signed: Signed { demand, given },
        by_hand: by_hand(&args.by_hand, &clinic)?,
        around: Around::Nothing,
    };
    Ok(request.carry_out(&clinic, environment, printer).await?.ended.exit)
}

/// How people are asked, if there is nothing that writes.
fn by_hand<'a>(args: &'a ByHandArgs, clinic: &Clinic) -> Result<ByHand<'a>, Failure> {
    let ByHandArgs { worklist, tick, by } = args;
    let is_worksheet = matches!(clinic.manifest.connections.accuro, AccuroConnection::Worksheet(_));
    if !is_worksheet && (*tick || !worklist.is_empty()) {
        let id = &clinic.manifest.clinic.id;
        return Err(Failure::new(
            Exit::Error,
            "U003",
            format!(
                "--worklist and --tick are for rows that nothing can write; a bridge writes those of {id}"
            ),
            "leave them out; `accuroform worklist PLAN` hands a saved plan out to people all the same",
        ));
    }
    for file in worklist {
        must_take_a_list(file)?;
    }
    if let Some(by) = by {
        attest::name(by)?;
    }
    Ok(ByHand { files: worklist, by: by.as_deref().map(str::trim) })
}

/// The plan as the CI system is told of it: with what the policies warn of now, not when it was saved.
fn told(plan: &Plan, warnings: &[Diagnostic]) -> Plan {
    let mut told = plan.clone();
    told.findings.retain(|finding| finding.code != Code::PolicyWarns);
    told.findings.extend_from_slice(warnings);
    told
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

/// What is to be applied, and how: `apply` and `undo` share all that follows.
pub(super) struct Request<'a> {
    pub(super) saved: Option<&'a Saved>,
    /// The run that is taken back; `None`: the manifest is planned.
    pub(super) undo: Option<Which<'a>>,
    pub(super) targets: &'a TargetArgs,
    pub(super) auto_approve: bool,
    pub(super) allow_mass_change: Option<&'a str>,
    pub(super) wait: &'a WaitArgs,
    pub(super) form: &'a FormArgs,
    pub(super) signed: Signed,
    /// How people are asked, where nothing can write.
    pub(super) by_hand: ByHand<'a>,
    pub(super) around: Around<'a>,
}

/// What an apply is part of.
#[derive(Clone, Copy)]
pub(super) enum Around<'a> {
    /// Nothing: it catches interrupts itself.
    Nothing,
    /// A rollout, which catches interrupts and spreads the syncs.
    Rollout { id: &'a str, stop: &'a CancellationToken, syncs: &'a Semaphore },
}

/// An apply that came to its end.
pub(super) struct CarriedOut {
    /// Its run in the clinic's journal.
    pub(super) run: String,
    pub(super) ended: Ended,
}

/// The signed approvals that are demanded, and those at hand.
pub(super) struct Signed {
    pub(super) demand: Option<Demand>,
    pub(super) given: Vec<Given>,
}

impl Request<'_> {
    /// Takes the clinic's lock, opens its journal and connections, and applies.
    pub(super) async fn carry_out(
        &self,
        clinic: &Clinic,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<CarriedOut, Failure> {
        let (id, run) = (&clinic.manifest.clinic.id, environment.new_run()?);
        printer.about(id);
        let stop = match self.around {
            Around::Nothing => CancellationToken::new(),
            Around::Rollout { stop, .. } => stop.child_token(),
        };
        let operation = if self.undo.is_some() { "undo" } else { "apply" };
        let asking = Asking { operation, run: &run, timeout: self.wait.lock_timeout };
        let lock = lock::acquire(clinic, &asking, &stop, environment, printer)?;
        let (journal, reading) = Journal::open(&clinic.state()?, id, &run, environment.clock)?;
        if reading.torn {
            printer.line("note: the journal's last record was cut off by a crash and was dropped");
        }
        let records = &reading.records;
        let recorded =
            self.undo.map(|which| which.recorded(clinic, &runs(records, None))).transpose()?;
        let undone = recorded.as_ref().map(|recorded| recorded.run.as_str());
        let owed = owed(records, undone);
        let opened = clinic.connect(environment).await?;
        let mut apply = Apply {
            request: self,
            recorded,
            clinic,
            opened: &opened,
            environment,
            owed,
            asked: asked_sync(records).filter(|_| attest::is_asked(clinic)),
            clicks: open_list(worklists(records)),
            stop: &stop,
        };
        let result = Box::pin(apply.run(journal, printer)).await;
        opened.close().await;
        lock::release(lock, printer);
        result.map(|ended| CarriedOut { run, ended })
    }
}

/// What is owed from before, for a plan that takes `undone` back.
fn owed(records: &[Record], undone: Option<&str>) -> Owed {
    if !is_pending(records) {
        Owed::Nothing
    } else if undone.is_some_and(|run| is_pending_beside(records, run)) {
        Owed::Elsewhere
    } else {
        Owed::Here
    }
}

struct Apply<'a> {
    request: &'a Request<'a>,
    /// What is taken back, as far as the journal knows; `None`: the manifest is planned.
    recorded: Option<Recorded>,
    clinic: &'a Clinic,
    opened: &'a Opened,
    environment: &'a Environment,
    owed: Owed,
    /// The sync that is asked of a person from before.
    asked: Option<AskedSync>,
    /// The worklist that a person has.
    clicks: Option<Worklist>,
    /// Cancelled by an interrupt, and when the lock is lost.
    stop: &'a CancellationToken,
}

impl Apply<'_> {
    fn purpose(&self) -> Purpose<'_> {
        self.recorded.as_ref().map_or(Purpose::Manifest, Purpose::Undo)
    }

    async fn run(&mut self, mut journal: Journal, printer: &mut Printer) -> Result<Ended, Failure> {
        let Request { saved, targets, auto_approve, allow_mass_change, signed, .. } = self.request;
        let TargetArgs { target, exclude } = targets;
        let scope = match saved {
            Some(saved) => Scope::Saved(&saved.plan.targets),
            None => Scope::Typed { only: target, except: exclude },
        };
        let accuro = self.opened.accuro();
        let mut planned = self.clinic.plan(&accuro, self.purpose(), scope).await?;
        print_findings(&self.clinic.source, &planned.plan.findings, printer);
        let (unseen, has_learned) = self.look_again(&planned, &mut journal, printer)?;
        if has_learned && self.recorded.is_some() {
            // Rows of the run were found set of which nothing was known: they are taken back, too.
            planned = self.clinic.plan(&accuro, self.purpose(), scope).await?;
        }
        let sealed = planned.seal()?;
        let comparison = saved.map(|saved| saved.must_still_hold(&planned)).transpose()?;
        let (plan, digest) = match saved {
            Some(saved) => (&saved.plan, &saved.digest),
            None => (&planned.plan, &sealed.digest),
        };
        let judged = comparison.as_ref().map_or(plan, |comparison| &comparison.judged);
        let mut refusals = plan::refusals(judged, &self.clinic.policy(&planned.desired));
        let warnings = self.clinic.judge(judged, &planned.live, &mut refusals)?;
        let judged = Judged {
            operation: plan.undoes.as_ref().map_or(Operation::Apply, |_| Operation::Undo),
            digest,
            refusals: &refusals,
            sync_owed: self.owed != Owed::Nothing,
        };
        if let Some(facts) = printer.facts() {
            let plan = &told(plan, &warnings);
            facts.plan(Review { plan, refusals: &refusals, digest });
        }
        self.print(plan, &sealed.text, printer);
        printer.tell(|| events::plan(plan, judged));
        print_findings(&self.clinic.source, &warnings, printer);
        print_refusals((plan, digest), &refusals, printer);
        print_made_again(plan, &planned, printer);
        let is_open = comparison.is_none_or(|comparison| comparison.open > 0);
        if plan.is_empty() || !is_open {
            let what = ((plan, digest.as_str()), (&planned, unseen));
            return Box::pin(self.nothing_to_write(what, journal, printer)).await;
        }
        let Signed { demand, given } = signed;
        let consent =
            Consent { allow_mass_change: *allow_mass_change, demand: demand.as_ref(), given };
        let approved = approve(plan, digest, &refusals, consent)?;
        print_approvals(approved.approvals(), printer);
        let before = look_before(self.clinic, self.opened).await?;
        if saved.is_none() && !auto_approve {
            ask(&self.clinic.manifest.clinic.name, printer)?;
        }
        let rollout = match self.request.around {
            Around::Nothing => None,
            Around::Rollout { id, .. } => Some(id),
        };
        if self.opened.is_worksheet() {
            let by_hand = match rollout {
                None => By::Person(self.request.by_hand),
                Some(id) => By::Rollout(id),
            };
            let place = (self.clinic, self.environment);
            let what = (&approved, &planned.plan, by_hand);
            return hand_out(place, what, self.clicks.as_ref(), &mut journal, printer);
        }
        self.withdraw((plan, digest, &planned.plan), &mut journal, printer)?;
        journal.append(writer_of((plan, digest), rollout, self.clinic, self.environment))?;
        let execution = self.execution();
        let work = self.guarded(execution.run(&approved, before, &mut journal, printer));
        Box::pin(work).await
    }

    /// Keeps what was read of rows that were asked of a person, and names those that are not as somebody
    /// ticked them. What still has to be read or said of its rows; and whether anything was kept.
    fn look_again(
        &mut self,
        planned: &Planned,
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Result<(Option<String>, bool), Failure> {
        let Some(known) = &mut self.clicks else { return Ok((None, false)) };
        let Seen { rows, unsaid, early } = seen(self.clinic, known, &planned.live)?;
        let has_learned = !rows.is_empty();
        if has_learned {
            let place = (self.clinic.manifest.clinic.id.as_str(), &planned.plan.names);
            print_wrong(known, &rows, place, printer);
            journal.append(starter(
                "worklist",
                self.clinic,
                Some(&known.plan),
                self.environment,
            ))?;
            known.see(&rows);
            journal.append(Event::ClicksSeen { plan: known.plan.clone(), rows })?;
            // A row that somebody set and nobody ticked counts like one that was written.
            let records =
                Journal::read(&self.clinic.state()?, &self.clinic.manifest.clinic.id)?.records;
            if let Some(recorded) = &mut self.recorded {
                let which = Which::Saved(&recorded.run);
                *recorded = which.recorded(self.clinic, &runs(&records, None))?;
            }
            self.owed = owed(&records, self.recorded.as_ref().map(|one| one.run.as_str()));
            self.asked = asked_sync(&records).filter(|_| attest::is_asked(self.clinic));
        }
        let read = (&planned.live, &planned.plan);
        Ok((waits(self.clinic, known, (unsaid, early), read), has_learned))
    }

    /// Does not ask people any more for rows that differ from nothing that is planned now, or that a
    /// bridge is about to write; not where a word of somebody was not read yet.
    fn withdraw(
        &self,
        (plan, digest, now): (&Plan, &str, &Plan),
        journal: &mut Journal,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let Some(known) = &self.clicks else { return Ok(()) };
        let undone = self.recorded.as_ref().map(|recorded| recorded.run.as_str());
        let is_meant = known.plan == digest || plan.targets.is_everything() && known.is_of(undone);
        let has = |plan: &Plan, row: &WorklistRow| plan.has_change(&row.user, row.sent.key);
        let left: Vec<&WorklistRow> = known.rows.iter().filter(|row| row.is_left()).collect();
        let is_needed = left.iter().any(|row| has(now, row) && !has(plan, row));
        if !is_meant || is_needed || left.is_empty() || known.has_unread() {
            return Ok(());
        }
        journal.append(starter("worklist", self.clinic, Some(&known.plan), self.environment))?;
        journal.append(Event::ClicksWithdrawn { plan: known.plan.clone() })?;
        let rows = count(left.len(), "row");
        printer.line(&format!("{rows} that people were asked for are not asked for any more."));
        Ok(())
    }

    /// Catches interrupts while something is written, unless somebody else does.
    async fn guarded(
        &self,
        work: impl Future<Output = Result<Ended, Failure>>,
    ) -> Result<Ended, Failure> {
        match self.request.around {
            Around::Nothing => interrupt::guarded(self.stop, work).await,
            Around::Rollout { .. } => work.await,
        }
    }

    fn execution(&self) -> Execution<'_> {
        Execution {
            clinic: self.clinic,
            purpose: self.purpose(),
            opened: self.opened,
            environment: self.environment,
            sync_timeout: self.request.wait.sync_timeout,
            owed: self.owed,
            asked: self.asked.clone(),
            stop: self.stop,
            syncs: match self.request.around {
                Around::Nothing => None,
                Around::Rollout { syncs, .. } => Some(syncs),
            },
        }
    }

    /// Nothing differs: only a sync that is still owed is left to do.
    async fn nothing_to_write(
        &self,
        ((plan, digest), (planned, unseen)): ((&Plan, &str), (&Planned, Option<String>)),
        mut journal: Journal,
        printer: &mut Printer,
    ) -> Result<Ended, Failure> {
        if planned.plan.errors() > 0 {
            let why = Some((None, "its manifest names what the clinic does not have".to_owned()));
            let counts = RowCounts::default();
            return Ok(Ended { exit: Exit::Error, counts, recorded: false, why });
        }
        let applied = Applied::already_true(plan);
        if !applied.outcomes.is_empty() {
            printer.tell(|| applied.outcomes.iter().map(|row| events::ended(plan, row)));
            printer.result(&report::outcomes(plan, &applied.outcomes, None));
        }
        // Rows that an undo holds are not as they were.
        let good = if applied.is_whole() { Exit::Done } else { Exit::Incomplete };
        printer.tell(|| [events::applied((plan, digest), None, &applied)]);
        if !planned.plan.is_complete() {
            let exit = if good == Exit::Done { Exit::Unread } else { good };
            return Ok(Ended::nothing(exit, (plan, &applied), printer));
        }
        if let Some(words) = unseen {
            printer.line(&format!("{words}."));
            if let Some(facts) = printer.facts() {
                let next = "capture the grid again, then apply again".to_owned();
                facts.waits(Waiting { clinic: plan.clinic.clone(), what: words.clone(), next });
            }
            let exit = if good == Exit::Done { Exit::NotVerified } else { good };
            return Ok(Ended::rows_wait(words, exit, (plan, &applied), printer));
        }
        self.withdraw((plan, digest, &planned.plan), &mut journal, printer)?;
        if self.owed == Owed::Nothing || mode(self.clinic).is_none() {
            return Ok(Ended::nothing(good, (plan, &applied), printer));
        }
        if let Some(open) = self.asked.as_ref().and_then(attest::open) {
            return Ok(self.execution().waits((plan, &applied), open, printer));
        }
        printer.line(if attest::is_asked(self.clinic) {
            "The sync after the last apply was not asked for; it is now."
        } else {
            "The sync after the last apply was not completed and verified; it runs again."
        });
        let before = look_before(self.clinic, self.opened).await?;
        journal.append(starter("sync", self.clinic, None, self.environment))?;
        let execution = self.execution();
        let work =
            self.guarded(execution.owed_sync((plan, &applied), before, &mut journal, printer));
        Box::pin(work).await
    }

    fn print(&self, plan: &Plan, file: &str, printer: &mut Printer) {
        if printer.streams() {
            return;
        }
        let Request { saved, form, .. } = self.request;
        if let Some(saved) = saved {
            printer.line(&saved::heading(plan));
            printer.line(&format!("digest: {}", saved.digest));
            printer.result(&format!("{}\n", report::summary_line(plan)));
        } else {
            print_plan(plan, file, form, printer);
        }
    }
}
