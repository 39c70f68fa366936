//! Rows that were asked of a person, and what was read of them since. `apply` and `worklist` share it.

use super::attest;
use super::clinic::Clinic;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use crate::approval::{Approved, other_eyes};
use crate::finding::not_as_ticked;
use crate::journal::{
    Event, RowPlace, RowRecord, SeenRow, Standing, Worklist as Known, WorklistRow,
};
use crate::live::{Grid, Snapshot};
use crate::model::{Cells, Names};
use crate::plan::{Plan, UserPlan};
use crate::report::escape;
use crate::worklist::{AskedRow, AskedUser, Heading, Worklist, clicks};

/// The code of a row that is not as somebody ticked it.
pub(super) const WRONG: &str = "S013";

/// What to do about it.
pub(super) const SET: &str = "look at the screen, set these cells, then capture the grid again";

/// The code of rows that wait for a person.
pub(super) const WAITING: &str = "S014";

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

/// The list that people were asked for last.
pub(super) fn open_list(lists: Vec<Known>) -> Option<Known> {
    lists.into_iter().find(|list| !list.is_superseded)
}

/// Nobody was asked for rows of the clinic.
pub(super) fn nothing_asked(clinic: &Clinic) -> Failure {
    let message = format!("no rows of {} are asked of a person", clinic.manifest.clinic.id);
    let hint = format!("`{}` asks for them", attest::command(clinic, "apply"));
    Failure::new(Exit::Error, "S015", message, hint)
}

/// The clicks that are left of what a person was asked for, by the journal alone.
pub(super) fn left(clinic: &Clinic, known: &Known) -> Worklist {
    let mut names = Names::default();
    let mut users: Vec<AskedUser> = Vec::new();
    for WorklistRow { user, user_id, sent, standing } in &known.rows {
        let key = sent.key;
        names.offices.extend(sent.office.clone().map(|name| (key.office, name)));
        names.providers.extend(sent.provider.clone().map(|name| (key.provider, name)));
        let before = match standing {
            Standing::Contradicted { said: _, is } => *is,
            Standing::Open | Standing::Attested(_) | Standing::Verified(_) => sent.before,
        };
        let row = AskedRow { key, before, after: sent.after };
        match users.iter_mut().find(|one| one.user == *user) {
            Some(one) => one.rows.push(row),
            None => {
                users.push(AskedUser { user: user.clone(), user_id: *user_id, rows: vec![row] });
            }
        }
    }
    let manifest = &clinic.manifest;
    let (clinic, tenant, plan) = (&manifest.clinic.id, &manifest.tenant, &known.plan);
    let mut list = clicks(Heading { clinic, tenant, plan }, &names, users);
    list.keep(|user, key| known.rows.iter().any(|row| row.is(user, key) && row.is_left()));
    list
}

/// What was read of rows that were asked of a person.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The rows that were read: those that somebody ticked; and where somebody reads the screen, those that
    /// are as asked although nobody said that they set them.
    pub(super) rows: Vec<SeenRow>,
    /// How many are as asked, and somebody must still say that they set them.
    pub(super) unsaid: usize,
}

/// Reads the rows of a worklist again. What was not read says nothing, nor does a capture that was not
/// begun after the last tick.
pub(super) fn seen(clinic: &Clinic, known: &Known, live: &Snapshot) -> Result<Seen, Failure> {
    let four_eyes = clinic.manifest.safety.four_eyes;
    let is_ticked = known
        .rows
        .iter()
        .any(|row| matches!(row.standing, Standing::Attested(_) | Standing::Contradicted { .. }));
    // A look from before the last tick may have seen cells that nobody had saved yet.
    let last_tick = known.last_tick().filter(|_| is_ticked);
    let mut seen = Seen::default();
    for row in &known.rows {
        let Some(cells) = read(row, live) else { continue };
        if let Some(captured) = live.captured.as_ref().filter(|_| is_ticked) {
            let look = captured.of(&row.user, row.sent.key);
            if last_tick.is_some_and(|tick| look.at <= tick) {
                continue;
            }
            other_eyes(four_eyes, known.clicked_by(), &look.by).map_err(|error| {
                let hint = "have somebody else read the screen: `accuroform capture --by NAME`";
                Failure::new(Exit::Refused, "S011", error.to_string(), hint)
            })?;
        }
        match row.standing {
            Standing::Verified(_) => continue,
            Standing::Open if cells != row.sent.after || live.captured.is_none() => continue,
            Standing::Open if four_eyes => {
                seen.unsaid += 1;
                continue;
            }
            Standing::Open | Standing::Attested(_) | Standing::Contradicted { .. } => {}
        }
        let place = RowPlace { user: row.user.clone(), key: row.sent.key };
        seen.rows.push(SeenRow { place, cells });
    }
    Ok(seen)
}

/// What a row grants, if it was read.
fn read(row: &WorklistRow, live: &Snapshot) -> Option<Cells> {
    let (_, grid) = live.grids.iter().find(|(name, _)| *name == row.user)?;
    let Grid::Read { rows, .. } = grid else { return None };
    if grid.has_unread(row.sent.key) {
        return None;
    }
    let found = rows.binary_search_by_key(&row.sent.key, |live| live.key).ok();
    Some(found.and_then(|at| rows.get(at)).map_or(Cells::NOTHING, |live| live.cells))
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
        let is_wrong =
            |row: &&WorklistRow| row.is(&place.user, place.key) && row.sent.after != *cells;
        let Some(row) = known.rows.iter().find(is_wrong) else { continue };
        let by = match &row.standing {
            Standing::Attested(said) | Standing::Contradicted { said, is: _ } => said.by.as_str(),
            Standing::Open | Standing::Verified(_) => continue,
        };
        any = true;
        let address = names.address(clinic, &row.user, row.sent.key);
        let words = not_as_ticked(by, row.sent.after, *cells);
        printer.line(&escape(&format!("error[{WRONG}]: {address}: {words}")));
    }
    if any {
        printer.line(&format!("hint: {SET}"));
    }
}
