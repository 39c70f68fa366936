//! From a capture to what a plan is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::capture::Capture;
use crate::live::{Captured, Directory, Grid, Providers, Snapshot};
use crate::model::{Cells, LiveRow, Revision, RowKey, UserId, fold, sha256};

/// Whose grids are asked for, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The users.
    pub users: &'a [String],
    /// Now.
    pub now: Timestamp,
    /// How old the capture may be.
    pub max_age: Duration,
    /// The capture's file, for reasons.
    pub file: &'a str,
}

/// Clocks of two machines may differ by so much.
const SKEW: Duration = Duration::from_mins(5);

/// Whether a capture still says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It does, up to this time.
    Until(Timestamp),
    /// It is older than `max_age`.
    Stale,
    /// It is dated ahead of now.
    Ahead,
}

/// Judges the time at which a capture was made.
pub fn freshness(at: Timestamp, now: Timestamp, max_age: Duration) -> Freshness {
    let ahead = at.duration_since(now);
    let until = at.checked_add(max_age).unwrap_or(Timestamp::MAX);
    if now > until {
        Freshness::Stale
    } else if ahead.is_positive() && ahead.unsigned_abs() > SKEW {
        Freshness::Ahead
    } else {
        Freshness::Until(until)
    }
}

/// What a capture says of the clinic. A stale one says nothing.
pub fn snapshot(directory: Directory, capture: &Capture, asked: Asked<'_>) -> Snapshot {
    let Asked { users, now, max_age, file } = asked;
    let at = capture.at;
    // Never how old it is: the same capture must give the same plan whenever it is too old.
    let doubt = match freshness(at, now, max_age) {
        Freshness::Stale => {
            let most = words(max_age);
            Some(format!(
                "the capture {file} of {at} is over {most} old (`max_age`): read the screen again"
            ))
        }
        Freshness::Ahead => Some(format!("the capture {file} of {at} is dated ahead of now")),
        Freshness::Until(_) => None,
    };
    let grids = users.iter().map(|user| {
        let grid = match &doubt {
            Some(reason) => Grid::Unread(reason.clone()),
            None => grid(&directory, capture, user, file),
        };
        (user.clone(), grid)
    });
    let grids = grids.collect();
    let captured = Some(Captured { at: capture.at, by: capture.by.clone() });
    Snapshot { directory, grids, captured }
}

fn grid(directory: &Directory, capture: &Capture, user: &str, file: &str) -> Grid {
    let nothing = BTreeMap::new();
    let read = read_of(capture, user).unwrap_or(&nothing);
    let unread: BTreeSet<RowKey> =
        listed(directory).filter(|key| !read.contains_key(key)).collect();
    if read.is_empty() && !unread.is_empty() {
        return Grid::Unread(format!("no row of {user} was read in the capture {file}"));
    }
    let granting = read.iter().filter(|(_, cells)| !cells.is_nothing());
    let row = |(key, cells): (&RowKey, &Cells)| LiveRow {
        key: *key,
        cells: *cells,
        // A screen shows none: what is there is compared instead.
        revision: Revision(0),
    };
    Grid::Read { user: number(user), active: true, rows: granting.map(row).collect(), unread }
}

fn read_of<'a>(capture: &'a Capture, user: &str) -> Option<&'a BTreeMap<RowKey, Cells>> {
    capture.grids.iter().find(|(name, _)| fold(name) == fold(user)).map(|(_, rows)| rows)
}

/// Every row that a grid may have.
fn listed(directory: &Directory) -> impl Iterator<Item = RowKey> {
    directory.offices.iter().flat_map(|(office, found)| {
        let people = match &found.providers {
            Providers::Read(people) => Some(people.keys()),
            Providers::Unread(_) => None,
        };
        let key = |provider: &_| RowKey { office: *office, provider: *provider };
        people.into_iter().flatten().map(key)
    })
}

/// How many rows of each user's grid a capture leaves unread.
pub fn unread(directory: &Directory, capture: &Capture, users: &[String]) -> Vec<(String, usize)> {
    let count = |user: &String| {
        let read = read_of(capture, user);
        let is_read = |key: &RowKey| read.is_some_and(|rows| rows.contains_key(key));
        (user.clone(), listed(directory).filter(|key| !is_read(key)).count())
    };
    users.iter().map(count).collect()
}

/// A number for a user whose id the screen does not show: the same for the same name on every machine.
fn number(user: &str) -> UserId {
    let digest = sha256(fold(user).as_bytes());
    // 48 bits: every reader of JSON keeps such a number exact.
    let digits = digest.get("sha256:".len()..).and_then(|hex| hex.get(..12));
    UserId(digits.and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default())
}

fn words(time: Duration) -> String {
    match time.as_secs() / 60 {
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}
