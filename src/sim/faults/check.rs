//! From a fault as it is written to a rule, or to everything that is wrong with it.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::HeaderValue;

use super::action::{Action, HUGE_BYTES, RUN_MESSAGE, RetryAfter};
use super::file::{
    BodyFault, Endpoint, Fault, Faults, OtherWriter, RandomMix, Reset, RetryAfterText, SyncFault,
};
use super::kind::{FaultKind, STATUSES};
use super::random::Mix;
use super::script::{Calls, Rule, Turn, What};
use crate::sim::columns::{Columns, Level, NAMES};
use crate::sim::handle::Elsewhere;
use crate::sim::state::{Content, RowKey, Written};

/// A call that waits longer than this is a mistake in the script.
const LONGEST_SECONDS: f64 = 86_400.0;
/// A body that is larger than this is a mistake in the script.
const LARGEST_BYTES: u64 = 4 << 30;

/// The ids that a script may name.
#[derive(Debug)]
pub(in crate::sim) struct Directory {
    pub(in crate::sim) users: BTreeSet<u64>,
    pub(in crate::sim) offices: BTreeSet<u64>,
    /// (office, provider)
    pub(in crate::sim) pairs: BTreeSet<(u64, u64)>,
    /// Whether there is an Ocean site.
    pub(in crate::sim) ocean: bool,
}

/// Every mistake, with the entry that it is in.
pub(super) fn mistakes(faults: &Faults, directory: Option<&Directory>) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (at, fault) in faults.list.iter().enumerate() {
        let mut found = rule(fault).err().unwrap_or_default();
        found.extend(directory.map(|directory| unknown(fault, directory)).unwrap_or_default());
        mistakes.extend(found.iter().map(|text| format!("faults: entry {}: {text}", at + 1)));
    }
    mistakes
}

/// The rule that a fault means, or everything that is wrong with it.
pub(super) fn rule(fault: &Fault) -> Result<Rule, Vec<String>> {
    let mut wrong = Vec::new();
    let calls = calls(&mut wrong, fault);
    let turn = turn(&mut wrong, fault);
    check_details(&mut wrong, fault);
    let what = what(&mut wrong, fault);
    match what {
        Some(what) if wrong.is_empty() => Ok(Rule { calls, turn, what }),
        Some(_) | None => Err(wrong),
    }
}

fn calls(wrong: &mut Vec<String>, fault: &Fault) -> Calls {
    use Endpoint::{Any, GridRead, GridWrite, OfficeProviders};
    let Fault { on, office, user, page, .. } = fault;
    for (name, given, endpoints) in [
        ("office", office.is_some(), [Any, OfficeProviders].as_slice()),
        ("user", user.is_some(), &[Any, GridRead, GridWrite]),
        ("page", page.is_some(), &[Any, GridRead]),
    ] {
        if given && !endpoints.contains(on) {
            wrong.push(format!("`{name}` is no part of the call that `on` names"));
        }
    }
    Calls { on: *on, office: *office, user: *user, page: *page }
}

fn turn(wrong: &mut Vec<String>, fault: &Fault) -> Turn {
    let Fault { nth, from, times, every, .. } = fault;
    let ranged = from.is_some() || times.is_some();
    if [nth.is_some(), ranged, every.is_some()].into_iter().filter(|given| *given).count() > 1 {
        wrong.push("say which calls with one of `nth`, `from` and `times`, or `every`".to_owned());
    }
    for (name, number) in [("nth", nth), ("from", from), ("times", times), ("every", every)] {
        if *number == Some(0) {
            wrong.push(format!("`{name}` counts from 1"));
        }
    }
    match (nth, every) {
        (Some(nth), _) => Turn::From { first: *nth, times: 1 },
        (None, Some(step)) => Turn::Every((*step).max(1)),
        (None, None) => Turn::From { first: from.unwrap_or(1), times: times.unwrap_or(u64::MAX) },
    }
}

