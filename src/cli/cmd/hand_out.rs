//! `apply` and `undo` where somebody reads the screen and nothing can be written: the approved plan
//! becomes a worklist. Nothing is called done by it.
#![expect(clippy::disallowed_methods, reason = "a list that is there is looked at here")]

use std::fs;
use std::io::stdin;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use crate::apply::Applied;
use crate::approval::Approved;
use crate::cli::args::WorklistFormat;
use crate::cli::attest;
use crate::cli::clicks::{asked, asks_for, left, open_list};
use crate::cli::clinic::Clinic;
use crate::cli::cmd::execute::{Ended, asker_of};
use crate::cli::cmd::plan::save;
use crate::cli::cmd::sync_person::ENDED;
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::cli::tick::{TICK, Ticking, print_ticked, tick};
use crate::journal::{
    Journal, Outcome, RowOutcome, Standing, Worklist as Known, WorklistRow, worklists,
};
use crate::plan::Plan;
use crate::report::ci::Waiting;
use crate::report::{self, WorklistForm, count};

/// As many hexadecimal digits of the plan's digest as a file's name carries.
const SHORT: usize = 8;

/// How people are asked for rows that nothing can write.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByHand<'a> {
    /// Where the list is written, each in the form of its ending; none: a page beside the manifest.
    pub(super) files: &'a [PathBuf],
    /// Who ticks the rows off at once.
    pub(super) by: Option<&'a str>,
}

