//! Events of what follows the writing, of findings, and of the end.

use super::event::{
    Diagnostic, Ended, Event, Outcome, SyncComplete, SyncProgress, SyncStart, SyncState,
    VerifyComplete,
};
use super::line::{Level, Told};
use super::rows::{Difference, Row};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::Verified;
use crate::diagnostic::Severity;
use crate::ocean::{self, SyncError, Synced, Watch};
use crate::plan::Plan;
use crate::report::{self, Finding};

/// A finding in a manifest.
pub(in crate::cli) fn finding(finding: Finding) -> Told {
    let Finding { code, severity, message, place, hint, related } = finding;
    let (severity, level) = match severity {
        "error" => (Severity::Error, Level::Error),
        _ => (Severity::Warning, Level::Warn),
    };
    let words = format!("{}[{code}]: {message}", word(severity));
    let code = Some(code.to_owned());
    let range = Some(place);
    let diagnostic = Diagnostic { severity, code, summary: message, hint, range, related };
    Told::new(level, words, Event::Diagnostic(diagnostic))
}

/// What went wrong, or why the command ended.
pub(in crate::cli) fn failure(failure: &Failure) -> Told {
    let Failure { code, message, hint, exit: _ } = failure.clone();
    let shown = code.map(|code| format!("[{code}]")).unwrap_or_default();
    let words = format!("error{shown}: {message}");
    let diagnostic = Diagnostic { hint, ..bare(Severity::Error, code, message) };
    Told::new(Level::Error, words, Event::Diagnostic(diagnostic))
}

fn bare(severity: Severity, code: Option<&str>, summary: String) -> Diagnostic {
    let code = code.map(str::to_owned);
    Diagnostic { severity, code, summary, hint: None, range: None, related: Vec::new() }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Ocean is about to be asked for a sync.
pub(in crate::cli) fn sync_begins(watch: &Watch) -> Told {
    let (mode, site) = (watch.mode.key().to_owned(), watch.site.clone());
    let message = format!("sync: {mode} sync of site {site}");
    Told::info(message, Event::SyncStart(SyncStart { mode, site }))
}

/// What is waited for.
pub(in crate::cli) fn sync_goes_on(happening: &ocean::Progress, words: &str) -> Told {
    let (state, run) = match happening {
        ocean::Progress::WaitingFor(run) => (SyncState::WaitingForEarlier, run),
        ocean::Progress::Running(run) => (SyncState::Running, run),
        ocean::Progress::Joined(run) => (SyncState::Joined, run),
        ocean::Progress::Unconfirmed(run) => (SyncState::Unconfirmed, run),
    };
    Told::info(words, Event::SyncProgress(SyncProgress { state, run: run.clone() }))
}

/// How the sync ended.
pub(in crate::cli) fn sync_ended(result: &Result<Synced, SyncError>) -> Told {
    match result {
        Ok(Synced { run, origin }) => {
            let origin = origin.key().to_owned();
            let complete = SyncComplete { run: run.clone(), origin };
            Told::info("sync: complete (blue)", Event::SyncComplete(complete))
        }
        Err(error) => {
            let (code, summary) = (Some(error.code().to_owned()), error.to_string());
            if error.waits_for_a_person() {
                let message = format!("sync: {summary}");
                let ended = Ended { code, summary, hint: Some(error.hint()) };
                return Told::new(Level::Warn, message, Event::SyncAsked(ended));
            }
            let message = format!("sync: not complete: {summary}");
            let ended = Ended { code, summary, hint: Some(error.hint()) };
            Told::new(Level::Error, message, Event::SyncErrored(ended))
        }
    }
}

/// What verification found.
pub(in crate::cli) fn verified(verified: &Verified) -> Told {
    let Plan { undoes, held, targets, unread, .. } = &verified.plan;
    let (correct, grid) = (verified.is_correct(), verified.grid_is_right());
    let complete = VerifyComplete {
        correct: verified.verdict(),
        grid,
        undoes: undoes.clone(),
        held: held.clone(),
        targets: targets.clone(),
        remaining: verified.remaining(),
        differences: differences(&verified.plan),
        unread: unread.clone(),
        patients_page: verified.appearance.clone(),
        expected_on_patients_page: verified.expected.clone(),
    };
    let message = match (grid, correct) {
        (true, true) => "verified: the grid is as planned".to_owned(),
        (true, false) => "not verified: somebody is missing on the Patients page".to_owned(),
        (false, _) => format!("not verified: {}", report::summary_line(&verified.plan)),
    };
    let event = Event::VerifyComplete(Box::new(complete));
    Told::new(Level::error_unless(correct), message, event)
}

fn differences(plan: &Plan) -> Vec<Difference> {
    let of = |user: &crate::plan::UserPlan| -> Vec<Difference> {
        let one = |change: &crate::plan::Change| {
            let crate::plan::Change { key, before, after, action, revision: _, rule: _ } = *change;
            Difference { row: Row::of(plan, &user.name, key), action, before, after }
        };
        user.changes.iter().map(one).collect()
    };
    plan.users.iter().flat_map(of).collect()
}

/// The clinic could not be read again.
pub(in crate::cli) fn not_verified(failure: &Failure) -> Told {
    let Failure { code, message, hint, exit: _ } = failure.clone();
    let words = format!("not verified: {message}");
    let ended = Ended { code: code.map(str::to_owned), summary: message, hint };
    Told::new(Level::Error, words, Event::VerifyErrored(ended))
}

/// How the command ended.
pub(in crate::cli) fn outcome(exit: Exit) -> Told {
    let words = exit.words();
    let exit_code = exit.code();
    let is_good = matches!(exit, Exit::Done | Exit::Changes);
    let event = Event::Outcome(Outcome { exit_code, outcome: exit });
    Told::new(Level::error_unless(is_good), format!("exit {exit_code}: {words}"), event)
}
