//! Rollouts that are ended from outside: a resume goes on, writes nothing twice and leaves nothing out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::fleet_scene::{ROWS, Scene, Shore, pairs};
use super::kill_run::{Running, Victim};

const TWELVE: [&str; 12] = [
    "alder canary",
    "ash canary",
    "aspen second",
    "birch second",
    "cedar second",
    "cherry",
    "elm",
    "fir",
    "hazel",
    "larch",
    "maple",
    "oak",
];

/// The clinics had nothing before: what takes a rollout back leaves their users with nothing.
const ANY_UNDO: &str = "  safety: {allow_empty: true, max_revocations: 100}\n";

fn ids() -> [&'static str; 12] {
    TWELVE.map(|words| words.split(' ').next().unwrap())
}

fn start(scene: &Scene, arguments: &[&str]) -> (Victim, Running) {
    let victim = Victim::default();
    let running = victim.start(scene.command(arguments));
    (victim, running)
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn stage(scene: &Scene, id: &str) -> Option<String> {
    scene.stages().into_iter().find(|(clinic, _)| clinic == id).map(|(_, stage)| stage)
}

/// The lock of a killed run is taken over: its process is gone.
#[test]
fn a_rollout_that_was_killed_goes_on_and_writes_every_row_once_in_spite_of_faults() {
    let scene = Shore::new(&TWELVE)
        .rollout("  max_parallel: 3\n")
        .faults("- random: {seed: 11, percent: 5, of: [status_503]}\n")
        .open();
    let (victim, mut running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    // In the last wave, with some clinics written and some not begun.
    running.until("wave rest: 7 clinics");
    wait_until("six clinics are written", || scene.written_to(&ids()).len() >= 6);
    victim.kill();
    running.end();
    let before = scene.stages();
    assert!(before.iter().any(|(_, stage)| stage == "running"), "{before:?}");
    assert!(scene.written_to(&ids()).len() < 12);
    let verified: BTreeSet<&str> =
        before.iter().filter(|(_, stage)| stage == "verified").map(|(id, _)| id.as_str()).collect();
    assert!(verified.len() >= 5, "{before:?}");

    let mark = scene.mark();
    let ended = scene.resume();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    let asked: BTreeSet<String> = scene.calls_since(mark).into_keys().collect();
    assert!(asked.iter().all(|id| !verified.contains(id.as_str())), "{asked:?} {verified:?}");
    for id in ids() {
        scene.must_be_written_once(id);
    }
    let ended = scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 0);
    assert!(ended.stdout.contains("0 with changes, 12 without, 0 not read"), "{}", ended.stdout);
    assert!(scene.stages().iter().all(|(_, stage)| stage == "verified" || stage == "unchanged"));
}

/// Killed after the rows were written and before anybody said so, a clinic is not written again, and what
/// takes the rollout back knows of both runs.
#[test]
fn a_clinic_that_was_killed_after_its_write_is_synced_by_the_resume_and_taken_back_by_an_undo() {
    let scene =
        Shore::usual().defaults(ANY_UNDO).faults("- {on: sync_start, nth: 1, delay: 5}\n").open();
    let (victim, running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    wait_until("ash is written", || scene.written("ash").len() == ROWS);
    victim.kill();
    running.end();
    assert_eq!(scene.stages(), pairs(&[("ash", "running")]));
    let text = scene.ran(&["rollout", "status", "fleet.yaml"], 0).stdout;
    assert!(text.contains("canary: 1 clinic\n  ash: running\n"), "{text}");

    let ended = scene.resume();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    scene.must_be_written_once("ash");
    let posts = scene.calls_since(0).remove("ash").unwrap();
    assert!(
        posts.iter().any(|call| call.path.ends_with("/sync") && call.status == Some(202)),
        "{posts:?}"
    );

    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    assert!(ended.stdout.contains("Plan of 5 clinics: 5 with changes"), "{}", ended.stdout);
    scene.ran(&["apply", "back.bundle"], 0);
    scene.must_be_as_before("ash");
}

/// A clinic of several batches that is killed between two of them.
#[test]
fn an_undo_of_a_rollout_takes_back_what_each_of_its_runs_wrote_to_a_clinic() {
    let two = "users:\n  - {id: 77, name: OceanAPIASH}\n  - {id: 78, name: OceanAPISECOND}";
    let manifest = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\nusers:\n  \
                    - {profile: ocean, all_offices: true}\n  \
                    - {name: OceanAPISECOND, profile: ocean, all_offices: true}\n";
    let scene = Shore::new(&["ash canary", "birch second"])
        .world("ash", "users: [{id: 77, name: OceanAPIASH}]", two)
        .manifest("ash", manifest)
        .defaults(ANY_UNDO)
        .faults("- {on: grid_write, nth: 2, delay: 5}\n")
        .open();
    let (victim, running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    wait_until("the first batch is written", || scene.written("ash").len() == ROWS);
    wait_until("the second was sent", || {
        scene.calls_since(0)["ash"].iter().filter(|call| call.method == "PATCH").count() == 2
    });
    victim.kill();
    running.end();
    assert_eq!(scene.written("ash").len(), ROWS);
    let ended = scene.resume();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert_eq!(scene.written("ash").len(), 2 * ROWS);

    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    assert!(ended.stdout.contains("9 to revoke"), "{}", ended.stdout);
    let ended = scene.ran(&["apply", "back.bundle"], 0);
    assert!(ended.stdout.contains("2 verified"), "{}", ended.stdout);
    scene.must_be_as_before("ash");
    scene.must_be_as_before("birch");
    // It is taken back whole: nothing is left to take back.
    let ended = scene.ran(&["history", "fleet.yaml", "--clinic", "ash"], 0);
    assert!(ended.stdout.contains("takes back "), "{}", ended.stdout);
}

/// What a rollout that is still running will have written, nobody knows.
#[test]
fn a_rollout_that_is_running_is_not_planned_to_be_taken_back() {
    let scene =
        Shore::usual().defaults(ANY_UNDO).faults("- {on: sync_start, nth: 1, delay: 20}\n").open();
    let (victim, running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    wait_until("ash is written", || scene.written("ash").len() == ROWS);
    let undo = ["rollout", "undo", "fleet.yaml", "-out", "back.bundle"];
    let ended = scene.ran(&undo, 7);
    let words = "error[L001]: a rollout of the fleet shore is running: rollout ";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    let unlock = format!("accuroform unlock {} fleet.yaml\n", scene.rollout());
    assert!(ended.stderr.contains(&unlock), "{}", ended.stderr);
    assert!(!scene.path("back.bundle").exists());
    // Once its process is gone it is what its journals say.
    victim.kill();
    running.end();
    assert_ne!(scene.run(&undo).code, 7);
}

#[test]
fn an_interrupt_lets_what_is_under_way_come_to_its_end_and_begins_nothing_new() {
    let scene = Shore::new(&TWELVE)
        .rollout("  max_parallel: 2\n")
        .world("aspen", "full_sync_seconds: 0.001", "full_sync_seconds: 20")
        .open();
    let (victim, mut running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    running.until("wave second: 3 clinics");
    wait_until("aspen is written", || scene.written("aspen").len() == ROWS);
    wait_until("its sync runs", || {
        scene.calls_since(0)["aspen"]
            .iter()
            .any(|call| call.method == "GET" && call.path.contains("/sync"))
    });
    victim.signal("INT");
    let ended = running.end();
    ended.must_exit(4);
    assert!(ended.stderr.contains("interrupted: finishing what is in flight"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("interrupted; go on with `accuroform apply --resume "),
        "{}",
        ended.stderr
    );
    // Nobody is left running, and what was sent has its answer.
    let stages = scene.stages();
    assert!(stages.iter().all(|(_, stage)| stage != "running"), "{stages:?}");
    assert_eq!(stage(&scene, "aspen").as_deref(), Some("applied"));
    for id in scene.written_to(&ids()) {
        scene.must_be_written_once(id);
    }
    assert_eq!(scene.written_to(&["cherry", "elm", "oak"]), [""; 0]);
    let told = scene.ran(&["rollout", "status", "fleet.yaml"], 0).stdout;
    assert!(told.contains("aspen: applied, not verified; rows: 3 done; [S004]"), "{told}");
    let lock = scene.path(".accuroform/locks");
    assert!(!lock.exists() || std::fs::read_dir(lock).unwrap().next().is_none());

    // Its sync still runs; the resume waits for it no longer than it may.
    let id = scene.rollout();
    let ended = scene.run(&["apply", "--resume", &id, "fleet.yaml", "--sync-timeout", "1s"]);
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert_eq!(stage(&scene, "aspen").as_deref(), Some("applied"));
    scene.must_be_written_once("aspen");
}

#[test]
fn a_pause_that_is_interrupted_ends_in_order() {
    let scene = Shore::usual().rollout("  pause: {between_waves: 10m}\n").open();
    let (victim, mut running) = start(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    running.until("waiting 600 s before the wave second");
    victim.signal("TERM");
    let ended = running.end();
    ended.must_exit(4);
    assert_eq!(scene.stages(), pairs(&[("ash", "verified")]));
    // The time since the wave counts, in whichever run: a resume does not cut it short.
    let (victim, mut running) =
        start(&scene, &["apply", "--resume", &scene.rollout(), "fleet.yaml"]);
    running.until("s before the wave second");
    victim.signal("TERM");
    running.end().must_exit(4);
    assert_eq!(scene.written_to(&["birch", "cedar", "dogwood"]), [""; 0]);
}
