//! What is known of rows that people were asked for, over random journals, against a model of one row.

use accuroform::journal::{
    Event, Journal, Outcome, Record, RowPlace, SeenRow, Standing, WorklistStage, Written,
    is_pending, runs, worklists,
};
use accuroform::model::Cells;
use accuroform::state::State;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::journal::{answered, batch, open, started};
use crate::world::cells;

/// What happens to a row of the list.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ticked,
    Right,
    Wrong,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![Just(Step::Ticked), Just(Step::Right), Just(Step::Wrong)];
    proptest::collection::vec((1..=3_u64, step), 0..12)
}

/// The rows as a batch has them, asked of a person.
fn asked(plan: &str, rows: &[u64]) -> Event {
    let Event::BatchStarted { user, user_id, rows, .. } = batch(1, rows) else { unreachable!() };
    Event::ClicksAsked { plan: plan.to_owned(), user, user_id, rows }
}

fn place(provider: u64) -> RowPlace {
    let Event::BatchStarted { user, rows, .. } = batch(1, &[provider]) else { unreachable!() };
    RowPlace { user, key: rows[0].key }
}

fn after(provider: u64) -> Cells {
    let Event::BatchStarted { rows, .. } = batch(1, &[provider]) else { unreachable!() };
    rows[0].after
}

fn ticked(plan: &str, provider: u64, second: i64) -> Event {
    Event::ClicksAttested {
        plan: plan.to_owned(),
        by: "Jane Roy".to_owned(),
        at: Timestamp::from_second(second).unwrap(),
        rows: vec![place(provider)],
    }
}

fn seen(plan: &str, provider: u64, cells: Cells) -> Event {
    let rows = vec![SeenRow { place: place(provider), cells }];
    Event::ClicksSeen { plan: plan.to_owned(), rows }
}

/// The records of these events, each in the run that is named.
fn records(events: Vec<(&str, Event)>) -> Vec<Record> {
    let state = tempfile::tempdir().unwrap();
    for (run, event) in events {
        open(state.path(), run).append(event).unwrap();
    }
    Journal::read(&State::folder(state.path()), "lakeside").unwrap().records
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Open,
    Attested,
    Verified { by_somebody: bool },
    Contradicted,
}

