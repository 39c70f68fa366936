//! What must be true after every apply, whatever went wrong: the report, the journal and the
//! server's own write log tell the same story.

use std::collections::{BTreeMap, BTreeSet};

use accuroform::apply::{Applied, Happening};
use accuroform::journal::{Event, Hold, Outcome, Record, RowOutcome};
use accuroform::model::{Cells, Column, Columns, Level, OfficeId, ProviderId, RowKey};
use accuroform::plan::{Change, Plan, UnreadPart};
use accuroform::sim::{self, Write, Written};

/// A row of any user.
type Place = (u64, RowKey);

/// The content of a row as the client knows it.
pub(crate) fn cells(written: Written) -> Cells {
    let sim::Columns {
        patient,
        scheduling,
        billing,
        inbox,
        emr,
        labs,
        reporting,
        visible,
        prescribe_for,
    } = written.columns;
    let level = |level| match level {
        sim::Level::None => Level::None,
        sim::Level::ReadOnly => Level::ReadOnly,
        sim::Level::Full => Level::Full,
    };
    let levels =
        [patient, scheduling, billing, inbox, emr, labs, reporting, visible, prescribe_for];
    let columns: Columns = Column::ALL.into_iter().zip(levels.map(level)).collect();
    Cells::new(columns, written.until.map(|until| until.to_string().parse().unwrap()))
}

fn place(write: &Write) -> Place {
    let key = RowKey { office: OfficeId(write.office), provider: ProviderId(write.provider) };
    (write.user, key)
}

/// What an apply told while it ran.
#[derive(Default)]
pub(crate) struct Told {
    begun: Vec<(String, RowKey)>,
    ended: Vec<RowOutcome>,
}

impl Told {
    pub(crate) fn take(&mut self, happening: &Happening<'_>) {
        match happening {
            Happening::Sending { batch: _, user, rows } => {
                self.begun.extend(rows.iter().map(|key| ((*user).to_owned(), *key)));
            }
            Happening::Ended(row) => self.ended.push((*row).clone()),
            Happening::At(_) => {}
        }
    }
}

/// One apply, and what the server wrote from the moment its plan was read.
pub(crate) struct Story<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) applied: &'a Applied,
    /// What it told.
    pub(crate) told: &'a Told,
    /// The journal's records of this apply.
    pub(crate) records: &'a [Record],
    /// The write log since the plan was read.
    pub(crate) log: &'a [Write],
}

