//! The journal: what tampering, torn lines and a full disk do to it, and what it tells afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use accuroform::journal::{
    Checked, Counts, End, Event, Fault, Journal, JournalError, Outcome, RowOutcome, RowRecord,
    Starter, Written, runs,
};
use accuroform::model::{Cells, Clock, Revision, UserId};
use accuroform::state::State;

use crate::world::{cells, key};

const CLOCK: Clock = Clock(jiff::Timestamp::now);

fn file(state: &Path) -> PathBuf {
    state.join("lakeside.journal.jsonl")
}

pub(crate) fn open(state: &Path, run: &str) -> Journal {
    Journal::open(&State::folder(state), "lakeside", run, CLOCK).unwrap().0
}

fn check(state: &Path) -> Checked {
    Journal::check(&State::folder(state), "lakeside").unwrap()
}

/// A folder with a journal of so many records.
fn journal(records: usize) -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    let mut journal = open(state.path(), "one");
    for number in 1..=records {
        journal.append(Event::SyncStarted { mode: format!("full {number}") }).unwrap();
    }
    state
}

fn lines(state: &Path) -> Vec<String> {
    fs::read_to_string(file(state)).unwrap().lines().map(str::to_owned).collect()
}

/// The faults of a journal of eight records whose lines are changed so.
fn tampered(change: impl Fn(&mut Vec<String>)) -> Vec<Fault> {
    let state = journal(8);
    let mut lines = lines(state.path());
    change(&mut lines);
    fs::write(file(state.path()), lines.iter().map(|line| format!("{line}\n")).collect::<String>())
        .unwrap();
    let faults = check(state.path()).faults;
    // Whatever is wrong, the journal is neither read nor continued, and keeps its bytes.
    let before = fs::read(file(state.path())).unwrap();
    assert_eq!(
        Journal::read(&State::folder(state.path()), "lakeside").is_err(),
        !faults.is_empty()
    );
    if !faults.is_empty() {
        let error =
            Journal::open(&State::folder(state.path()), "lakeside", "two", CLOCK).unwrap_err();
        assert!(["J003", "J004"].contains(&error.code()), "{error}");
        assert_eq!(fs::read(file(state.path())).unwrap(), before);
    }
    faults
}

#[test]
fn an_edited_record_is_named() {
    for at in 0..7 {
        let faults = tampered(|lines| lines[at] = lines[at].replace("full", "none"));
        assert_eq!(faults, [Fault::Edited { line: at + 1, seq: at as u64 + 1 }]);
    }
    // Its number, and its link.
    for at in 1..7 {
        let seq = at as u64 + 1;
        let number = format!("\"seq\":{seq},");
        let faults = tampered(|lines| lines[at] = lines[at].replace(&number, "\"seq\":99,"));
        assert_eq!(faults, [Fault::Edited { line: at + 1, seq }], "number");
        let faults = tampered(|lines| {
            let zeros = format!("\"sha256:{}\"", "0".repeat(64));
            let link = lines[at].split("\"previous\":").nth(1).unwrap().trim_end_matches('}');
            lines[at] = lines[at].replace(link, &zeros);
        });
        assert_eq!(faults, [Fault::Edited { line: at + 1, seq }], "link");
    }
}

#[test]
fn removed_records_are_named() {
    for at in 0..7 {
        let faults = tampered(|lines| drop(lines.remove(at)));
        let seq = at as u64 + 1;
        assert_eq!(faults, [Fault::Removed { line: at + 1, from: seq, to: seq }]);
    }
    let faults = tampered(|lines| drop(lines.drain(2..5)));
    assert_eq!(faults, [Fault::Removed { line: 3, from: 3, to: 5 }]);
    assert_eq!(faults[0].to_string(), "records 3 to 5 are missing before line 3: removed");
}

#[test]
fn moved_records_are_named() {
    let faults = tampered(|lines| lines.swap(2, 3));
    assert_eq!(faults, [Fault::Moved { line: 3, seq: 4 }], "side by side");
    let faults = tampered(|lines| {
        let line = lines.remove(1);
        lines.insert(5, line);
    });
    assert_eq!(faults, [Fault::Moved { line: 6, seq: 2 }], "forward");
    let faults = tampered(|lines| {
        let line = lines.remove(5);
        lines.insert(1, line);
    });
    assert_eq!(faults, [Fault::Moved { line: 2, seq: 6 }], "backward");
}

