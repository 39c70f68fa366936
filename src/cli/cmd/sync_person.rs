//! `sync` where a person is asked for it: the steps, and what the person says.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::cli::attest::{self, ATTEST, Waiting};
use crate::cli::clinic::Clinic;
use crate::cli::cmd::each::Said;
use crate::cli::cmd::execute::starter;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::SelectedFleet;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::journal::{AskedSync, Event, Journal, SyncState, asked_sync};
use crate::ocean::SyncError;
use crate::report::{self, SyncToDo};

/// The version of the document.
pub(super) const FORMAT: &str = "1.1";

/// What a person says.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) by: String,
    pub(super) at: Option<String>,
}

/// What the sync of a clinic is at now.
pub(super) struct Standing {
    pub(super) asked: Option<AskedSync>,
    pub(super) exit: Exit,
}

impl Standing {
    /// For programs.
    pub(super) fn json(&self, clinic: &Clinic) -> Value {
        let Self { asked, exit } = self;
        let state = asked.as_ref().map_or("nothing-asked", |asked| asked.state.key());
        let open = asked.as_ref().and_then(attest::open);
        let is_verified = asked.is_some() && open.is_none();
        json!({
            "kind": "accuroform.sync",
            "format_version": FORMAT,
            "clinic": clinic.manifest.clinic.id,
            "sync": {
                "complete": is_verified,
                "of_a_person": true,
                "state": state,
                "asked": asked,
                "code": open.as_ref().map(SyncError::code),
                "message": open.as_ref().map(SyncError::to_string),
                "hint": open.as_ref().map(SyncError::hint),
            },
            "exit_code": exit.code(),
        })
    }

    /// In a line.
    pub(super) fn words(&self) -> String {
        match &self.asked {
            None if self.exit != Exit::Done => {
                "a sync is owed, and nobody was asked for it".to_owned()
            }
            None => "nobody is asked for a sync".to_owned(),
            Some(AskedSync { state: SyncState::Verified { sync, page }, .. }) => {
                format!("attested by {}, verified by {}", sync.by, page.by)
            }
            Some(asked) => attest::open(asked).map_or_else(String::new, |open| open.to_string()),
        }
    }

    pub(super) fn said(&self, clinic: &Clinic) -> Said {
        Said { exit: self.exit, words: self.words(), document: self.json(clinic) }
    }
}

