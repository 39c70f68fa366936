//! `worklist`: the clicks that people are asked for, and what they tick off. Of a saved plan they are asked
//! for first; of a manifest they are what the journal says is left.

use std::io::stdin;

use tokio_util::sync::CancellationToken;

use crate::approval::{Consent, approve};
use crate::cli::args::WorklistArgs;
use crate::cli::attest;
use crate::cli::clicks::{
    Seen, asked, asks_for, left, nothing_asked, open_list, print_wrong, seen,
};
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::execute::{asker_of, starter};
use crate::cli::cmd::plan::print_refusals;
use crate::cli::cmd::saved::Saved;
use crate::cli::cmd::sign::{at_hand, print_approvals};
use crate::cli::cmd::sync_person::ENDED;
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::cli::tick::{Ticked, Ticking, print_ticked, tick};
use crate::journal::{Event, Journal, WorklistStage, runs, worklists};
use crate::plan;
use crate::report::{self, escape};
use crate::worklist::Worklist;

pub(super) async fn run(
    args: &WorklistArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    match Saved::load(&args.input)? {
        Some(saved) => of_plan(args, &saved, environment, printer).await,
        None => of_manifest(args, environment, printer),
    }
}

/// What is left of the lists that were handed out, of a clinic or of a fleet.
fn of_manifest(
    args: &WorklistArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let WorklistArgs { input, select, manifest, approval, allow_mass_change, .. } = args;
    let usage = |message: &str, hint: &str| Failure::new(Exit::Error, "U003", message, hint);
    if manifest.is_some() || !approval.is_empty() || allow_mass_change.is_some() {
        return Err(usage(
            "--manifest, --approval and --allow-mass-change go with a saved plan",
            "save one with `plan -out FILE`, and name it",
        ));
    }
    let fleet = match Subject::load(input, select, environment, printer)? {
        Subject::Clinic(clinic) if args.tick => {
            return tick_left(args, &clinic, environment, printer);
        }
        Subject::Clinic(clinic) => {
            let list = List::of(&clinic)?;
            print(&[(clinic.manifest.clinic.id.clone(), list)], args, printer);
            return Ok(Exit::Done);
        }
        Subject::Fleet(_) if args.tick => {
            let message = "ticks are about one clinic";
            return Err(usage(message, "name it: --clinic ID"));
        }
        Subject::Fleet(fleet) => fleet,
    };
    let (mut lists, mut exit) = (Vec::new(), Exit::Done);
    for (at, member) in fleet.members.iter().enumerate() {
        match fleet.clinic(at, environment).and_then(|clinic| List::of(&clinic)) {
            Ok(list) => lists.push((member.id.clone(), list)),
            Err(failure) => {
                printer.line(&escape(&format!("{}: what is left is not known", member.id)));
                printer.failure(&failure);
                exit = Exit::Unread;
            }
        }
    }
    print(&lists, args, printer);
    Ok(exit)
}

/// What a clinic's people are asked for.
enum List {
    Nothing,
    Left(Worklist),
    /// Everything is ticked, and not read since.
    Ticked,
}

impl List {
    fn of(clinic: &Clinic) -> Result<Self, Failure> {
        let records = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?.records;
        let Some(known) = open_list(worklists(&records)) else { return Ok(Self::Nothing) };
        let list = left(clinic, &known);
        Ok(if list.rows().count() > 0 {
            Self::Left(list)
        } else if known.stage() == WorklistStage::Attested {
            Self::Ticked
        } else {
            Self::Nothing
        })
    }
}

fn print(lists: &[(String, List)], args: &WorklistArgs, printer: &mut Printer) {
    let is_ticked = |(_, list): &&(String, List)| matches!(list, List::Ticked);
    let ticked: Vec<&str> = lists.iter().filter(is_ticked).map(|(id, _)| id.as_str()).collect();
    let lists: Vec<Worklist> = lists
        .iter()
        .filter_map(|(_, list)| match list {
            List::Left(list) => Some(list.clone()),
            List::Nothing | List::Ticked => None,
        })
        .collect();
    if !ticked.is_empty() {
        let clinics = ticked.join(", ");
        printer.line(&escape(&format!("All rows are ticked, and not read since: {clinics}.")));
    }
    if !lists.is_empty() {
        printer.document(&report::worklist(&lists, args.format.into()));
    } else if ticked.is_empty() {
        printer.line("No rows are asked of a person.");
    }
}

/// Ticks off what is left of a clinic's list.
fn tick_left(
    args: &WorklistArgs,
    clinic: &Clinic,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (id, run) = (&clinic.manifest.clinic.id, environment.new_run()?);
    let asking = Asking { operation: "worklist", run: &run, timeout: args.lock_timeout };
    let lock = lock::acquire(clinic, &asking, &CancellationToken::new(), environment, printer)?;
    let work = |printer: &mut Printer| {
        let (mut journal, reading) = Journal::open(&clinic.state()?, id, &run, environment.clock)?;
        let Some(known) = open_list(worklists(&reading.records)) else {
            return Err(nothing_asked(clinic));
        };
        let list = left(clinic, &known);
        if list.rows().count() == 0 {
            print_ticked((clinic, known.rows.len()), Ticked::NOTHING, printer);
            return Ok(Exit::Done);
        }
        journal.append(starter("worklist", clinic, Some(&known.plan), environment))?;
        tick_off(args, (clinic, &list, known.rows.len()), &mut journal, environment, printer)?;
        journal.append(ENDED)?;
        Ok(Exit::Done)
    };
    let result = work(printer);
    lock::release(lock, printer);
    result
}