#[test]
fn inserted_records_are_named() {
    let faults = tampered(|lines| lines.insert(4, lines[1].clone()));
    assert_eq!(faults, [Fault::Inserted { line: 5, seq: 2 }], "a copy");
    let faults = tampered(|lines| lines.insert(3, lines[2].replace("full", "none")));
    assert_eq!(faults, [Fault::Inserted { line: 4, seq: 3 }], "a copy with another content");
    // It has the right number and the right link; what follows is bound to the other one.
    let faults = tampered(|lines| lines.insert(3, lines[3].replace("full", "none")));
    assert_eq!(faults, [Fault::Inserted { line: 4, seq: 4 }], "before the one it stands for");
    let faults = tampered(|lines| lines.insert(3, lines[3].replace("\"seq\":4", "\"seq\":77")));
    assert_eq!(faults, [Fault::Inserted { line: 4, seq: 77 }], "made up");
}

#[test]
fn a_line_that_is_cut_or_no_record_is_named() {
    for at in 0..8 {
        let faults = tampered(|lines| {
            let half = lines[at].len() / 2;
            lines[at].truncate(half);
        });
        assert_eq!(faults, [Fault::Cut { line: at + 1 }]);
    }
    for text in ["{\"v\":1}", "nonsense", "[]"] {
        let faults = tampered(|lines| lines[3] = text.to_owned());
        assert!(matches!(faults.as_slice(), [Fault::NotARecord { line: 4, .. }]), "{faults:?}");
    }
    let state = journal(3);
    let mut bytes = fs::read(file(state.path())).unwrap();
    bytes[5] = 0xff;
    fs::write(file(state.path()), bytes).unwrap();
    assert_eq!(check(state.path()).faults[0].line(), 1, "not even text");
}