impl Story<'_> {
    /// Every law at once.
    pub(crate) fn check(&self) {
        self.every_planned_row_has_one_outcome_in_plan_order();
        self.nothing_is_written_that_was_not_planned_and_nothing_twice();
        for (place, change, outcome) in self.rows() {
            self.the_outcome_is_what_happened(place, &change, &outcome.outcome);
        }
        self.the_journal_accounts_for_everything();
        self.each_row_is_told_once_as_it_ended();
    }

    fn each_row_is_told_once_as_it_ended(&self) {
        let Told { begun, ended } = self.told;
        let name = |row: &RowOutcome| (row.user.clone(), row.key);
        let mut told = ended.clone();
        told.sort_by_key(name);
        let mut outcomes = self.applied.outcomes.clone();
        outcomes.sort_by_key(name);
        assert_eq!(told, outcomes);
        let sent: BTreeSet<_> = begun.iter().cloned().collect();
        assert_eq!(sent.len(), begun.len(), "a start is told twice");
        let recorded = self.records.iter().flat_map(|record| match &record.event {
            Event::BatchStarted { user, rows, .. } => {
                rows.iter().map(|row| (user.clone(), row.key)).collect()
            }
            _ => Vec::new(),
        });
        assert_eq!(sent, recorded.collect());
    }

    fn ours(&self) -> impl Iterator<Item = &Write> {
        self.log.iter().filter(|write| write.idempotency_key.is_some())
    }

    fn changes(&self) -> impl Iterator<Item = (Place, &str, Change)> {
        self.plan.users.iter().flat_map(|user| {
            user.changes.iter().map(|change| ((user.id.0, change.key), user.name.as_str(), *change))
        })
    }

    fn rows(&self) -> impl Iterator<Item = (Place, Change, &RowOutcome)> {
        self.changes()
            .zip(&self.applied.outcomes)
            .map(|((place, _, change), outcome)| (place, change, outcome))
    }

    fn every_planned_row_has_one_outcome_in_plan_order(&self) {
        let planned: Vec<_> = self.changes().map(|(_, user, change)| (user, change.key)).collect();
        let told: Vec<_> =
            self.applied.outcomes.iter().map(|row| (row.user.as_str(), row.key)).collect();
        assert_eq!(told, planned);
    }

    fn nothing_is_written_that_was_not_planned_and_nothing_twice(&self) {
        let planned: BTreeMap<Place, Change> =
            self.changes().map(|(place, _, change)| (place, change)).collect();
        let mut written = BTreeSet::new();
        for write in self.ours() {
            let place = place(write);
            let change = planned.get(&place);
            let change = change.unwrap_or_else(|| panic!("not planned: {write:?}"));
            assert_eq!(cells(write.after), change.after, "not the planned value: {write:?}");
            let before = write.before.map_or(Cells::NOTHING, cells);
            assert_eq!(before, change.before, "written over something else: {write:?}");
            assert!(written.insert(place), "written twice: {write:?}");
        }
    }

    fn the_outcome_is_what_happened(&self, place: Place, change: &Change, outcome: &Outcome) {
        let by_us = self.ours().any(|write| self::place(write) == place);
        let at = || format!("{place:?} {change:?} {outcome:?}");
        // What the row held while the apply ran, from the moment it was read.
        let after = self.log.iter().filter(|write| self::place(write) == place);
        let held: Vec<Cells> =
            std::iter::once(change.before).chain(after.map(|write| cells(write.after))).collect();
        match outcome {
            // Where every answer was lost, only the grid can be asked, and it names no writer.
            Outcome::Done => assert!(
                by_us || self.applied.halted.is_some() && held.contains(&change.after),
                "said done, and was not written by us: {}",
                at()
            ),
            Outcome::AlreadyTrue => {
                assert!(!by_us, "said already true, and was written by us: {}", at());
                assert!(held.contains(&change.after), "never was as planned: {}", at());
            }
            Outcome::Held(Hold::Moved { now, .. }) => {
                assert!(!by_us, "said left alone, and was written by us: {}", at());
                assert!(held.contains(now), "never was what the hold says: {}", at());
            }
            Outcome::Held(Hold::Unplanned { .. }) => panic!("a hold of an undo: {}", at()),
            Outcome::NotReached => assert!(!by_us, "said not reached, and was written: {}", at()),
            Outcome::Refused(_) => assert!(!by_us, "said refused, and was written: {}", at()),
            Outcome::Failed(why) => {
                let unknown =
                    why.contains("is unknown") || why.starts_with("the grid does not show it");
                assert!(unknown || !by_us, "said failed, and was written: {}", at());
            }
        }
    }

    fn the_journal_accounts_for_everything(&self) {
        let mut keys: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
        let mut started: BTreeSet<Place> = BTreeSet::new();
        let mut told: BTreeMap<(String, RowKey), Vec<Outcome>> = BTreeMap::new();
        let mut open = None;
        for record in self.records {
            match &record.event {
                Event::BatchStarted { batch, key, user_id, rows, .. } => {
                    assert_eq!(open.replace(*batch), None, "a batch was begun within another");
                    let rows: BTreeSet<Place> =
                        rows.iter().map(|row| (user_id.0, row.key)).collect();
                    started.extend(&rows);
                    assert!(keys.insert(key, rows).is_none(), "a key was used for two batches");
                }
                Event::BatchEnded { batch, outcomes } => {
                    assert_eq!(open.take(), Some(*batch), "a batch ended that was not begun");
                    for row in outcomes {
                        let place = (row.user.clone(), row.key);
                        told.entry(place).or_default().push(row.outcome.clone());
                    }
                }
                other => panic!("not of an apply: {other:?}"),
            }
        }
        assert_eq!(open, None, "a batch was left open");
        for write in self.ours() {
            let key = write.idempotency_key.as_deref().unwrap();
            let rows = keys.get(key).unwrap_or_else(|| panic!("no record of {write:?}"));
            assert!(rows.contains(&place(write)), "not in the record of its batch: {write:?}");
        }
        for ((place, change, outcome), (_, user, _)) in self.rows().zip(self.changes()) {
            let told = told.remove(&(user.to_owned(), change.key)).unwrap_or_default();
            match &outcome.outcome {
                Outcome::NotReached => {
                    assert!(told.is_empty(), "the journal says more than the report");
                }
                other => {
                    assert!(started.contains(&place));
                    assert_eq!(
                        told,
                        std::slice::from_ref(other),
                        "the journal says something else"
                    );
                }
            }
        }
        assert!(told.is_empty(), "the journal has outcomes of rows that were not planned");
    }
}

/// What could not be read is left alone: nothing of an office without providers or of a user
/// without grid is planned, so nothing of it can be revoked.
pub(crate) fn unread_is_untouched(plan: &Plan) {
    for unread in &plan.unread {
        match &unread.part {
            UnreadPart::Office(office) => {
                let mut changes = plan.users.iter().flat_map(|user| &user.changes);
                let touched = changes.find(|change| {
                    change.key.office == *office && change.before.count_above(change.after) > 0
                });
                assert_eq!(touched, None, "an unread office loses something");
            }
            UnreadPart::Rows { .. } => {
                let changes = plan
                    .users
                    .iter()
                    .flat_map(|user| user.changes.iter().map(move |change| (&user.name, change)));
                for (user, change) in changes {
                    assert!(!unread.part.covers(user, change.key), "an unread row is planned");
                }
            }
            UnreadPart::Grid(name) => {
                assert!(plan.users.iter().all(|user| user.name != *name), "planned without a grid");
            }
        }
    }
}
