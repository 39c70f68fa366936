//! SIGINT and SIGTERM at every request: what is in flight is finished, the report is what happened,
//! and the next apply converges. A second one ends at once.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use accuroform::journal::is_pending;

use super::event_stream::Events;
use super::kill_laws::{Goal, converged, true_to_the_records};
use super::kill_matrix::undisturbed;
use super::kill_points::{chosen, each};
use super::kill_proxy::{Moment, Then};
use super::kill_run::{APPLY, Ended, ROWS, Scene, Victim, by_place, user, world};

const REPORT: [&str; 4] = ["apply", "-auto-approve", "-json", "clinic.yaml"];

/// Sends a signal at one boundary and lets everything go on. Whether that was after the first write
/// had been sent is known when the run has ended.
fn interrupt_at(scene: &Scene, victim: &Victim, point: &Point) -> Arc<AtomicBool> {
    let (victim, name) = (victim.clone(), point.signal);
    let at = (point.request, point.moment);
    let writing = Arc::new(AtomicBool::new(false));
    let (told, mut sent) = (Arc::clone(&writing), false);
    scene.proxy.watch(move |passing| {
        sent |= passing.line.starts_with("PATCH");
        if (passing.request, passing.moment) == at {
            told.store(sent, Ordering::Relaxed);
            victim.signal(name);
        }
        Then::Pass
    });
    writing
}

/// The events of a run, which are true to the journal and to the server's own log.
#[track_caller]
fn reported(scene: &Scene, ended: &Ended) -> Events {
    let events = Events::of(&ended.stdout, ended.status.code().unwrap());
    let users: BTreeMap<u64, String> = (1..=6).map(|id| (id, user(id))).collect();
    let places = by_place(&scene.written()).into_keys();
    let written = places.map(|(user, office, provider)| (users[&user].clone(), office, provider));
    assert_eq!(events.rows("apply_complete"), written.collect(), "{ended:#?}");
    events.agree_with(&scene.records());
    events
}

#[derive(Debug)]
struct Point {
    signal: &'static str,
    request: usize,
    moment: Moment,
}

fn ends_in_order(goal: &Goal, point: &Point) -> bool {
    let scene = Scene::new(&world(0.05, ""));
    let victim = Victim::default();
    let writing = interrupt_at(&scene, &victim, point);
    let ended = victim.start(scene.accuroform(&REPORT)).end();
    scene.proxy.watch(|_| Then::Pass);
    true_to_the_records(&scene, goal);
    let Some(code) = ended.status.code() else {
        let number = if point.signal == "INT" { 2 } else { 15 };
        assert_eq!(ended.status.signal(), Some(number), "{ended:#?}");
        assert!(
            !writing.load(Ordering::Relaxed),
            "while something is written it ends in order: {ended:#?}"
        );
        assert!(scene.written().is_empty());
        scene.run(&APPLY).must_exit(0);
        converged(&scene, goal);
        return true;
    };
    let events = reported(&scene, &ended);
    let count = |outcome: &str| events.rows(outcome).len();
    let pending = is_pending(&scene.records());
    match code {
        4 => {
            assert!(count("apply_not_reached") > 0, "{ended:#?}");
            assert_eq!(count("apply_complete") + count("apply_not_reached"), ROWS, "{ended:#?}");
            assert_eq!(events.one("apply_summary")["halted"], "interrupted");
            assert_eq!(pending, count("apply_complete") > 0);
        }
        6 => {
            assert_eq!(count("apply_complete"), ROWS, "{ended:#?}");
            assert!(pending);
        }
        0 => {
            assert_eq!(count("apply_complete"), ROWS, "{ended:#?}");
            assert!(!pending);
            converged(&scene, goal);
        }
        _ => panic!("{ended:#?}"),
    }
    let next = scene.run(&APPLY);
    next.must_exit(0);
    assert!(!next.stderr.contains("removed the lock"), "it was given back: {next:#?}");
    converged(&scene, goal);
    ended.stderr.contains("interrupted: finishing what is in flight")
}

