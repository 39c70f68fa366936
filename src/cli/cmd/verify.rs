//! `verify`: the grid against the manifest, and Ocean's Patients page. It is never given a writer.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::cli::args::{ConfirmArgs, VerifyArgs};
use crate::cli::attest;
use crate::cli::clinic::{Clinic, Purpose, Scope, print_findings};
use crate::cli::cmd::each::{Said, each, in_threads};
use crate::cli::cmd::verify_person::{Look, look};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{OceanList, Verified, is_owed, print_verified, verify};
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::printer::Printer;
use crate::ocean::Freshness;
use crate::report;

pub(super) async fn run(
    args: &VerifyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let VerifyArgs { manifest, select, confirm, json, surface: _ } = args;
    if let Some(stated) = stated(confirm)? {
        return attested(args, stated, environment, printer).await;
    }
    let clinic = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(fleet) => {
            let work = |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| async move {
                let clinic = fleet.clinic(at, &environment)?;
                let seen = Seen::of(&clinic, &environment).await?;
                let (exit, document) = (seen.exit(), seen.json(&clinic));
                Ok(Said { exit, words: seen.words(), document })
            };
            return each(*fleet, ("verified", *json), environment, printer, work).await;
        }
    };
    let seen = Seen::of(&clinic, environment).await?;
    print_findings(&clinic.source, &seen.verified.plan.findings, printer);
    if let Some(facts) = printer.facts() {
        facts.looked(&seen.verified.plan, seen.exit() == Exit::Done);
        facts.owed(seen.owed);
    }
    if *json {
        printer.json(&format!("{}\n", seen.json(&clinic)));
    } else {
        print_verified(&seen.verified, printer);
    }
    if seen.owed {
        attest::print_owed(&clinic, printer);
    }
    Ok(seen.exit())
}

/// What a person says of the Patients page, if anything.
fn stated(confirm: &ConfirmArgs) -> Result<Option<Look>, Failure> {
    let ConfirmArgs { attest: _, by, missing } = confirm;
    let by = by.as_deref().map(attest::name).transpose()?;
    Ok(by.map(|by| Look { by, missing: missing.clone() }))
}

/// Keeps what a person says of the Patients page.
async fn attested(
    args: &VerifyArgs,
    stated: Look,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let usage = |message: String, hint: &str| Err(Failure::new(Exit::Error, "U003", message, hint));
    let clinic = match Subject::load(&args.manifest, &args.select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(_) if !stated.missing.is_empty() => {
            let message = "--missing is about one clinic".to_owned();
            return usage(message, "name it: --clinic ID");
        }
        Subject::Fleet(fleet) => {
            let stop = CancellationToken::new();
            let turns = fleet.file.fleet.rollout.max_parallel_syncs;
            let work = in_threads(turns, &stop, move |fleet, at, environment, _| {
                let clinic = fleet.clinic(at, environment)?;
                if !attest::is_attested(&clinic)? {
                    let words = "no sync waits to be verified".to_owned();
                    let document = json!({
                        "kind": "accuroform.verify",
                        "format_version": "1.0",
                        "clinic": clinic.manifest.clinic.id,
                        "correct": null,
                        "exit_code": Exit::Done.code(),
                    });
                    return Ok(Said { exit: Exit::Done, words, document });
                }
                let mut printer = Printer::silent();
                let look = look(&clinic, &stated, environment, &mut printer);
                Ok(Handle::current().block_on(look)?.said(&clinic))
            });
            return each(*fleet, ("verified", args.json), environment, printer, work).await;
        }
    };
    if !attest::is_asked(&clinic) {
        let id = &clinic.manifest.clinic.id;
        let message =
            format!("the Patients page of {id} is read: its Ocean connection is not `attest`");
        return usage(message, "leave --attest out");
    }
    let looked = look(&clinic, &stated, environment, printer).await?;
    if args.json {
        printer.json(&format!("{}\n", looked.said(&clinic).document));
        return Ok(looked.exit());
    }
    print_verified(&looked.verified, printer);
    let what = if looked.exit() == Exit::Done { "Verified" } else { "Sync" };
    printer.result(&format!("{what}: {}.\n", report::escape(&looked.words())));
    Ok(looked.exit())
}

/// What verification found at one clinic.
struct Seen {
    verified: Verified,
    /// Whether a sync is owed from before.
    owed: bool,
}

impl Seen {
    async fn of(clinic: &Clinic, environment: &Environment) -> Result<Self, Failure> {
        let opened = clinic.connect(environment).await?;
        let owed = is_owed(clinic);
        let freshness = if owed { Freshness::Stale } else { Freshness::Synced };
        let list = OceanList { before: None, freshness };
        let what = (Purpose::Manifest, Scope::ALL);
        let verified = verify(clinic, &opened, what, list, environment).await;
        opened.close().await;
        Ok(Self { verified: verified?, owed })
    }

    fn exit(&self) -> Exit {
        let Self { verified, owed } = self;
        if verified.plan.errors() > 0 {
            Exit::Error
        } else if !verified.plan.is_complete() {
            Exit::Unread
        } else if verified.is_correct() && !owed {
            Exit::Done
        } else {
            Exit::NotVerified
        }
    }

    /// The verdict in a line.
    fn words(&self) -> String {
        let Self { verified, owed } = self;
        let mut words = if verified.grid_is_right() {
            "the grid is what the manifest says".to_owned()
        } else {
            format!("not verified: {}", report::summary_line(&verified.plan))
        };
        if verified.grid_is_right() && !verified.is_correct() {
            words.push_str("; somebody is missing on the Patients page, see it with --clinic");
        }
        if *owed {
            words.push_str("; a sync is owed");
        }
        words
    }

    fn json(&self, clinic: &Clinic) -> Value {
        let mut document = self.verified.json();
        if let Value::Object(fields) = &mut document {
            fields.insert("kind".to_owned(), "accuroform.verify".into());
            fields.insert("format_version".to_owned(), "1.0".into());
            fields.insert("clinic".to_owned(), clinic.manifest.clinic.id.clone().into());
            fields.insert("exit_code".to_owned(), json!(self.exit().code()));
        }
        document
    }
}
