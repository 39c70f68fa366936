//! The limits that a plan must keep. Revoking has its own gate; every refusal says which rule, by
//! how much, and how to go on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::never;
use super::value::{Change, Plan, UserPlan};
use crate::desired::Protected;
use crate::diagnostic::{Code, Position};
use crate::model::{Column, Level, OfficeId};

/// The limits of one apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Rows that lose anything, of existing rows, in percent; per clinic and per office.
    pub max_revoked_rows_percent: u32,
    /// Cells that fall.
    pub max_revocations: u32,
    /// Cells of one office that fall.
    pub max_revocations_per_office: u32,
    /// Rows that change at all, of existing and newly granted rows, in percent; per clinic and per
    /// office.
    pub max_changed_rows_percent: u32,
    /// Columns that only a rule with a reason may grant.
    pub protected_columns: Vec<Column>,
    /// Rows that are never changed.
    pub protected: Protected,
    /// The user that the bridge works as; none of its rows is lowered.
    pub own_user: Option<String>,
    /// Whether a user may be left with nothing granted.
    pub allow_empty: bool,
}

/// Fewer existing rows than this are too few for a percentage to mean anything.
const FLOOR: usize = 10;

/// One broken limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// By how much.
    pub message: String,
    /// How to go on.
    pub hint: String,
    /// Whether `--allow-mass-change` may override it for this very plan.
    pub overridable: bool,
    /// The entry of the manifest that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
}

/// The limits that `plan` breaks, in a fixed order.
pub fn refusals(plan: &Plan, policy: &Policy) -> Vec<Refusal> {
    let Policy {
        max_revoked_rows_percent,
        max_revocations,
        max_revocations_per_office,
        max_changed_rows_percent,
        protected_columns,
        protected: protected_rows,
        own_user,
        allow_empty,
    } = policy;
    let mut refusals = Vec::new();
    let loses = |change: &Change| change.before.count_above(change.after) > 0;
    let revoked = Count::of(plan, loses);
    refusals.extend(revoked.over(*max_revoked_rows_percent).into_iter().map(|(place, percent)| {
        mass(
            Code::RevokedRows,
            format!(
                "{percent} % of {} would lose access, more than max_revoked_rows_percent {max_revoked_rows_percent}",
                revoked.label(plan, place)
            ),
        )
    }));
    let cells: u32 = changes(plan).map(|(_, change)| change.before.count_above(change.after)).sum();
    if cells > *max_revocations {
        refusals.push(mass(
            Code::Revocations,
            format!("{cells} cells would be revoked, more than max_revocations {max_revocations}"),
        ));
    }
    // Where it is not lower than the clinic's limit, the clinic's has spoken already.
    if max_revocations_per_office < max_revocations {
        refusals.extend(cells_by_office(plan, *max_revocations_per_office));
    }
    let changed = Count::of(plan, |_| true);
    refusals.extend(changed.over(*max_changed_rows_percent).into_iter().map(|(place, percent)| {
        mass(
            Code::ChangedRows,
            format!(
                "{percent} % of {} would change, more than max_changed_rows_percent {max_changed_rows_percent}",
                changed.label(plan, place)
            ),
        )
    }));
    refusals.extend(protected(plan, protected_columns));
    refusals.extend(plan.users.iter().filter_map(wrong_user));
    refusals.extend(never::protected(plan, protected_rows));
    refusals.extend(own_user.as_ref().and_then(|own| never::own_user(plan, own)));
    if !allow_empty {
        refusals.extend(plan.users.iter().filter_map(never::empty));
    }
    refusals
}

fn changes(plan: &Plan) -> impl Iterator<Item = (&UserPlan, &Change)> {
    plan.users.iter().flat_map(|user| user.changes.iter().map(move |change| (user, change)))
}

/// Offices in which too many cells fall.
fn cells_by_office(plan: &Plan, limit: u32) -> Vec<Refusal> {
    let mut cells: BTreeMap<OfficeId, u32> = BTreeMap::new();
    for (_, change) in changes(plan) {
        *cells.entry(change.key.office).or_default() += change.before.count_above(change.after);
    }
    cells
        .into_iter()
        .filter(|(_, cells)| *cells > limit)
        .map(|(office, cells)| {
            mass(
                Code::OfficeRevocations,
                format!(
                    "{cells} cells of {} would be revoked, more than max_revocations_per_office {limit}",
                    plan.names.office(office)
                ),
            )
        })
        .collect()
}

