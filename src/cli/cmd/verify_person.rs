//! `verify --attest`: a person says who is on the Patients page. It counts only over a sync that was
//! attested and a grid that was read and is right.

use std::time::Duration;

use serde_json::json;

use crate::approval::{SameEyes, other_eyes};
use crate::cli::attest::{self, CONFIRM};
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::each::Said;
use crate::cli::cmd::execute::starter;
use crate::cli::cmd::sync_person::{ENDED, Standing, with_journal};
use crate::cli::cmd::undo::Which;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{OceanList, Verified, verify};
use crate::cli::printer::Printer;
use crate::journal::{AskedSync, Event, Journal, MissingRecord, Run, SyncState, hands, runs};
use crate::model::fold;
use crate::ocean::{Expected, Freshness};
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
    /// `None`: the grid is not right, and nothing was kept.
    pub(super) kept: Option<Standing>,
}

impl Looked {
    pub(super) fn exit(&self) -> Exit {
        let plan = &self.verified.plan;
        match &self.kept {
            Some(standing) => standing.exit,
            None if plan.errors() > 0 => Exit::Error,
            None if !plan.is_complete() => Exit::Unread,
            None => Exit::NotVerified,
        }
    }

    /// In a line.
    pub(super) fn words(&self) -> String {
        match &self.kept {
            Some(standing) => standing.words(),
            None => "the grid is not what it should be, so nothing was attested".to_owned(),
        }
    }

    pub(super) fn said(&self, clinic: &Clinic) -> Said {
        let mut document = self.verified.json();
        if let serde_json::Value::Object(fields) = &mut document {
            fields.insert("kind".to_owned(), "accuroform.verify".into());
            fields.insert("format_version".to_owned(), "1.0".into());
            fields.insert("clinic".to_owned(), clinic.manifest.clinic.id.clone().into());
            let asked = self.kept.as_ref().and_then(|standing| standing.asked.as_ref());
            fields.insert("asked_sync".to_owned(), json!(asked));
            fields.insert("exit_code".to_owned(), json!(self.exit().code()));
        }
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
    must_be_attested(clinic, attest::waiting(clinic)?.asked.as_ref())?;
    must_be_another(clinic, &stated.by)?;
    let opened = clinic.connect(environment).await?;
    let list = OceanList { before: None, freshness: Freshness::Stale };
    let undone = undone(clinic)?;
    let purpose = undone.as_ref().map_or(Purpose::Manifest, Purpose::Undo);
    let read = verify(clinic, &opened, (purpose, Scope::ALL), list, environment).await;
    opened.close().await;
    let verified = read?;
    if !verified.grid_is_right() {
        return Ok(Looked { verified, kept: None });
    }
    let expected = verified.expected.clone().unwrap_or_default();
    let missing = missing(&expected, &stated.missing)?;
    let is_all = missing.is_empty();
    let work = |journal: &mut Journal, asked: Option<AskedSync>| {
        // Read with the lock: nobody wrote anything since.
        must_be_attested(clinic, asked.as_ref())?;
        must_be_another(clinic, &stated.by)?;
        journal.append(starter("verify", clinic, None, environment))?;
        let expected = expected.providers.iter().map(|(id, _)| *id).collect();
        journal.append(Event::PageAttested { by: stated.by.clone(), expected, missing })?;
        Ok(journal.append(ENDED)?)
    };
    let asked = with_journal((clinic, "verify", Duration::ZERO), environment, printer, work)?;
    let exit = if is_all { Exit::Done } else { Exit::NotVerified };
    Ok(Looked { verified, kept: Some(Standing { asked, exit }) })
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

fn must_be_attested(clinic: &Clinic, asked: Option<&AskedSync>) -> Result<(), Failure> {
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
            format!("`{}` shows the steps of a full sync", attest::command(clinic, "sync")),
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
fn missing(expected: &Expected, typed: &[String]) -> Result<Vec<MissingRecord>, Failure> {
    let mut found: Vec<MissingRecord> = Vec::new();
    for typed in typed {
        let is_meant = |(id, name): &&(crate::model::ProviderId, String)| {
            let bare = name.rsplit_once(" (").map_or(name.as_str(), |(bare, _)| bare);
            id.to_string() == typed.trim() || [name.as_str(), bare].map(fold).contains(&fold(typed))
        };
        let all: Vec<_> = expected.providers.iter().filter(is_meant).collect();
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
