//! `diagnose`: why Ocean does not show what it should. It is never given a writer.

use serde_json::{Value, json};

use super::remedies::Remedies;
use crate::bridge::{Site, SiteProvider};
use crate::cli::args::{DiagnoseArgs, SymptomArg};
use crate::cli::clinic::{Clinic, Planned, Purpose, Scope, print_findings};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::mode;
use crate::cli::fleet::Subject;
use crate::cli::pending::Pending;
use crate::cli::printer::Printer;
use crate::cli::targets::one_provider;
use crate::cli::ticks::Ticks;
use crate::connection::{OpenError, Opened};
use crate::diagnose::{Diagnosis, Inputs, LastWrite, OceanRead, diagnose};
use crate::finding::{Kind, Origin};
use crate::journal::{AskedSync, Attestation, Event, Journal, Outcome, Record, SyncState};
use crate::report::{self, escape};

pub(super) async fn run(
    args: &DiagnoseArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let DiagnoseArgs { manifest, select, symptom, provider, json } = args;
    let clinic = Subject::load(manifest, select, environment, printer)?.one()?;
    let opened = clinic.connect(environment).await?;
    let read = Read::of(&clinic, &opened).await;
    opened.close().await;
    let Read { planned, ocean } = read?;
    let records = records(&clinic);
    let pending = records.as_ref().ok().map(|records| Pending::in_records(&clinic, records));
    let ticked = Ticks::of(&clinic, pending.as_ref(), &planned.live, &planned.plan);
    let last_write = match (&records, &pending) {
        (Ok(records), Some(pending)) => {
            let mut last = last_write(records, pending);
            // Rows that are set count like rows that were written, before an apply keeps it, too.
            last.owes_sync |= mode(&clinic).is_some() && ticked.unkept_words().is_some();
            Ok(last)
        }
        (records, _) => Err(records.as_ref().err().cloned().unwrap_or_default()),
    };
    let provider = provider.as_deref().map(|typed| one_provider(typed, &planned.live.directory));
    let found = diagnose(Inputs {
        live: &planned.live,
        desired: &planned.desired,
        plan: &planned.plan,
        ocean: match &ocean {
            Ok((site, list)) => Ok(OceanRead { site, list }),
            Err(why) => Err(why),
        },
        last_write: &last_write,
        ticked: &ticked.rows(&planned.plan),
        symptom: symptom.map(SymptomArg::symptom),
        provider: provider.transpose()?,
        now: environment.clock.now(),
        today: clinic.today(environment),
    });
    let remedies = Remedies::of(&clinic, &planned, &found);
    let exit = exit(&found);
    if *json {
        printer.json(&format!("{}\n", document(&clinic, &found, &remedies, exit)));
        return Ok(exit);
    }
    print_findings(&clinic.source, &planned.plan.findings, printer);
    print(&clinic, &found, &remedies, printer);
    Ok(exit)
}

/// The site and its list of providers, as far as Ocean answers.
type Asked = (Result<Site, String>, Result<Vec<SiteProvider>, String>);

/// What is read of both services.
struct Read {
    planned: Planned,
    /// The site and its list of providers; else why nobody asks Ocean.
    ocean: Result<Asked, &'static str>,
}

impl Read {
    async fn of(clinic: &Clinic, opened: &Opened) -> Result<Self, Failure> {
        let planned = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await?;
        let number = &clinic.manifest.ocean.site;
        let ocean = match opened.ocean() {
            Ok(ocean) => Ok((
                ocean.site(number).await.map_err(|error| error.to_string()),
                ocean.site_providers(number).await.map_err(|error| error.to_string()),
            )),
            Err(OpenError::OfAPerson) => Err("its connection is `attest`, so a person looks at it"),
            Err(_) => Err("the manifest has no connection to it"),
        };
        Ok(Self { planned, ocean })
    }
}

/// The journal, or why it could not be read.
fn records(clinic: &Clinic) -> Result<Vec<Record>, String> {
    let state = clinic.state().map_err(|failure| failure.message)?;
    let reading = Journal::read(&state, &clinic.manifest.clinic.id);
    Ok(reading.map_err(|error| error.to_string())?.records)
}

