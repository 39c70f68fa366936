//! Rows that were asked of a person, and what was read of them since. `apply` and `worklist` share it.

use super::attest;
use super::clinic::Clinic;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use super::tick::TICK;
use crate::approval::{Approved, other_eyes};
use crate::finding::not_as_ticked;
use crate::journal::{
    Event, RowPlace, RowRecord, SeenRow, Standing, Worklist as Known, WorklistRow,
};
use crate::live::{Grid, Look, Snapshot};
use crate::model::{Cells, Names, RowKey};
use crate::plan::{Change, Plan, UserPlan};
use crate::report::{count, escape};
use crate::worklist::{AskedRow, AskedUser, Heading, Worklist, clicks};

/// The code of a row that is not as somebody ticked it.
pub(super) const WRONG: &str = "S013";

/// What to do about it.
pub(super) const SET: &str = "look at the screen, set these cells, then capture the grid again";

/// The code of rows that wait for a person.
pub(super) const WAITING: &str = "S014";

/// The records by which the rows of a plan that are still to be set are asked of a person, one a user;
/// `now` is the same plan as it is made now.
pub(super) fn asked(approved: &Approved<'_>, now: &Plan) -> Vec<Event> {
    let plan: &Plan = approved.plan();
    let of = |user: &UserPlan| {
        let changes = user.changes.iter().filter(|change| now.has_change(&user.name, change.key));
        let row = |change: &Change| RowRecord {
            key: change.key,
            office: plan.names.offices.get(&change.key.office).cloned(),
            provider: plan.names.providers.get(&change.key.provider).cloned(),
            expected: change.revision,
            before: change.before,
            after: change.after,
            rule: user.rules.get(change.rule as usize).cloned(),
        };
        Event::ClicksAsked {
            plan: approved.digest().to_owned(),
            user: user.name.clone(),
            user_id: user.id,
            rows: changes.map(row).collect(),
        }
    };
    let is_any =
        |event: &Event| matches!(event, Event::ClicksAsked { rows, .. } if !rows.is_empty());
    plan.users.iter().map(of).filter(is_any).collect()
}

/// Whether a list asks for every row that is still to be set. One that a crash cut off does not, nor
/// one of which a row was read as right and is not so any more.
pub(super) fn asks_for(known: &Known, now: &Plan) -> bool {
    let is_asked = |user: &str, key: RowKey| {
        let row = known.rows.iter().find(|row| row.is(user, key));
        row.is_some_and(|row| !matches!(row.standing, Standing::Verified(_)))
    };
    now.users.iter().all(|user| user.changes.iter().all(|change| is_asked(&user.name, change.key)))
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

/// With four eyes, refuses a look by somebody who ticked.
pub(super) fn others_look(clinic: &Clinic, known: &Known, look: &Look) -> Result<(), Failure> {
    let is_demanded = clinic.manifest.safety.four_eyes;
    other_eyes(is_demanded, known.clicked_by(), &look.by).map_err(|error| {
        let hint = "have somebody else read the screen: `accuroform capture --by NAME`";
        Failure::new(Exit::Refused, "S011", error.to_string(), hint)
    })
}

/// What was read of rows that were asked of a person.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The rows that were read: those that somebody ticked; and where somebody reads the screen, those that
    /// are as asked although nobody said that they set them.
    pub(super) rows: Vec<SeenRow>,
    /// How many are as asked, and somebody must still say that they set them.
    pub(super) unsaid: usize,
    /// How many that nobody ticked are as asked in a look from before the last tick.
    pub(super) early: usize,
}

