//! A real apply, ended with SIGKILL at every boundary; the next apply must converge.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Mutex;

use super::kill_laws::{Goal, converged, true_to_the_records};
use super::kill_proxy::{Moment, Passing, Then};
use super::kill_run::{APPLY, ROWS, Scene, Victim, by_place, world};

#[test]
fn kill_first() {
    let scene = Scene::new(&world(0.05, ""));
    let passed = std::sync::Arc::new(Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&passed);
    scene.proxy.watch(move |passing: &Passing| {
        seen.lock().unwrap().push(passing.clone());
        Then::Pass
    });
    let t = std::time::Instant::now();
    let ended = scene.run(&APPLY);
    eprintln!("{} {} {:?}", ended.stdout, ended.stderr, t.elapsed());
    ended.must_exit(0);
    for p in passed.lock().unwrap().iter() {
        eprintln!("{p:?}");
    }
    let goal: Goal = by_place(&scene.written());
    assert_eq!(goal.len(), ROWS);
    converged(&scene, &goal);
    eprintln!("{:?}", t.elapsed());

    let scene = Scene::new(&world(0.05, ""));
    let victim = Victim::default();
    let killer = victim.clone();
    scene.proxy.watch(move |passing| {
        if passing.request == 20 && passing.moment == Moment::Handled {
            killer.kill();
            return Then::Lose;
        }
        Then::Pass
    });
    let ended = victim.start(scene.accuroform(&APPLY)).end();
    assert_eq!(ended.status.signal(), Some(9), "{ended:#?}");
    true_to_the_records(&scene, &goal);
    scene.proxy.watch(|_| Then::Pass);
    scene.run(&APPLY).must_exit(0);
    converged(&scene, &goal);
    eprintln!("{:?}", t.elapsed());
}