fn mass(code: Code, message: String) -> Refusal {
    Refusal {
        code,
        message,
        hint: "review the plan; then allow this very plan with --allow-mass-change, or mend the manifest".to_owned(),
        overridable: true,
        at: None,
    }
}

/// Rows and how many of them are hit, per office; `None` is the clinic.
struct Count(BTreeMap<Option<OfficeId>, (usize, usize)>);

impl Count {
    fn of(plan: &Plan, hit: impl Fn(&Change) -> bool) -> Self {
        let mut count: BTreeMap<Option<OfficeId>, (usize, usize)> = BTreeMap::new();
        for user in &plan.users {
            for (office, existing) in &user.existing {
                for place in [None, Some(*office)] {
                    count.entry(place).or_default().0 += existing;
                }
            }
        }
        for (_, change) in changes(plan).filter(|(_, change)| hit(change)) {
            for place in [None, Some(change.key.office)] {
                let (rows, hits) = count.entry(place).or_default();
                // A row that grants nothing yet is new: it counts among the rows once it is hit,
                // so that the first rollout of a clinic is 100 % and never more.
                *rows += usize::from(change.before.is_nothing());
                *hits += 1;
            }
        }
        Self(count)
    }

    /// The places where more than `limit` percent are hit, with the percentage rounded up.
    fn over(&self, limit: u32) -> Vec<(Option<OfficeId>, usize)> {
        self.0
            .iter()
            .filter(|(_, (existing, hit))| {
                *existing >= FLOOR && hit * 100 > existing * limit as usize
            })
            .map(|(place, (existing, hit))| (*place, (hit * 100).div_ceil(*existing)))
            .collect()
    }

    fn label(&self, plan: &Plan, place: Option<OfficeId>) -> String {
        let (existing, hit) = self.0.get(&place).copied().unwrap_or_default();
        let place = place.map_or("the clinic".to_owned(), |office| plan.names.office(office));
        format!("the rows of {place} ({hit} of {existing})")
    }
}

/// Protected columns that would rise by a rule without a reason.
fn protected(plan: &Plan, columns: &[Column]) -> Option<Refusal> {
    let unexplained = |user: &UserPlan, change: &Change, column: Column| {
        let rule = user.rules.get(change.rule as usize);
        let (before, after) =
            (change.before.columns().get(column), change.after.columns().get(column));
        // A later date is more access to every column that the row holds.
        let longer = change.before.until_differs(change.after)
            && change.after.until().is_none_or(|end| Some(end) > change.before.until());
        (after > before || (after > Level::None && longer))
            && rule.is_none_or(|rule| rule.reason.is_none())
    };
    let hit: Vec<_> = changes(plan)
        .filter_map(|(user, change)| {
            let column = columns.iter().find(|column| unexplained(user, change, **column))?;
            Some((user, change, *column))
        })
        .collect();
    let (user, change, column) = hit.first()?;
    Some(Refusal {
        code: Code::UnexplainedColumn,
        message: format!(
            "{} rows would gain a protected column without a reason, first {column} of {}",
            hit.len(),
            plan.names.address(&plan.clinic, &user.name, change.key)
        ),
        hint: "write a `reason` at the rule that grants it".to_owned(),
        overridable: false,
        at: None,
    })
}

/// A user whose name does not look like the profile's integration.
fn wrong_user(user: &UserPlan) -> Option<Refusal> {
    let pattern = user.name_pattern.as_ref()?;
    (!matches_pattern(pattern, &user.name)).then(|| Refusal {
        code: Code::WrongUser,
        message: format!("the user `{}` does not match the profile's `{pattern}`", user.name),
        hint:
            "check that it is the integration's user; if it is, write `any_name: true` at the user"
                .to_owned(),
        overridable: false,
        at: None,
    })
}

/// Whether `name` matches `pattern`, in which each `*` stands for any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = left.find(piece) else {
            return false;
        };
        left = left.get(at + piece.len()..).unwrap_or_default();
    }
    left.ends_with(last)
}