/// What the journal says of the last write.
fn last_write(records: &[Record], pending: &Pending) -> LastWrite {
    let is_write = |event: &Event| match event {
        Event::BatchEnded { outcomes, .. } => {
            outcomes.iter().any(|row| matches!(row.outcome, Outcome::Done | Outcome::Failed(_)))
        }
        // Somebody says that they wrote it at the screen.
        Event::ClicksAttested { .. } => true,
        Event::Started(_)
        | Event::BatchStarted { .. }
        | Event::SyncStarted { .. }
        | Event::SyncEnded { .. }
        | Event::SyncAsked { .. }
        | Event::SyncAttested { .. }
        | Event::PageAttested { .. }
        | Event::ClicksAsked { .. }
        | Event::ClicksSeen { .. }
        | Event::ClicksWithdrawn { .. }
        | Event::Verified { .. }
        | Event::Ended { .. } => false,
    };
    LastWrite {
        at: records.iter().rev().find(|record| is_write(&record.event)).map(|record| record.at),
        owes_sync: pending.is_owed,
        waits: pending.asked.as_ref().and_then(waits),
    }
}

/// What of a sync that a person was asked for is open.
fn waits(asked: &AskedSync) -> Option<(Kind, String)> {
    let attested = |sync: &Attestation, more: String| {
        let Attestation { by, at } = sync;
        Some((Kind::SyncAttested, format!("by {by}, begun at {at}; {more}")))
    };
    match &asked.state {
        SyncState::Pending => Some((Kind::SyncAsked, format!("asked for since {}", asked.since))),
        SyncState::Attested(sync) => {
            attested(sync, "nobody attested who is on the Patients page".to_owned())
        }
        SyncState::Contradicted { sync, page, missing } => {
            attested(sync, format!("{} misses {} on the page", page.by, missing.join("; ")))
        }
        SyncState::Verified { .. } => None,
    }
}

/// Parts that could not be read come first: what was found beside them may not be all.
fn exit(found: &Diagnosis) -> Exit {
    if !found.unread.is_empty() {
        Exit::Unread
    } else if found.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    }
}

fn print(clinic: &Clinic, found: &Diagnosis, remedies: &Remedies, printer: &mut Printer) {
    let id = &clinic.manifest.clinic.id;
    let user = match (&found.user, found.is_sites_word) {
        (Some(user), true) => format!("works with {}", escape(user)),
        (Some(user), false) if !found.known.site => {
            format!("is not read; it is taken to work with {}", escape(user))
        }
        (Some(user), false) => {
            format!("does not say whom it works with; taken to be {}", escape(user))
        }
        (None, _) => "works with nobody whom the manifest manages".to_owned(),
    };
    printer.result(&format!("Diagnosis of {id}: Ocean site {} {user}\n", escape(&found.site)));
    if let Some(symptom) = found.symptom {
        let origin = Origin::OceanArticle.label();
        printer.result(&format!("Symptom: {}; {origin}\n", symptom.words()));
    }
    let text = report::diagnosis(found);
    if !text.is_empty() {
        printer.result(&format!("\n{text}"));
    }
    remedies.print(clinic, printer);
    if found.is_empty() {
        printer.result(if found.unread.is_empty() {
            "\nNothing found that can be seen from here.\n"
        } else {
            "\nNothing found in what could be read.\n"
        });
    }
    printer.line(&format!(
        "note: this is about the grid; roles per office, Feature Access and Open Providers decide too, and cannot be read here; {}",
        Origin::AccuroGuides.label()
    ));
}

fn document(clinic: &Clinic, found: &Diagnosis, remedies: &Remedies, exit: Exit) -> Value {
    let mut document = report::diagnosis_json(found);
    if let Value::Object(fields) = &mut document {
        let more = json!({
            "kind": "accuroform.diagnosis",
            "format_version": "1.1",
            "clinic": clinic.manifest.clinic.id,
            "remedy": remedies.json(),
            "exit_code": exit.code(),
        });
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    }
    document
}
