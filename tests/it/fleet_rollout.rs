//! Rollouts that go well: waves one after the other, no more side by side than is allowed, pauses, and
//! a status that is true at every point.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use accuroform::sim::Recorded;

use super::event_stream::Events;
use super::fleet_scene::{Scene, Shore, pairs};
use super::kill_run::Victim;

const ALL: [&str; 5] = ["ash", "birch", "cedar", "dogwood", "elm"];
const APPLY: [&str; 3] = ["apply", "fleet.yaml", "-auto-approve"];

/// Plans and saves, so that the calls of a plan are not those of the rollout.
fn saved(scene: &Scene) -> u64 {
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    scene.mark()
}

fn first(calls: &[Recorded]) -> u64 {
    calls.iter().map(|call| call.sequence).min().unwrap()
}

fn last(calls: &[Recorded]) -> u64 {
    calls.iter().map(|call| call.sequence).max().unwrap()
}

/// The most of these spans that hold one moment.
fn side_by_side(spans: &[(u64, u64)]) -> usize {
    let at =
        |moment: u64| spans.iter().filter(|(from, to)| (*from..=*to).contains(&moment)).count();
    spans.iter().map(|(from, _)| at(*from)).max().unwrap_or_default()
}

/// From the start of a clinic's sync to the last look at it.
fn syncs(calls: &BTreeMap<String, Vec<Recorded>>) -> Vec<(u64, u64)> {
    let of = |calls: &Vec<Recorded>| {
        let is_sync = |call: &&Recorded| call.path.contains("/sync");
        let sync: Vec<Recorded> = calls.iter().filter(is_sync).cloned().collect();
        assert!(sync.iter().any(|call| call.method == "POST" && call.committed), "{calls:?}");
        (first(&sync), last(&sync))
    };
    calls.values().map(of).collect()
}

#[test]
fn a_wave_begins_when_all_clinics_of_the_one_before_are_written_synced_and_verified() {
    let scene = Shore::usual().rollout("  max_parallel: 4\n  max_parallel_syncs: 2\n").open();
    let mark = saved(&scene);
    let ended = scene.ran(&["apply", "all.bundle"], 0);
    let calls = scene.calls_since(mark);
    for waves in [[&["ash"][..], &["birch", "cedar"]], [&["birch", "cedar"], &["dogwood", "elm"]]] {
        let [before, after] = waves.map(|wave| wave.iter().map(|id| &calls[*id]));
        let end = before.map(|calls| last(calls)).max().unwrap();
        assert!(after.clone().all(|calls| first(calls) > end), "{waves:?}: {calls:?}");
    }
    for id in ALL {
        scene.must_be_written_once(id);
        // Written, then synced, then read again: the last write is followed by a read of the grid.
        let order = |is: fn(&Recorded) -> bool| {
            calls[id].iter().filter(|call| is(call)).map(|call| call.sequence).max().unwrap()
        };
        let wrote = order(|call| call.method == "PATCH");
        let synced = order(|call| call.path.contains("/sync"));
        let read = order(|call| call.method == "GET" && call.path.ends_with("/grid"));
        let listed = order(|call| call.path.ends_with("/providers"));
        assert!(wrote < synced && synced < read && read < listed, "{id}: {:?}", calls[id]);
    }
    assert_eq!(scene.stages(), ALL.map(|id| (id.to_owned(), "verified".to_owned())));
    let sum = "Rollout of 5 clinics: 5 verified.\n  canary: 1 verified\n  second: 2 verified\n  rest: 2 verified\n";
    assert!(ended.stdout.ends_with(sum), "{}", ended.stdout);
    scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 0);
}

#[test]
fn no_more_clinics_and_no_more_syncs_are_under_way_than_the_manifest_allows() {
    let ids = ["ash", "birch", "cedar", "dogwood", "elm"];
    for (parallel, parallel_syncs) in [(3, 1), (4, 2)] {
        let text = format!("  max_parallel: {parallel}\n  max_parallel_syncs: {parallel_syncs}\n");
        // Long enough for two to be seen side by side.
        let longer = |shore: Shore, id: &&'static str| {
            shore.world(id, "full_sync_seconds: 0.001", "full_sync_seconds: 0.2")
        };
        let shore = Shore::new(&ids).without_waves().rollout(&text);
        let scene = ids.iter().fold(shore, longer).open();
        let mark = saved(&scene);
        scene.ran(&["apply", "all.bundle"], 0);
        let calls = scene.calls_since(mark);
        assert_eq!(calls.len(), ids.len());
        let spans: Vec<_> = calls.values().map(|calls| (first(calls), last(calls))).collect();
        assert_eq!(side_by_side(&spans), parallel, "{spans:?}");
        let syncs = syncs(&calls);
        assert_eq!(side_by_side(&syncs), parallel.min(parallel_syncs), "{syncs:?}");
    }
}

