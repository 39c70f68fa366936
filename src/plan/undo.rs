//! From the record of a run and live to the plan that takes the run back. Pure.
//!
//! A row that is still what the run left goes back to what was there before. A row that somebody
//! changed since is held. What is unread is never touched.

use std::collections::BTreeMap;

use super::build::{Inputs, by_office, ends, existing, live_rows};
use super::diff::DiffRows;
use super::value::{Action, Change, HeldReason, HeldRow, Plan, Unread, UnreadPart, UserPlan};
use crate::desired::{Desired, DesiredUser, Rule, Why};
use crate::diagnostic::{Diagnostic, Layer, Segment};
use crate::live::{Grid, Providers};
use crate::model::{Cells, LiveRow, Names, Revision, RowKey, UserId};

/// What a run wrote, or may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The run's name.
    pub run: String,
    /// Its rows, each once.
    pub rows: Vec<RecordedRow>,
}

/// One row that a run wrote, or may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRow {
    /// The user whose grid it is in, by the name of then.
    pub user: String,
    /// The user.
    pub user_id: UserId,
    /// Where it is.
    pub key: RowKey,
    /// What the directory called the office.
    pub office: Option<String>,
    /// What the directory called the provider.
    pub provider: Option<String>,
    /// What it granted before.
    pub before: Cells,
    /// What the run left there.
    pub after: Cells,
    /// Whether the record says that the run itself wrote it.
    pub certain: bool,
}

/// The rules of an undo: what the record says that the run wrote, and what it may have written.
const CERTAIN: u32 = 0;
const UNCERTAIN: u32 = 1;

/// Plans what takes `recorded` back. The manifest says whose grids may be touched and what is
/// protected; what it wants of the rows plays no part.
pub fn undo_plan(inputs: Inputs<'_>, recorded: &Recorded) -> Plan {
    let Inputs { clinic, tenant, site, manifest, desired, live, targets } = inputs;
    let mut rows: Vec<&RecordedRow> = recorded.rows.iter().collect();
    rows.sort_by_key(|row| (&row.user, row.key));
    let mut parts: BTreeMap<UserId, Part> = BTreeMap::new();
    let mut unread: BTreeMap<UnreadPart, String> = BTreeMap::new();
    let mut unread_rows = Vec::new();
    let mut held = Vec::new();
    for row in rows {
        match fate(row, inputs) {
            Fate::Unread(part, why) => {
                unread.insert(part, why);
            }
            Fate::UnreadRow => unread_rows.push((row.user.as_str(), row.key)),
            Fate::Held(reason, is) => held.push(HeldRow {
                user: row.user.clone(),
                key: row.key,
                was: row.after,
                is,
                reason,
            }),
            Fate::OutOfScope => parts.entry(row.user_id).or_default().untargeted += 1,
            Fate::Back => parts.entry(row.user_id).or_default().diff.unchanged += 1,
            Fate::Change(change) => {
                let part = parts.entry(row.user_id).or_default();
                part.untargeted += usize::from(change.after != row.before);
                part.diff.changes.push(change);
            }
        }
    }
    let users = desired.users.iter().filter_map(|user| {
        let (part, rows) = (parts.remove(&user.id)?, live_rows(live, &user.name)?);
        Some(user_plan(user, part, rows, &recorded.run))
    });
    Plan {
        clinic: clinic.to_owned(),
        tenant: tenant.to_owned(),
        site: site.to_owned(),
        manifest: manifest.clone(),
        planner: None,
        undoes: Some(recorded.run.clone()),
        targets: targets.clone(),
        users: users.collect(),
        unread: unread
            .into_iter()
            .map(|(part, reason)| Unread { part, reason })
            .chain(by_office(unread_rows.into_iter()))
            .collect(),
        held,
        findings: desired
            .findings
            .iter()
            .filter(|finding| is_of_safety(finding))
            .cloned()
            .collect(),
        names: names(live.directory.names(), recorded),
    }
}

/// One user's rows while they are gathered.
#[derive(Default)]
struct Part {
    diff: DiffRows,
    untargeted: usize,
}

/// What becomes of a recorded row.
enum Fate {
    /// It goes back.
    Change(Change),
    /// It is what was there before.
    Back,
    /// The targets leave it out.
    OutOfScope,
    /// It is left alone.
    Held(HeldReason, Option<Cells>),
    /// It, or whose row it is, is not known.
    Unread(UnreadPart, String),
    /// The grid was read, and the row was not.
    UnreadRow,
}

