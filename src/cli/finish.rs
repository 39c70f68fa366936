//! What follows the writing: Ocean's sync, then verification. `apply`, `sync` and `verify` share it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::attest;
use super::clinic::{Clinic, Planned, Purpose, Scope};
use super::env::Environment;
use super::events;
use super::exit::Exit;
use super::failure::Failure;
use super::pending::Pending;
use super::printer::Printer;
use super::progress::Progress;
use super::ticks::Ticks;
use crate::bridge::{Mode, SiteProvider};
use crate::connection::{OpenError, Opened};
use crate::desired::DesiredUser;
use crate::diagnostic::Code;
use crate::finding::other_user;
use crate::journal::{Event, Journal, is_pending};
use crate::live::{Grid, Office, Providers, Snapshot};
use crate::manifest::SyncMode;
use crate::model::{Cells, fold};
use crate::ocean::{
    self, Access, Appearance, Expected, Freshness, Grants, SyncError, Synced, Watch,
};
use crate::plan::{HeldRow, Plan, Summary};
use crate::report::{self, escape};

/// Between two looks at a running sync.
const POLL: Duration = Duration::from_millis(500);

/// The sync that the manifest asks for; `None`: somebody else does it.
pub(super) fn mode(clinic: &Clinic) -> Option<Mode> {
    match clinic.manifest.ocean.sync {
        SyncMode::Full => Some(Mode::Full),
        SyncMode::Recent => Some(Mode::Recent),
        SyncMode::None => None,
    }
}

/// Whether the journal says that a sync is owed; an unreadable journal is apply's to complain of.
pub(super) fn is_owed(clinic: &Clinic) -> bool {
    mode(clinic).is_some()
        && clinic.state().is_ok_and(|state| {
            Journal::read(&state, &clinic.manifest.clinic.id)
                .is_ok_and(|reading| is_pending(&reading.records))
        })
}

/// The EMR user that the Ocean site works with, if Ocean says; it must be one of the manifest's.
pub(super) async fn site_user(clinic: &Clinic, opened: &Opened) -> Result<Option<String>, Failure> {
    let site = &clinic.manifest.ocean.site;
    if attest::is_asked(clinic) {
        return Ok(None);
    }
    let user = opened.ocean()?.site(site).await?.emr_user;
    match &user {
        Some(user) if !clinic.manifest.users.iter().any(|u| fold(&u.name) == fold(user)) => {
            let (message, hint) = other_user(site, user);
            Err(Failure::new(Exit::Refused, Code::OtherUser.as_str(), message, hint))
        }
        Some(_) | None => Ok(user),
    }
}

/// Looks at the Ocean site before anything is written.
pub(super) async fn look_before(
    clinic: &Clinic,
    opened: &Opened,
) -> Result<Option<Vec<SiteProvider>>, Failure> {
    if mode(clinic).is_none() || attest::is_asked(clinic) {
        return Ok(None);
    }
    site_user(clinic, opened).await?;
    Ok(Some(opened.ocean()?.site_providers(&clinic.manifest.ocean.site).await?))
}

/// Starts the sync and waits for it, with a record before and after. `None`: a person is to be asked.
pub(super) async fn sync(
    opened: &Opened,
    journal: &mut Journal,
    watch: &Watch,
    printer: &mut Printer,
) -> Option<Result<Synced, SyncError>> {
    let (reader, starter) = match (opened.ocean(), opened.sync_starter()) {
        (Ok(reader), Ok(starter)) => (reader, starter),
        (Err(OpenError::OfAPerson), _) => return None,
        (Err(_), _) | (_, Err(_)) => return Some(Err(SyncError::Unreached)),
    };
    let key = watch.mode.key();
    printer.tell(|| [events::sync_begins(watch)]);
    record(journal, Event::SyncStarted { mode: key.to_owned() }, printer);
    let (mut progress, mut last) = (Progress::waiting(printer), None);
    let result = ocean::sync(&reader, &starter, watch, &mut |happening| {
        let words = match &happening {
            ocean::Progress::WaitingFor(run) => {
                format!("sync: waiting for run {run}, which began before (green)")
            }
            ocean::Progress::Running(run) => format!("sync: {key} sync {run} is running (green)"),
            ocean::Progress::Unconfirmed(run) => {
                format!("sync: run {run} is running (green); the answer to its start was lost")
            }
            ocean::Progress::Joined(run) => {
                format!(
                    "sync: joined run {run}, begun by somebody else after the last write (green)"
                )
            }
        };
        // Each look at the site says it; it is news once.
        if last.as_ref() != Some(&happening) {
            printer.tell(|| [events::sync_goes_on(&happening, &words)]);
        }
        progress.say(&words, printer);
        last = Some(happening);
    })
    .await;
    drop(progress);
    printer.tell(|| [events::sync_ended(&result)]);
    let (complete, detail) = match &result {
        Ok(synced) => (true, synced.run.clone().unwrap_or_default()),
        Err(error) => (false, error.to_string()),
    };
    record(journal, Event::SyncEnded { complete, detail }, printer);
    Some(result)
}

