//! The events of an apply against what happened: the journal, and the server's own log of writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::event_stream::{Events, Place};
use super::kill_proxy::{Moment, Then};
use super::kill_run::{ROWS, Scene, Victim, user, world};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "--json", "clinic.yaml"];

/// What our writes made of the rows, by user name.
fn written(scene: &Scene) -> BTreeSet<Place> {
    let users: BTreeMap<u64, String> = (1..=6).map(|id| (id, user(id))).collect();
    let log = scene.written();
    log.iter().map(|write| (users[&write.user].clone(), write.office, write.provider)).collect()
}

/// Applies under these faults: the stream, which must be true to the journal and to the server.
#[track_caller]
fn applied(faults: &str, code: i32) -> (Scene, Events) {
    let scene = Scene::new(&world(0.05, faults));
    let events = again(&scene, code);
    let complete = events.rows("apply_complete");
    let written = written(&scene);
    assert!(complete.is_subset(&written), "said to be complete and not written");
    let ends = events.ends();
    for row in &written {
        let end = ends[row];
        assert!(matches!(end, "apply_complete" | "apply_errored"), "{row:?} was written: {end}");
    }
    (scene, events)
}

#[track_caller]
fn again(scene: &Scene, code: i32) -> Events {
    let ended = scene.run(&APPLY);
    ended.must_exit(code);
    let events = Events::of(&ended.stdout, code);
    if events.one("apply_summary")["run"].is_string() {
        events.agree_with(&scene.records());
    }
    events
}

fn count(events: &Events, key: &str) -> usize {
    usize::try_from(events.one("apply_summary")["counts"][key].as_u64().unwrap()).unwrap()
}

#[test]
fn an_apply_is_told_from_the_plan_to_the_verification_and_then_there_is_nothing_to_tell() {
    let (scene, events) = applied("", 0);
    assert_eq!(events.rows("apply_complete").len(), ROWS);
    assert_eq!(events.rows("apply_complete"), written(&scene));
    let kinds: Vec<&str> = events.kinds().into_iter().map(|(kind, _)| kind).collect();
    let batch = ["apply_start", "apply_complete", "apply_progress"];
    let expected: Vec<&str> = [&["version", "planned_change", "change_summary"][..]]
        .into_iter()
        .chain([&batch[..]; 6])
        .chain([&["apply_summary", "sync_start", "sync_progress", "sync_complete"][..]])
        .chain([&["verify_complete", "outcome"][..]])
        .flatten()
        .copied()
        .collect();
    assert_eq!(kinds, expected);
    let summary = events.one("change_summary");
    assert_eq!(summary["operation"], "apply");
    assert_eq!(summary["clinic"], "kill");
    assert_eq!(summary["digest"], events.one("apply_summary")["plan_digest"]);
    let verified = events.one("verify_complete");
    assert_eq!((&verified["correct"], &verified["grid"]), (&true.into(), &true.into()));
    assert_eq!(verified["patients_page"]["appeared"].as_array().unwrap().len(), 3);

    let events = again(&scene, 0);
    let counts = events.counts();
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [("apply_summary", 1), ("change_summary", 1), ("outcome", 1), ("version", 1),]
    );
    assert_eq!(events.one("apply_summary")["run"], Value::Null);
}