/// Keys that only mean something beside one action.
fn check_details(wrong: &mut Vec<String>, fault: &Fault) {
    let starts = [Some(SyncFault::AlreadyRunning), Some(SyncFault::StartedByOther)];
    for (name, given, fits, beside) in [
        ("retry_after", fault.retry_after.is_some(), fault.status.is_some(), "status"),
        ("retry_at", fault.retry_at.is_some(), fault.status.is_some(), "status"),
        ("text", fault.text.is_some(), fault.status.is_some(), "status"),
        ("size", fault.size.is_some(), fault.body == Some(BodyFault::Huge), "body: huge"),
        ("message", fault.message.is_some(), fault.sync == Some(SyncFault::Fail), "sync: fail"),
        ("mode", fault.mode.is_some(), starts.contains(&fault.sync), "a sync that others start"),
        (
            "seconds",
            fault.seconds.is_some(),
            starts.contains(&fault.sync),
            "a sync that others start",
        ),
    ] {
        if given && !fits {
            wrong.push(format!("`{name}` goes with `{beside}`"));
        }
    }
    if fault.retry_after.is_some() && fault.retry_at.is_some() {
        wrong.push("`retry_after` and `retry_at` are one header; give one".to_owned());
    }
}

/// The one action of a fault.
fn what(wrong: &mut Vec<String>, fault: &Fault) -> Option<What> {
    let Fault { status, delay, delay_answer, reset, body, redirect, .. } = fault;
    let Fault { expire_tokens, concurrent_writer, sync, random, .. } = fault;
    let actions: [(&str, Option<Action>); 9] = [
        ("status", status.map(|status| answered(wrong, fault, status))),
        ("delay", delay.map(|time| Action::Delay(length(wrong, "delay", time)))),
        (
            "delay_answer",
            delay_answer.map(|time| Action::DelayAnswer(length(wrong, "delay_answer", time))),
        ),
        ("reset", reset.map(cut)),
        ("body", body.map(|body| spoiled(wrong, fault, body))),
        ("redirect", redirect.as_deref().map(|to| elsewhere(wrong, to))),
        ("expire_tokens", expire_tokens.map(|yes| expiry(wrong, yes))),
        ("concurrent_writer", concurrent_writer.as_ref().map(|row| writer(wrong, row))),
        ("sync", sync.map(|sync| sync_fault(wrong, fault, sync))),
    ];
    let mut given: Vec<(&str, What)> = actions
        .into_iter()
        .filter_map(|(name, action)| Some((name, What::Always(action?))))
        .chain(random.as_ref().map(|random| ("random", What::Random(mix(wrong, random)))))
        .collect();
    let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        let names = "status, delay, delay_answer, reset, body, redirect, expire_tokens, \
                     concurrent_writer, sync, random";
        wrong.push(format!("a fault is one action, this names none of {names}"));
    } else if names.len() > 1 {
        wrong.push(format!("a fault is one action, this names {}", names.join(" and ")));
    }
    given.pop().map(|(_, what)| what)
}

fn answered(wrong: &mut Vec<String>, fault: &Fault, status: u16) -> Action {
    if !STATUSES.contains(&status) {
        wrong.push(format!("`status` is 200 to 599, not {status}"));
    }
    let retry_after = match (&fault.retry_after, fault.retry_at) {
        (Some(RetryAfterText(text)), _) => {
            if HeaderValue::from_str(text).is_err() {
                wrong.push("`retry_after` cannot be the value of a header".to_owned());
            }
            Some(RetryAfter::Text(text.clone()))
        }
        (None, Some(seconds)) => Some(RetryAfter::InSeconds(seconds)),
        (None, None) => None,
    };
    Action::Status { status, retry_after, text: fault.text.clone() }
}

fn length(wrong: &mut Vec<String>, name: &str, seconds: f64) -> Duration {
    // Also false for a number that is not one.
    if (0.0..=LONGEST_SECONDS).contains(&seconds) {
        Duration::from_secs_f64(seconds)
    } else {
        wrong.push(format!("`{name}` is 0 to {LONGEST_SECONDS} seconds, not {seconds}"));
        Duration::ZERO
    }
}

fn cut(reset: Reset) -> Action {
    match reset {
        Reset::Before => Action::Reset,
        Reset::AfterWrite => Action::AfterWrite,
    }
}

fn spoiled(wrong: &mut Vec<String>, fault: &Fault, body: BodyFault) -> Action {
    let bytes = fault.size.unwrap_or(HUGE_BYTES);
    if !(1..=LARGEST_BYTES).contains(&bytes) {
        wrong.push(format!("`size` is 1 to {LARGEST_BYTES} bytes, not {bytes}"));
    }
    match body {
        BodyFault::Truncated => Action::Truncated,
        BodyFault::CutJson => Action::CutJson,
        BodyFault::Huge => Action::Huge { bytes },
        BodyFault::Slow => Action::Slow,
        BodyFault::NotJson => Action::NotJson,
    }
}

