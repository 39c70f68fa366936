//! From a capture to what a plan is made from.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::capture::Capture;
use crate::live::{Directory, Grid, Providers, Snapshot};
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

/// What a capture says of the clinic. A stale one says nothing.
pub fn snapshot(directory: Directory, capture: &Capture, asked: Asked<'_>) -> Snapshot {
    let Asked { users, now, max_age, file } = asked;
    let age = now.duration_since(capture.at);
    let doubt = if age > jiff::SignedDuration::try_from(max_age).unwrap_or(age) {
        Some(format!(
            "the capture {file} is {} old, and {} is the most (`max_age`): read the screen again",
            words(age.unsigned_abs()),
            words(max_age)
        ))
    } else if age.is_negative() && age.unsigned_abs() > SKEW {
        Some(format!("the capture {file} is dated {} ahead of now", words(age.unsigned_abs())))
    } else {
        None
    };
    let grids = users.iter().map(|user| {
        let grid = match &doubt {
            Some(reason) => Grid::Unread(reason.clone()),
            None => grid(&directory, capture, user, file),
        };
        (user.clone(), grid)
    });
    let grids = grids.collect();
    Snapshot { directory, grids }
}

fn grid(directory: &Directory, capture: &Capture, user: &str, file: &str) -> Grid {
    let nothing = BTreeMap::new();
    let read = capture.grids.iter().find(|(name, _)| fold(name) == fold(user));
    let read: &BTreeMap<RowKey, Cells> = read.map_or(&nothing, |(_, rows)| rows);
    let listed = directory.offices.iter().flat_map(|(office, found)| {
        let people = match &found.providers {
            Providers::Read(people) => Some(people.keys()),
            Providers::Unread(_) => None,
        };
        let key = |provider: &_| RowKey { office: *office, provider: *provider };
        people.into_iter().flatten().map(key)
    });
    let unread: std::collections::BTreeSet<RowKey> =
        listed.filter(|key| !read.contains_key(key)).collect();
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

/// A number for a user whose id the screen does not show: the same for the same name on every machine.
fn number(user: &str) -> UserId {
    let digest = sha256(fold(user).as_bytes());
    // 48 bits: every reader of JSON keeps such a number exact.
    let digits = digest.get("sha256:".len()..).and_then(|hex| hex.get(..12));
    UserId(digits.and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default())
}

fn words(time: Duration) -> String {
    match time.as_secs() / 60 {
        minutes @ 0..120 => format!("{minutes} min"),
        minutes => format!("{} h", minutes / 60),
    }
}