/// Prints how the sync ended.
pub(super) fn print_sync(result: &Result<Synced, SyncError>, printer: &mut Printer) {
    match result {
        Ok(Synced { run, origin: _ }) => {
            let run = run.as_ref().map(|run| format!(" {run}")).unwrap_or_default();
            printer.result(&format!("Sync: run{} complete (blue).\n", escape(&run)));
        }
        Err(error) => {
            printer.result("Sync: not complete.\n");
            printer.line(&format!("error[{}]: {}", error.code(), escape(&error.to_string())));
            printer.line(&format!("hint: {}", escape(&error.hint())));
        }
    }
}

/// The sync for programs.
pub(super) fn sync_json(result: &Result<Synced, SyncError>) -> Value {
    match result {
        Ok(Synced { run, origin }) => {
            json!({"complete": true, "run": run, "origin": origin.key()})
        }
        Err(error) => {
            let (code, message) = (error.code(), error.to_string());
            if error.waits_for_a_person() {
                json!({"complete": false, "of_a_person": true, "code": code, "message": message, "hint": error.hint()})
            } else {
                json!({"complete": false, "code": code, "message": message, "hint": error.hint()})
            }
        }
    }
}

/// What verification found.
pub(super) struct Verified {
    /// A plan made now: it must be empty.
    pub(super) plan: Plan,
    /// Who is on the Patients page; `None` where no sync is managed.
    pub(super) appearance: Option<Appearance>,
    /// Who should be there, where only a person can look.
    pub(super) expected: Option<Expected>,
    /// Rows that somebody ticked and that are not known to be right.
    pub(super) ticked: Ticks,
    /// Rows of an undo that moved after it was planned.
    moved: Vec<HeldRow>,
}

impl Verified {
    /// Whether the grid was read, since it was ticked if somebody did, and is what the manifest says; of
    /// an undo, whether nothing is left to take back, and nothing moved that was not held from the start.
    pub(super) fn grid_is_right(&self) -> bool {
        let nothing_left = self.plan.is_empty() && self.moved.is_empty();
        let is_read = self.plan.is_complete() && !self.ticked.is_open();
        nothing_left && is_read && self.plan.errors() == 0
    }

    /// Takes the rows that the undo held from the start for what they are: held, and known to be.
    pub(super) fn expect_held(&mut self, from_the_start: &[HeldRow]) {
        let is_known =
            |row: &HeldRow| from_the_start.iter().any(|known| known.is_at(&row.user, row.key));
        self.moved.retain(|row| !is_known(row));
    }

    /// Whether nothing is left to explain.
    pub(super) fn is_correct(&self) -> bool {
        self.grid_is_right() && !self.appearance.as_ref().is_some_and(Appearance::is_unexplained)
    }

    /// Whether nothing is left to explain, as far as it is known: who is on a page that only a person can
    /// look at is not, so then there is no answer until somebody said it.
    pub(super) fn verdict(&self) -> Option<bool> {
        (self.expected.is_none() || !self.grid_is_right()).then_some(self.is_correct())
    }

    /// What a new plan would change, in numbers; `None`: no grid was read.
    pub(super) fn remaining(&self) -> Option<Summary> {
        let is_known = self.plan.is_complete() || !self.plan.users.is_empty();
        is_known.then(|| self.plan.summary())
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let mut document = json!({
            "correct": self.verdict(),
            "grid": self.grid_is_right(),
            "undoes": self.plan.undoes,
            "held": self.plan.held,
            "targets": self.plan.targets,
            "remaining": self.remaining(),
            "unread": self.plan.unread,
            "ticked": self.ticked.json(&self.plan),
            "patients_page": self.appearance,
        });
        if let (Some(expected), Value::Object(fields)) = (&self.expected, &mut document) {
            fields.insert("expected_on_patients_page".to_owned(), json!(expected));
        }
        document
    }
}

/// What is known from before the clinic is read again.
#[derive(Clone, Copy)]
pub(super) struct Earlier<'a> {
    /// Ocean's list before anything was written; `None`: nothing was.
    pub(super) list: Option<&'a [SiteProvider]>,
    /// Whether a sync was completed since the last write.
    pub(super) freshness: Freshness,
    /// What people ticked.
    pub(super) clicks: Clicks<'a>,
}

/// What is known of rows that people ticked.
#[derive(Clone, Copy)]
pub(super) enum Clicks<'a> {
    /// They were held against what was read already.
    Settled,
    /// What the journal says; `None`: it could not be read.
    Journal(Option<&'a Pending>),
}