#[test]
fn every_fault_is_named_not_only_the_first() {
    let faults = tampered(|lines| {
        lines[1] = lines[1].replace("full", "none");
        lines[6].truncate(9);
        lines.remove(4);
    });
    let expected = [
        Fault::Edited { line: 2, seq: 2 },
        Fault::Removed { line: 5, from: 5, to: 5 },
        Fault::Cut { line: 6 },
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let state = journal(2);
    let mut text = fs::read_to_string(file(state.path())).unwrap();
    text.push_str("{\"v\":3,\"whatever\":[]}\n");
    fs::write(file(state.path()), text).unwrap();
    let error = Journal::open(&State::folder(state.path()), "lakeside", "two", CLOCK).unwrap_err();
    assert_eq!(error.code(), "J004");
    assert!(error.to_string().contains("line 3 has format version 3"), "{error}");
}

#[test]
fn missing_last_records_are_seen_by_a_head_that_was_kept() {
    let state = journal(8);
    let head = check(state.path()).head;
    assert_eq!(check(state.path()).records_at(&head), Some(8));
    open(state.path(), "two").append(Event::Verified { correct: true }).unwrap();
    assert_eq!(check(state.path()).records_at(&head), Some(8), "it grew since");

    let all = lines(state.path());
    fs::write(file(state.path()), all[..7].join("\n") + "\n").unwrap();
    let short = check(state.path());
    assert_eq!(short.faults, [], "a chain alone cannot show it");
    assert_eq!(short.records_at(&head), None);
    fs::remove_file(file(state.path())).unwrap();
    assert_eq!(check(state.path()).records_at(&head), None);
}

#[test]
fn a_last_record_torn_at_any_byte_is_dropped_and_the_journal_goes_on() {
    let state = journal(3);
    let whole = fs::read(file(state.path())).unwrap();
    let kept = whole.len() - (lines(state.path())[2].len() + 1);
    // The last length has the whole record but not its line end.
    for length in kept + 1..whole.len() {
        fs::write(file(state.path()), &whole[..length]).unwrap();
        let (mut journal, reading) =
            Journal::open(&State::folder(state.path()), "lakeside", "two", CLOCK).unwrap();
        assert!(reading.torn);
        assert_eq!(reading.records.len(), 2);
        assert_eq!(fs::read(file(state.path())).unwrap(), &whole[..kept]);
        journal.append(Event::Verified { correct: true }).unwrap();
        drop(journal);
        let checked = check(state.path());
        assert_eq!((checked.faults.len(), checked.records.len()), (0, 3));
        assert!(!checked.torn);
    }
}

#[test]
fn a_long_journal_is_read() {
    let state = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let mut previous = accuroform::model::sha256(b"");
    for seq in 1..=40_000 {
        let line = format!(
            "{{\"v\":1,\"seq\":{seq},\"at\":\"2026-01-05T09:00:00Z\",\"apply\":\"one\",\
             \"event\":{{\"kind\":\"verified\",\"correct\":true}},\"previous\":\"{previous}\"}}"
        );
        previous = accuroform::model::sha256(line.as_bytes());
        text.push_str(&line);
        text.push('\n');
    }
    fs::write(file(state.path()), text).unwrap();
    let mut journal = open(state.path(), "two");
    journal.append(Event::Verified { correct: true }).unwrap();
    drop(journal);
    assert_eq!(
        Journal::read(&State::folder(state.path()), "lakeside").unwrap().records.len(),
        40_001
    );
}

/// The child of the test below: appends until the disk is full for it.
#[cfg(unix)]
#[test]
#[ignore = "the child of another test"]
fn append_until_the_file_may_not_grow() {
    let state = PathBuf::from(std::env::var("ACCUROFORM_TEST_STATE").unwrap());
    let mut journal = open(&state, "two");
    let failed = loop {
        let mode = "full".repeat(50);
        if let Err(error) = journal.append(Event::SyncStarted { mode }) {
            break error;
        }
    };
    assert!(matches!(failed, JournalError::Io { .. }), "{failed}");
    let length = fs::metadata(file(&state)).unwrap().len();
    assert!(fs::read(file(&state)).unwrap().ends_with(b"}\n"), "half a line was left");
    // A record that fits is not taken either: the one before it is missing.
    let closed = journal.append(Event::Verified { correct: true }).unwrap_err();
    assert_eq!(closed.code(), "J005", "{closed}");
    assert_eq!(fs::metadata(file(&state)).unwrap().len(), length);
    drop(journal);
    // The next run takes records again, if they fit.
    open(&state, "three").append(Event::Verified { correct: true }).unwrap();
    assert!(fs::metadata(file(&state)).unwrap().len() > length);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_half_record() {
    let state = journal(1);
    let child = std::env::current_exe().unwrap();
    // 4 blocks of 512 or 1024 bytes, whatever the shell counts in; no signal, but an error.
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" --ignored --exact \
                  journal::append_until_the_file_may_not_grow";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(child)
        .env("ACCUROFORM_TEST_STATE", state.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    let checked = check(state.path());
    assert_eq!(checked.faults, []);
    assert!(!checked.torn && checked.records.len() > 3, "{}", checked.records.len());
}

#[test]
fn a_journal_is_written_by_one_process_at_a_time() {
    let state = journal(1);
    let first = open(state.path(), "one");
    let error = Journal::open(&State::folder(state.path()), "lakeside", "two", CLOCK).unwrap_err();
    assert_eq!(error.code(), "J002");
    drop(first);
    open(state.path(), "two");
}

pub(crate) fn started(operation: &str) -> Event {
    Event::Started(Box::new(Starter {
        operation: operation.to_owned(),
        undoes: None,
        rollout: None,
        tenant: Some("LAKESIDE".to_owned()),
        clinic: "lakeside".to_owned(),
        who: "ann".to_owned(),
        host: "desk".to_owned(),
        ci: None,
        manifest: "sha256:00".to_owned(),
        manifest_path: Some("clinic.yaml".to_owned()),
        fleet_path: None,
        commit: None,
        plan: None,
        version: "0.1.0".to_owned(),
    }))
}

fn sent(provider: u64) -> RowRecord {
    RowRecord {
        key: key(1, provider),
        office: Some("Main Street".to_owned()),
        provider: Some("Singh, Anita".to_owned()),
        expected: Some(Revision(1)),
        before: Cells::NOTHING,
        after: cells("patient"),
        rule: None,
    }
}

pub(crate) fn batch(batch: usize, providers: &[u64]) -> Event {
    Event::BatchStarted {
        batch,
        key: "k".to_owned(),
        user: "U".to_owned(),
        user_id: UserId(7),
        rows: providers.iter().map(|provider| sent(*provider)).collect(),
    }
}

pub(crate) fn answered(batch: usize, outcomes: &[(u64, Outcome)]) -> Event {
    let outcome = |(provider, outcome): &(u64, Outcome)| RowOutcome {
        user: "U".to_owned(),
        key: key(1, *provider),
        outcome: outcome.clone(),
    };
    Event::BatchEnded { batch, outcomes: outcomes.iter().map(outcome).collect() }
}

fn ended(done: usize, failed: usize, not_reached: usize) -> Event {
    Event::Ended { done, held: 0, failed, not_reached }
}

/// How a run of these records is told to have ended.
fn end(events: Vec<Event>) -> (End, Counts) {
    let state = tempfile::tempdir().unwrap();
    let mut journal = open(state.path(), "one");
    for event in events {
        journal.append(event).unwrap();
    }
    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    let runs = runs(&records, None);
    assert_eq!(runs.len(), 1);
    (runs[0].end, runs[0].counts)
}

#[test]
fn the_end_of_a_run_is_told_from_its_records() {
    let synced = || {
        let mode = "full".to_owned();
        [Event::SyncStarted { mode }, Event::SyncEnded { complete: true, detail: "r-1".to_owned() }]
    };
    let written = || vec![started("apply"), batch(1, &[4]), answered(1, &[(4, Outcome::Done)])];
    let with = |more: Vec<Event>| written().into_iter().chain(more).collect::<Vec<_>>();

    let mut verified = with(synced().into());
    verified.extend([Event::Verified { correct: true }, ended(1, 0, 0)]);
    assert_eq!(end(verified).0, End::Verified);
    let mut wrong = with(synced().into());
    wrong.extend([Event::Verified { correct: false }, ended(1, 0, 0)]);
    assert_eq!(end(wrong).0, End::NotVerified);
    assert_eq!(end(with(vec![ended(1, 0, 0)])).0, End::NotVerified);
    assert_eq!(end(with(vec![ended(1, 0, 2)])).0, End::Incomplete);
    assert_eq!(end(with(synced().into())).0, End::Interrupted);
    let already = vec![
        started("apply"),
        batch(1, &[4]),
        answered(1, &[(4, Outcome::AlreadyTrue)]),
        ended(1, 0, 0),
    ];
    assert_eq!(end(already).0, End::AlreadyTrue);

    let [begun, done] = synced();
    assert_eq!(end(vec![started("sync"), begun.clone(), done, ended(0, 0, 0)]).0, End::Synced);
    assert_eq!(end(vec![started("sync"), begun.clone(), ended(0, 0, 0)]).0, End::NotSynced);
    assert_eq!(end(vec![started("sync"), begun]).0, End::Interrupted);
}

#[test]
fn a_run_that_was_killed_counts_what_it_sent_and_claims_nothing_else() {
    let (end, counts) = end(vec![
        started("apply"),
        batch(1, &[4, 5, 6]),
        answered(1, &[(4, Outcome::Done)]),
        batch(2, &[5, 6]),
    ]);
    assert_eq!(end, End::Interrupted);
    let expected = Counts { done: 1, held: 0, failed: 0, unknown: 2, not_reached: None };
    assert_eq!(counts, expected);
}

#[test]
fn runs_keep_their_rows_in_order_and_a_running_one_is_not_interrupted() {
    let state = tempfile::tempdir().unwrap();
    for run in ["one", "two"] {
        let mut journal = open(state.path(), run);
        journal.append(started("apply")).unwrap();
        journal.append(batch(1, &[9, 4])).unwrap();
        journal.append(answered(1, &[(4, Outcome::Done)])).unwrap();
    }
    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    let runs = runs(&records, Some("two"));
    let ends: Vec<_> = runs.iter().map(|run| (run.id.as_str(), run.end)).collect();
    assert_eq!(ends, [("one", End::Interrupted), ("two", End::Running)]);
    let rows: Vec<_> =
        runs[0].rows.iter().map(|row| (row.sent.key.provider.0, row.written.clone())).collect();
    assert_eq!(rows, [(9, Written::Unknown), (4, Written::Known(Outcome::Done))]);
}
