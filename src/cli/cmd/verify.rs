//! `verify`: the grid against the manifest, and Ocean's Patients page. It is never given a writer.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::cli::args::{ConfirmArgs, VerifyArgs};
use crate::cli::attest;
use crate::cli::clinic::{Clinic, Purpose, Scope, print_findings};
use crate::cli::cmd::each::{Said, each, in_threads};
use crate::cli::cmd::sync_person;
use crate::cli::cmd::verify_person::{Look, look};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{Clicks, Earlier, Verified, print_verified, verify};
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::pending::Pending;
use crate::cli::printer::Printer;
use crate::journal::{AskedSync, SyncState};
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
        facts.looked(&seen.verified.plan, seen.exit() == Exit::Done, seen.beside());
        if let Ok(pending) = &seen.pending {
            facts.owed(pending.is_owed);
        }
    }
    if *json {
        printer.json(&format!("{}\n", seen.json(&clinic)));
    } else {
        print_verified(&seen.verified, printer);
    }
    match &seen.pending {
        Ok(pending) if pending.is_owed => attest::print_owed(&clinic, printer),
        Ok(_) => {}
        Err(failure) => {
            if !*json {
                printer.result(&format!("! not read: {UNKNOWN}\n"));
            }
            printer.failure(failure);
        }
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
                    return not_attested(&clinic);
                }
                let mut printer = Printer::silent();
                let look = look(&clinic, &stated, environment, &mut printer);
                Ok(Handle::current().block_on(look)?.said(&clinic))
            });
            return each(*fleet, (WAITING, args.json), environment, printer, work).await;
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

/// A clinic of a fleet about whose sync nobody attested anything, or everything is said: nothing that a
/// person sees is kept.
fn not_attested(clinic: &Clinic) -> Result<Said, Failure> {
    let (exit, words, asked) = if attest::is_asked(clinic) {
        let standing = sync_person::look(clinic)?;
        (standing.exit, standing.words(), standing.asked)
    } else {
        (Exit::Done, "its Ocean connection is not `attest`".to_owned(), None)
    };
    let document = json!({
        "kind": "accuroform.verify",
        "format_version": FORMAT,
        "clinic": clinic.manifest.clinic.id,
        "correct": null,
        "asked_sync": asked,
        "exit_code": exit.code(),
    });
    Ok(Said { exit, words, document })
}

/// The version of the document.
pub(super) const FORMAT: &str = "1.1";

/// What is said of clinics of a fleet about which a person is asked for nothing more.
const WAITING: &str = "with nothing waiting for a person";

/// What is unknown without the journal.
const UNKNOWN: &str =
    "the journal, so whether a sync is owed and whether rows are ticked is unknown";

/// What verification found at one clinic.
struct Seen {
    verified: Verified,
    /// What is open from before; else why nobody knows.
    pending: Result<Pending, Failure>,
}

impl Seen {
    async fn of(clinic: &Clinic, environment: &Environment) -> Result<Self, Failure> {
        let opened = clinic.connect(environment).await?;
        let pending = Pending::of(clinic);
        let freshness = match &pending {
            Ok(pending) if pending.is_owed => Freshness::Stale,
            Ok(_) => Freshness::Synced,
            Err(_) => Freshness::Unknown,
        };
        let clicks = Clicks::Journal(pending.as_ref().ok());
        let earlier = Earlier { list: None, freshness, clicks };
        let what = (Purpose::Manifest, Scope::ALL);
        let verified = verify(clinic, &opened, what, earlier, environment).await;
        opened.close().await;
        Ok(Self { verified: verified?, pending })
    }

    fn exit(&self) -> Exit {
        let Self { verified, pending } = self;
        match pending {
            _ if verified.plan.errors() > 0 => Exit::Error,
            Ok(pending) if verified.plan.is_complete() => {
                let is_kept = verified.ticked.unkept_words().is_none();
                let is_good = verified.is_correct() && !pending.is_owed && is_kept;
                if is_good { Exit::Done } else { Exit::NotVerified }
            }
            Ok(_) | Err(_) => Exit::Unread,
        }
    }

    /// What is in no plan and in the way all the same, with its code.
    fn beside(&self) -> Option<(&'static str, String)> {
        match &self.pending {
            Ok(_) => self.verified.ticked.coded(),
            Err(failure) => failure.code.map(|code| (code, format!("not read: {UNKNOWN}"))),
        }
    }

    /// The verdict in a line.
    fn words(&self) -> String {
        let Self { verified, pending } = self;
        let mut words = match verified.ticked.words() {
            Some(ticked) if verified.grid_is_right() => {
                format!("the grid is what the manifest says; {ticked}")
            }
            None if verified.grid_is_right() => "the grid is what the manifest says".to_owned(),
            Some(ticked) => format!("not verified: {ticked}"),
            None => format!("not verified: {}", report::summary_line(&verified.plan)),
        };
        if verified.grid_is_right() && !verified.is_correct() {
            words.push_str("; somebody is missing on the Patients page, see it with --clinic");
        }
        match pending {
            Ok(Pending { is_owed: false, .. }) => {}
            Ok(_) => words.push_str("; a sync is owed"),
            Err(_) => words = format!("{words}; not read: {UNKNOWN}"),
        }
        words
    }

    fn json(&self, clinic: &Clinic) -> Value {
        let Self { verified, pending } = self;
        let pending = pending.as_ref().ok();
        let asked = pending.and_then(|pending| pending.asked.as_ref());
        let owed = pending.map(|pending| pending.is_owed);
        document(clinic, verified, (asked, owed), self.exit())
    }
}

/// What a verification found, for programs. Whether a sync is owed: `None` where nobody knows.
pub(super) fn document(
    clinic: &Clinic,
    verified: &Verified,
    (asked, owed): (Option<&AskedSync>, Option<bool>),
    exit: Exit,
) -> Value {
    let mut document = verified.json();
    if let Value::Object(fields) = &mut document {
        fields.insert("kind".to_owned(), "accuroform.verify".into());
        fields.insert("format_version".to_owned(), FORMAT.into());
        fields.insert("clinic".to_owned(), clinic.manifest.clinic.id.clone().into());
        fields.insert("sync_owed".to_owned(), json!(owed));
        fields.insert("asked_sync".to_owned(), json!(asked));
        fields.insert("exit_code".to_owned(), json!(exit.code()));
        // A page that only a person can look at is as they say, over a grid that is right.
        if verified.grid_is_right() {
            let said = match asked.map(|asked| &asked.state) {
                Some(SyncState::Verified { .. }) => Some(true),
                Some(SyncState::Contradicted { .. }) => Some(false),
                Some(SyncState::Pending | SyncState::Attested(_)) | None => verified.verdict(),
            };
            fields.insert("correct".to_owned(), json!(said));
        }
    }
    document
}
