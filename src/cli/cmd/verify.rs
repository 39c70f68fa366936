//! `verify`: the grid against the manifest, and Ocean's Patients page. It is never given a writer.

use serde_json::{Value, json};

use crate::cli::args::VerifyArgs;
use crate::cli::clinic::{Clinic, Purpose, Scope, print_findings};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{OWED, OceanList, is_owed, print_verified, verify};
use crate::cli::printer::Printer;
use crate::ocean::Freshness;

pub(super) async fn run(
    args: &VerifyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let VerifyArgs { manifest, json } = args;
    let clinic = Clinic::load(manifest, environment, printer)?;
    let opened = clinic.connect(environment).await?;
    let owed = is_owed(&clinic);
    let freshness = if owed { Freshness::Stale } else { Freshness::Synced };
    let list = OceanList { before: None, freshness };
    let verified =
        verify(&clinic, &opened, (Purpose::Manifest, Scope::ALL), list, environment).await;
    opened.close().await;
    let verified = verified?;
    print_findings(&clinic.source, &verified.plan.findings, printer);
    let exit = if verified.plan.errors() > 0 {
        Exit::Error
    } else if !verified.plan.is_complete() {
        Exit::Unread
    } else if verified.is_correct() && !owed {
        Exit::Done
    } else {
        Exit::NotVerified
    };
    if *json {
        let mut document = verified.json();
        if let Value::Object(fields) = &mut document {
            fields.insert("kind".to_owned(), "accuroform.verify".into());
            fields.insert("format_version".to_owned(), "1.0".into());
            fields.insert("clinic".to_owned(), clinic.manifest.clinic.id.clone().into());
            fields.insert("exit_code".to_owned(), json!(exit.code()));
        }
        printer.json(&format!("{document}\n"));
    } else {
        print_verified(&verified, printer);
    }
    if owed {
        printer.line(OWED);
    }
    Ok(exit)
}
