//! From a capture to what a plan is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::capture::Capture;
use super::freshness::Freshness;
use crate::live::{Directory, Grid, Providers, Snapshot};
use crate::model::{Cells, LiveRow, OfficeId, ProviderId, Revision, RowKey, UserId, fold, sha256};

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

/// What a capture says of the clinic. A stale one says nothing.
pub fn snapshot(directory: Directory, capture: &Capture, asked: Asked<'_>) -> Snapshot {
    let Asked { users, now, max_age, file } = asked;
    // Never how old it is: the same capture must give the same plan whenever it is too old.
    let doubt = match capture.freshness(now, max_age) {
        Freshness::Fresh => None,
        Freshness::Stale => {
            let (at, most) = (capture.oldest(), words(max_age));
            Some(format!(
                "the capture {file} of {at} is over {most} old (`max_age`): read the screen again"
            ))
        }
        Freshness::Ahead => {
            Some(format!("the capture {file} of {} is dated ahead of now", capture.at))
        }
    };
    let grids = users.iter().map(|user| {
        let grid = match &doubt {
            Some(reason) => Grid::Unread(reason.clone()),
            None => grid(&directory, capture, user, file),
        };
        (user.clone(), grid)
    });
    let grids = grids.collect();
    let captured = Some(capture.captured());
    Snapshot { directory, grids, captured }
}

fn grid(directory: &Directory, capture: &Capture, user: &str, file: &str) -> Grid {
    let nothing = BTreeMap::new();
    let read = read_of(&capture.grids, user).unwrap_or(&nothing);
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

fn read_of<'a>(
    grids: &'a BTreeMap<String, BTreeMap<RowKey, Cells>>,
    user: &str,
) -> Option<&'a BTreeMap<RowKey, Cells>> {
    grids.iter().find(|(name, _)| fold(name) == fold(user)).map(|(_, rows)| rows)
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

/// How much of an office a capture read, of one user's grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeRows {
    /// Whose grid.
    pub user: String,
    /// The office.
    pub office: OfficeId,
    /// How many of its rows were read.
    pub read: usize,
    /// How many were not; `None`: the directory does not list its providers, so nobody knows.
    pub unread: Option<usize>,
}

/// How many rows of each user's grid were read, office by office. What the directory does not list counts
/// for nothing.
pub fn counts(
    directory: &Directory,
    grids: &BTreeMap<String, BTreeMap<RowKey, Cells>>,
    users: &[String],
) -> Vec<OfficeRows> {
    let nothing = BTreeMap::new();
    let mut counts = Vec::new();
    for user in users {
        let rows = read_of(grids, user).unwrap_or(&nothing);
        for (office, found) in &directory.offices {
            let all = match &found.providers {
                Providers::Read(people) => Some(people),
                Providers::Unread(_) => None,
            };
            let is_read = |provider: &&ProviderId| {
                rows.contains_key(&RowKey { office: *office, provider: **provider })
            };
            let read = all.map_or(0, |people| people.keys().filter(is_read).count());
            let unread = all.map(|people| people.len() - read);
            counts.push(OfficeRows { user: user.clone(), office: *office, read, unread });
        }
    }
    counts
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