#[test]
fn an_interrupted_apply_ends_in_order_and_says_what_happened() {
    let (goal, passed) = undisturbed();
    let first = passed.iter().find(|passing| passing.line.starts_with("PATCH")).unwrap().request;
    let mut points = Vec::new();
    for signal in ["INT", "TERM"] {
        for passing in &passed {
            let (request, moment) = (passing.request, passing.moment);
            // Before the first write a signal just ends it, so a few of those suffice.
            if request + 3 < first && !request.is_multiple_of(4) {
                continue;
            }
            // The very last answer may be read before the signal is.
            if (request, moment) != (passed.last().unwrap().request, Moment::Answered) {
                points.push(Point { signal, request, moment });
            }
        }
    }
    let points = chosen(points, 10);
    each("SIGINT and SIGTERM at requests", &points, |point| ends_in_order(&goal, point));
}

#[test]
fn an_interrupt_while_a_sync_runs_leaves_the_sync_owed() {
    let (goal, _) = undisturbed();
    let scene = Scene::new(&world(1.5, ""));
    let victim = Victim::default();
    let interrupted = victim.clone();
    scene.proxy.watch(move |passing| {
        if passing.line.contains("/sync/r-1") && passing.moment == Moment::Answered {
            interrupted.signal("INT");
        }
        Then::Pass
    });
    let ended = victim.start(scene.accuroform(&REPORT)).end();
    ended.must_exit(6);
    assert!(ended.stderr.contains("S004"), "{ended:#?}");
    let events = reported(&scene, &ended);
    assert_eq!(events.rows("apply_complete").len(), ROWS);
    assert_eq!(events.one("sync_errored")["code"], "S004");
    assert!(is_pending(&scene.records()));
    scene.proxy.watch(|_| Then::Pass);
    scene.run(&APPLY).must_exit(0);
    converged(&scene, &goal);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let (goal, _) = undisturbed();
    // The server writes the rows of the second batch and keeps its answer for itself.
    let scene = Scene::new(&world(0.05, "{on: grid_write, nth: 2, delay_answer: 60}"));
    let victim = Victim::default();
    let interrupted = victim.clone();
    scene.proxy.watch(move |passing| {
        if passing.line.contains("PATCH /rest/v1/permissions/users/2") {
            interrupted.signal("INT");
        }
        Then::Pass
    });
    let mut running = victim.start(scene.accuroform(&REPORT));
    running.until("a second Ctrl-C ends at once");
    let begun = Instant::now();
    victim.signal("INT");
    let ended = running.end();
    ended.must_exit(4);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(ended.stderr.contains("error[A001]"), "{ended:#?}");
    // What was in flight has a start and no end, and nobody sums up what nobody knows.
    let events = Events::of(&ended.stdout, 4);
    assert_eq!(events.one("diagnostic")["code"], "A001");
    assert_eq!((events.rows("apply_start").len(), events.ends().len()), (12, 6));
    assert!(events.all("apply_summary").is_empty());
    true_to_the_records(&scene, &goal);
    assert!(is_pending(&scene.records()));
    scene.proxy.watch(|_| Then::Pass);
    scene.run(&APPLY).must_exit(0);
    converged(&scene, &goal);
}

#[test]
fn a_row_whose_answer_was_lost_is_looked_up_when_the_next_tries_are_refused() {
    let (goal, _) = undisturbed();
    for refusal in ["status: 429", "status: 403"] {
        let faults = format!(
            "{{on: grid_write, nth: 2, reset: after_write}}, \
             {{on: grid_write, from: 3, times: 4, {refusal}}}"
        );
        let scene = Scene::new(&world(0.05, &faults));
        let ended = scene.run(&REPORT);
        ended.must_exit(4);
        // The rows of the second batch were written, whatever was said afterwards.
        let events = reported(&scene, &ended);
        let done = events.rows("apply_complete").len();
        assert_eq!((done, events.rows("apply_not_reached").len()), (12, 24), "{refusal}");
        true_to_the_records(&scene, &goal);
        assert!(is_pending(&scene.records()) || done == 0);
        // The fault is over when its turns are.
        assert!((0..9).any(|_| scene.run(&APPLY).status.code() == Some(0)));
        converged(&scene, &goal);
    }
}
