//! `verify`, `sync` and `history` of a fleet: what each does for a clinic, for every clinic, a line
//! each.

use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SelectedFleet, clinics, side_by_side};
use crate::cli::printer::Printer;
use crate::report::escape;

/// How a clinic ended: its exit code, and what there is to say.
pub(super) struct Said {
    pub(super) exit: Exit,
    /// A line for people.
    pub(super) words: String,
    /// The clinic's document for programs.
    pub(super) document: serde_json::Value,
}

/// Runs `work` for every clinic. Prints a document for each as it comes, or a line for each at the end,
/// in order.
pub(super) async fn each<F>(
    fleet: SelectedFleet,
    how: (&'static str, bool),
    environment: &Environment,
    printer: &mut Printer,
    work: impl Fn(Arc<SelectedFleet>, usize, Environment) -> F,
) -> Result<Exit, Failure>
where
    F: Future<Output = Result<Said, Failure>> + Send + 'static,
{
    let work = |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let said = work(fleet, at, environment);
        async { Ok((said.await?, ())) }
    };
    each_told(fleet, how, environment, printer, (work, |_, _| {})).await
}

/// The same, where more is to be told of each clinic than is printed.
pub(super) async fn each_told<F, T: Send + 'static>(
    fleet: SelectedFleet,
    (done, json): (&'static str, bool),
    environment: &Environment,
    printer: &mut Printer,
    (work, mut tell): (
        impl Fn(Arc<SelectedFleet>, usize, Environment) -> F,
        impl FnMut(String, Result<T, Failure>),
    ),
) -> Result<Exit, Failure>
where
    F: Future<Output = Result<(Said, T), Failure>> + Send + 'static,
{
    let fleet = Arc::new(fleet);
    let mut lines: Vec<(String, String)> = Vec::new();
    let (mut worst, mut good) = (Exit::Done, 0);
    let mut take = |clinic: String, result: Result<(Said, T), Failure>, printer: &mut Printer| {
        let (Said { exit, words, document }, told) = match result {
            Ok((said, told)) => (said, Ok(told)),
            Err(failure) => {
                let (exit, words) = (failure.exit, failure.message.clone());
                (Said { exit, words, document: failed(&clinic, &failure) }, Err(failure))
            }
        };
        tell(clinic.clone(), told);
        good += usize::from(exit == Exit::Done);
        worst = worse(worst, exit);
        if json {
            printer.json(&format!("{document}\n"));
        } else {
            lines.push((clinic, words));
        }
        Ok(())
    };
    side_by_side((&fleet, done), environment, printer, work, &mut take).await?;
    lines.sort();
    for (clinic, words) in &lines {
        printer.result(&format!("{}: {}\n", escape(clinic), escape(words)));
    }
    if !json {
        let total = lines.len();
        printer.result(&format!("\n{}: {good} of {total} {done}.\n", clinics(total)));
    }
    Ok(worst)
}

fn failed(clinic: &str, failure: &Failure) -> serde_json::Value {
    let Failure { code, message, hint, exit } = failure;
    serde_json::json!({
        "kind": "accuroform.error",
        "format_version": "1.0",
        "clinic": clinic,
        "code": code,
        "message": message,
        "hint": hint,
        "exit_code": exit.code(),
    })
}

/// What could not be read says nothing about the rest, so it is worst.
pub(super) fn worse(one: Exit, two: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Changes => 1,
        Exit::Findings => 2,
        Exit::NotVerified => 3,
        Exit::Locked => 4,
        Exit::Refused => 5,
        Exit::Incomplete => 6,
        Exit::Error => 7,
        Exit::Unread => 8,
    };
    if rank(two) > rank(one) { two } else { one }
}

/// What `work` gives, whatever it is.
type Working = Pin<Box<dyn Future<Output = Result<Said, Failure>> + Send>>;

/// Runs `work`, which may wait and writes a journal, in a thread for each clinic, so many side by side.
pub(super) fn in_threads<W>(
    side_by_side: usize,
    stop: &CancellationToken,
    work: W,
) -> impl Fn(Arc<SelectedFleet>, usize, Environment) -> Working + use<W>
where
    W: Fn(&SelectedFleet, usize, &Environment, &CancellationToken) -> Result<Said, Failure>
        + Send
        + Sync
        + 'static,
{
    let turns = Arc::new(Semaphore::new(side_by_side));
    let (work, stop) = (Arc::new(work), stop.clone());
    move |fleet, at, environment| {
        let (turns, work, stop) = (Arc::clone(&turns), Arc::clone(&work), stop.clone());
        Box::pin(async move {
            // An error means that nobody gives turns any more, which does not happen.
            let _turn = turns.acquire_owned().await.ok();
            if stop.is_cancelled() {
                return Err(Failure::plain(Exit::NotVerified, "not begun: interrupted"));
            }
            let thread =
                Handle::current().spawn_blocking(move || work(&fleet, at, &environment, &stop));
            thread.await.map_err(|error| {
                Failure::plain(Exit::Error, format!("the work ended unexpectedly: {error}"))
            })?
        })
    }
}
