//! `verify`: the grid against the manifest, and Ocean's Patients page. It is never given a writer.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::args::VerifyArgs;
use crate::cli::clinic::{Clinic, Purpose, Scope, print_findings};
use crate::cli::cmd::each::{Said, each};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{OWED, OceanList, Verified, is_owed, print_verified, verify};
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::printer::Printer;
use crate::ocean::Freshness;
use crate::report;

pub(super) async fn run(
    args: &VerifyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let VerifyArgs { manifest, select, json, surface: _ } = args;
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
        printer.line(OWED);
    }
    Ok(seen.exit())
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
