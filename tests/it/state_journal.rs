//! The journal in a shared state: the same laws in a folder, on S3 and on Azure, and what only an
//! object store must hold: who lost the lock cannot write on.

use accuroform::journal::{Event, Journal};
use accuroform::model::Clock;
use accuroform::state::State;

use super::state_servers::{Place, azure, places, s3};

const CLOCK: Clock = Clock(jiff::Timestamp::now);

fn open(state: &State, run: &str) -> Journal {
    Journal::open(state, "lakeside", run, CLOCK).unwrap().0
}

fn event(words: &str) -> Event {
    Event::SyncStarted { mode: words.to_owned() }
}

/// The runs of the records, and whether the chain is sound.
fn told(state: &State) -> (String, bool) {
    let checked = Journal::check(state, "lakeside").unwrap();
    let runs: Vec<&str> = checked.records.iter().map(|record| record.apply.as_str()).collect();
    (runs.join(" "), checked.faults.is_empty() && !checked.torn)
}

#[test]
fn runs_continue_one_chain() {
    for place in places() {
        let state = place.open();
        assert_eq!(Journal::read(&state, "lakeside").unwrap().records, []);
        for run in ["one", "two", "three"] {
            // A run that finds nothing to do writes nothing.
            drop(open(&state, "idle"));
            let (mut journal, before) = Journal::open(&state, "lakeside", run, CLOCK).unwrap();
            assert!(!before.torn);
            for number in 1..=3 {
                journal.append(event(&format!("{run} {number}"))).unwrap();
            }
        }
        let mut other = Journal::open(&state, "lakeside-2", "other", CLOCK).unwrap().0;
        other.append(event("of another clinic")).unwrap();
        let expected = "one one one two two two three three three".to_owned();
        assert_eq!(told(&state), (expected, true), "{}", state.describe());
        let reading = Journal::read(&place.open(), "lakeside").unwrap();
        let numbers: Vec<u64> = reading.records.iter().map(|record| record.seq).collect();
        assert_eq!(numbers, (1..=9).collect::<Vec<u64>>());
    }
}

fn stores() -> impl Iterator<Item = Place> {
    [s3(), azure()].into_iter().flatten()
}

#[test]
fn each_run_has_an_object_named_after_its_first_record() {
    for place in stores() {
        let state = place.open();
        for (run, records) in [("one", 12), ("two", 1), ("three", 2)] {
            let mut journal = open(&state, run);
            (0..records).for_each(|_| journal.append(event(run)).unwrap());
        }
        let names = state.list("journals/lakeside").unwrap();
        let numbers = ["000000000001", "000000000013", "000000000014"];
        assert_eq!(names, numbers.map(|number| format!("journals/lakeside/{number}.jsonl")));
    }
}

#[test]
fn a_run_that_lost_the_journal_cannot_write_on() {
    for place in stores() {
        let state = place.open();
        let mut old = open(&state, "old");
        old.append(event("before")).unwrap();
        let mut new = open(&state, "new");
        // It hung, its lock was taken over, and now it wakes.
        let error = old.append(event("too late")).unwrap_err();
        assert_eq!(error.code(), "J001", "{error}");
        assert!(error.to_string().ends_with("another run has changed it"), "{error}");
        assert_eq!(old.append(event("too late")).unwrap_err().code(), "J005");
        assert!(old.is_closed());
        new.append(event("after")).unwrap();
        assert_eq!(told(&state), ("old new".to_owned(), true));
    }
}

#[test]
fn of_two_runs_that_begin_at_the_same_record_one_writes() {
    for place in stores() {
        let state = place.open();
        open(&state, "zero").append(event("before")).unwrap();
        let (mut one, mut two) = (open(&state, "one"), open(&state, "two"));
        two.append(event("first")).unwrap();
        assert_eq!(one.append(event("second")).unwrap_err().code(), "J001");
        two.append(event("more")).unwrap();
        assert_eq!(told(&state), ("zero two two".to_owned(), true));
    }
}

#[test]
fn tampering_is_named_and_the_journal_not_continued() {
    for place in stores() {
        let state = place.open();
        for run in ["one", "two", "three"] {
            let mut journal = open(&state, run);
            (0..2).for_each(|_| journal.append(event(run)).unwrap());
        }
        let name = "journals/lakeside/000000000003.jsonl";
        let text = String::from_utf8(state.get(name).unwrap().unwrap()).unwrap();
        let edited = text.replacen("\"mode\":\"two\"", "\"mode\":\"2\"", 1);
        assert_ne!(edited, text);
        state.put(name, edited.as_bytes()).unwrap();
        let faults = Journal::check(&state, "lakeside").unwrap().faults;
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].to_string(), "record 3 at line 3 was edited");
        let error = Journal::open(&state, "lakeside", "four", CLOCK).unwrap_err();
        assert_eq!(error.code(), "J003");
        assert!(error.to_string().contains("/journals/lakeside cannot be continued"), "{error}");
        // Half a line at the end of the last object, as nothing here leaves it, is dropped.
        state.put(name, text.as_bytes()).unwrap();
        let last = "journals/lakeside/000000000005.jsonl";
        let mut bytes = state.get(last).unwrap().unwrap();
        bytes.extend_from_slice(b"{\"v\":1,\"se");
        state.put(last, &bytes).unwrap();
        let (mut journal, reading) = Journal::open(&state, "lakeside", "four", CLOCK).unwrap();
        assert!(reading.torn);
        journal.append(event("four")).unwrap();
        assert_eq!(told(&state), ("one one two two three three four".to_owned(), true));
    }
}