/// Reads the rows of a worklist again. What was not read says nothing, nor does a capture that was not
/// begun after the last tick.
pub(super) fn seen(clinic: &Clinic, known: &Known, live: &Snapshot) -> Result<Seen, Failure> {
    // A look from before the last tick may have seen cells that nobody had saved yet.
    let last_tick = known.last_tick();
    let is_early = |user: &str, key: RowKey| {
        let look = live.captured.as_ref().map(|captured| captured.of(user, key));
        look.is_some_and(|look| last_tick.is_some_and(|tick| look.at <= tick))
    };
    let by_others = |user: &str, key: RowKey| {
        let Some(captured) = &live.captured else { return Ok(()) };
        others_look(clinic, known, captured.of(user, key))
    };
    let mut seen = Seen::default();
    for row in &known.rows {
        let Some(cells) = read(row, live) else { continue };
        let (user, key) = (row.user.as_str(), row.sent.key);
        let is_ticked = match row.standing {
            Standing::Verified(_) => continue,
            Standing::Attested(_) | Standing::Contradicted { .. } => true,
            // On an older list, perhaps.
            Standing::Open => known.earlier.iter().any(|tick| tick.is(user, key)),
        };
        let is_set = cells == row.sent.after && live.captured.is_some();
        let is_unsaid = row.standing == Standing::Open && is_set;
        match (is_unsaid, is_early(user, key)) {
            (true, true) => seen.early += 1,
            (true, false) if clinic.manifest.safety.four_eyes => seen.unsaid += 1,
            (false, true) => {}
            (false, false) if !is_ticked => {}
            (true | false, false) => {
                if is_ticked {
                    by_others(user, key)?;
                }
                let place = RowPlace { user: user.to_owned(), key };
                seen.rows.push(SeenRow { place, cells });
            }
        }
    }
    for tick in &known.earlier {
        let (user, key) = (tick.user.as_str(), tick.sent.key);
        let Some(cells) = read(tick, live).filter(|_| !is_early(user, key)) else { continue };
        if known.rows.iter().all(|row| !row.is(user, key)) {
            by_others(user, key)?;
            seen.rows.push(SeenRow { place: RowPlace { user: user.to_owned(), key }, cells });
        }
    }
    Ok(seen)
}

/// What a row grants, if it was read.
fn read(row: &WorklistRow, live: &Snapshot) -> Option<Cells> {
    let key = row.sent.key;
    let Some(Grid::Read { rows, .. }) = live.grid(&row.user) else { return None };
    if !live.has_read(&row.user, key) {
        return None;
    }
    let found = rows.binary_search_by_key(&key, |live| live.key).ok();
    Some(found.and_then(|at| rows.get(at)).map_or(Cells::NOTHING, |live| live.cells))
}

/// Whether a row that was read holds exactly what is planned by now.
pub(super) fn is_as_planned(plan: &Plan, row: &WorklistRow) -> bool {
    let Some(user) = plan.users.iter().find(|user| user.name == row.user) else { return false };
    let is_above = user.excess.iter().any(|excess| excess.key == row.sent.key);
    !plan.has_change(&row.user, row.sent.key) && !is_above && plan.errors() == 0
}

/// What still has to be read or said of the rows of a list, in words; `None`: nothing.
pub(super) fn waits(
    clinic: &Clinic,
    known: &Known,
    (unsaid, early): (usize, usize),
    (live, plan): (&Snapshot, &Plan),
) -> Option<String> {
    let is_wrong = |row: &&WorklistRow| {
        matches!(row.standing, Standing::Contradicted { .. }) && !is_as_planned(plan, row)
    };
    let wrong = known.rows.iter().filter(is_wrong).count();
    if wrong > 0 {
        let words = count(wrong, "row");
        return Some(format!("{words} not as somebody ticked: {SET}"));
    }
    let is_unseen = |row: &&WorklistRow| matches!(row.standing, Standing::Attested(_));
    let unseen: Vec<&WorklistRow> =
        known.rows.iter().filter(is_unseen).chain(&known.earlier).collect();
    if let Some(lost) = unseen.iter().find(|row| !live.may_read(&row.user, row.sent.key)) {
        let address = address(clinic, &plan.names, lost);
        let words = count(unseen.len(), "row");
        return Some(format!(
            "{words} ticked and not read since; {address} is not on the screen that is read: put user, office \
             and provider back until it was captured"
        ));
    }
    if !unseen.is_empty() {
        let words = count(unseen.len(), "row");
        return Some(format!("{words} ticked and not read since: capture the grid again"));
    }
    if early > 0 {
        let words = count(early, "row");
        return Some(format!(
            "{words} as asked, and read before the last tick: capture the grid again"
        ));
    }
    (unsaid > 0).then(|| {
        let (words, tick) = (count(unsaid, "row"), attest::command(clinic, TICK));
        format!(
            "{words} as asked, and nobody says that they set them: with four_eyes somebody has to: `{tick}`"
        )
    })
}

/// The address of a row; the journal knows the names of what the directory does not have any more.
fn address(clinic: &Clinic, names: &Names, row: &WorklistRow) -> String {
    let WorklistRow { user, user_id: _, sent, standing: _ } = row;
    let RowKey { office, provider } = sent.key;
    let mut names = names.clone();
    names.offices.extend(sent.office.clone().map(|name| (office, name)));
    names.providers.extend(sent.provider.clone().map(|name| (provider, name)));
    names.address(&clinic.manifest.clinic.id, user, sent.key)
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
        let Some(row) = known.rows.iter().chain(&known.earlier).find(is_wrong) else { continue };
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
