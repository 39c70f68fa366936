//! Rows that somebody ticked, held against what was read: those that are wrong, and those that were not read
//! since. `verify`, `diagnose` and `watch` share it; `apply` keeps the same in the journal.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clicks::{SET, Seen, WAITING, WRONG, is_as_planned, others_look, print_wrong, seen};
use super::clinic::Clinic;
use super::failure::Failure;
use super::finish::mode;
use super::pending::Pending;
use super::printer::Printer;
use crate::diagnose::{Obstacle, TickedRows};
use crate::finding::{difference, not_as_ticked};
use crate::journal::{Attestation, Event, RowPlace, SeenRow, Standing, Worklist, WorklistRow};
use crate::live::Snapshot;
use crate::model::{Cells, RowKey};
use crate::plan::Plan;
use crate::report::escape;

/// So many rows that were not read since are named in text.
const NAMED: usize = 10;

/// Ticks rows that are not known to be as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    list: Option<Worklist>,
    wrong: Vec<SeenRow>,
    /// Rows that are read and right.
    right: Vec<SeenRow>,
    unread: Vec<(RowPlace, Attestation)>,
    /// How many rows that nobody ticked are as they were asked for, so that somebody set them, where that
    /// matters: an apply has to keep it, and only then it asks for the sync.
    unkept: usize,
    /// Why what was captured does not count: who read the screen is one who ticked.
    pub(super) same_eyes: Option<Failure>,
    /// Whether somebody reads the screen of this clinic.
    by_hand: bool,
    /// Whether it is not known that anybody ticked anything: the journal could not be read.
    is_unknown: bool,
}

impl Ticks {
    /// Holds the rows of the worklist that a person has against what was read, and against what is planned.
    /// `None`: the journal could not be read, so nobody knows of any where people tick rows at all.
    pub(super) fn of(
        clinic: &Clinic,
        pending: Option<&Pending>,
        live: &Snapshot,
        plan: &Plan,
    ) -> Self {
        let by_hand = live.captured.is_some();
        let is_unknown = pending.is_none() && by_hand;
        let mut ticked = Self { by_hand, is_unknown, ..Self::default() };
        let Some(list) = pending.and_then(|pending| pending.clicks.clone()) else { return ticked };
        let found = match same_eyes(clinic, &list, live) {
            Some(failure) => Err(failure),
            None => seen(clinic, &list, live),
        };
        let Seen { rows: found, unsaid, early } = found.unwrap_or_else(|failure| {
            ticked.same_eyes = Some(failure);
            Seen::default()
        });
        let found: BTreeMap<(&str, RowKey), Cells> =
            found.iter().map(|one| ((one.place.user.as_str(), one.place.key), one.cells)).collect();
        let mut unkept = unsaid + early;
        for row in &list.rows {
            let WorklistRow { user, user_id: _, sent, standing } = row;
            let place = || RowPlace { user: user.clone(), key: sent.key };
            match (standing, found.get(&(user.as_str(), sent.key))) {
                (Standing::Attested(_) | Standing::Contradicted { .. }, Some(cells)) => {
                    let seen = SeenRow { place: place(), cells: *cells };
                    if *cells == sent.after {
                        ticked.right.push(seen);
                    } else if !is_as_planned(plan, row) {
                        // Where the manifest wants something else by now, the list is none to go by.
                        ticked.wrong.push(seen);
                    }
                }
                (Standing::Attested(said), None) => ticked.unread.push((place(), said.clone())),
                (Standing::Contradicted { said: _, is }, None) => {
                    ticked.wrong.push(SeenRow { place: place(), cells: *is });
                }
                // What was captured is older than what it was verified by.
                (Standing::Verified(Some(said)), _)
                    if live.captured.as_ref().is_some_and(|captured| {
                        captured.of(&row.user, row.sent.key).at <= said.at
                    }) =>
                {
                    ticked.unread.push((place(), said.clone()));
                }
                (Standing::Open, Some(_)) => unkept += 1,
                (Standing::Open | Standing::Verified(_), _) => {}
            }
        }
        let is_asked = pending.is_some_and(|pending| pending.asked.is_some());
        if is_asked || mode(clinic).is_some() || clinic.manifest.safety.four_eyes {
            ticked.unkept = unkept;
        }
        Self { list: Some(list), ..ticked }
    }

    /// Whether every row was read since it was ticked.
    pub(super) fn is_read(&self) -> bool {
        self.unread.is_empty() && !self.is_unknown
    }

    /// Whether a row was ticked and not read since.
    pub(super) fn has_unread(&self, of_user: &str, at: RowKey) -> bool {
        self.unread.iter().any(|(RowPlace { user, key }, _)| user == of_user && *key == at)
    }

    /// That rows are read and right, as the journal keeps it.
    pub(super) fn seen(&self) -> Option<Event> {
        let list = self.list.as_ref().filter(|_| !self.right.is_empty())?;
        Some(Event::ClicksSeen { plan: list.plan.clone(), rows: self.right.clone() })
    }

    /// Whether a row is not known to be as somebody ticked it.
    pub(super) fn is_open(&self) -> bool {
        self.is_unknown || !(self.wrong.is_empty() && self.unread.is_empty())
    }

    /// The rows as a diagnosis takes them.
    pub(super) fn rows(&self, plan: &Plan) -> TickedRows {
        let wrong = |message| Obstacle { code: WRONG, message, hint: SET.to_owned() };
        let unread = self.unread.iter();
        TickedRows {
            unread: unread.map(|(place, _)| (place.user.clone(), place.key)).collect(),
            unread_words: self.unread_words(),
            wrong: self.wrong_words(plan).into_iter().map(wrong).collect(),
        }
    }

