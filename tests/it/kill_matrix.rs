//! A real apply over a real socket, ended with SIGKILL at every boundary; the next one converges.

use std::iter;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::{Arc, Mutex};

use accuroform::sim::FaultKind;

use super::kill_laws::{Goal, converged, true_to_the_records};
use super::kill_points::{chosen, each};
use super::kill_proxy::{Moment, Passing, Then};
use super::kill_run::{APPLY, ROWS, Scene, Victim, by_place, world};
use super::kill_strace;

/// A busy server, a lost answer, somebody else at work and a token that is gone, in one apply.
const FAULTS: &str = "\
{on: grid_write, nth: 2, status: 503}, \
{on: grid_write, nth: 4, reset: after_write}, \
{on: grid_write, nth: 6, concurrent_writer: {user: 5, office: 2, provider: 3, full: [patient]}}, \
{on: grid_write, nth: 8, expire_tokens: true}";

/// What is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Manifest,
    /// The same saved plan both times.
    Plan,
}

impl Input {
    fn of(number: usize) -> Self {
        if number.is_multiple_of(2) { Self::Manifest } else { Self::Plan }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Manifest => &APPLY,
            Self::Plan => &["apply", "clinic.plan"],
        }
    }
}

fn scene(faults: &str, input: Input) -> Scene {
    let scene = Scene::new(&world(0.05, faults));
    if input == Input::Plan {
        scene.run(&["plan", "-out=clinic.plan", "clinic.yaml"]).must_exit(0);
    }
    scene
}

/// What an apply that nobody disturbs writes, and the boundaries that it passes: those of the
/// shortest of three, for how often a running sync is looked at differs with the load of the machine.
pub(crate) fn undisturbed() -> (Goal, Vec<Passing>) {
    let one = || {
        let scene = scene("", Input::Manifest);
        let passed = observed(&scene);
        let goal = by_place(&scene.written());
        assert_eq!(goal.len(), ROWS);
        converged(&scene, &goal);
        (goal, passed)
    };
    iter::repeat_with(one).take(3).min_by_key(|(_, passed)| passed.len()).unwrap()
}

/// Applies once and gives the boundaries.
fn observed(scene: &Scene) -> Vec<Passing> {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&passed);
    scene.proxy.watch(move |passing| {
        seen.lock().unwrap().push(passing.clone());
        Then::Pass
    });
    let ended = scene.run(&APPLY);
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{ended:#?}");
    scene.proxy.watch(|_| Then::Pass);
    Arc::into_inner(passed).unwrap().into_inner().unwrap()
}

/// Applies without a kill: once, or twice where somebody else changes a row of it meanwhile.
fn again(scene: &Scene, input: Input) {
    let meddled = || {
        let requests = scene.clinic.serving.requests();
        requests.iter().filter(|one| one.fault == Some(FaultKind::ConcurrentWriter)).count()
    };
    let before = meddled();
    let ended = scene.run(input.arguments());
    if meddled() > before {
        ended.must_exit(4);
        assert!(ended.stdout.contains(" 1 held, 0 failed, 0 not reached"), "{ended:#?}");
        scene.run(input.arguments()).must_exit(0);
    } else {
        ended.must_exit(0);
    }
}

/// A point of the matrix.
#[derive(Debug)]
struct Point {
    faults: &'static str,
    input: Input,
    at: At,
}

#[derive(Debug)]
enum At {
    /// At this boundary of this request.
    Request(usize, Moment),
    /// Before this request reaches the server, which it does during the next apply.
    Late(usize),
    /// Before this call on the journal.
    Call(String, usize),
    /// After it.
    AfterCall(String, usize),
}