fn tick_off(
    args: &WorklistArgs,
    (clinic, list, all): (&Clinic, &Worklist, usize),
    journal: &mut Journal,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let by = attest::name(args.by.as_deref().unwrap_or_default())?;
    let mut ticking = Ticking { by: &by, clock: environment.clock, journal };
    let ticked = tick((list, all), &mut ticking, &mut stdin().lock(), printer)?;
    print_ticked((clinic, all), ticked, printer);
    Ok(())
}

async fn of_plan(
    args: &WorklistArgs,
    saved: &Saved,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let path = args.manifest.clone().unwrap_or_else(|| saved.manifest());
    let clinic = saved.clinic(&path, environment, printer)?;
    saved.must_belong_to(&clinic)?;
    let run = environment.new_run()?;
    let asking = Asking { operation: "worklist", run: &run, timeout: args.lock_timeout };
    let stop = CancellationToken::new();
    let lock = lock::acquire(&clinic, &asking, &stop, environment, printer)?;
    let result = with_lock(args, (&clinic, saved, &run), environment, printer).await;
    lock::release(lock, printer);
    result
}

async fn with_lock(
    args: &WorklistArgs,
    (clinic, saved, run): (&Clinic, &Saved, &str),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let id = &clinic.manifest.clinic.id;
    let (mut journal, reading) = Journal::open(&clinic.state()?, id, run, environment.clock)?;
    let undoes = saved.plan.undoes.as_deref().map(Which::Saved);
    let recorded =
        undoes.map(|run| run.recorded(clinic, &runs(&reading.records, None))).transpose()?;
    let purpose = recorded.as_ref().map_or(Purpose::Manifest, Purpose::Undo);
    let opened = clinic.connect(environment).await?;
    let scope = Scope::Saved(&saved.plan.targets);
    let planned = clinic.plan(&opened.accuro(), purpose, scope).await;
    opened.close().await;
    let planned = planned?;
    // The same judgement as that of an apply.
    let comparison = saved.must_still_hold(&planned)?;
    let mut refusals = plan::refusals(&comparison.judged, &clinic.policy(&planned.desired));
    clinic.judge(&comparison.judged, &planned.live, &mut refusals)?;
    print_refusals((&saved.plan, &saved.digest), &refusals, printer);
    let demand = clinic.demand();
    let given = at_hand(demand.as_ref(), true, &args.input, &args.approval)?;
    let consent = Consent {
        allow_mass_change: args.allow_mass_change.as_deref(),
        demand: demand.as_ref(),
        given: &given,
    };
    let approved = approve(&saved.plan, &saved.digest, &refusals, consent)?;
    print_approvals(approved.approvals(), printer);
    let digest = &saved.digest;
    let mut known = open_list(worklists(&reading.records)).filter(|known| known.plan == *digest);
    let Seen { rows, unsaid: _, early: _ } = match &known {
        Some(known) => seen(clinic, known, &planned.live)?,
        None => Seen::default(),
    };
    let has_seen = !rows.is_empty();
    if let Some(known) = &mut known {
        print_wrong(known, &rows, (id, &planned.plan.names), printer);
        known.see(&rows);
    }
    let is_asked = known.as_ref().is_some_and(|known| asks_for(known, &planned.plan));
    // A list that is only printed again is nothing to keep.
    let is_kept = args.tick || !is_asked || has_seen;
    if is_kept {
        journal.append(if is_asked {
            starter("worklist", clinic, Some(digest), environment)
        } else {
            asker_of((&saved.plan, digest), None, clinic, environment)
        })?;
    }
    if has_seen {
        journal.append(Event::ClicksSeen { plan: digest.clone(), rows })?;
    }
    if !is_asked {
        for asked in asked(&approved, &planned.plan) {
            journal.append(asked)?;
        }
        let records = Journal::read(&clinic.state()?, id)?.records;
        known = open_list(worklists(&records)).filter(|known| known.plan == *digest);
    }
    match known.map(|known| (left(clinic, &known), known.rows.len())) {
        Some((list, all)) if args.tick => {
            tick_off(args, (clinic, &list, all), &mut journal, environment, printer)?;
        }
        Some((list, _)) if list.rows().count() > 0 => {
            printer.document(&report::worklist(std::slice::from_ref(&list), args.format.into()));
        }
        Some(_) => printer.line(&format!("All rows of the worklist of {} are ticked.", escape(id))),
        None => printer.line(&format!("Every row of the plan of {} is as planned.", escape(id))),
    }
    if is_kept {
        journal.append(ENDED)?;
    }
    Ok(Exit::Done)
}