    /// That rows were not read since they were ticked, in a line.
    pub(super) fn unread_words(&self) -> Option<String> {
        let next = match (&self.same_eyes, self.by_hand) {
            (Some(_), _) => "somebody else has to capture the grid",
            (None, true) => "capture the grid again",
            (None, false) => "mend what could not be read",
        };
        let rows = match self.unread.len() {
            0 => return None,
            1 => "1 row is".to_owned(),
            many => format!("{many} rows are"),
        };
        Some(format!("{rows} ticked, not read since: {next}"))
    }

    /// Everything, in a line.
    pub(super) fn words(&self) -> Option<String> {
        let wrong = match self.wrong.len() {
            0 => None,
            1 => Some("1 row is not as somebody ticked it".to_owned()),
            many => Some(format!("{many} rows are not as somebody ticked them")),
        };
        let words = wrong.into_iter().chain(self.unread_words()).chain(self.unkept_words());
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// That rows are set which nobody ticked, where an apply has to keep it.
    pub(super) fn unkept_words(&self) -> Option<String> {
        let rows = match self.unkept {
            0 => return None,
            1 => "1 row that was asked for is".to_owned(),
            many => format!("{many} rows that were asked for are"),
        };
        Some(format!("{rows} set, and that is not kept yet: `accuroform apply` goes on"))
    }

    /// Everything in a line, with the code of what comes first.
    pub(super) fn coded(&self) -> Option<(&'static str, String)> {
        let code = if self.wrong.is_empty() { WAITING } else { WRONG };
        self.words().map(|words| (code, words))
    }

    /// Prints the rows, each finding with what to do next.
    pub(super) fn print(&self, plan: &Plan, printer: &mut Printer) {
        let Some(list) = &self.list else { return };
        print_wrong(list, &self.wrong, (&plan.clinic, &plan.names), printer);
        if let Some(words) = self.unkept_words() {
            printer.result(&format!("{words} [{WAITING}].\n"));
        }
        let Some(words) = self.unread_words() else { return };
        if let Some(failure) = &self.same_eyes {
            printer.failure(failure);
        }
        printer.result(&format!("{words} [{WAITING}].\n"));
        for (RowPlace { user, key }, said) in self.unread.iter().take(NAMED) {
            let address = plan.names.address(&plan.clinic, user, *key);
            let Attestation { by, at } = said;
            let line = format!("  ! {address}: ticked by {by} at {at}");
            printer.result(&format!("{}\n", escape(&line)));
        }
        if let Some(more) = self.unread.len().checked_sub(NAMED).filter(|more| *more > 0) {
            printer.result(&format!("  ! {more} more\n"));
        }
        if self.by_hand {
            printer.line(
                "hint: read the screen with `accuroform capture`; `accuroform apply` then keeps what was read",
            );
        }
    }

    /// The rows that are wrong, each in a line.
    pub(super) fn wrong_words(&self, plan: &Plan) -> Vec<String> {
        let words = |(place, said, after, is): Wrong<'_>| {
            let address = plan.names.address(&plan.clinic, &place.user, place.key);
            format!("{address}: {}", not_as_ticked(&said.by, after, is))
        };
        self.wrong().map(words).collect()
    }

    /// For programs; `null` where nobody knows.
    pub(super) fn json(&self, plan: &Plan) -> Value {
        if self.is_unknown {
            return Value::Null;
        }
        let row = |place: &RowPlace, said: &Attestation| {
            json!({
                "address": plan.names.address(&plan.clinic, &place.user, place.key),
                "user": place.user,
                "office_id": place.key.office,
                "provider_id": place.key.provider,
                "by": said.by,
                "at": said.at,
            })
        };
        let wrong = |(place, said, after, is): Wrong<'_>| {
            let mut row = row(place, said);
            if let Value::Object(fields) = &mut row {
                fields.insert("code".to_owned(), WRONG.into());
                fields.insert("asked".to_owned(), json!(after));
                fields.insert("is".to_owned(), json!(is));
                fields.insert("words".to_owned(), difference(after, is).into());
            }
            row
        };
        let unread = |(place, said): &(RowPlace, Attestation)| {
            let mut row = row(place, said);
            if let Value::Object(fields) = &mut row {
                fields.insert("code".to_owned(), WAITING.into());
            }
            row
        };
        let refused = self.same_eyes.as_ref().map(|failure| {
            let Failure { code, message, hint, exit: _ } = failure;
            json!({"code": code, "message": message, "hint": hint})
        });
        json!({
            "not_as_ticked": self.wrong().map(wrong).collect::<Vec<_>>(),
            "not_read_since": self.unread.iter().map(unread).collect::<Vec<_>>(),
            "not_kept_yet": self.unkept,
            "capture_refused": refused,
        })
    }

    /// The rows that are wrong: who ticked them, what was asked for and what is there.
    fn wrong(&self) -> impl Iterator<Item = Wrong<'_>> {
        self.wrong.iter().filter_map(|SeenRow { place, cells }| {
            let mut rows = self.list.iter().flat_map(|list| &list.rows);
            let row = rows.find(|row| row.is(&place.user, place.key))?;
            Some((place, row.standing.said()?, row.sent.after, *cells))
        })
    }
}

/// A row that is wrong, who ticked it, what was asked for, and what is there.
type Wrong<'a> = (&'a RowPlace, &'a Attestation, Cells, Cells);

/// Why a capture from after the last tick does not count, where four eyes are demanded.
fn same_eyes(clinic: &Clinic, list: &Worklist, live: &Snapshot) -> Option<Failure> {
    let captured = live.captured.as_ref()?;
    let looks = list.rows.iter().map(|row| captured.of(&row.user, row.sent.key));
    let tick = list.last_tick()?;
    looks.filter(|look| look.at > tick).find_map(|look| others_look(clinic, list, look).err())
}