/// Kills, looks, applies again and looks again. Whether the boundary was reached.
fn survives(goal: &Goal, point: &Point) -> bool {
    let Point { faults, input, at } = point;
    let scene = scene(faults, *input);
    let victim = Victim::default();
    let ended = match at {
        At::Request(number, moment) => {
            kill_at(&scene, &victim, *number, *moment, Then::Lose);
            victim.start(scene.accuroform(input.arguments())).end()
        }
        At::Late(number) => {
            kill_at(&scene, &victim, *number, Moment::Before, Then::Delay);
            victim.start(scene.accuroform(input.arguments())).end()
        }
        At::Call(call, number) => {
            let what = kill_strace::inject(call, "signal=SIGKILL", &number.to_string());
            let command = kill_strace::traced(&scene, input.arguments(), "/dev/null", &what);
            victim.start(command).end()
        }
        At::AfterCall(call, number) => {
            let what = kill_strace::inject(call, "delay_exit=60000000", &number.to_string());
            let command = kill_strace::traced(&scene, input.arguments(), "/dev/stderr", &what);
            let mut running = victim.start(command);
            kill_strace::kill_after(&mut running, call, *number);
            running.end()
        }
    };
    let killed = ended.status.signal() == Some(9);
    assert!(killed || matches!(ended.status.code(), Some(0 | 4)), "{ended:#?}");
    true_to_the_records(&scene, goal);
    scene.proxy.watch(|_| Then::Pass);
    again(&scene, *input);
    converged(&scene, goal);
    killed
}

/// Kills at a boundary; nothing of the dead process goes through afterwards.
fn kill_at(scene: &Scene, victim: &Victim, number: usize, moment: Moment, then: Then) {
    let victim = victim.clone();
    let mut dead = false;
    scene.proxy.watch(move |passing| {
        if dead {
            return Then::Lose;
        }
        if passing.request == number && passing.moment == moment {
            victim.kill();
            dead = true;
            return then;
        }
        Then::Pass
    });
}

fn is_write(passing: &Passing) -> bool {
    passing.line.starts_with("PATCH") && passing.moment == Moment::Before
}

#[test]
fn an_apply_killed_at_any_request_is_completed_by_the_next() {
    let (goal, passed) = undisturbed();
    let points = passed.iter().enumerate().map(|(number, passing)| {
        let at = At::Request(passing.request, passing.moment);
        Point { faults: "", input: Input::of(number / 3 + number), at }
    });
    let points = chosen(points.collect(), 16);
    each("SIGKILL at requests", &points, |point| survives(&goal, point));
}

#[test]
fn a_write_that_arrives_after_the_death_of_its_sender_is_not_done_twice() {
    let (goal, passed) = undisturbed();
    let points = passed.iter().filter(|passing| is_write(passing)).map(|passing| Point {
        faults: "",
        input: Input::of(passing.request),
        at: At::Late(passing.request),
    });
    let points = chosen(points.collect(), 2);
    each("SIGKILL with a late request", &points, |point| survives(&goal, point));
}

#[test]
fn an_apply_killed_among_faults_is_completed_by_the_next() {
    let (goal, _) = undisturbed();
    let passed = observed(&scene(FAULTS, Input::Manifest));
    let first = passed.iter().find(|passing| is_write(passing)).unwrap().request;
    let points = passed.iter().filter(|passing| passing.request >= first);
    let points = points.filter(|passing| !passing.line.starts_with("GET /rest")).map(|passing| {
        let at = At::Request(passing.request, passing.moment);
        Point { faults: FAULTS, input: Input::Manifest, at }
    });
    let points = chosen(points.collect(), 8);
    each("SIGKILL at requests among faults", &points, |point| survives(&goal, point));
}

#[test]
fn an_apply_killed_at_any_write_of_the_journal_is_completed_by_the_next() {
    if !kill_strace::is_there() {
        return;
    }
    let (goal, _) = undisturbed();
    let mut points = Vec::new();
    for faults in ["", FAULTS] {
        let calls = kill_strace::calls(&scene(faults, Input::Manifest), &APPLY);
        points.extend(journal_points(faults, &calls));
    }
    let points = chosen(points, 14);
    each("SIGKILL at the journal", &points, |point| survives(&goal, point));
}

fn journal_points(faults: &'static str, calls: &kill_strace::Calls) -> Vec<Point> {
    let mut points = Vec::new();
    for (call, times) in calls {
        for number in 1..=*times {
            let input = if faults.is_empty() { Input::of(number) } else { Input::Manifest };
            points.push(Point { faults, input, at: At::Call(call.clone(), number) });
            if !kill_strace::is_write(call) {
                points.push(Point { faults, input, at: At::AfterCall(call.clone(), number) });
            }
        }
    }
    points
}