fn fate(row: &RecordedRow, inputs: Inputs<'_>) -> Fate {
    let Inputs { desired, live, targets, .. } = inputs;
    let RecordedRow { user, user_id, key, before, after, certain, office: _, provider: _ } = row;
    if !targets.has_row(*key) {
        return Fate::OutOfScope;
    }
    match live.grid(user) {
        Some(Grid::Unread(why)) => {
            return Fate::Unread(UnreadPart::Grid(user.clone()), why.clone());
        }
        Some(grid) if grid.has_unread(*key) => return Fate::UnreadRow,
        Some(_) | None => {}
    }
    let managed = desired.users.iter().find(|user| user.id == *user_id);
    let Some(rows) = managed.and_then(|user| live_rows(live, &user.name)) else {
        return Fate::Held(HeldReason::Unmanaged, None);
    };
    let (cells, revision) = state(rows, *key);
    // Within the targets: a column that is left out may be whatever it is.
    let target = targets.cut(*key, cells, *before);
    let Some(action) = Action::between(cells, target) else {
        return Fate::Back;
    };
    if targets.cut(*key, cells, *after) != cells {
        return Fate::Held(HeldReason::Moved, Some(cells));
    }
    match live.directory.offices.get(&key.office).map(|office| &office.providers) {
        Some(Providers::Unread(why)) => Fate::Unread(UnreadPart::Office(key.office), why.clone()),
        Some(Providers::Read(listed)) if listed.contains_key(&key.provider) => {
            let rule = if *certain { CERTAIN } else { UNCERTAIN };
            Fate::Change(Change { key: *key, before: cells, after: target, revision, action, rule })
        }
        Some(Providers::Read(_)) | None => Fate::Held(HeldReason::Unlisted, Some(cells)),
    }
}

/// What a row grants now, and at which revision.
fn state(rows: &[LiveRow], key: RowKey) -> (Cells, Option<Revision>) {
    let found = rows.binary_search_by_key(&key, |row| row.key).ok().and_then(|at| rows.get(at));
    found.map_or((Cells::NOTHING, None), |row| (row.cells, Some(row.revision)))
}

fn user_plan(user: &DesiredUser, part: Part, live: &[LiveRow], run: &str) -> UserPlan {
    let DesiredUser { name, id, name_pattern, exact, .. } = user;
    let Part { diff, untargeted } = part;
    let rule = |reason: String| Rule {
        layer: Layer::Clinic,
        why: Why::Undo(run.to_owned()),
        reason: Some(reason),
        line: 0,
        column: 0,
    };
    UserPlan {
        name: name.clone(),
        id: *id,
        name_pattern: name_pattern.clone(),
        exact: *exact,
        rules: vec![
            rule("the run wrote it".to_owned()),
            rule("the run may have written it: its record does not say".to_owned()),
        ],
        ends: ends(live, &diff),
        changes: diff.changes,
        excess: Vec::new(),
        uncovered: Vec::new(),
        unchanged: diff.unchanged,
        untargeted,
        existing: existing(live),
    }
}

/// Findings about what no apply may touch. The others are about what the manifest wants.
fn is_of_safety(finding: &Diagnostic) -> bool {
    matches!(finding.path.0.first(), Some(Segment::Key(key)) if key == "safety")
}

/// The directory's names, and those of then for what it no longer has.
fn names(mut names: Names, recorded: &Recorded) -> Names {
    for row in &recorded.rows {
        if let Some(office) = &row.office {
            names.offices.entry(row.key.office).or_insert_with(|| office.clone());
        }
        if let Some(provider) = &row.provider {
            names.providers.entry(row.key.provider).or_insert_with(|| provider.clone());
        }
    }
    names
}

/// How many of an undo's changes the manifest, as it is, would make again.
pub fn made_again(plan: &Plan, desired: &Desired) -> usize {
    let again = |user: &UserPlan, change: &Change| {
        let Some(want) = desired.users.iter().find(|want| want.id == user.id) else {
            return false;
        };
        let row = want.rows.iter().find(|row| row.key == change.key);
        let says = row.map_or(Cells::NOTHING, |row| row.cells);
        let exact = want.exact && want.managed.contains(&change.key.office);
        let after = if exact { says } else { change.after.raised_to(says) };
        Action::between(change.after, after).is_some()
    };
    let changes =
        plan.users.iter().flat_map(|user| user.changes.iter().map(move |row| (user, row)));
    changes.filter(|(user, change)| again(user, change)).count()
}