impl Known {
    fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Open => Self::Open,
            Standing::Attested(_) => Self::Attested,
            Standing::Verified(said) => Self::Verified { by_somebody: said.is_some() },
            Standing::Contradicted { .. } => Self::Contradicted,
        }
    }

    /// A word makes it attested; a look verified or contradicted, and a row of which nobody spoke is open.
    fn then(self, step: Step) -> Self {
        let by_somebody = !matches!(self, Self::Open | Self::Verified { by_somebody: false });
        match step {
            Step::Ticked => Self::Attested,
            Step::Right => Self::Verified { by_somebody },
            Step::Wrong if by_somebody => Self::Contradicted,
            Step::Wrong => Self::Open,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_known_of_a_row_is_what_was_said_and_seen_last(steps in steps()) {
        let mut events = vec![("ask", started("worklist")), ("ask", asked("p", &[1, 2, 3]))];
        let mut known = [Known::Open; 3];
        let mut last_tick = None;
        for (at, (row, step)) in steps.iter().enumerate() {
            let second = 1_000 + i64::try_from(at).unwrap();
            events.push(("later", match step {
                Step::Ticked => ticked("p", *row, second),
                Step::Right => seen("p", *row, after(*row)),
                Step::Wrong => seen("p", *row, Cells::NOTHING),
            }));
            let one = &mut known[usize::try_from(*row).unwrap() - 1];
            *one = one.then(*step);
        }
        for (at, (row, step)) in steps.iter().enumerate() {
            let is_last = steps[at + 1..].iter().all(|(other, later)| other != row || !matches!(later, Step::Ticked));
            let still = matches!(known[usize::try_from(*row).unwrap() - 1], Known::Attested | Known::Contradicted | Known::Verified { by_somebody: true });
            if matches!(step, Step::Ticked) && is_last && still {
                last_tick = last_tick.max(Some(1_000 + i64::try_from(at).unwrap()));
            }
        }
        let records = records(events);
        let lists = worklists(&records);
        let list = &lists[0];
        let is: Vec<Known> = list.rows.iter().map(|row| Known::of(&row.standing)).collect();
        prop_assert_eq!(&is, &known);

        // The stage, the history and what is owed say the same.
        let has = |one: fn(&Known) -> bool| known.iter().any(one);
        let is_verified = |one: &Known| matches!(one, Known::Verified { .. });
        prop_assert_eq!(list.stage() == WorklistStage::Verified, known.iter().all(is_verified));
        prop_assert_eq!(
            list.stage() == WorklistStage::Contradicted,
            has(|one| *one == Known::Contradicted)
        );
        prop_assert_eq!(list.last_tick().map(Timestamp::as_second), last_tick);
        let runs = runs(&records, None);
        let run = runs.iter().find(|run| run.id == "ask").unwrap();
        let written: Vec<Known> = run.rows.iter().map(|row| match &row.written {
            Written::Asked(standing) => Known::of(standing),
            other => panic!("{other:?}"),
        }).collect();
        prop_assert_eq!(&written, &known);
        prop_assert_eq!(run.counts.done, known.iter().filter(|one| is_verified(one)).count());
        prop_assert_eq!(run.recorded().rows.len(), known.iter().filter(|one| **one != Known::Open).count());
        let certain = run.recorded().rows.iter().filter(|row| row.certain).count();
        let by_somebody = known.iter().filter(|one| **one == Known::Verified { by_somebody: true });
        prop_assert_eq!(certain, by_somebody.count());
        // Whatever was ticked or found set owes a sync, however it stands now.
        let mut was_written = false;
        let mut so_far = [Known::Open; 3];
        for (row, step) in &steps {
            let one = &mut so_far[usize::try_from(*row).unwrap() - 1];
            was_written |= !matches!((*one, step), (Known::Open, Step::Wrong));
            *one = one.then(*step);
        }
        prop_assert!(!was_written || is_pending(&records));
        prop_assert!(!steps.is_empty() || !is_pending(&records), "asking owes nothing");
    }
}

/// Asked for once more by a newer plan, a row that was ticked and not read is not asked for again.
#[test]
fn a_tick_outlives_the_list_that_it_was_made_on() {
    let list = |rows: &[u64], plan: &'static str| ("run", asked(plan, rows));
    let records = |more: Vec<(&'static str, Event)>| {
        let mut events =
            vec![list(&[1, 2], "one"), ("t", ticked("one", 1, 5)), list(&[1, 2, 3], "two")];
        events.extend(more);
        records(events)
    };
    let standing = |records: &[Record]| -> Vec<Vec<Known>> {
        let lists = worklists(records);
        let of = |list: &accuroform::journal::Worklist| {
            list.rows.iter().map(|row| Known::of(&row.standing)).collect()
        };
        lists.iter().map(of).collect()
    };
    let before = records(vec![]);
    assert_eq!(
        worklists(&before).iter().map(|one| one.is_superseded).collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(standing(&before)[1], [Known::Attested, Known::Open, Known::Open]);
    // Read since, both lists know.
    let right = records(vec![("s", seen("two", 1, after(1)))]);
    let verified = Known::Verified { by_somebody: true };
    assert_eq!(
        standing(&right),
        [vec![verified, Known::Open], vec![verified, Known::Open, Known::Open]]
    );
    let wrong = records(vec![("s", seen("two", 1, cells("labs")))]);
    assert_eq!(standing(&wrong)[1][0], Known::Contradicted);
    assert_eq!(standing(&wrong)[0][0], Known::Contradicted, "it was read: the older list knows");
}

/// What a bridge wrote stands beside what people were asked for.
#[test]
fn a_run_that_wrote_is_not_the_run_that_asked() {
    let records = records(vec![
        ("ask", started("worklist")),
        ("ask", asked("p", &[1])),
        ("write", started("apply")),
        ("write", batch(1, &[1])),
        ("write", answered(1, &[(1, Outcome::Done)])),
    ]);
    let runs = runs(&records, None);
    assert_eq!(runs.iter().map(|run| run.recorded().rows.len()).collect::<Vec<_>>(), [0, 1]);
}
