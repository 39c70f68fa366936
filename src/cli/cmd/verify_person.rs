//! `verify --attest`: a person says who is on the Patients page. It counts only over a sync that was
//! attested and a grid that was read and is right.

use std::time::Duration;

use crate::approval::{SameEyes, other_eyes};
use crate::cli::attest::{self, CONFIRM};
use crate::cli::clicks::WAITING;
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::each::Said;
use crate::cli::cmd::execute::starter;
use crate::cli::cmd::sync_person::{ENDED, Standing, with_journal};
use crate::cli::cmd::undo::Which;
use crate::cli::cmd::verify::document;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{Clicks, Earlier, Verified, verify};
use crate::cli::pending::Pending;
use crate::cli::printer::Printer;
use crate::journal::{AskedSync, Event, Journal, MissingRecord, Run, SyncState, hands, runs};
use crate::model::{PersonName, ProviderId, fold};
use crate::ocean::Freshness;
use crate::plan::Recorded;

/// What a person says.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) by: String,
    /// Who is not there, as it was typed.
    pub(super) missing: Vec<String>,
}

/// What became of it.
pub(super) struct Looked {
    pub(super) verified: Verified,
    /// The sync that it is about, as it stands now.
    asked: Option<AskedSync>,
    /// How it ends where it was kept; `None`: the grid is not right, and nothing was kept.
    kept: Option<Exit>,
}

impl Looked {
    pub(super) fn exit(&self) -> Exit {
        let plan = &self.verified.plan;
        match self.kept {
            Some(exit) => exit,
            None if plan.errors() > 0 => Exit::Error,
            None if !plan.is_complete() => Exit::Unread,
            None => Exit::NotVerified,
        }
    }

    /// In a line.
    pub(super) fn words(&self) -> String {
        match (self.kept, self.verified.ticked.words()) {
            (Some(exit), _) => Standing { asked: self.asked.clone(), exit }.words(),
            (None, Some(ticked)) => format!("{ticked}; nothing was attested"),
            (None, None) => "the grid is not what it should be, so nothing was attested".to_owned(),
        }
    }

    pub(super) fn said(&self, clinic: &Clinic) -> Said {
        let owed = self.kept != Some(Exit::Done);
        let said = (self.asked.as_ref(), Some(owed));
        let document = document(clinic, &self.verified, said, self.exit());
        Said { exit: self.exit(), words: self.words(), document }
    }
}