/// Reads the clinic again, plans it again and compares Ocean's list with that of before.
pub(super) async fn verify(
    clinic: &Clinic,
    opened: &Opened,
    (purpose, scope): (Purpose<'_>, Scope<'_>),
    Earlier { list, freshness, clicks }: Earlier<'_>,
    environment: &Environment,
) -> Result<Verified, Failure> {
    let planned = clinic.plan(&opened.accuro(), purpose, scope).await?;
    let Planned { live, desired, plan, refusals: _ } = planned;
    let ticked = match clicks {
        Clicks::Settled => Ticks::default(),
        Clicks::Journal(pending) => Ticks::of(clinic, pending, &live, &plan),
    };
    // Of an office that the targets leave out a plan does not say that it is unread.
    let is_unread =
        |office: &Office| office.active && matches!(office.providers, Providers::Unread(_));
    let is_beside = !plan.targets.is_everything() && live.directory.offices.values().any(is_unread);
    let is_whole = plan.is_complete() && ticked.is_read() && !is_beside;
    let access = |user: &DesiredUser| access(user, (&live, &ticked), &plan);
    let today = clinic.today(environment);
    let (is_asked, is_managed) = (attest::is_asked(clinic), mode(clinic).is_some());
    let appearance = if is_managed && !is_asked {
        let after = opened.ocean()?.site_providers(&clinic.manifest.ocean.site).await?;
        // Only what Ocean's own user may see decides who appears.
        let user = site_user(clinic, opened).await?;
        let is_oceans =
            |want: &&DesiredUser| user.as_ref().is_none_or(|user| fold(user) == fold(&want.name));
        let users = desired.users.iter().filter(is_oceans);
        let rows: Vec<Access> = users.flat_map(access).collect();
        let grants = Grants { rows: &rows, is_whole };
        Some(ocean::appearance(list, &after, grants, freshness, today))
    } else {
        None
    };
    // Asked for by name, a sync is looked at even where somebody else does those of an apply.
    let expected = is_asked.then(|| {
        let rows: Vec<Access> = desired.users.iter().flat_map(access).collect();
        ocean::expected(Grants { rows: &rows, is_whole }, today)
    });
    let moved = plan.held.clone();
    Ok(Verified { plan, appearance, expected, ticked, moved })
}

/// What the grid grants for the rows that the manifest covers; of a grid that was not read nothing is known, nor
/// of a row that was read before it was ticked.
fn access(user: &DesiredUser, (live, ticked): (&Snapshot, &Ticks), plan: &Plan) -> Vec<Access> {
    let grid = live.grid(&user.name);
    if matches!(grid, Some(Grid::Unread(_))) {
        return Vec::new();
    }
    let rows = grid.and_then(Grid::rows).unwrap_or_default();
    user.rows
        .iter()
        .filter(|row| !grid.is_some_and(|grid| grid.has_unread(row.key)))
        .filter(|row| !ticked.has_unread(&user.name, row.key))
        .map(|row| {
            let found = rows.binary_search_by_key(&row.key, |live| live.key).ok();
            Access {
                provider: row.key.provider,
                name: plan.names.provider(row.key.provider),
                office: plan.names.office(row.key.office),
                cells: found.and_then(|at| rows.get(at)).map_or(Cells::NOTHING, |live| live.cells),
            }
        })
        .collect()
}

/// Prints what verification found.
pub(super) fn print_verified(verified: &Verified, printer: &mut Printer) {
    let Verified { plan, appearance, expected, ticked, moved } = verified;
    let (right, wrong) = match &plan.undoes {
        Some(run) => (
            format!("what {} wrote is taken back{}", escape(run), report::held_exception(plan)),
            format!("what {} wrote is not taken back", escape(run)),
        ),
        None => (
            "the grid is what the manifest says".to_owned(),
            "the grid is not what the manifest says".to_owned(),
        ),
    };
    if verified.grid_is_right() {
        let scope = if plan.targets.is_everything() { "" } else { " within the targets" };
        printer.result(&format!("Verified: {right}{scope}.\n"));
        ticked.print(plan, printer);
    } else {
        let is_empty = plan.is_empty() && moved.is_empty() && plan.errors() == 0;
        let why = match (is_empty, plan.is_complete()) {
            (false, _) => wrong,
            (true, false) => "a part of the clinic could not be read".to_owned(),
            (true, true) => "rows that were ticked are not known to be right".to_owned(),
        };
        printer.result(&format!("Not verified: {why}.\n"));
        // What was read before the ticks is nothing to call unchanged.
        if !(is_empty && plan.is_complete()) {
            printer.result(&format!("{}\n", report::summary_line(plan)));
        }
        ticked.print(plan, printer);
        for row in report::held_rows(plan) {
            printer.line(&row);
        }
        for unread in report::unread(plan) {
            printer.line(&format!("! not read: {}", escape(&unread)));
        }
    }
    if let Some(appearance) = appearance {
        printer.result(&report::appearance(appearance));
    }
    if let Some(expected) = expected {
        printer.result(&report::expected(expected));
    }
}

/// Appends a record after the writing; when that fails it is said once and the work goes on.
pub(super) fn record(journal: &mut Journal, event: Event, printer: &mut Printer) {
    if journal.is_closed() {
        return;
    }
    if let Err(error) = journal.append(event) {
        printer.failure(&error.into());
    }
}

/// How a sync is watched.
pub(super) fn watch(
    clinic: &Clinic,
    mode: Mode,
    timeout: Duration,
    stop: &CancellationToken,
) -> Watch {
    let site = clinic.manifest.ocean.site.clone();
    Watch { site, mode, timeout, poll: POLL, stop: stop.clone() }
}
