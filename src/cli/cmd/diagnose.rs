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
use crate::cli::printer::Printer;
use crate::cli::targets::one_provider;
use crate::connection::Opened;
use crate::diagnose::{Diagnosis, Inputs, LastWrite, diagnose};
use crate::finding::Origin;
use crate::journal::{Event, Journal, Outcome, is_pending};
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
    let Read { planned, site, list } = read?;
    let provider = provider.as_deref().map(|typed| one_provider(typed, &planned.live.directory));
    let found = diagnose(Inputs {
        live: &planned.live,
        desired: &planned.desired,
        plan: &planned.plan,
        site: &site,
        list: &list,
        last_write: &last_write(&clinic),
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

/// What is read of both services.
struct Read {
    planned: Planned,
    site: Result<Site, String>,
    list: Result<Vec<SiteProvider>, String>,
}

impl Read {
    async fn of(clinic: &Clinic, opened: &Opened) -> Result<Self, Failure> {
        let planned = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await?;
        let number = &clinic.manifest.ocean.site;
        let (site, list) = match opened.ocean() {
            Ok(ocean) => (
                ocean.site(number).await.map_err(|error| error.to_string()),
                ocean.site_providers(number).await.map_err(|error| error.to_string()),
            ),
            Err(error) => (Err(error.to_string()), Err(error.to_string())),
        };
        Ok(Self { planned, site, list })
    }
}

/// What the journal says, or why it could not be read.
fn last_write(clinic: &Clinic) -> Result<LastWrite, String> {
    let state = clinic.state().map_err(|failure| failure.message)?;
    let records = Journal::read(&state, &clinic.manifest.clinic.id)
        .map_err(|error| error.to_string())?
        .records;
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
    Ok(LastWrite {
        at: records.iter().rev().find(|record| is_write(&record.event)).map(|record| record.at),
        owes_sync: mode(clinic).is_some() && is_pending(&records),
    })
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
            "format_version": "1.0",
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