#[test]
fn a_manual_pause_ends_the_run_after_each_wave() {
    let scene = Shore::usual().rollout("  pause: {between_waves: manual}\n").open();
    let ended = scene.ran(&APPLY, 4);
    let id = scene.rollout();
    let next = format!(
        "paused before the wave second; go on with `accuroform apply --resume {id} fleet.yaml`"
    );
    assert!(ended.stderr.contains(&next), "{}", ended.stderr);
    assert_eq!(scene.written_to(&ALL), ["ash"]);
    let text = scene.ran(&["rollout", "status", "fleet.yaml"], 0).stdout;
    assert!(text.contains("canary: 1 clinic\n  ash: verified; rows: 3 done\n"), "{text}");
    assert!(text.contains("second: 2 clinics\n  birch: waiting\n  cedar: waiting\n"), "{text}");
    assert!(text.ends_with("Rollout of 5 clinics: 4 waiting, 1 verified.\n"), "{text}");

    assert_eq!(scene.resume().code, 4);
    assert_eq!(scene.written_to(&ALL), ["ash", "birch", "cedar"]);
    let mark = scene.mark();
    assert_eq!(scene.resume().code, 0);
    let asked: Vec<String> = scene.calls_since(mark).into_keys().collect();
    assert_eq!(asked, ["dogwood", "elm"], "who is verified is left alone");
    // Through: there is nothing to go on with, and saying so is no error.
    let mark = scene.mark();
    assert_eq!(scene.resume().code, 0);
    assert_eq!(scene.mark(), mark);
    for id in ALL {
        scene.must_be_written_once(id);
    }
}

/// A limit says how many failures the rest of a wave outlives, not that a wave may begin behind one.
#[test]
fn a_wave_does_not_begin_behind_a_failure_that_is_tolerated() {
    let scene = Shore::new(&["ash canary", "aspen canary", "birch second", "elm"])
        .world("ash", "\noffices:", "\naccount: {may_write_grid: false}\noffices:")
        .rollout("  stop_on: {failed_clinics: 2}\n")
        .open();
    let ids = ["ash", "aspen", "birch", "elm"];
    let ended = scene.ran(&APPLY, 4);
    assert_eq!(scene.written_to(&ids), ["aspen"], "the rest of the wave has its turn");
    assert!(ended.stderr.contains("the wave canary is not verified (ash)"), "{}", ended.stderr);
    let ended = scene.resume();
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert_eq!(scene.written_to(&ids), ["aspen"], "{}", ended.everything());
    assert!(ended.stderr.contains("accuroform apply --resume "), "{}", ended.stderr);
}

/// A wave that stopped the rollout was not looked at yet: after it, the rollout waits.
#[test]
fn a_manual_pause_comes_after_a_wave_that_a_resume_brought_to_its_end() {
    let scene = Shore::usual()
        .rollout("  pause: {between_waves: manual}\n")
        .faults("- {on: sync_start, nth: 1, sync: fail}\n")
        .open();
    scene.ran(&APPLY, 4);
    assert_eq!(scene.stages(), pairs(&[("ash", "applied")]));
    let ended = scene.resume();
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert!(ended.stderr.contains("paused before the wave second"), "{}", ended.stderr);
    assert_eq!(scene.written_to(&ALL), ["ash"]);
}

#[test]
fn a_pause_of_a_second_passes_between_two_waves() {
    let scene = Shore::new(&["ash canary", "birch second"])
        .rollout("  pause: {between_waves: 1s}\n")
        .open();
    let mark = saved(&scene);
    let ended = scene.ran(&["apply", "all.bundle"], 0);
    assert!(ended.stderr.contains("waiting 1 s before the wave second"), "{}", ended.stderr);
    let calls = scene.calls_since(mark);
    let end = calls["ash"].iter().map(|call| call.at).max().unwrap();
    let start = calls["birch"].iter().map(|call| call.at).min().unwrap();
    assert!(start.duration_since(end).as_millis() >= 1000, "{end} {start}");
}