#[test]
fn the_starts_of_a_batch_are_printed_before_it_is_sent_and_its_ends_before_the_next() {
    let scene = Scene::new(&world(0.05, ""));
    let path = scene.path("events.ndjson");
    let (seen, told) = (Arc::new(Mutex::new(Vec::new())), path.clone());
    let writes = Arc::clone(&seen);
    scene.proxy.watch(move |passing| {
        if passing.line.starts_with("PATCH") && passing.moment == Moment::Before {
            let text = std::fs::read_to_string(&told).unwrap();
            let count = |kind: &str| text.matches(&format!("\"type\":\"{kind}\"")).count();
            writes.lock().unwrap().push((count("apply_start"), count("apply_complete")));
        }
        Then::Pass
    });
    let mut command = scene.accuroform(&APPLY);
    let file = std::fs::File::create(&path).unwrap();
    assert_eq!(command.stdout(file).output().unwrap().status.code(), Some(0));
    let expected: Vec<(usize, usize)> = (0..6).map(|batch| (6 * (batch + 1), 6 * batch)).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn a_row_that_somebody_else_writes_is_held_and_said_so() {
    let (_, events) = applied(
        "{on: grid_write, user: 2, nth: 1, concurrent_writer: \
         {user: 2, office: 1, provider: 2, full: [inbox]}}",
        4,
    );
    let [held] = events.all("apply_held")[..] else { panic!("{:?}", events.kinds()) };
    assert_eq!(held["hold"]["moved"]["now"]["columns"]["inbox"], "full");
    assert_eq!((&held["user"], held["@level"].as_str()), (&user(2).into(), Some("error")));
    assert_eq!((count(&events, "done"), count(&events, "held")), (ROWS - 1, 1));
    assert_eq!(events.one("verify_complete")["correct"], false);
    let [left] = &events.one("verify_complete")["differences"].as_array().unwrap()[..] else {
        panic!("the held row alone differs")
    };
    assert_eq!(left["address"], held["address"]);
}

#[test]
fn a_service_that_refuses_leaves_rows_that_are_refused_and_rows_that_are_not_reached() {
    let (_, events) = applied("{on: grid_write, user: 3, status: 403}", 4);
    assert_eq!((count(&events, "done"), count(&events, "refused")), (12, 6));
    assert_eq!(count(&events, "not_reached"), ROWS - 18);
    assert!(events.one("apply_summary")["halted"].is_string());
    assert!(events.all("apply_refused").iter().all(|row| row["user"] == user(3)));
}

#[test]
fn a_row_whose_answer_is_lost_is_never_complete_unless_the_grid_shows_it() {
    let (_, events) = applied("{on: grid_write, user: 2, reset: before}", 4);
    assert_eq!(events.rows("apply_errored").len(), 6);
    let (_, events) = applied("{on: grid_write, user: 2, reset: after_write}", 4);
    let complete = events.rows("apply_complete");
    assert_eq!(complete.iter().filter(|(name, ..)| *name == user(2)).count(), 6);
    let (_, events) = applied(
        "{on: grid_write, user: 2, reset: after_write}, {on: grid_read, from: 7, status: 403}",
        4,
    );
    let errored = events.all("apply_errored");
    assert_eq!(errored.len(), 6);
    let reason = errored[0]["reason"].as_str().unwrap();
    assert!(reason.contains("whether it was written is unknown"), "{reason}");
    let verified = events.one("verify_complete");
    assert_eq!(
        (&verified["grid"], verified["unread"].as_array().unwrap().len()),
        (&false.into(), 6)
    );
}

#[test]
fn a_sync_that_fails_is_told_and_the_next_apply_owes_it() {
    let (scene, events) = applied("{on: sync_start, nth: 1, sync: fail, message: no}", 6);
    let errored = events.one("sync_errored");
    assert_eq!(errored["code"], "S001");
    assert!(errored["hint"].is_string() && errored["summary"].as_str().unwrap().ends_with("no"));
    assert!(events.all("sync_complete").is_empty());
    let missing = &events.one("verify_complete")["patients_page"]["missing"];
    assert_eq!(missing[0]["reasons"], serde_json::json!(["not-synced"]));

    let events = again(&scene, 0);
    assert_eq!(events.one("change_summary")["sync_owed"], true);
    assert_eq!(events.one("sync_complete")["origin"], "ours");
    assert_eq!(events.one("verify_complete")["correct"], true);
}

#[test]
fn a_verification_that_cannot_read_is_told() {
    let (_, events) = applied("{on: offices, nth: 2, status: 403}", 6);
    let errored = events.one("verify_errored");
    assert!(errored["code"].is_string(), "{errored}");
    assert!(events.all("verify_complete").is_empty());
    assert_eq!(events.one("sync_complete")["type"], "sync_complete");
}

#[test]
fn what_cannot_be_read_is_told_and_planned_for_nobody() {
    let (_, events) = applied("{on: grid_read, user: 4, status: 403}", 8);
    let unread = events.one("planned_unread");
    assert_eq!(unread["part"]["grid"], user(4));
    assert_eq!(events.one("change_summary")["complete"], false);
    assert!(events.ends().keys().all(|(name, ..)| *name != user(4)));
    assert_eq!(count(&events, "done"), ROWS - 6);
}

#[test]
fn a_stream_that_was_cut_says_nothing_that_did_not_happen() {
    for (batch, moment) in [(1, Moment::Before), (3, Moment::Handled), (4, Moment::Answered)] {
        let scene = Scene::new(&world(0.05, ""));
        let victim = Victim::default();
        let (killed, mut writes) = (victim.clone(), 0);
        scene.proxy.watch(move |passing| {
            if passing.line.starts_with("PATCH") {
                writes += usize::from(passing.moment == Moment::Before);
                if (writes, passing.moment) == (batch, moment) {
                    killed.kill();
                }
            }
            Then::Pass
        });
        let ended = victim.start(scene.accuroform(&APPLY)).end();
        assert_eq!(ended.status.code(), None, "{ended:#?}");
        let events = Events::cut_off(&ended.stdout);
        let complete = events.rows("apply_complete");
        assert!(complete.is_subset(&written(&scene)), "{batch} {moment:?}");
        assert!(complete.len() >= 6 * (batch - 1), "{batch} {moment:?}: {}", complete.len());
        // Whatever was written has a start.
        assert!(written(&scene).is_subset(&events.rows("apply_start")), "{batch} {moment:?}");
    }
}

#[test]
fn a_reader_that_goes_away_stops_no_apply() {
    use std::io::{BufRead as _, BufReader};
    let scene = Scene::new(&world(0.05, ""));
    let mut command = scene.accuroform(&APPLY);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("\"version\""), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(written(&scene).len(), ROWS);
}