fn elsewhere(wrong: &mut Vec<String>, to: &str) -> Action {
    let is_address = to.starts_with("http://") || to.starts_with("https://");
    if !is_address || HeaderValue::from_str(to).is_err() {
        wrong.push(format!("`redirect` is an http or https address, not `{to}`"));
    }
    Action::Redirect { location: to.to_owned() }
}

fn expiry(wrong: &mut Vec<String>, yes: bool) -> Action {
    if !yes {
        wrong.push("`expire_tokens` is true or is left out".to_owned());
    }
    Action::Before { kind: FaultKind::ExpireTokens, elsewhere: Elsewhere::TokensExpire }
}

fn writer(wrong: &mut Vec<String>, row: &OtherWriter) -> Action {
    let OtherWriter { user, office, provider, full, read_only, until, bump } = row;
    let mut columns = Columns::NONE;
    let mut named = BTreeSet::new();
    for (names, level) in [(full, Level::Full), (read_only, Level::ReadOnly)] {
        for name in names {
            match columns.by_name(name) {
                Some(cell) => *cell = level,
                None => wrong.push(format!(
                    "concurrent_writer: no column `{name}`; the columns are {}",
                    NAMES.join(", ")
                )),
            }
            if !named.insert(name) {
                wrong.push(format!("concurrent_writer: column `{name}` is named more than once"));
            }
        }
    }
    let content = if *bump == Some(true) {
        if !named.is_empty() || until.is_some() {
            let text = "concurrent_writer: `bump` leaves the row as it is, so it goes with no \
                        column or until";
            wrong.push(text.to_owned());
        }
        Content::Same
    } else {
        Content::New(Written { columns, until: *until })
    };
    let at = RowKey { user: *user, office: *office, provider: *provider };
    let elsewhere = Elsewhere::Write { at, content };
    Action::Before { kind: FaultKind::ConcurrentWriter, elsewhere }
}

fn sync_fault(wrong: &mut Vec<String>, fault: &Fault, sync: SyncFault) -> Action {
    if sync != SyncFault::StartedByOther && fault.on != Endpoint::SyncStart {
        wrong.push("this `sync` fault needs `on: sync_start`".to_owned());
    }
    if let Some(seconds) = fault.seconds {
        length(wrong, "seconds", seconds);
    }
    let start = |kind| Action::Before {
        kind,
        elsewhere: Elsewhere::SyncStarts {
            mode: fault.mode.unwrap_or_default(),
            seconds: fault.seconds,
        },
    };
    match sync {
        SyncFault::Fail => {
            let message = fault.message.clone().unwrap_or_else(|| RUN_MESSAGE.to_owned());
            Action::RunFails { message }
        }
        SyncFault::Hang => Action::RunHangs,
        SyncFault::AlreadyRunning => start(FaultKind::SyncAlreadyRunning),
        SyncFault::StartedByOther => start(FaultKind::SyncStartedByOther),
    }
}

fn mix(wrong: &mut Vec<String>, random: &RandomMix) -> Mix {
    let RandomMix { seed, percent, of, delay } = random;
    // Also false for a number that is not one.
    if !(0.0..=100.0).contains(percent) {
        wrong.push(format!("random: `percent` is 0 to 100, not {percent}"));
    }
    if of.is_empty() {
        wrong.push("random: `of` names no fault".to_owned());
    }
    let delay = length(wrong, "random.delay", *delay);
    Mix { seed: *seed, percent: *percent, of: of.clone(), delay }
}

/// Ids that the directory does not have.
fn unknown(fault: &Fault, directory: &Directory) -> Vec<String> {
    let Directory { users, offices, pairs, ocean } = directory;
    let mut wrong = Vec::new();
    let writer = fault.concurrent_writer.as_ref();
    for user in fault.user.into_iter().chain(writer.map(|row| row.user)) {
        if !users.contains(&user) {
            wrong.push(format!("there is no user {user}"));
        }
    }
    if let Some(office) = fault.office.filter(|office| !offices.contains(office)) {
        wrong.push(format!("there is no office {office}"));
    }
    if let Some(row) = writer.filter(|row| !pairs.contains(&(row.office, row.provider))) {
        wrong.push(format!("provider {} does not work in office {}", row.provider, row.office));
    }
    if fault.sync.is_some() && !ocean {
        wrong.push("a `sync` fault needs a world with an Ocean site".to_owned());
    }
    wrong
}
