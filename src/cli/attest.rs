//! What is asked of people about a clinic's sync, and what of it is still open. `apply`, `sync`,
//! `verify` and `status` share it.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::clinic::Clinic;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use crate::journal::{AskedSync, Event, Journal, Record, SyncState, asked_sync, is_pending};
use crate::manifest::{OceanConnection, SyncMode};
use crate::ocean::SyncError;
use crate::report::ci;
use crate::report::{self, SyncToDo};

/// No name of a person is longer.
const MAX_NAME: usize = 200;

/// Whether the clinic's syncs are asked of a person.
pub(super) fn is_asked(clinic: &Clinic) -> bool {
    clinic.manifest.connections.ocean == OceanConnection::Attest
}

/// Asks for a full sync; what was written before it must be certain.
pub(super) fn ask(clinic: &Clinic) -> Event {
    Event::SyncAsked { site: clinic.manifest.ocean.site.clone() }
}

/// What people have said of the clinic's syncs.
pub(super) struct Waiting {
    /// Whether anything is owed at all.
    pub(super) is_owed: bool,
    /// The sync that was asked for; `None`: none was since the last write.
    pub(super) asked: Option<AskedSync>,
}

/// Reads it from the journal.
pub(super) fn waiting(clinic: &Clinic) -> Result<Waiting, Failure> {
    let reading = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?;
    Ok(waiting_by(clinic, &reading.records))
}

/// What these records of the clinic's journal say of it.
pub(super) fn waiting_by(clinic: &Clinic, records: &[Record]) -> Waiting {
    let is_owed = clinic.manifest.ocean.sync != SyncMode::None && is_pending(records);
    let asked = asked_sync(records);
    // One that was asked for by name is owed whatever follows an apply.
    let is_open = asked.as_ref().is_some_and(|asked| open(asked).is_some());
    Waiting { is_owed: is_owed || is_open, asked }
}

/// Whether the sync of a clinic is attested, and not verified.
pub(super) fn is_attested(clinic: &Clinic) -> Result<bool, Failure> {
    let asked = if is_asked(clinic) { waiting(clinic)?.asked } else { None };
    let open = asked.as_ref().and_then(open);
    Ok(matches!(open, Some(SyncError::Attested { .. })))
}

/// What is open about a sync that was asked for; `None`: it is verified.
pub(super) fn open(asked: &AskedSync) -> Option<SyncError> {
    let AskedSync { run: _, site, since, state } = asked;
    let (site, since) = (site.clone(), *since);
    let not_verified = |by: &str, why: String| SyncError::Attested { site, by: by.to_owned(), why };
    match state {
        SyncState::Pending => Some(SyncError::Asked { site: asked.site.clone(), since }),
        SyncState::Attested(sync) => {
            Some(not_verified(&sync.by, "nobody attested who is on the Patients page".to_owned()))
        }
        SyncState::Contradicted { sync, page, missing } => {
            let why = format!("{} misses {} on the Patients page", page.by, missing.join("; "));
            Some(not_verified(&sync.by, why))
        }
        SyncState::Verified { .. } => None,
    }
}

/// What is typed about this clinic: `accuroform sync --attest --by NAME clinic.yaml`.
pub(super) fn command(clinic: &Clinic, words: &str) -> String {
    match &clinic.fleet {
        Some(fleet) => {
            let id = &clinic.manifest.clinic.id;
            format!("accuroform {words} {} --clinic {id}", fleet.display())
        }
        None => format!("accuroform {words} {}", clinic.path().display()),
    }
}

/// The clinic in a list of steps; `then` is what is typed when it is done.
pub(super) fn to_do(clinic: &Clinic, then: String) -> SyncToDo {
    SyncToDo {
        clinic: clinic.manifest.clinic.name.clone(),
        site: clinic.manifest.ocean.site.clone(),
        then,
    }
}

/// What a person types once the sync is complete.
pub(super) const ATTEST: &str = "sync --attest --by NAME";

