//! The rows of one user against what Ocean's article asks for.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::value::{Remedy, RowDiagnosis};
use crate::finding::{Kind, Symptom, likely};
use crate::live::{Grid, Providers, Snapshot};
use crate::model::{Cells, Column, Level, LiveRow, ProviderId, RowKey, Until};
use crate::plan::{Plan, UserPlan};

/// A date within so many days is soon.
const SOON: i64 = 30;

/// Every row of active offices that is not what Ocean's article asks for, by provider. A row that is not there
/// grants nothing; an office whose providers could not be read has no rows here, and
/// nothing is said of a row that nobody read.
pub(super) fn rows(
    live: &Snapshot,
    (user, grid): (&str, &[LiveRow]),
    planned: Option<&UserPlan>,
    plan: &Plan,
    today: Date,
) -> BTreeMap<ProviderId, Vec<RowDiagnosis>> {
    let mut found: BTreeMap<ProviderId, Vec<RowDiagnosis>> = BTreeMap::new();
    for (id, office) in live.directory.offices.iter().filter(|(_, office)| office.active) {
        let Providers::Read(providers) = &office.providers else { continue };
        for provider in providers.keys() {
            let key = RowKey { office: *id, provider: *provider };
            if live.grid(user).is_some_and(|grid| grid.has_unread(key)) {
                continue;
            }
            let holds = content(grid, key);
            let lacks = lacks(holds);
            let ends = ends(holds, today);
            if lacks.is_empty() && ends.is_none() {
                continue;
            }
            let below: Vec<Column> = lacks.iter().map(|(column, _)| *column).collect();
            let likely = match ends {
                Some((Kind::Ended, _)) => Symptom::ALL.to_vec(),
                Some(_) | None => likely(&below),
            };
            let after = planned.map(|user| after(user, key, holds));
            let remedy = remedy(after, ends, today);
            let office = plan.names.office(*id);
            let row = RowDiagnosis { key, office, lacks, ends, likely, remedy };
            found.entry(*provider).or_default().push(row);
        }
    }
    found
}

/// What a row of a grid holds.
pub(super) fn content(grid: &[LiveRow], key: RowKey) -> Cells {
    let found = grid.binary_search_by_key(&key, |row| row.key).ok();
    found.and_then(|at| grid.get(at)).map_or(Cells::NOTHING, |row| row.cells)
}

/// The rows of a user's grid, if they were read.
pub(super) fn grid<'a>(live: &'a Snapshot, user: &str) -> Option<&'a [LiveRow]> {
    live.grid(user).and_then(|grid| match grid {
        Grid::Read { rows, .. } => Some(rows.as_slice()),
        Grid::NoUser | Grid::SeveralUsers(_) | Grid::Unread(_) => None,
    })
}

/// What a row will hold once the plan is applied.
pub(super) fn after(user: &UserPlan, key: RowKey, holds: Cells) -> Cells {
    let change = user.changes.binary_search_by_key(&key, |change| change.key).ok();
    change.and_then(|at| user.changes.get(at)).map_or(holds, |change| change.after)
}

/// Of Ocean's six columns those below full, in screen order.
pub(super) fn lacks(holds: Cells) -> Vec<(Column, Level)> {
    let below = Column::OCEAN.into_iter().map(|column| (column, holds.columns().get(column)));
    below.filter(|(_, level)| *level < Level::Full).collect()
}

fn ends(holds: Cells, today: Date) -> Option<(Kind, Until)> {
    let until = holds.until()?;
    if until.0 < today {
        return Some((Kind::Ended, until));
    }
    let last = today.checked_add(jiff::Span::new().days(SOON)).unwrap_or(Date::MAX);
    (until.0 <= last).then_some((Kind::EndsSoon, until))
}

fn remedy(after: Option<Cells>, ends: Option<(Kind, Until)>, today: Date) -> Remedy {
    let Some(after) = after else { return Remedy::Blocked };
    if !lacks(after).is_empty() {
        Remedy::Manifest
    } else if ends.is_some() && self::ends(after, today).is_some() {
        Remedy::Date
    } else {
        Remedy::Apply
    }
}
