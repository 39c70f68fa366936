//! What changes of rows have in common when a fleet is summed up: the cells that move, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cells, Column, Level, Until, is_unsafe};
use crate::plan::{Action, Change, UserPlan, Why};

/// How much a change must be looked at. The order is that of the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A protected column rises.
    Escalates,
    /// Access falls or ends earlier.
    Loses,
    /// Anything else.
    Rises,
}

/// What happens to the date on which access ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dates {
    /// Nothing.
    Same,
    /// A row that is granted ends on it.
    With(Until),
    /// It moves.
    Moves(Option<Until>, Option<Until>),
}

/// Changes with equal patterns are one line of the sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    pub(super) weight: Weight,
    action: Action,
    /// The columns that move, in screen order, with their levels before and after.
    cells: Vec<(Column, Level, Level)>,
    dates: Dates,
    /// Protected columns that stay as they are, and are held until another date.
    held: Vec<Column>,
    why: Option<Why>,
}

impl Pattern {
    pub(super) fn of(user: &UserPlan, change: &Change, protected: &BTreeSet<Column>) -> Self {
        let Change { key: _, before, after, revision: _, action, rule } = *change;
        let level = |column| (before.columns().get(column), after.columns().get(column));
        let moves = |column: Column| {
            let (before, after) = level(column);
            (before != after).then_some((column, before, after))
        };
        let cells: Vec<_> = Column::ALL.into_iter().filter_map(moves).collect();
        let weight = if escalates(change, protected) {
            Weight::Escalates
        } else if loses(change) {
            Weight::Loses
        } else {
            Weight::Rises
        };
        let why = usize::try_from(rule).ok().and_then(|rule| user.rules.get(rule));
        // Each clinic has a run of its own; what they take back may be the same.
        let why = why.map(|rule| match &rule.why {
            Why::Undo(_) => Why::Undo(String::new()),
            why @ (Why::Exact | Why::Profile(_) | Why::Override(_)) => why.clone(),
        });
        let stays = |column: &Column| {
            let (before, after) = level(*column);
            before == after && after > Level::None
        };
        let held = match dates(before, after) {
            Dates::Moves(..) => protected.iter().copied().filter(stays).collect(),
            Dates::Same | Dates::With(_) => Vec::new(),
        };
        Self { weight, action, cells, dates: dates(before, after), held, why }
    }

    /// `+`, `-` or `~`.
    pub(super) const fn mark(&self) -> char {
        match self.action {
            Action::Grant => '+',
            Action::Revoke => '-',
            Action::Change => '~',
        }
    }

    /// `Patient, Scheduling none -> full (profile ocean)`.
    pub(super) fn words(&self) -> String {
        let Self { weight: _, action: _, cells, dates, held, why } = self;
        let mut levels: BTreeMap<(Level, Level), Vec<&str>> = BTreeMap::new();
        for (column, before, after) in cells {
            levels.entry((*before, *after)).or_default().push(column.title());
        }
        let mut words: Vec<String> = levels
            .into_iter()
            .map(|((before, after), columns)| format!("{} {before} -> {after}", columns.join(", ")))
            .collect();
        let date = |until: &Option<Until>| until.map_or("no end".to_owned(), |u| u.to_string());
        match dates {
            Dates::Same => {}
            Dates::With(until) => words.push(format!("Access Until {until}")),
            Dates::Moves(from, to) => {
                words.push(format!("Access Until {} -> {}", date(from), date(to)));
            }
        }
        if !held.is_empty() {
            let titles: Vec<&str> = held.iter().map(|column| column.title()).collect();
            words.push(format!("with {}", titles.join(", ")));
        }
        let why = match why {
            None => "no rule".to_owned(),
            Some(Why::Exact) => "not in the manifest".to_owned(),
            Some(Why::Profile(profile)) => format!("profile {}", visible(profile)),
            Some(Why::Undo(_)) => "undo".to_owned(),
            Some(Why::Override(profile)) => format!("override of profile {}", visible(profile)),
        };
        format!("{} ({why})", words.join("; "))
    }
}

/// Whether a protected column rises, or is held for longer: a later end is more access to every column
/// that the row holds.
pub(super) fn escalates(change: &Change, protected: &BTreeSet<Column>) -> bool {
    let (before, after) = (change.before, change.after);
    let longer = before.until_differs(after)
        && after.until().is_none_or(|end| before.until().is_some_and(|was| end > was));
    protected.iter().any(|column| {
        let (was, is) = (before.columns().get(*column), after.columns().get(*column));
        is > was || (longer && is > Level::None)
    })
}

/// Whether a row loses anything: a level falls, or access ends earlier.
pub(super) fn loses(change: &Change) -> bool {
    change.before.count_above(change.after) > 0
}

fn dates(before: Cells, after: Cells) -> Dates {
    match after.until() {
        Some(until) if before.is_nothing() => Dates::With(until),
        until if before.until_differs(after) => Dates::Moves(before.until(), until),
        _ => Dates::Same,
    }
}

/// A name cannot break a line in two, nor hide a part of it.
fn visible(name: &str) -> String {
    name.chars().fold(String::new(), |mut safe, character| {
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        safe
    })
}
