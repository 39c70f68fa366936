//! A saved plan against the clinic as it is now: what moved, and what a plan made now would not say.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Change, HeldRow, Plan, UnreadPart, UserPlan};
use crate::desired::{Rule, Why};
use crate::diagnostic::Diagnostic;
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, LiveRow, Names, RowKey};

/// What became of a saved plan since it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Rows that somebody else changed, by address: the plan is stale.
    pub moved: Vec<String>,
    /// Changes that a plan made now would not make, by address: the plan is not the manifest's.
    pub foreign: Vec<String>,
    /// Changes that are not yet what the plan says.
    pub open: usize,
    /// Offices and providers of its changes that have other names now: the reviewer saw others.
    pub renamed: Vec<Renamed>,
    /// What a plan made now would show and the saved one does not: users, findings and held rows.
    pub left_out: Vec<String>,
    /// The saved plan, measured against the rows that exist now: what the guards must judge.
    pub judged: Plan,
}

/// An office or a provider under another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Renamed {
    /// What the plan shows.
    pub shown: String,
    /// What the directory says.
    pub is: String,
}

/// Compares a saved plan with one made now from the same manifest, or record, and targets.
pub fn compare(saved: &Plan, fresh: &Plan, live: &Snapshot) -> Comparison {
    let mut result = Comparison {
        moved: Vec::new(),
        foreign: Vec::new(),
        open: 0,
        renamed: renamed(saved, &fresh.names),
        left_out: left_out(saved, fresh),
        judged: saved.clone(),
    };
    for (user, judged) in saved.users.iter().zip(&mut result.judged.users) {
        let same = fresh.users.iter().find(|now| {
            (&now.name, now.id, &now.name_pattern, now.exact)
                == (&user.name, user.id, &user.name_pattern, user.exact)
        });
        let (Some(now), Some(Grid::Read { rows, unread, .. })) = (same, live.grid(&user.name))
        else {
            result.foreign.push(format!("{}/{}", saved.clinic, user.name));
            continue;
        };
        let rows: BTreeMap<RowKey, LiveRow> = rows.iter().map(|row| (row.key, *row)).collect();
        let planned: BTreeMap<RowKey, &Change> =
            now.changes.iter().map(|change| (change.key, change)).collect();
        judged.existing.clone_from(&now.existing);
        for change in &user.changes {
            let row = rows.get(&change.key);
            let cells = row.map_or(Cells::NOTHING, |row| row.cells);
            let address = || saved.names.address(&saved.clinic, &user.name, change.key);
            result.open += usize::from(cells != change.after);
            if unread.contains(&change.key) {
                // Nothing is known of it, so nobody can say that it is as it was.
                result.moved.push(address());
            } else if cells == change.after {
                // Done by an earlier run of the same plan: the row counted as existing then.
                if cells.is_nothing() {
                    *judged.existing.entry(change.key.office).or_insert(0) += 1;
                }
            } else if cells != change.before || row.map(|row| row.revision) != change.revision {
                result.moved.push(address());
            } else if !planned.get(&change.key).is_some_and(|now_planned| {
                now_planned.after == change.after && rule(now, now_planned) == rule(user, change)
            }) {
                result.foreign.push(address());
            }
        }
    }
    let address = |held: &HeldRow| saved.names.address(&saved.clinic, &held.user, held.key);
    result.moved.extend(saved.held.iter().filter(|held| !fresh.held.contains(held)).map(address));
    result
}

/// What the rule behind a change says. In a fleet manifest its place may have moved since: the digest
/// is that of what a clinic inherits, and not of the lines around it.
fn rule<'a>(user: &'a UserPlan, change: &Change) -> Option<(&'a Why, Option<&'a str>, Place)> {
    let Rule { why, reason, layer, line, column } = user.rules.get(change.rule as usize)?;
    let place = layer.is_clinic().then_some((*line, *column));
    Some((why, reason.as_deref(), place))
}

/// Line and column in the clinic's own manifest.
type Place = Option<(usize, usize)>;

/// The names of what would be written, where they are not the directory's. A plan made by somebody
/// else could show a reviewer one person and write the row of another.
fn renamed(saved: &Plan, now: &Names) -> Vec<Renamed> {
    let mut renamed = BTreeSet::new();
    for change in saved.users.iter().flat_map(|user| &user.changes) {
        let RowKey { office, provider } = change.key;
        if saved.names.offices.get(&office) != now.offices.get(&office) {
            renamed.insert(Renamed { shown: saved.names.office(office), is: now.office(office) });
        }
        if saved.names.providers.get(&provider) != now.providers.get(&provider) {
            let (shown, is) = (saved.names.provider(provider), now.provider(provider));
            renamed.insert(Renamed { shown, is });
        }
    }
    renamed.into_iter().collect()
}

/// Users, findings and held rows that are there now and that the reviewer was not shown.
fn left_out(saved: &Plan, fresh: &Plan) -> Vec<String> {
    let was_unread = |name: &str| {
        saved.unread.iter().any(|unread| match &unread.part {
            UnreadPart::Grid(user) => user == name,
            UnreadPart::Office(_) | UnreadPart::Rows { .. } => false,
        })
    };
    let has_user = |name: &str| saved.users.iter().any(|user| user.name == name);
    let missing = fresh
        .users
        .iter()
        .filter(|user| !has_user(&user.name) && !was_unread(&user.name))
        .map(|user| format!("the user {}", user.name));
    // Not the hint: it lists candidates, which come and go.
    let same = |one: &Diagnostic, two: &Diagnostic| {
        (one.code, one.severity, &one.path, &one.message)
            == (two.code, two.severity, &two.path, &two.message)
    };
    let unsaid = fresh
        .findings
        .iter()
        .filter(|finding| !saved.findings.iter().any(|shown| same(shown, finding)))
        .map(|finding| format!("the finding {}: {}", finding.code, finding.message));
    let is_shown = |held: &&HeldRow| {
        let is_planned = |user: &UserPlan| {
            user.name == held.user && user.changes.iter().any(|change| change.key == held.key)
        };
        saved.held.iter().any(|shown| shown.is_at(&held.user, held.key))
            || saved.users.iter().any(is_planned)
    };
    let held = fresh.held.iter().filter(|held| !is_shown(held)).map(|held| {
        format!("the held row {}", fresh.names.address(&fresh.clinic, &held.user, held.key))
    });
    missing.chain(unsaid).chain(held).collect()
}