/// What a person types who looked at the Patients page.
pub(super) const CONFIRM: &str = "verify --attest --by NAME";

/// Prints the steps of a sync that nobody attested yet, or what comes after it.
pub(super) fn print_next(clinic: &Clinic, open: &SyncError, printer: &mut Printer) {
    if let SyncError::Asked { .. } = open {
        let one = to_do(clinic, command(clinic, ATTEST));
        printer.result(&report::sync_steps(&[one]));
    } else {
        let confirm = command(clinic, CONFIRM);
        printer.line(&format!("next: look at the Patients page, then `{confirm}`"));
    }
}

/// Says that a sync is owed: what is open, and the next step.
pub(super) fn print_owed(clinic: &Clinic, printer: &mut Printer) {
    let open = waiting(clinic).ok().and_then(|waiting| waiting.asked).as_ref().and_then(open);
    let open = open.filter(|_| is_asked(clinic));
    if let Some(open) = &open {
        tell(clinic, open, printer);
    }
    printer.line(&match open {
        Some(open @ SyncError::Asked { .. }) => {
            format!("note: {open}; steps: `{}`", command(clinic, "sync"))
        }
        Some(open) => format!("note: {open}; next: `{}`", command(clinic, CONFIRM)),
        None if is_asked(clinic) => OWED_OF_A_PERSON.to_owned(),
        None => OWED.to_owned(),
    });
}

/// Tells the CI system, if there is one, that a person is waited for.
pub(super) fn tell(clinic: &Clinic, open: &SyncError, printer: &mut Printer) {
    let Some(facts) = printer.facts() else { return };
    let next = if let SyncError::Asked { .. } = open {
        let (steps, then) = (command(clinic, "sync"), command(clinic, ATTEST));
        format!("do the steps that `{steps}` lists, then `{then}`")
    } else {
        format!("look at the Patients page, then `{}`", command(clinic, CONFIRM))
    };
    let clinic = clinic.manifest.clinic.id.clone();
    facts.waits(ci::Waiting { clinic, what: open.to_string(), next });
}

/// What is said where a sync is owed that nobody asked for.
const OWED: &str = "note: the sync after the last apply was not completed and verified; `accuroform apply` runs it";

/// The same where a person is to be asked.
const OWED_OF_A_PERSON: &str = "note: the sync after the last write was not asked for yet; `accuroform apply` asks for it once the rows are read";

/// A person's name as it is kept.
pub(super) fn name(typed: &str) -> Result<String, Failure> {
    let name = typed.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        let message = format!("--by is no name: it has {} characters", name.chars().count());
        let hint = "write who attests it: --by 'Jane Roy'";
        return Err(Failure::new(Exit::Error, "U003", message, hint));
    }
    Ok(name.to_owned())
}

/// When something was done: now, or the time that is written. A time without a zone is the clinic's.
pub(super) fn time(
    clinic: &Clinic,
    written: Option<&str>,
    now: Timestamp,
) -> Result<Timestamp, Failure> {
    let Some(written) = written else { return Ok(now) };
    // The journal's clock has whole seconds: in the second of a write, whatever its fraction, it may have
    // been begun before.
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let zone = TimeZone::get(&clinic.manifest.clinic.timezone).unwrap_or(TimeZone::UTC);
    if let Ok(exact) = written.parse::<Timestamp>() {
        return Ok(whole(exact));
    }
    let today = now.to_zoned(zone.clone()).date();
    let local = if written.contains('-') {
        written.parse::<DateTime>().ok()
    } else {
        written.parse::<Time>().ok().map(|time| today.to_datetime(time))
    };
    let exact = local.and_then(|local| zone.to_ambiguous_timestamp(local).unambiguous().ok());
    exact.map(whole).ok_or_else(|| {
        let message =
            format!("--at {written}: not a time, or one that the clock shows twice or never");
        let hint = "write 14:05, 2026-01-05T14:05 or 2026-01-05T14:05:00-05:00";
        Failure::new(Exit::Error, "U003", message, hint)
    })
}
