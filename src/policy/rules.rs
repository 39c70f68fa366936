//! The built-in rules. They look at what a plan adds, so a plan that only takes away is never denied for
//! what was there before; `excess-columns` alone is about what it leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use crate::diagnostic::Position;
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, Column, Columns, Level, OfficeId, PolicyRule, RowKey};
use crate::plan::{Change, Plan, Rule, UserPlan};

/// How the built-in rules are switched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Rules that deny; the others warn.
    pub deny: BTreeSet<PolicyRule>,
    /// Rules that are not judged, unless they deny.
    pub off: BTreeSet<PolicyRule>,
    /// Pairs of columns of which nobody may hold both in one office.
    pub separate: Vec<(Column, Column)>,
}

/// What the built-in rules say of a plan, in their order.
pub fn judge_rules(settings: &Settings, plan: &Plan, live: &Snapshot) -> Vec<Judgement> {
    let Settings { deny, off, separate } = settings;
    let mut found = Vec::new();
    for rule in PolicyRule::ALL {
        let is_denied = deny.contains(&rule);
        // A plan lists what it leaves by itself: another warning would say it twice.
        let is_said = rule == PolicyRule::ExcessColumns;
        if !is_denied && (is_said || off.contains(&rule)) {
            continue;
        }
        for user in &plan.users {
            let said = match rule {
                PolicyRule::ExcessColumns => excess(plan, user),
                PolicyRule::PrescribeForApiUser => prescribes(plan, user),
                PolicyRule::UntilMissingOnTemporaryGrant => temporary(plan, user),
                PolicyRule::SeparationOfDuties => together(plan, user, live, separate),
            };
            found.extend(said.into_iter().map(|(message, place, at)| Judgement {
                rule: rule.key().to_owned(),
                is_denied,
                message,
                place,
                at,
            }));
        }
    }
    found
}

/// The message, the row where nothing else names one, and the entry behind it.
type Said = Vec<(String, Option<String>, Option<Position>)>;

fn address(plan: &Plan, user: &UserPlan, key: RowKey) -> String {
    plan.names.address(&plan.clinic, &user.name, key)
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// Rows that keep more than the manifest says.
fn excess(plan: &Plan, user: &UserPlan) -> Said {
    let Some(first) = user.excess.first() else { return Vec::new() };
    let count = rows(user.excess.len());
    let keep = if user.excess.len() == 1 { "keeps" } else { "keep" };
    let message = format!("{count} of {} {keep} more than the manifest says", user.name);
    vec![(message, Some(address(plan, user, first.key)), None)]
}

/// Rows that gain Prescribe For.
fn prescribes(plan: &Plan, user: &UserPlan) -> Said {
    let level = |cells: Cells| cells.columns().get(Column::PrescribeFor);
    let gains = |change: &&Change| level(change.after) > level(change.before);
    let gaining: Vec<&Change> = user.changes.iter().filter(gains).collect();
    let Some(first) = gaining.first() else { return Vec::new() };
    let count = rows(gaining.len());
    let row = address(plan, user, first.key);
    let message = format!("{count} of {} would gain Prescribe For, first {row}", user.name);
    vec![(message, None, position(user, first))]
}

/// Rows that rise without an end, by a rule whose reason speaks of one.
fn temporary(plan: &Plan, user: &UserPlan) -> Said {
    let mut by_rule: BTreeMap<u32, Vec<&Change>> = BTreeMap::new();
    for change in &user.changes {
        let rises = change.after.count_above(change.before) > 0;
        if rises && change.after.until().is_none() && word(user, change).is_some() {
            by_rule.entry(change.rule).or_default().push(change);
        }
    }
    let said = by_rule.into_values().filter_map(|changes| {
        let first = changes.first()?;
        let word = word(user, first)?;
        let count = rows(changes.len());
        let row = address(plan, user, first.key);
        let message =
            format!("the reason says `{word}`, and {count} would have no end, first {row}");
        Some((message, None, position(user, first)))
    });
    said.collect()
}

/// The word of the rule's reason that speaks of an end.
fn word(user: &UserPlan, change: &Change) -> Option<&'static str> {
    const WORDS: [&str; 8] =
        ["cover", "coverage", "covering", "temporary", "temporarily", "temp", "locum", "interim"];
    let Rule { reason, .. } = user.rules.get(change.rule as usize)?;
    let reason = reason.as_ref()?.to_lowercase();
    let mut said = reason.split(|c: char| !c.is_alphanumeric());
    said.find_map(|said| WORDS.into_iter().find(|word| *word == said))
}

/// Offices in which the user would gain one of two columns and hold both.
fn together(plan: &Plan, user: &UserPlan, live: &Snapshot, pairs: &[(Column, Column)]) -> Said {
    if pairs.is_empty() {
        return Vec::new();
    }
    let held = held(user, live);
    let mut said = Vec::new();
    for (one, two) in pairs {
        let mut seen = BTreeSet::new();
        for change in &user.changes {
            let office = change.key.office;
            let level = |cells: Cells, column: &Column| cells.columns().get(*column);
            let gains = [one, two]
                .iter()
                .any(|column| level(change.after, column) > level(change.before, column));
            let both = held.get(&office).is_some_and(|columns| {
                columns.get(*one) > Level::None && columns.get(*two) > Level::None
            });
            if gains && both && seen.insert(office) {
                let office = plan.names.office(office);
                let message =
                    format!("{} would hold {one} and {two} together in {office}", user.name);
                let row = address(plan, user, change.key);
                said.push((message, Some(row), position(user, change)));
            }
        }
    }
    said
}

/// The highest level of each column that the user holds in each office once the plan is applied.
fn held(user: &UserPlan, live: &Snapshot) -> BTreeMap<OfficeId, Columns> {
    let mut rows: BTreeMap<RowKey, Cells> = BTreeMap::new();
    let grid = live.grids.iter().find(|(name, _)| *name == user.name);
    if let Some((_, Grid::Read { rows: read, .. })) = grid {
        rows.extend(read.iter().map(|row| (row.key, row.cells)));
    }
    rows.extend(user.changes.iter().map(|change| (change.key, change.after)));
    let mut held: BTreeMap<OfficeId, Columns> = BTreeMap::new();
    for (key, cells) in rows {
        let columns = held.entry(key.office).or_insert(Columns::NONE);
        *columns = (*columns).max(cells.columns());
    }
    held
}

/// Adds the place of the manifest to what names a row of the plan by its address.
pub fn locate(said: &mut [Judgement], plan: &Plan) {
    if said.iter().all(|judgement| judgement.place.is_none()) {
        return;
    }
    let changes = plan.users.iter().flat_map(|user| {
        user.changes.iter().map(move |change| (address(plan, user, change.key), (user, change)))
    });
    let changes: BTreeMap<String, (&UserPlan, &Change)> = changes.collect();
    for Judgement { place, at, .. } in said {
        let named = place.as_ref().and_then(|place| changes.get(place));
        *at = named.and_then(|(user, change)| position(user, change));
    }
}

/// Where the rule behind a change is written; `None`: no entry decides.
fn position(user: &UserPlan, change: &Change) -> Option<Position> {
    let Rule { why: _, reason: _, layer, line, column } = user.rules.get(change.rule as usize)?;
    (*line > 0).then_some(Position { layer: *layer, line: *line, column: *column })
}
