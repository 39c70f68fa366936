//! What a journal says was last applied to a row, and since when a cell holds what it holds.

use accuroform::journal::{
    Applied, Event, Hold, Journal, Outcome, RowEntry, RunRef, Since, Starter, Sure, applied,
    is_perhaps_ours, last_applied, row_since, runs, since,
};
use accuroform::model::{Cells, Column, UserId};
use accuroform::state::State;
use proptest::prelude::*;

use crate::journal::{answered, batch, open, started};
use crate::world::{cells, key};

fn entries(steps: &[(&str, &str, Sure)]) -> Vec<RowEntry> {
    let entry = |(day, (before, after, sure)): (usize, &(&str, &str, Sure))| {
        let at = format!("2026-01-{:02}T09:00:00Z", day + 1).parse().unwrap();
        let at = RunRef { at, run: format!("run-{}", day + 1), who: "ann".to_owned() };
        RowEntry { at, before: cells(before), after: cells(after), sure: *sure }
    };
    steps.iter().enumerate().map(entry).collect()
}

/// The answer in a word.
fn word(since: &Since<'_>) -> String {
    match since {
        Since::NotRecorded => "not recorded".to_owned(),
        Since::BeforeRecords => "before".to_owned(),
        Since::Run(run) => run.run.clone(),
        Since::Perhaps(run) => format!("perhaps {}", run.run),
        Since::Outside(run) => format!("outside after {}", run.run),
    }
}

#[test]
fn rows_of_one_accuro_are_gathered_with_how_sure_they_are() {
    let state = tempfile::tempdir().unwrap();
    let moved = Hold::Moved { was: None, is: None, now: cells("labs") };
    let outcomes = [
        (1, Outcome::Done),
        (2, Outcome::AlreadyTrue),
        (3, Outcome::Failed("lost".to_owned())),
        (4, Outcome::Held(moved)),
        (5, Outcome::Refused("no".to_owned())),
        (6, Outcome::NotReached),
    ];
    let mut journal = open(state.path(), "one");
    journal.append(started("apply")).unwrap();
    journal.append(batch(1, &[1, 2, 3, 4, 5, 6, 7])).unwrap();
    journal.append(answered(1, &outcomes)).unwrap();
    drop(journal);
    let mut journal = open(state.path(), "two");
    let Event::Started(starter) = started("apply") else { unreachable!() };
    let elsewhere = Starter { tenant: Some("OTHER".to_owned()), ..*starter };
    journal.append(Event::Started(Box::new(elsewhere))).unwrap();
    journal.append(batch(1, &[8])).unwrap();
    drop(journal);
    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    let found: Applied = applied(&runs(&records, None), "LAKESIDE");
    let seen: Vec<_> = found
        .iter()
        .map(|((user, key), entries)| (*user, key.provider.0, entries[0].sure, entries[0].after))
        .collect();
    let (user, sent) = (UserId(7), cells("patient"));
    let expected = [
        (user, 1, Sure::Yes, sent),
        (user, 2, Sure::Yes, sent),
        (user, 3, Sure::Perhaps, sent),
        (user, 4, Sure::Seen, cells("labs")),
        (user, 7, Sure::Perhaps, sent),
    ];
    assert_eq!(seen, expected);
    assert_eq!(found[&(user, key(1, 1))][0].at.run, "one");
}

#[test]
fn what_was_last_applied_is_the_last_that_is_certain() {
    let found = entries(&[
        ("", "patient", Sure::Yes),
        ("patient", "patient labs", Sure::Perhaps),
        ("patient", "inbox", Sure::Seen),
    ]);
    assert_eq!(last_applied(&found).unwrap().after, cells("patient"));
    assert!(is_perhaps_ours(&found, cells("patient labs")));
    assert!(!is_perhaps_ours(&found, cells("inbox")), "what was seen is not ours");
    assert!(!is_perhaps_ours(&found[..1], cells("patient")), "that is certain, not perhaps");
}

#[test]
fn since_is_the_record_from_which_on_the_cell_held_and_never_a_guess() {
    let patient = |steps: &[(&str, &str, Sure)], holds: &str| {
        let entries = entries(steps);
        word(&since(&entries, cells(holds), Column::Patient))
    };
    let (yes, perhaps, seen) = (Sure::Yes, Sure::Perhaps, Sure::Seen);
    assert_eq!(patient(&[], "patient"), "not recorded");
    assert_eq!(patient(&[("patient", "patient labs", yes)], "patient labs"), "before");
    assert_eq!(patient(&[("", "patient", yes)], "patient"), "run-1");
    let later = [("", "patient", yes), ("patient", "patient labs", yes)];
    assert_eq!(patient(&later, "patient labs"), "run-1", "another cell moved since");
    assert_eq!(patient(&[("", "patient", yes)], ""), "outside after run-1");
    let gap = [("", "patient", yes), ("", "labs", yes), ("patient labs", "patient", yes)];
    assert_eq!(patient(&gap, "patient"), "outside after run-2", "it came between two records");
    assert_eq!(patient(&[("", "patient", perhaps)], "patient"), "perhaps run-1");
    assert_eq!(patient(&[("patient", "", perhaps)], "patient"), "before", "it was not written");
    let saw = [("", "patient", yes), ("patient", "labs", seen)];
    assert_eq!(patient(&saw, "patient"), "outside after run-2", "it was gone in between");
}

#[test]
fn a_row_holds_all_that_it_holds_since_its_latest_cell() {
    let row = |steps: &[(&str, &str, Sure)], holds: &str| {
        let entries = entries(steps);
        word(&row_since(&entries, cells(holds)))
    };
    let steps =
        [("patient", "patient labs", Sure::Yes), ("patient labs", "patient labs emr", Sure::Yes)];
    assert_eq!(row(&steps, "patient labs emr"), "run-2");
    assert_eq!(row(&steps, "patient labs"), "run-1", "what is gone does not count");
    assert_eq!(row(&steps, "patient"), "before");
    assert_eq!(row(&steps, "patient labs emr inbox"), "outside after run-2");
    assert_eq!(row(&steps, ""), "not recorded", "nothing is held since no time");
}

proptest! {
    /// Applies without gaps: the run that the answer names left the cell so, and no later one touched it.
    #[test]
    fn without_others_the_named_run_is_the_last_that_changed_the_cell(
        levels in proptest::collection::vec(0_usize..3, 1..8)
    ) {
        let names = ["", "patient=read-only", "patient"];
        let mut steps = Vec::new();
        let mut before = "";
        for (at, level) in levels.iter().enumerate() {
            // The row must change for a run to speak of it: another cell does.
            let mark = if at % 2 == 0 { " labs" } else { "" };
            steps.push((before, names[*level], mark));
            before = names[*level];
        }
        let mut all = Vec::new();
        let mut other = "";
        for (before, after, mark) in &steps {
            all.push((format!("{before}{other}"), format!("{after}{mark}")));
            other = mark;
        }
        let all: Vec<(&str, &str, Sure)> =
            all.iter().map(|(b, a)| (b.as_str(), a.as_str(), Sure::Yes)).collect();
        let entries = entries(&all);
        let holds: Cells = entries.last().unwrap().after;
        let changed = steps.iter().rposition(|(before, after, _)| before != after);
        let expected = changed.map_or("before".to_owned(), |at| format!("run-{}", at + 1));
        prop_assert_eq!(word(&since(&entries, holds, Column::Patient)), expected);
    }
}
