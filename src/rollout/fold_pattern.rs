//! What changes of rows have in common when a fleet is summed up: the cells that move, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cells, Column, Level, Until, is_unsafe};
use crate::plan::{Action, Change, UserPlan, Why};

/// How much a change must be looked at. The order is that of the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
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
        let escalates = cells
            .iter()
            .any(|(column, before, after)| after > before && protected.contains(column));
        let weight = if escalates {
            Weight::Escalates
        } else if before.count_above(after) > 0 {
            Weight::Loses
        } else {
            Weight::Rises
        };
        let why = usize::try_from(rule).ok().and_then(|rule| user.rules.get(rule));
        Self { weight, action, cells, dates: dates(before, after), why: why.map(|r| r.why.clone()) }
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
        let Self { weight: _, action: _, cells, dates, why } = self;
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
        let why = match why {
            None => "no rule".to_owned(),
            Some(Why::Exact) => "not in the manifest".to_owned(),
            Some(Why::Profile(profile)) => format!("profile {}", visible(profile)),
            Some(Why::Override(profile)) => format!("override of profile {}", visible(profile)),
        };
        format!("{} ({why})", words.join("; "))
    }
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
