//! What the journal says of a run that is to be taken back, and of what is owed afterwards.

use accuroform::journal::{
    Event, Hold, Journal, Outcome, Starter, is_pending, is_pending_beside, last_to_undo, runs,
};
use accuroform::model::{Cells, UserId};
use accuroform::state::State;

use crate::journal::{answered, batch, open, started};
use crate::world::cells;

fn undo_of(run: &str) -> Event {
    let Event::Started(starter) = started("undo") else { unreachable!() };
    Event::Started(Box::new(Starter { undoes: Some(run.to_owned()), ..*starter }))
}

#[test]
fn a_run_records_what_it_wrote_or_may_have_written_and_nothing_else() {
    let state = tempfile::tempdir().unwrap();
    let moved = Hold::Moved { was: None, is: None, now: Cells::NOTHING };
    let outcomes = [
        (1, Outcome::Done),
        (2, Outcome::AlreadyTrue),
        (3, Outcome::Failed("lost".to_owned())),
        (4, Outcome::Held(moved)),
        (5, Outcome::Refused("no".to_owned())),
    ];
    let mut journal = open(state.path(), "one");
    journal.append(started("apply")).unwrap();
    journal.append(batch(1, &[1, 2, 3, 4, 5, 6])).unwrap();
    journal.append(answered(1, &outcomes)).unwrap();
    drop(journal);
    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    let recorded = runs(&records, None)[0].recorded();
    let rows: Vec<_> = recorded.rows.iter().map(|row| (row.key.provider.0, row.certain)).collect();
    assert_eq!(rows, [(1, true), (2, false), (3, false), (6, false)]);
    let first = &recorded.rows[0];
    assert_eq!(
        (first.user_id, first.before, first.after),
        (UserId(7), Cells::NOTHING, cells("patient"))
    );
}

#[test]
fn the_run_to_undo_is_the_last_that_wrote_and_is_no_undo() {
    let state = tempfile::tempdir().unwrap();
    let write = |run: &str, events: Vec<Event>| {
        let mut journal = open(state.path(), run);
        for event in events {
            journal.append(event).unwrap();
        }
    };
    let last = || {
        let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
        last_to_undo(&runs(&records, None)).map(|run| run.id.clone())
    };
    assert_eq!(last(), None);
    write("sync", vec![started("sync")]);
    assert_eq!(last(), None);
    let done = || vec![batch(1, &[4]), answered(1, &[(4, Outcome::Done)])];
    write("one", [vec![started("apply")], done()].concat());
    assert_eq!(last().as_deref(), Some("one"));
    write(
        "refused",
        vec![
            started("apply"),
            batch(1, &[4]),
            answered(1, &[(4, Outcome::Refused("no".to_owned()))]),
        ],
    );
    write("undo", [vec![undo_of("one")], done()].concat());
    assert_eq!(last().as_deref(), Some("one"), "an undo goes on, and does not take itself back");
    write("two", vec![started("apply"), batch(1, &[4])]);
    assert_eq!(last().as_deref(), Some("two"), "killed before its answer");
}

#[test]
fn an_undo_settles_what_its_run_owes_and_not_what_others_do() {
    let state = tempfile::tempdir().unwrap();
    let write = |run: &str, events: Vec<Event>| {
        let mut journal = open(state.path(), run);
        for event in events {
            journal.append(event).unwrap();
        }
    };
    let owed = |run: &str| {
        let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
        (is_pending(&records), is_pending_beside(&records, run))
    };
    let done = || vec![batch(1, &[4]), answered(1, &[(4, Outcome::Done)])];
    write("one", [vec![started("apply")], done()].concat());
    assert_eq!(owed("one"), (true, false));
    write("undo", [vec![undo_of("one")], done()].concat());
    write("sync", vec![started("sync"), Event::SyncStarted { mode: "full".to_owned() }]);
    assert_eq!(owed("one"), (true, false), "an undo that was killed, and a sync");
    assert_eq!(owed("other"), (true, true));
    write("two", [vec![started("apply")], done()].concat());
    assert_eq!(owed("one"), (true, true), "another apply owes too");
    write("three", vec![started("apply"), Event::Verified { correct: true }]);
    assert!(!owed("one").1);
}
