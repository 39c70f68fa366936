//! `sync`: Ocean's sync alone.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::bridge::Mode;
use crate::cli::args::{SyncArgs, WaitArgs};
use crate::cli::clinic::Clinic;
use crate::cli::cmd::execute::starter;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::{mode, print_sync, record, site_user, sync, sync_json, watch};
use crate::cli::interrupt;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::journal::{Event, Journal};

pub(super) async fn run(
    args: &SyncArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let SyncArgs { manifest, wait: WaitArgs { sync_timeout, lock_timeout }, json } = args;
    let clinic = Clinic::load(manifest, environment, printer)?;
    let (id, run) = (&clinic.manifest.clinic.id, environment.new_run()?);
    let stop = CancellationToken::new();
    let asking = Asking { operation: "sync", run: &run, timeout: *lock_timeout };
    let lock = lock::acquire(&clinic, &asking, &stop, environment, printer)?;
    let (mut journal, _) = Journal::open(&clinic.state()?, id, &run, environment.clock)?;
    let opened = clinic.connect(environment).await?;
    site_user(&clinic, &opened).await?;
    journal.append(starter("sync", &clinic, None, environment))?;
    // Asked for by name, a sync runs even where apply leaves it to somebody else.
    let watch = watch(&clinic, mode(&clinic).unwrap_or(Mode::Full), *sync_timeout, &stop);
    let result =
        interrupt::guarded(&stop, async { Ok(sync(&opened, &mut journal, &watch, printer).await) })
            .await;
    opened.close().await;
    let ended = Event::Ended { done: 0, held: 0, failed: 0, not_reached: 0 };
    record(&mut journal, ended, printer);
    let recorded = !journal.is_closed();
    // Whoever waits for the lock opens the journal next.
    drop(journal);
    lock::release(lock, printer);
    let result = result?;
    let exit = if result.is_ok() && recorded { Exit::Done } else { Exit::NotVerified };
    if *json {
        let document = json!({
            "kind": "accuroform.sync",
            "format_version": "1.0",
            "clinic": clinic.manifest.clinic.id,
            "sync": sync_json(&result),
            "exit_code": exit.code(),
        });
        printer.json(&format!("{document}\n"));
    } else {
        print_sync(&result, printer);
    }
    Ok(exit)
}