/// Asks for the sync of a clinic, unless that was done; whoever asks by name is asked for it even
/// where nothing is owed.
pub(super) fn ask(
    clinic: &Clinic,
    timeout: Duration,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Standing, Failure> {
    let asked = with_journal((clinic, "sync", timeout), environment, printer, |journal, asked| {
        if asked.as_ref().and_then(attest::open).is_none() {
            journal.append(starter("sync", clinic, None, environment))?;
            journal.append(attest::ask(clinic))?;
            journal.append(ENDED)?;
        }
        Ok(())
    })?;
    Ok(Standing { asked, exit: Exit::NotVerified })
}

/// Whether the sync of a clinic was asked for, and nobody attested it.
pub(super) fn is_pending(clinic: &Clinic) -> Result<bool, Failure> {
    let asked = attest::waiting(clinic)?.asked;
    Ok(asked.is_some_and(|asked| asked.state == SyncState::Pending))
}

/// What a clinic of a fleet waits for; asks for nothing.
pub(super) fn look(clinic: &Clinic) -> Result<Standing, Failure> {
    let Waiting { is_owed, asked } = attest::waiting(clinic)?;
    let exit = if is_owed { Exit::NotVerified } else { Exit::Done };
    Ok(Standing { asked, exit })
}

/// Keeps what a person says of the sync that was asked for.
pub(super) fn keep(
    clinic: &Clinic,
    stated: &Word,
    timeout: Duration,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Standing, Failure> {
    let now = environment.clock.now();
    let begun = attest::time(clinic, stated.at.as_deref(), now)?;
    let asked = with_journal((clinic, "sync", timeout), environment, printer, |journal, asked| {
        let Some(open) = asked.as_ref().filter(|asked| attest::open(asked).is_some()) else {
            return Err(nothing_waits(clinic, asked.as_ref()));
        };
        let does_not_count = |why: String, hint: &str| {
            let message = format!("a sync that was begun at {begun} does not count: {why}");
            Err(Failure::new(Exit::Refused, "S009", message, hint))
        };
        if begun > now {
            return does_not_count(format!("it is {now} now"), "check --at and the clock");
        }
        if let SyncState::Contradicted { sync: _, page, missing } = &open.state
            && begun <= page.at
        {
            let (by, at, missing) = (&page.by, page.at, missing.join("; "));
            return does_not_count(
                format!("{by} looked at {at}, after it, and misses {missing}"),
                "mend why, do a full sync again and attest that one; or, if nobody is missing any more, \
                 attest the page",
            );
        }
        if !open.counts(begun) {
            let why = format!("it may not have seen what was written until {}", open.since);
            return does_not_count(why, "do a full sync now; --at is when it was begun");
        }
        journal.append(starter("sync", clinic, None, environment))?;
        journal.append(Event::SyncAttested { by: stated.by.clone(), begun })?;
        journal.append(ENDED).map_err(Failure::from)
    })?;
    Ok(Standing { asked, exit: Exit::Done })
}

/// The last record of a run that wrote no row.
pub(super) const ENDED: Event = Event::Ended { done: 0, held: 0, failed: 0, not_reached: 0 };

/// Runs `work` with the clinic's lock and journal, and what was asked for; gives what is asked for then.
pub(super) fn with_journal(
    (clinic, operation, timeout): (&Clinic, &str, Duration),
    environment: &Environment,
    printer: &mut Printer,
    work: impl FnOnce(&mut Journal, Option<AskedSync>) -> Result<(), Failure>,
) -> Result<Option<AskedSync>, Failure> {
    let (state, id) = (clinic.state()?, &clinic.manifest.clinic.id);
    let run = environment.new_run()?;
    let asking = Asking { operation, run: &run, timeout };
    let lock = lock::acquire(clinic, &asking, &CancellationToken::new(), environment, printer)?;
    let opened = Journal::open(&state, id, &run, environment.clock);
    let done = opened
        .map_err(Failure::from)
        .and_then(|(mut journal, reading)| work(&mut journal, asked_sync(&reading.records)));
    // Before anybody else writes.
    let asked = done.and_then(|()| Ok(asked_sync(&Journal::read(&state, id)?.records)));
    lock::release(lock, printer);
    asked
}

/// There is nothing that anybody could attest.
fn nothing_waits(clinic: &Clinic, asked: Option<&AskedSync>) -> Failure {
    let is_owed = attest::waiting(clinic).is_ok_and(|waiting| waiting.is_owed);
    let id = &clinic.manifest.clinic.id;
    let (message, next) = match asked {
        None if is_owed => {
            (format!("nobody was asked for a sync of {id} since its last write"), "apply")
        }
        Some(_) => (format!("the sync of {id} is attested and verified"), "sync"),
        None => (format!("nobody is asked for a sync of {id}"), "sync"),
    };
    let hint = format!("`{}` asks for one", attest::command(clinic, next));
    Failure::new(Exit::Error, "S008", message, hint)
}

/// The clinics of a fleet whose syncs are asked of a person and not attested, for one list. Of a clinic that
/// cannot be read its own turn says why.
pub(super) fn list(fleet: &SelectedFleet, environment: &Environment) -> Vec<SyncToDo> {
    let path = fleet.file.path.display();
    let to_do = |at: usize| {
        let clinic = fleet.clinic(at, environment).ok()?;
        let is_asked = attest::is_asked(&clinic) && is_pending(&clinic).unwrap_or(false);
        is_asked.then(|| attest::to_do(&clinic, format!("accuroform {ATTEST} {path}")))
    };
    (0..fleet.members.len()).filter_map(to_do).collect()
}

/// Prints the steps of the syncs in a list, if there are any.
pub(super) fn print_list(list: &[SyncToDo], printer: &mut Printer) {
    if !list.is_empty() {
        printer.result(&format!("{}\n", report::sync_steps(list)));
    }
}

/// Prints what is next after what a person says was kept.
pub(super) fn print_kept(clinic: &Clinic, standing: &Standing, printer: &mut Printer) {
    printer.result(&format!("Sync: {}.\n", report::escape(&standing.words())));
    if let Some(open) = standing.asked.as_ref().and_then(attest::open) {
        attest::print_next(clinic, &open, printer);
    }
    let same = standing.asked.as_ref().and_then(|asked| asked.state.attested());
    if let Some(sync) = same.filter(|_| clinic.manifest.safety.four_eyes) {
        printer.line(&format!("note: with `four_eyes` it is not {} who verifies it", sync.by));
    }
}