/// For whom rows are handed out.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// Somebody who is there.
    Person(ByHand<'a>),
    /// A rollout of this id: the clinic is one of many, and the lists of all are called later.
    Rollout(&'a str),
}

/// Asks a person for the rows of an approved plan that are still to be set, unless that was done; `now` is
/// the same plan as it is made now.
pub(super) fn hand_out(
    (clinic, environment): (&Clinic, &Environment),
    (approved, now, by): (&Approved<'_>, &Plan, By<'_>),
    known: Option<&Known>,
    journal: &mut Journal,
    printer: &mut Printer,
) -> Result<Ended, Failure> {
    let (plan, digest) = (approved.plan(), approved.digest());
    let (by_hand, rollout) = match by {
        By::Person(by_hand) => (Some(by_hand), None),
        By::Rollout(id) => (None, Some(id)),
    };
    let files = files(clinic, digest, by_hand)?;
    let (mut known, recorded) =
        match known.filter(|known| known.plan == digest && asks_for(known, now)) {
            Some(known) => (known.clone(), false),
            None => (ask((clinic, environment), (approved, now, rollout), journal)?, true),
        };
    let list = left(clinic, &known);
    let (all, left) = (known.rows.len(), list.rows().count());
    let lists = std::slice::from_ref(&list);
    for (path, form) in files.iter().filter(|_| left > 0) {
        save(path, "worklist", report::worklist(lists, *form))?;
        printer.line(&format!("the list: {}", path.display()));
    }
    let then = match by_hand {
        None => None,
        Some(_) if left == 0 => Some("next: capture the grid again, then apply again".to_owned()),
        Some(ByHand { files: _, by: None }) => {
            if !printer.streams() {
                printer.document(&report::worklist(lists, WorklistForm::Text));
            }
            Some(format!(
                "next: set the rows and tick them off with `{}`; then capture the grid again and apply again",
                attest::command(clinic, TICK)
            ))
        }
        Some(ByHand { files: _, by: Some(by) }) => {
            let mut ticking = Ticking { by, clock: environment.clock, journal };
            let ticked = tick((&list, all), &mut ticking, &mut stdin().lock(), printer)?;
            print_ticked((clinic, all), ticked, printer);
            known = asked_now(clinic, digest)?;
            None
        }
    };
    let words = words(&known);
    let why = format!("{words}; nothing is verified before the grid is captured again");
    if by_hand.is_some() {
        printer.result(&format!("Apply: {words}; nothing of it is done yet.\n"));
    }
    if let Some(then) = then {
        printer.line(&then);
    }
    if let Some(facts) = printer.facts() {
        let next = format!("tick them off with `{}`", attest::command(clinic, TICK));
        facts.waits(Waiting { clinic: plan.clinic.clone(), what: words.clone(), next });
    }
    let rows = plan.users.iter().flat_map(|user| {
        user.changes.iter().map(|change| RowOutcome {
            user: user.name.clone(),
            key: change.key,
            outcome: Outcome::NotReached,
        })
    });
    let applied = Applied { outcomes: rows.collect(), halted: Some(why.clone()) };
    let run = journal.apply_id().to_owned();
    printer.tell(|| events::asked((plan, digest), &run, &why));
    let ended = Ended::rows_wait(words, Exit::NotVerified, (plan, &applied), printer);
    Ok(Ended { recorded, ..ended })
}

/// Records that the rows are asked of a person; what is known of them then.
fn ask(
    (clinic, environment): (&Clinic, &Environment),
    (approved, now, rollout): (&Approved<'_>, &Plan, Option<&str>),
    journal: &mut Journal,
) -> Result<Known, Failure> {
    let plan = (approved.plan(), approved.digest());
    journal.append(asker_of(plan, rollout, clinic, environment))?;
    for event in asked(approved, now) {
        journal.append(event)?;
    }
    journal.append(ENDED)?;
    asked_now(clinic, approved.digest())
}

/// What is known of the rows that a plan asks for, by the journal as it is now.
fn asked_now(clinic: &Clinic, digest: &str) -> Result<Known, Failure> {
    let records = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?.records;
    let known = open_list(worklists(&records)).filter(|known| known.plan == digest);
    known.ok_or_else(|| Failure::plain(Exit::Error, "the journal lacks the rows that were asked"))
}

/// How many rows are asked for, and what is known of the others.
fn words(known: &Known) -> String {
    let is_attested = |row: &&WorklistRow| matches!(row.standing, Standing::Attested(_));
    let asked = known.rows.iter().filter(|row| row.is_left()).count();
    let attested = known.rows.iter().filter(is_attested).count();
    let ticked = |rows: String| format!("{rows} ticked and not read since");
    match (asked, attested) {
        (0, _) => ticked(count(attested, "row")),
        (_, 0) => format!("{} asked of a person", count(asked, "row")),
        _ => format!("{} asked of a person, {}", count(asked, "row"), ticked(attested.to_string())),
    }
}

/// Where the list is written, and in which form.
fn files(
    clinic: &Clinic,
    digest: &str,
    by_hand: Option<ByHand<'_>>,
) -> Result<Vec<(PathBuf, WorklistForm)>, Failure> {
    let Some(ByHand { files, by: _ }) = by_hand else { return Ok(Vec::new()) };
    if files.is_empty() {
        let hex: String = digest.trim_start_matches("sha256:").chars().take(SHORT).collect();
        let page = clinic.folder().join(format!("worklist-{hex}.html"));
        return Ok(vec![(page, WorklistForm::Html)]);
    }
    files.iter().map(|path| Ok((path.clone(), form(path)?))).collect()
}

/// Refuses a file that cannot take a list: one of an unknown form, or that is there and is something else.
pub(super) fn must_take_a_list(path: &Path) -> Result<(), Failure> {
    let form = form(path)?;
    match fs::read(path) {
        Ok(bytes) if !report::is_worklist(&String::from_utf8_lossy(&bytes), form) => {
            let message = format!("--worklist {}: it is there, and no worklist", path.display());
            Err(Failure::new(Exit::Error, "F001", message, "name another file, or move it away"))
        }
        // What cannot be read cannot be written either; that is said when it is.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The form that a file's ending asks for.
fn form(path: &Path) -> Result<WorklistForm, Failure> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let form = match ending.as_str() {
        "md" => Some(WorklistFormat::Markdown),
        "txt" => Some(WorklistFormat::Text),
        ending => WorklistFormat::from_str(ending, true).ok(),
    };
    form.map(WorklistForm::from).ok_or_else(|| {
        let message = format!("--worklist {}: no form has this ending", path.display());
        Failure::new(Exit::Error, "U003", message, "end it with .html, .md, .csv or .txt")
    })
}
