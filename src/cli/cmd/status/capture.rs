//! What somebody has to read at the Manage Security screen: no capture, one that says nothing any more, or
//! rows that it leaves out.

use std::io::ErrorKind;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::found::Blind;
use super::item::{Item, Kind};
use crate::cli::clinic::Clinic;
use crate::connection::{Files, SheetError};
use crate::live::{Captured, Look, Providers, Snapshot};
use crate::manifest::{AccuroConnection, Worksheet};
use crate::model::RowKey;
use crate::plan::{Plan, UnreadPart};
use crate::worksheet::{Freshness, freshness, good_until};

/// A capture goes stale soon when no more than this part of its `max_age` is left.
const SOON: i32 = 4;

/// What is known of a clinic's capture.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    state: State,
    /// When the screen was read.
    at: Option<Timestamp>,
    /// Who read it.
    by: Option<String>,
    /// Up to when it counts.
    fresh_until: Option<Timestamp>,
    unread_rows: usize,
}

/// How a capture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Missing,
    Faulty,
    Stale,
    Ahead,
    SoonStale,
    Fresh,
}

impl Facts {
    const fn of(state: State) -> Self {
        Self { state, at: None, by: None, fresh_until: None, unread_rows: 0 }
    }

    /// When it goes stale, if that is soon.
    pub(super) fn goes_stale(&self, clinic: &Clinic) -> Option<String> {
        let until = self.fresh_until.filter(|_| self.state == State::SoonStale)?;
        Some(moment(clinic, until))
    }
}

/// What is known of the capture, and what waits because of it. `None`: no screen is read, or nobody could
/// look.
pub(super) fn of(
    clinic: &Clinic,
    (looked, plan): (&Result<Snapshot, Blind>, Option<&Plan>),
    now: Timestamp,
) -> Option<(Facts, Vec<Item>)> {
    let AccuroConnection::Worksheet(worksheet) = &clinic.manifest.connections.accuro else {
        return None;
    };
    match (looked, plan) {
        (Ok(live), Some(plan)) => {
            let captured = live.captured.as_ref()?;
            Some(dated(clinic, (worksheet, captured), (live, plan), now))
        }
        (Err(Blind::Sheet(error)), _) => {
            let (state, item) = unusable(clinic, &Files::of(worksheet, clinic.folder()), error);
            Some((Facts::of(state), vec![item.leaving_unknown()]))
        }
        (Ok(_), None) | (Err(Blind::Bridge(_)), _) => None,
    }
}

/// No file, or one with faults.
fn unusable(clinic: &Clinic, files: &Files, error: &SheetError) -> (State, Item) {
    let is_missing = matches!(error, SheetError::File { path, error }
        if *path == files.capture && error.kind() == ErrorKind::NotFound);
    let item = if is_missing {
        let words =
            format!("nobody has captured the grid yet: {} is not there", files.capture.display());
        let template = command(clinic, "--template");
        Item::new(Kind::Capture, words).next(format!("`{template}` writes a sheet to fill in"))
    } else {
        let of_the_capture = match error {
            SheetError::File { path, error: _ } => *path == files.capture,
            SheetError::Faults(faults) => faults.first().is_some_and(|fault| {
                files.capture.file_name().is_some_and(|name| *name == *fault.place.file)
            }),
        };
        let hint = error.hint();
        let next = if of_the_capture {
            format!("{hint}; or begin a new one: `{}`", again(clinic))
        } else {
            hint
        };
        Item::new(Kind::Capture, format!("the capture cannot be used: {error}")).next(next)
    };
    let state = if is_missing { State::Missing } else { State::Faulty };
    (state, Item { code: Some(error.code()), ..item })
}

/// A capture that says when it was made.
fn dated(
    clinic: &Clinic,
    (worksheet, captured): (&Worksheet, &Captured),
    (live, plan): (&Snapshot, &Plan),
    now: Timestamp,
) -> (Facts, Vec<Item>) {
    let Look { at, by } = &captured.last;
    let what = format!("the capture of {} by {by}", moment(clinic, *at));
    let facts = |state| Facts { at: Some(*at), by: Some(by.clone()), ..Facts::of(state) };
    let most = SignedDuration::try_from(worksheet.max_age).unwrap_or(SignedDuration::MAX);
    match freshness(captured, now, worksheet.max_age) {
        Freshness::Stale => {
            let (age, most) = (length(now.duration_since(captured.oldest())), length(most));
            let words =
                format!("{what} is stale: it is {age} old, and may be {most} old (`max_age`)");
            let item = Item::new(Kind::Capture, words).next(format!("`{}`", again(clinic)));
            (facts(State::Stale), vec![item.leaving_unknown()])
        }
        Freshness::Ahead => {
            let words = format!("{what} is dated ahead of now");
            let next =
                format!("look at this machine's clock, or begin a new one: `{}`", again(clinic));
            (
                facts(State::Ahead),
                vec![Item::new(Kind::Capture, words).next(next).leaving_unknown()],
            )
        }
        Freshness::Fresh => {
            let until = good_until(captured, worksheet.max_age);
            let is_soon = until.duration_since(now) <= most / SOON;
            let facts = facts(if is_soon { State::SoonStale } else { State::Fresh });
            let rows = left_out(live, plan);
            let facts = Facts { fresh_until: Some(until), unread_rows: rows.len(), ..facts };
            let mut items = Vec::new();
            if !rows.is_empty() {
                let count = if rows.len() == 1 {
                    "1 row".to_owned()
                } else {
                    format!("{} rows", rows.len())
                };
                let words = format!("{count} left unread in {what}");
                // Somebody else does not sign what this person read.
                let on = command(clinic, &format!("--by {}", quoted(by)));
                let next = format!("`{on}` asks for what is left");
                let item = Item::new(Kind::Capture, words).details(rows).next(next);
                items.push(item.leaving_unknown());
            }
            items.extend(unlisted(clinic, worksheet, plan));
            (facts, items)
        }
    }
}

