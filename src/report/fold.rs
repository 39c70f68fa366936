//! Plans summed up: equal changes of all rows and clinics are one line.
//!
//! It takes one plan at a time and keeps no plan. What it keeps is bounded, and the same in whatever
//! order the plans come: the patterns that are least in their order, the weighty ones first.

use std::collections::{BTreeMap, BTreeSet};

use super::fold_pattern::{Pattern, Weight, escalates, loses};
use crate::model::Column;
use crate::plan::Plan;

/// The columns whose rise is looked at first, whatever a manifest protects.
pub const WEIGHTY: [Column; 3] = [Column::PrescribeFor, Column::Inbox, Column::Reporting];

/// The most patterns that are kept apart.
const MOST: usize = 500;

/// The sum of plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    protected: BTreeSet<Column>,
    patterns: BTreeMap<Pattern, Count>,
    /// Patterns from this one on are no longer kept apart.
    bound: Option<Pattern>,
    other: Other,
    clinics: u64,
    changed: u64,
    escalating: u64,
    losing: u64,
    both: u64,
}

/// A change that rows of one clinic or of many have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedChange {
    /// How much it must be looked at.
    pub weight: Weight,
    /// `+`, `-` or `~`.
    pub mark: char,
    /// `Patient, Scheduling none -> full (profile ocean)`.
    pub words: String,
    /// In how many rows.
    pub rows: u64,
    /// In how many clinics.
    pub clinics: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    rows: u64,
    clinics: u64,
}

/// What is not kept apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Other {
    rows: u64,
    weighty: u64,
}

impl Folded {
    /// The sum of no plans. A rise of a `protected` column comes first.
    pub fn new(protected: BTreeSet<Column>) -> Self {
        Self { protected, ..Self::default() }
    }

    /// Adds the plan of one more clinic.
    pub fn add(&mut self, plan: &Plan) {
        let mut rows: BTreeMap<Pattern, u64> = BTreeMap::new();
        for user in &plan.users {
            for change in &user.changes {
                let (escalates, loses) = (escalates(change, &self.protected), loses(change));
                self.escalating += u64::from(escalates);
                self.losing += u64::from(loses);
                self.both += u64::from(escalates && loses);
                *rows.entry(Pattern::of(user, change, &self.protected)).or_default() += 1;
            }
        }
        self.clinics += 1;
        self.changed += u64::from(!rows.is_empty());
        for (pattern, rows) in rows {
            if self.bound.as_ref().is_some_and(|bound| pattern >= *bound) {
                self.other.add(&pattern, rows);
                continue;
            }
            let count = self.patterns.entry(pattern).or_default();
            count.rows += rows;
            count.clinics += 1;
            if self.patterns.len() > MOST
                && let Some((last, count)) = self.patterns.pop_last()
            {
                self.other.add(&last, count.rows);
                self.bound = Some(last);
            }
        }
    }

    /// How many plans were added.
    pub const fn clinics(&self) -> u64 {
        self.clinics
    }

    /// How many of them have changes.
    pub const fn clinics_with_changes(&self) -> u64 {
        self.changed
    }

    /// How many rows change.
    pub fn rows(&self) -> u64 {
        self.patterns.values().map(|count| count.rows).sum::<u64>() + self.other.rows
    }

    /// In how many rows a protected column rises, or is held for longer.
    pub const fn escalating(&self) -> u64 {
        self.escalating
    }

    /// How many rows lose anything, those that also rise included.
    pub const fn losing(&self) -> u64 {
        self.losing
    }

    /// How many rows do both.
    pub const fn both(&self) -> u64 {
        self.both
    }

    /// How many rows change in ways that were not kept apart.
    pub const fn other(&self) -> u64 {
        self.other.rows
    }

    /// The changes that were kept apart: rises of protected columns, then what is lost, then the
    /// rest, each by the number of rows.
    pub fn changes(&self) -> Vec<FoldedChange> {
        let mut sorted: Vec<(&Pattern, &Count)> = self.patterns.iter().collect();
        sorted.sort_by(|(one, a), (two, b)| {
            (one.weight, b.rows, one).cmp(&(two.weight, a.rows, two))
        });
        let change = |(pattern, Count { rows, clinics }): (&Pattern, &Count)| FoldedChange {
            weight: pattern.weight,
            mark: pattern.mark(),
            words: pattern.words(),
            rows: *rows,
            clinics: *clinics,
        };
        sorted.into_iter().map(change).collect()
    }

    /// A line for each of [`Folded::changes`]. The last counts what was not kept apart.
    pub fn lines(&self) -> Vec<String> {
        let line = |change: FoldedChange| {
            let FoldedChange { weight: _, mark, words, rows, clinics } = change;
            format!("{mark} {} in {}: {words}", counted(rows, "row"), counted(clinics, "clinic"))
        };
        let mut lines: Vec<String> = self.changes().into_iter().map(line).collect();
        let Other { rows, weighty } = self.other;
        if rows > 0 {
            let more = counted(rows, "row");
            lines.push(format!(
                "~ {more} more, changed in other ways; {weighty} of them lose access or gain a \
                 protected column"
            ));
        }
        lines
    }
}

impl Other {
    fn add(&mut self, pattern: &Pattern, rows: u64) {
        self.rows += rows;
        self.weighty += match pattern.weight {
            Weight::Escalates | Weight::Loses => rows,
            Weight::Rises => 0,
        };
    }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
