//! `watch`: plans again and again and prints what changes. It is never given a writer.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::watch_look::{Look, Seen, Sync};
use crate::cli::args::WatchArgs;
use crate::cli::attest;
use crate::cli::clinic::{Clinic, Planned, Purpose, Scope};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::interrupt;
use crate::cli::pending::Pending;
use crate::cli::printer::Printer;
use crate::cli::ticks::Ticks;
use crate::report::escape;

pub(super) async fn run(
    args: &WatchArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    // A manifest that is not sound from the start ends the watch before it began.
    let clinic = Subject::load(&args.manifest, &args.select, environment, printer)?.one()?;
    tokio::select! {
        exit = watch(args, clinic, environment, printer) => Ok(exit),
        () = interrupt::once() => Ok(unmet(args)),
    }
}

/// How a watch ends that somebody or the time ended, and not its condition.
const fn unmet(args: &WatchArgs) -> Exit {
    if args.until.is_some() { Exit::Incomplete } else { Exit::Done }
}

async fn watch(
    args: &WatchArgs,
    mut clinic: Clinic,
    environment: &Environment,
    printer: &mut Printer,
) -> Exit {
    let begun = environment.clock.now();
    let left = || {
        let over = environment.clock.now().duration_since(begun);
        let limit = args.duration.and_then(|limit| SignedDuration::try_from(limit).ok())?;
        Some(Duration::try_from(limit - over).unwrap_or_default())
    };
    let mut before: Option<Look> = None;
    let mut seen: Option<Seen> = None;
    let mut fault: Option<Failure> = None;
    loop {
        let looked = match fault.take() {
            Some(fault) => Err(fault),
            None => look(&clinic, environment).await,
        };
        let look = looked.unwrap_or_else(|failure| Look::failed(&failure));
        say(&clinic, &look.lines(before.as_ref(), seen.as_ref()), environment, printer);
        if args.until.is_some_and(|until| look.meets(until)) {
            return Exit::Done;
        }
        if printer.is_unread() {
            return unmet(args);
        }
        seen = look.seen().cloned().or(seen);
        before = Some(look);
        let left = left();
        if left == Some(Duration::ZERO) {
            return unmet(args);
        }
        environment.wait(left.map_or(args.every, |left| left.min(args.every))).await;
        // The manifest may have changed; one that became faulty is a look that failed.
        match again(args, environment) {
            Ok(now) => clinic = now,
            Err(failure) => fault = Some(failure),
        }
    }
}

/// Reads the manifest once more; what it finds was said before or is said in a line.
fn again(args: &WatchArgs, environment: &Environment) -> Result<Clinic, Failure> {
    Subject::load(&args.manifest, &args.select, environment, &mut Printer::silent())?.one()
}

async fn look(clinic: &Clinic, environment: &Environment) -> Result<Look, Failure> {
    let opened = clinic.connect(environment).await?;
    let planned = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await;
    let site = match opened.ocean() {
        Ok(ocean) => {
            let site = ocean.site(&clinic.manifest.ocean.site).await;
            Some(site.map_err(|error| error.to_string()))
        }
        // Nobody asks Ocean: that is no part that could not be read.
        Err(_) => None,
    };
    opened.close().await;
    let Planned { live, plan, .. } = planned?;
    let pending = Pending::of(clinic);
    let ticked = Ticks::of(clinic, pending.as_ref().ok(), &live, &plan);
    let sync = match (site, &pending) {
        (Some(site), _) => Sync::Site(site),
        (None, Ok(pending)) if attest::is_asked(clinic) => {
            Sync::OfAPerson(ticked.unkept_words().unwrap_or_else(|| said(pending)))
        }
        (None, Err(_)) if attest::is_asked(clinic) => Sync::OfAPerson("unknown".to_owned()),
        (None, _) => Sync::Nobodys,
    };
    // Where Ocean is asked and a bridge reads the grid, nothing here needs the journal.
    let is_needed = !matches!(sync, Sync::Site(_)) || live.captured.is_some();
    let journal = pending.err().filter(|_| is_needed).map(|failure| failure.message);
    Ok(Look::of(&plan, &sync, &ticked, journal))
}

/// What people said of the sync.
fn said(pending: &Pending) -> String {
    match &pending.asked {
        Some(asked) => match attest::open(asked) {
            Some(open) => open.to_string(),
            None => "attested and verified by people".to_owned(),
        },
        None if pending.is_owed => "owed, and nobody was asked for it".to_owned(),
        None => "nobody is asked for one".to_owned(),
    }
}

/// Prints lines with the time at the clinic.
fn say(clinic: &Clinic, lines: &[String], environment: &Environment, printer: &mut Printer) {
    let zone = TimeZone::get(&clinic.manifest.clinic.timezone).unwrap_or(TimeZone::UTC);
    let at = environment.clock.now().to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    let id = &clinic.manifest.clinic.id;
    for line in lines {
        printer.result(&format!("{at}  {id}  {}\n", escape(line)));
    }
}