/// Reads the grid, and keeps what a person says of the page.
pub(super) async fn look(
    clinic: &Clinic,
    stated: &Look,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Looked, Failure> {
    let pending = Pending::of(clinic)?;
    must_be_attested(clinic, pending.asked.as_ref(), pending.has_ticks())?;
    must_be_another(clinic, &stated.by)?;
    let opened = clinic.connect(environment).await?;
    let clicks = Clicks::Journal(Some(&pending));
    let earlier = Earlier { list: None, freshness: Freshness::Stale, clicks };
    let undone = undone(clinic)?;
    let purpose = undone.as_ref().map_or(Purpose::Manifest, Purpose::Undo);
    let read = verify(clinic, &opened, (purpose, Scope::ALL), earlier, environment).await;
    opened.close().await;
    let verified = read?;
    if let Some(failure) = &verified.ticked.same_eyes {
        return Err(failure.clone());
    }
    if let Some(words) = verified.ticked.unkept_words() {
        let hint = "once it is kept, a sync that was begun before does not count";
        return Err(Failure::new(Exit::NotVerified, WAITING, words, hint));
    }
    if !verified.grid_is_right() {
        return Ok(Looked { verified, asked: pending.asked, kept: None });
    }
    let expected = verified.expected.as_ref().and_then(|expected| expected.providers.as_deref());
    let expected = expected.unwrap_or_default();
    let missing = missing(expected, &stated.missing)?;
    let is_all = missing.is_empty();
    let work = |journal: &mut Journal, asked: Option<AskedSync>| {
        // Read with the lock: nobody wrote anything since.
        must_be_attested(clinic, asked.as_ref(), false)?;
        must_be_another(clinic, &stated.by)?;
        journal.append(starter("verify", clinic, None, environment))?;
        if let Some(seen) = verified.ticked.seen() {
            journal.append(seen)?;
        }
        let expected = expected.iter().map(|(id, _)| *id).collect();
        journal.append(Event::PageAttested { by: stated.by.clone(), expected, missing })?;
        Ok(journal.append(ENDED)?)
    };
    let asked = with_journal((clinic, "verify", Duration::ZERO), environment, printer, work)?;
    let exit = if is_all { Exit::Done } else { Exit::NotVerified };
    Ok(Looked { verified, asked, kept: Some(exit) })
}

/// What the last run that wrote anything took back: then that is what the grid must be, whatever the
/// manifest still asks for.
fn undone(clinic: &Clinic) -> Result<Option<Recorded>, Failure> {
    let reading = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?;
    let runs = runs(&reading.records, None);
    let last = runs.iter().rev().find(|run| !run.recorded().rows.is_empty());
    let undoes = last.and_then(Run::undoes);
    undoes.map(|undone| Which::Saved(undone).recorded(clinic, &runs)).transpose()
}

/// A sync that was begun after the last write must be attested. Where rows are ticked that nobody read and
/// found right since, they come first.
fn must_be_attested(
    clinic: &Clinic,
    asked: Option<&AskedSync>,
    has_ticks: bool,
) -> Result<(), Failure> {
    let id = &clinic.manifest.clinic.id;
    match asked.map(|asked| &asked.state) {
        Some(SyncState::Attested(_) | SyncState::Contradicted { .. }) => Ok(()),
        Some(SyncState::Verified { .. }) => Err(Failure::new(
            Exit::Error,
            "S008",
            format!("the sync of {id} is attested and verified"),
            "nothing waits for anybody",
        )),
        Some(SyncState::Pending) | None => Err(Failure::new(
            Exit::NotVerified,
            "S010",
            format!("no sync of {id} is attested since its last write, so the page may be old"),
            if has_ticks {
                "rows are ticked: read the grid again, then `accuroform apply` asks for the sync"
                    .to_owned()
            } else {
                format!("`{}` shows the steps of a full sync", attest::command(clinic, "sync"))
            },
        )),
    }
}

fn must_be_another(clinic: &Clinic, by: &str) -> Result<(), Failure> {
    let reading = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?;
    let hands = hands(&reading.records);
    let hands = hands.iter().map(String::as_str);
    other_eyes(clinic.manifest.safety.four_eyes, hands, by).map_err(|error: SameEyes| {
        let confirm = attest::command(clinic, CONFIRM);
        let hint = format!("have somebody else look, and run `{confirm}`");
        Failure::new(Exit::Refused, "S011", error.to_string(), hint)
    })
}

/// The providers that were named, each of whom must be expected.
fn missing(
    expected: &[(ProviderId, String)],
    typed: &[String],
) -> Result<Vec<MissingRecord>, Failure> {
    let mut found: Vec<MissingRecord> = Vec::new();
    for typed in typed {
        let is_meant = |(id, name): &&(ProviderId, String)| {
            let bare = name.rsplit_once(" (").map_or(name.as_str(), |(bare, _)| bare);
            let (last, first) = bare.split_once(", ").unwrap_or((bare, ""));
            let person = PersonName { last: last.to_owned(), first: first.to_owned() };
            let is_name = fold(name) == fold(typed) || person.matches(typed);
            id.to_string() == typed.trim() || is_name
        };
        let all: Vec<_> = expected.iter().filter(is_meant).collect();
        match all.as_slice() {
            [(id, name)] => {
                let one = MissingRecord { provider_id: *id, name: name.clone() };
                if !found.contains(&one) {
                    found.push(one);
                }
            }
            [] => {
                return Err(Failure::new(
                    Exit::Error,
                    "S012",
                    format!(
                        "--missing {typed}: nobody of that name is expected on the Patients page"
                    ),
                    "`accuroform verify` lists who is",
                ));
            }
            several => {
                let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
                return Err(Failure::new(
                    Exit::Error,
                    "S012",
                    format!("--missing {typed}: several are meant: {}", names.join("; ")),
                    "write the id",
                ));
            }
        }
    }
    found.sort_by_key(|one| one.provider_id);
    Ok(found)
}