#[test]
fn json_tells_the_whole_rollout_an_event_a_line() {
    let scene = Shore::usual().open();
    saved(&scene);
    let ended = scene.ran(&["apply", "all.bundle", "--json"], 0);
    let all = Events::of(&ended.stdout, 0);
    let rollout = [
        ("clinic_complete", 5),
        ("clinic_start", 5),
        ("outcome", 1),
        ("rollout_end", 1),
        ("rollout_start", 1),
        ("version", 1),
        ("wave_start", 3),
    ];
    assert_eq!(all.counts(), rollout.into());
    let end = all.one("rollout_end");
    assert_eq!((&end["end"], &end["exit_code"]), (&"through".into(), &0.into()));
    assert_eq!(end["clinics"]["ash"]["stage"], "verified");
    assert_eq!(end["rollout"], scene.rollout());
    assert_eq!(all.one("rollout_start")["rollout"], scene.rollout());

    let scene = Shore::usual().open();
    let ended = scene.ran(&["apply", "fleet.yaml", "-auto-approve", "--json"], 0);
    let all = Events::of(&ended.stdout, 0)
        .counts()
        .into_iter()
        .map(|(kind, count)| (kind.to_owned(), count))
        .collect::<Vec<_>>();
    let mut expected = rollout.map(|(kind, count)| (kind.to_owned(), count)).to_vec();
    expected.extend([("clinic_planned".to_owned(), 5), ("fleet_planned".to_owned(), 1)]);
    expected.sort();
    assert_eq!(all, expected);
}

/// Watches a rollout while it runs: what the status says of a clinic is never ahead of the clinic.
#[test]
fn the_status_is_true_while_the_rollout_runs_and_a_second_one_is_refused() {
    let scene =
        Shore::usual().world("birch", "full_sync_seconds: 0.001", "full_sync_seconds: 4").open();
    saved(&scene);
    let mut running = Victim::default().start(scene.command(&["apply", "all.bundle"]));
    running.until("wave second: 2 clinics");
    let begun = Instant::now();
    while scene.written("birch").is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "birch is written");
        std::thread::sleep(Duration::from_millis(20));
    }
    let stages: BTreeMap<String, String> = scene.stages().into_iter().collect();
    assert_eq!(stages["ash"], "verified");
    assert_eq!(stages["birch"], "running");
    assert!(!stages.contains_key("elm"), "{stages:?}");

    // Whoever comes second is told who is first, and writes nothing.
    let (id, mark) = (scene.rollout(), scene.mark());
    let ended = scene.ran(&["apply", "all.bundle"], 7);
    assert!(
        ended.stderr.contains("error[L001]: a rollout of the fleet shore is running"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(&format!("rollout {id} by ben@")), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("accuroform unlock {id} fleet.yaml")),
        "{}",
        ended.stderr
    );
    assert_eq!(scene.run(&["apply", "--resume", &id, "fleet.yaml"]).code, 7);
    let others = scene.calls_since(mark);
    assert!(others.values().flatten().all(|call| call.method != "PATCH"), "{others:?}");

    let ended = running.end();
    ended.must_exit(0);
    for id in ALL {
        scene.must_be_written_once(id);
    }
    let rollouts = std::fs::read_dir(scene.path(".accuroform/rollouts")).unwrap().count();
    assert_eq!(rollouts, 1, "what was refused is no rollout");
}

#[test]
fn the_lock_of_a_rollout_is_removed_by_its_id_alone() {
    let scene =
        Shore::usual().world("ash", "full_sync_seconds: 0.001", "full_sync_seconds: 30").open();
    saved(&scene);
    let victim = Victim::default();
    let mut running = victim.start(scene.command(&["apply", "all.bundle"]));
    running.until("wave canary: 1 clinic");
    let id = scene.rollout();
    let other = "20200101T000000Z-0000000000000000";
    let ended = scene.ran(&["unlock", other, "fleet.yaml"], 7);
    assert!(ended.stderr.contains("error[L005]"), "{}", ended.stderr);
    scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 7);
    victim.kill();
    running.end();
    let ended = scene.ran(&["unlock", &id, "fleet.yaml"], 0);
    assert!(ended.stdout.contains(&format!("rollout {id} by ben@")), "{}", ended.stdout);
    let ended = scene.ran(&["unlock", &id, "fleet.yaml"], 1);
    assert!(ended.stderr.contains("error[L006]"), "{}", ended.stderr);
}
