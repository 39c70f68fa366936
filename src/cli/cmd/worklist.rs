//! `worklist`: the clicks of a saved plan, asked of a person; and what the person ticks.

use tokio_util::sync::CancellationToken;

use crate::approval::{Consent, approve};
use crate::cli::args::WorklistArgs;
use crate::cli::attest;
use crate::cli::clicks::{asked, print_wrong, seen};
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::execute::starter;
use crate::cli::cmd::plan::print_refusals;
use crate::cli::cmd::saved::Saved;
use crate::cli::cmd::sign::{at_hand, print_approvals};
use crate::cli::cmd::sync_person::ENDED;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::cli::tick::{Ticked, Ticking, tick};
use crate::journal::{Event, Journal, worklists};
use crate::plan;
use crate::report;
use crate::worklist::{Worklist, worklist};

pub(super) async fn run(
    args: &WorklistArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let saved = Saved::load(&args.plan)?.ok_or_else(|| {
        let message = format!("{} is not a saved plan", args.plan.display());
        Failure::new(Exit::Error, "P001", message, "save one with `accuroform plan -out FILE`")
    })?;
    let path = args.manifest.clone().unwrap_or_else(|| saved.manifest());
    let clinic = saved.clinic(&path, environment, printer)?;
    saved.must_belong_to(&clinic)?;
    if saved.plan.undoes.is_some() {
        let message = "the worklist of an undo is not part of this version";
        return Err(Failure::new(Exit::Error, "U003", message, "apply it over a bridge"));
    }
    let run = environment.new_run()?;
    let asking = Asking { operation: "worklist", run: &run, timeout: args.lock_timeout };
    let stop = CancellationToken::new();
    let lock = lock::acquire(&clinic, &asking, &stop, environment, printer)?;
    let result = with_lock(args, (&clinic, &saved, &run), environment, printer).await;
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
    let opened = clinic.connect(environment).await?;
    let scope = Scope::Saved(&saved.plan.targets);
    let planned = clinic.plan(&opened.accuro(), Purpose::Manifest, scope).await;
    opened.close().await;
    let planned = planned?;
    // The same judgement as that of an apply.
    let comparison = saved.must_still_hold(&planned)?;
    let mut refusals = plan::refusals(&comparison.judged, &clinic.policy(&planned.desired));
    clinic.judge(&comparison.judged, &planned.live, &mut refusals)?;
    print_refusals((&saved.plan, &saved.digest), &refusals, printer);
    let demand = clinic.demand();
    let given = at_hand(demand.as_ref(), true, &args.plan, &args.approval)?;
    let consent = Consent {
        allow_mass_change: args.allow_mass_change.as_deref(),
        demand: demand.as_ref(),
        given: &given,
    };
    let approved = approve(&saved.plan, &saved.digest, &refusals, consent)?;
    print_approvals(approved.approvals(), printer);
    let list = worklist(&approved);
    let known = worklists(&reading.records);
    let known = known.iter().find(|known| known.plan == list.plan && !known.is_superseded);
    let seen = match known {
        Some(known) => {
            let seen = seen(clinic, known, &planned.live)?;
            print_wrong(known, &seen, (&clinic.manifest.clinic.id, &planned.plan.names), printer);
            seen
        }
        None => Vec::new(),
    };
    // A list that is only printed again is nothing to keep.
    let is_kept = args.tick || known.is_none() || !seen.is_empty();
    if is_kept {
        journal.append(starter("worklist", clinic, Some(&saved.digest), environment))?;
    }
    if known.is_none() {
        for asked in asked(&approved) {
            journal.append(asked)?;
        }
    }
    if !seen.is_empty() {
        journal.append(Event::ClicksSeen { plan: list.plan.clone(), rows: seen })?;
    }
    if args.tick {
        let by = attest::name(args.by.as_deref().unwrap_or_default())?;
        let records = Journal::read(&clinic.state()?, id)?.records;
        let known = worklists(&records).into_iter().find(|known| known.plan == list.plan);
        let mut ticking = Ticking { by: &by, clock: environment.clock, journal: &mut journal };
        let mut input = std::io::stdin().lock();
        let ticked = tick(&list, known.as_ref(), &mut ticking, &mut input, printer)?;
        print_ticked((args, &list), ticked, printer);
    } else {
        printer.document(&report::worklist(&list, args.format.into()));
    }
    if is_kept {
        journal.append(ENDED)?;
    }
    Ok(Exit::Done)
}

fn print_ticked((args, list): (&WorklistArgs, &Worklist), ticked: Ticked, printer: &mut Printer) {
    let Ticked { now, left } = ticked;
    let all = list.rows().count();
    printer.result(&format!("Worklist: {now} ticked now, {left} of {all} rows left.\n"));
    let plan = args.plan.display();
    if left > 0 {
        printer.line(&format!(
            "next: go on with the same command; the list: `accuroform worklist {plan}`"
        ));
    } else {
        printer.line(&format!(
            "next: `accuroform apply {plan}` reads the rows again, syncs and verifies them"
        ));
    }
}
