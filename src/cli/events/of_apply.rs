//! Events of the rows that are written.

use super::event::{ApplyProgress, ApplySummary, Counts, Event};
use super::line::{Level, Told};
use super::rows::{Row, RowHeld, RowReason, RowStart};
use crate::apply::{Applied, Progress};
use crate::journal::{Outcome, RowOutcome};
use crate::model::RowKey;
use crate::plan::Plan;
use crate::report;

/// These rows of a user are about to be sent.
pub(in crate::cli) fn starting<'a>(
    plan: &'a Plan,
    batch: usize,
    user: &'a str,
    rows: &'a [RowKey],
) -> impl Iterator<Item = Told> + 'a {
    rows.iter().map(move |key| {
        let row = Row::of(plan, user, *key);
        let message = format!("{}: writing", row.address);
        Told::info(message, Event::ApplyStart(RowStart { row, batch }))
    })
}

/// A row came to its end.
pub(in crate::cli) fn ended(plan: &Plan, ended: &RowOutcome) -> Told {
    let RowOutcome { user, key, outcome } = ended;
    let row = Row::of(plan, user, *key);
    let address = row.address.clone();
    let (level, words, event) = match outcome {
        Outcome::Done => (Level::Info, "written".to_owned(), Event::ApplyComplete(row)),
        Outcome::AlreadyTrue => {
            (Level::Info, "was as planned already".to_owned(), Event::ApplyAlreadyTrue(row))
        }
        Outcome::Held(hold) => {
            let left = RowHeld { row, hold: *hold };
            (Level::Error, report::held(hold), Event::ApplyHeld(Box::new(left)))
        }
        Outcome::Refused(reason) => {
            let words = format!("refused, not written: {reason}");
            let reason = reason.clone();
            (Level::Error, words, Event::ApplyRefused(RowReason { row, reason }))
        }
        Outcome::Failed(reason) => {
            let words = format!("failed: {reason}");
            let reason = reason.clone();
            (Level::Error, words, Event::ApplyErrored(RowReason { row, reason }))
        }
        Outcome::NotReached => {
            (Level::Error, "not reached, not written".to_owned(), Event::ApplyNotReached(row))
        }
    };
    Told::new(level, format!("{address}: {words}"), event)
}

/// How far an apply is.
pub(in crate::cli) fn progress(progress: Progress) -> Told {
    let Progress { settled, planned } = progress;
    let event = Event::ApplyProgress(ApplyProgress { settled, planned });
    Told::info(format!("{settled} of {planned} rows"), event)
}

/// What became of the rows.
pub(in crate::cli) fn applied(
    (plan, digest): (&Plan, &str),
    run: Option<&str>,
    applied: &Applied,
) -> Told {
    let count = |is: fn(&Outcome) -> bool| applied.count(is);
    let counts = Counts {
        done: count(|outcome| matches!(outcome, Outcome::Done)),
        already_true: count(|outcome| matches!(outcome, Outcome::AlreadyTrue)),
        held: count(|outcome| matches!(outcome, Outcome::Held(_))),
        refused: count(|outcome| matches!(outcome, Outcome::Refused(_))),
        errored: count(|outcome| matches!(outcome, Outcome::Failed(_))),
        not_reached: count(|outcome| matches!(outcome, Outcome::NotReached)),
        asked: 0,
    };
    let is_good = applied.is_whole() && applied.halted.is_none();
    let message = report::counts(&applied.outcomes);
    let summary = summary((plan, digest), run, counts, applied.halted.as_deref());
    Told::new(Level::error_unless(is_good), message, summary)
}

fn summary(
    (plan, digest): (&Plan, &str),
    run: Option<&str>,
    counts: Counts,
    halted: Option<&str>,
) -> Event {
    Event::ApplySummary(ApplySummary {
        run: run.map(str::to_owned),
        plan_digest: digest.to_owned(),
        undoes: plan.undoes.clone(),
        counts,
        halted: halted.map(str::to_owned),
    })
}

/// The rows of a plan are asked of a person, for this reason.
pub(in crate::cli) fn asked(
    (plan, digest): (&Plan, &str),
    run: &str,
    why: &str,
) -> impl Iterator<Item = Told> {
    let rows = plan
        .users
        .iter()
        .flat_map(|user| user.changes.iter().map(|change| Row::of(plan, &user.name, change.key)));
    let told: Vec<Told> = rows
        .map(|row| {
            let message = format!("{}: asked of a person, not done", row.address);
            Told::new(Level::Warn, message, Event::ApplyAsked(row))
        })
        .collect();
    let counts = Counts { asked: told.len(), ..Counts::default() };
    let end = summary((plan, digest), Some(run), counts, Some(why));
    told.into_iter().chain([Told::new(Level::Warn, why.to_owned(), end)])
}
