//! `sync`: Ocean's sync alone.

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::bridge::Mode;
use crate::cli::args::{AttestArgs, SyncArgs, WaitArgs};
use crate::cli::attest;
use crate::cli::clinic::Clinic;
use crate::cli::cmd::each::{Said, each, in_threads};
use crate::cli::cmd::execute::starter;
use crate::cli::cmd::sync_person::{self, FORMAT, Word, print_kept, print_list};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{mode, print_sync, record, site_user, sync, sync_json, watch};
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::interrupt;
use crate::cli::lock::{self, Asking};
use crate::cli::pending::Pending;
use crate::cli::printer::Printer;
use crate::journal::{Event, Journal};
use crate::ocean::{SyncError, Synced};

pub(super) async fn run(
    args: &SyncArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let SyncArgs { manifest, select, attest: AttestArgs { attest: _, by, at }, wait, json } = args;
    let stop = CancellationToken::new();
    let by = by.as_deref().map(attest::name).transpose()?;
    let stated = by.map(|by| Word { by, at: at.clone() });
    let clinic = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(fleet) => {
            return all(*fleet, (args, stated), &stop, environment, printer).await;
        }
    };
    if attest::is_asked(&clinic) {
        let timeout = wait.lock_timeout;
        let standing = match &stated {
            Some(stated) => sync_person::keep(&clinic, stated, timeout, environment, printer)?,
            None => sync_person::ask(&clinic, timeout, environment, printer)?,
        };
        if *json {
            printer.json(&format!("{}\n", standing.json(&clinic)));
        } else {
            print_kept(&clinic, &standing, printer);
        }
        if stated.is_none() && Pending::of(&clinic).is_ok_and(|pending| pending.has_ticks()) {
            printer.line(TICKED);
        }
        return Ok(standing.exit);
    }
    if stated.is_some() {
        return Err(not_asked(&clinic));
    }
    let work = async {
        let ended = one(&clinic, (wait, &stop), environment, printer).await?;
        if *json {
            printer.json(&format!("{}\n", ended.json(&clinic)));
        } else {
            print_sync(&ended.result, printer);
        }
        Ok(ended.exit())
    };
    interrupt::guarded(&stop, work).await
}

/// What is said where somebody asks for a sync before the grid was read again.
const TICKED: &str = "note: rows are ticked and not verified: one that has to be set after this sync needs another, so read the grid again first";

/// The sync of every clinic of a fleet. What is asked of people is one list.
async fn all(
    fleet: SelectedFleet,
    (args, stated): (&SyncArgs, Option<Word>),
    stop: &CancellationToken,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    // Whoever attests has done the steps.
    if !args.json && stated.is_none() {
        print_list(&sync_person::list(&fleet, environment), printer);
    }
    let (wait, done) = (args.wait.clone(), if stated.is_some() { "attested" } else { "synced" });
    let side_by_side = fleet.file.fleet.rollout.max_parallel_syncs;
    let work = in_threads(side_by_side, stop, move |fleet, at, environment, stop| {
        let clinic = fleet.clinic(at, environment)?;
        let mut printer = Printer::silent();
        match (attest::is_asked(&clinic), &stated) {
            (false, None) => {
                let one = one(&clinic, (&wait, stop), environment, &mut printer);
                Ok(Handle::current().block_on(one)?.said(&clinic))
            }
            (false, Some(_)) => Err(not_asked(&clinic)),
            (true, Some(stated)) if sync_person::is_pending(&clinic)? => {
                let timeout = wait.lock_timeout;
                let kept = sync_person::keep(&clinic, stated, timeout, environment, &mut printer)?;
                Ok(kept.said(&clinic))
            }
            // Of a fleet nobody is asked for a sync that nothing needs.
            (true, _) => Ok(sync_person::look(&clinic)?.said(&clinic)),
        }
    });
    let all = each(fleet, (done, args.json), environment, printer, work);
    interrupt::guarded(stop, all).await
}

/// Nobody attests what a connection tells.
fn not_asked(clinic: &Clinic) -> Failure {
    let message = format!(
        "the sync of {} is not asked of a person: its Ocean connection is not `attest`",
        clinic.manifest.clinic.id
    );
    Failure::new(Exit::Error, "U003", message, "leave --attest out")
}

/// How the sync of one clinic ended.
struct SyncEnded {
    result: Result<Synced, SyncError>,
    recorded: bool,
}

impl SyncEnded {
    fn exit(&self) -> Exit {
        if self.result.is_ok() && self.recorded { Exit::Done } else { Exit::NotVerified }
    }

    fn json(&self, clinic: &Clinic) -> Value {
        json!({
            "kind": "accuroform.sync",
            "format_version": FORMAT,
            "clinic": clinic.manifest.clinic.id,
            "sync": sync_json(&self.result),
            "exit_code": self.exit().code(),
        })
    }

    fn said(&self, clinic: &Clinic) -> Said {
        let words = match &self.result {
            Ok(_) => "the sync is complete (blue)".to_owned(),
            Err(error) => error.to_string(),
        };
        Said { exit: self.exit(), words, document: self.json(clinic) }
    }
}

/// Starts the sync of one clinic and waits for it, with a record before and after.
async fn one(
    clinic: &Clinic,
    (wait, stop): (&WaitArgs, &CancellationToken),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<SyncEnded, Failure> {
    let WaitArgs { sync_timeout, lock_timeout } = wait;
    let (id, run) = (&clinic.manifest.clinic.id, environment.new_run()?);
    let stop = stop.child_token();
    let asking = Asking { operation: "sync", run: &run, timeout: *lock_timeout };
    let lock = lock::acquire(clinic, &asking, &stop, environment, printer)?;
    let (mut journal, _) = Journal::open(&clinic.state()?, id, &run, environment.clock)?;
    let opened = clinic.connect(environment).await?;
    site_user(clinic, &opened).await?;
    journal.append(starter("sync", clinic, None, environment))?;
    // Asked for by name, a sync runs even where apply leaves it to somebody else.
    let watch = watch(clinic, mode(clinic).unwrap_or(Mode::Full), *sync_timeout, &stop);
    let synced = sync(&opened, &mut journal, &watch, printer).await;
    opened.close().await;
    let result = synced.ok_or_else(|| Failure::plain(Exit::Error, "a person is asked for it"))?;
    let ended = Event::Ended { done: 0, held: 0, failed: 0, not_reached: 0 };
    record(&mut journal, ended, printer);
    let recorded = !journal.is_closed();
    // Whoever waits for the lock opens the journal next.
    drop(journal);
    lock::release(lock, printer);
    Ok(SyncEnded { result, recorded })
}