/// The rows that the manifest decides and the capture leaves out, by name.
fn left_out(live: &Snapshot, plan: &Plan) -> Vec<String> {
    let mut rows = Vec::new();
    for unread in &plan.unread {
        let mut push = |user: &str, key| rows.push(plan.names.address(&plan.clinic, user, key));
        match &unread.part {
            UnreadPart::Rows { user, office_id, provider_ids } => {
                for provider in provider_ids {
                    push(user, RowKey { office: *office_id, provider: *provider });
                }
            }
            UnreadPart::Grid(user) => {
                for (office, found) in &live.directory.offices {
                    let Providers::Read(people) = &found.providers else { continue };
                    for provider in people.keys() {
                        push(user, RowKey { office: *office, provider: *provider });
                    }
                }
            }
            UnreadPart::Office(_) => {}
        }
    }
    rows
}

/// The offices whose providers the directory leaves blank.
fn unlisted(clinic: &Clinic, worksheet: &Worksheet, plan: &Plan) -> Option<Item> {
    let offices = plan.unread.iter().filter_map(|unread| match &unread.part {
        UnreadPart::Office(office) => Some(plan.names.office(*office)),
        UnreadPart::Grid(_) | UnreadPart::Rows { .. } => None,
    });
    let offices: Vec<String> = offices.collect();
    if offices.is_empty() {
        return None;
    }
    let directory = Files::of(worksheet, clinic.folder()).directory;
    let words = format!("nobody listed who works in {}", offices.join(", "));
    let next = format!("list its providers in {}, then capture its rows", directory.display());
    Some(Item::new(Kind::Capture, words).next(next).leaving_unknown())
}

/// What is typed to begin a new capture.
pub(super) fn again(clinic: &Clinic) -> String {
    command(clinic, "--restart --by NAME")
}

/// What is typed to read the rows of a worklist again.
pub(super) fn touched(clinic: &Clinic) -> String {
    command(clinic, "--worklist --by NAME")
}

/// What is typed about this clinic: `accuroform capture --by NAME --manifest clinic.yaml`.
fn command(clinic: &Clinic, words: &str) -> String {
    let id = &clinic.manifest.clinic.id;
    match &clinic.fleet {
        Some(fleet) => {
            format!("accuroform capture {words} --manifest {} --clinic {id}", fleet.display())
        }
        None => format!("accuroform capture {words} --manifest {}", clinic.path().display()),
    }
}

/// The name as a shell takes it.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}

/// A time on the clinic's clocks.
fn moment(clinic: &Clinic, at: Timestamp) -> String {
    let zone = TimeZone::get(&clinic.manifest.clinic.timezone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %:z").to_string()
}

/// `10 days`, `26 h`, `40 min`.
fn length(time: SignedDuration) -> String {
    match (time.as_hours(), time.as_mins()) {
        (hours, _) if hours >= 72 => format!("{} days", hours / 24),
        (hours, _) if hours >= 2 => format!("{hours} h"),
        (_, minutes) => format!("{minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_for_a_shell_whatever_is_in_it() {
        assert_eq!(quoted("Jane Roy"), "'Jane Roy'");
        assert_eq!(quoted("Pat O'Neill; rm"), r"'Pat O'\''Neill; rm'");
    }

    #[test]
    fn a_time_is_told_in_what_people_count_it_in() {
        let length = |minutes| length(SignedDuration::from_mins(minutes));
        assert_eq!(length(0), "0 min");
        assert_eq!(length(119), "119 min");
        assert_eq!(length(120), "2 h");
        assert_eq!(length(71 * 60 + 59), "71 h");
        assert_eq!(length(10 * 24 * 60 + 5), "10 days");
    }
}
