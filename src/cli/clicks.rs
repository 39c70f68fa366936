//! Rows that were asked of a person, and what was read of them since. `apply` and `worklist` share it.

use super::clinic::Clinic;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use crate::approval::{Approved, other_eyes};
use crate::finding::not_as_ticked;
use crate::journal::{Event, RowPlace, RowRecord, SeenRow, Standing, Worklist as Known};
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, Names};
use crate::plan::{Plan, UserPlan};
use crate::report::escape;

/// The code of a row that is not as somebody ticked it.
pub(super) const WRONG: &str = "S013";

/// What to do about it.
pub(super) const SET: &str = "look at the screen, set these cells, then capture the grid again";

/// The records by which the rows of a plan are asked of a person, one a user.
pub(super) fn asked(approved: &Approved<'_>) -> Vec<Event> {
    let plan: &Plan = approved.plan();
    let of = |user: &UserPlan| Event::ClicksAsked {
        plan: approved.digest().to_owned(),
        user: user.name.clone(),
        user_id: user.id,
        rows: user
            .changes
            .iter()
            .map(|change| RowRecord {
                key: change.key,
                office: plan.names.offices.get(&change.key.office).cloned(),
                provider: plan.names.providers.get(&change.key.provider).cloned(),
                expected: change.revision,
                before: change.before,
                after: change.after,
                rule: user.rules.get(change.rule as usize).cloned(),
            })
            .collect(),
    };
    plan.users.iter().filter(|user| !user.changes.is_empty()).map(of).collect()
}

/// What was read of the rows that somebody ticked. What was not read says nothing, nor does a capture
/// that was not begun after the last tick.
pub(super) fn seen(
    clinic: &Clinic,
    known: &Known,
    live: &Snapshot,
) -> Result<Vec<SeenRow>, Failure> {
    let ticked: Vec<_> = known
        .rows
        .iter()
        .filter(|row| matches!(row.standing, Standing::Attested(_) | Standing::Contradicted { .. }))
        .collect();
    if ticked.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(captured) = &live.captured {
        if known.last_tick().is_some_and(|tick| captured.at <= tick) {
            return Ok(Vec::new());
        }
        let is_demanded = clinic.manifest.safety.four_eyes;
        other_eyes(is_demanded, known.clicked_by(), &captured.by).map_err(|error| {
            let hint = "have somebody else read the screen: `accuroform capture --by NAME`";
            Failure::new(Exit::Refused, "S011", error.to_string(), hint)
        })?;
    }
    let read = ticked.into_iter().filter_map(|row| {
        let (_, grid) = live.grids.iter().find(|(name, _)| *name == row.user)?;
        let Grid::Read { rows, .. } = grid else { return None };
        if grid.has_unread(row.key) {
            return None;
        }
        let found = rows.binary_search_by_key(&row.key, |live| live.key).ok();
        let cells = found.and_then(|at| rows.get(at)).map_or(Cells::NOTHING, |live| live.cells);
        Some(SeenRow { place: RowPlace { user: row.user.clone(), key: row.key }, cells })
    });
    Ok(read.collect())
}

/// Names the rows that are not what somebody ticked, cell by cell.
pub(super) fn print_wrong(
    known: &Known,
    seen: &[SeenRow],
    (clinic, names): (&str, &Names),
    printer: &mut Printer,
) {
    let mut any = false;
    for SeenRow { place, cells } in seen {
        let is_this = |row: &&crate::journal::WorklistRow| {
            row.user == place.user && row.key == place.key && row.after != *cells
        };
        let Some(row) = known.rows.iter().find(is_this) else { continue };
        let by = match &row.standing {
            Standing::Attested(said) | Standing::Contradicted { said, is: _ } => said.by.as_str(),
            Standing::Open | Standing::Verified(_) => continue,
        };
        any = true;
        let address = names.address(clinic, &row.user, row.key);
        let words = not_as_ticked(by, row.after, *cells);
        printer.line(&escape(&format!("error[{WRONG}]: {address}: {words}")));
    }
    if any {
        printer.line(&format!("hint: {SET}"));
    }
}
