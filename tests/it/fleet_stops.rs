//! What stops a rollout: whatever goes wrong in the canary's clinic, no other clinic is written.

use accuroform::sim::{Content, RowKey};

use super::fleet_scene::{Scene, Shore, pairs};
use super::program::Ended;

const OTHERS: [&str; 4] = ["birch", "cedar", "dogwood", "elm"];

fn plan(scene: &Scene) {
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
}

/// Applies the saved bundle, which must end so: with this exit code, the canary at this stage, and this
/// in what is told; and nobody but the canary was asked for anything.
#[track_caller]
fn stops(scene: &Scene, more: &[&str], (code, stage, told): (i32, &str, &str)) -> Ended {
    let mark = scene.mark();
    let ended = scene.run(&[&["apply", "all.bundle"], more].concat());
    assert_eq!(ended.code, code, "{}", ended.everything());
    assert!(ended.everything().contains(told), "{told}: {}", ended.everything());
    assert_eq!(scene.stages(), pairs(&[("ash", stage)]), "{}", ended.everything());
    let asked: Vec<String> = scene.calls_since(mark).into_keys().collect();
    assert!(asked.iter().all(|id| id == "ash"), "{asked:?}");
    assert_eq!(scene.written_to(&OTHERS), [""; 0]);
    let status = scene.status();
    let ash = &status["clinics"][0];
    let why = ash["message"].as_str().unwrap_or_default();
    assert!(stage == "held" || !why.is_empty() && ended.stderr.contains(why), "{ash}");
    assert!(ended.stdout.contains("Rollout of 5 clinics: 4 waiting, 1 "), "{}", ended.stdout);
    let id = scene.rollout();
    assert!(ended.stderr.contains(&format!("accuroform apply --resume {id} ")), "{}", ended.stderr);
    ended
}

#[test]
fn a_refused_write_stops_it() {
    let account = "\naccount: {may_write_grid: false}\noffices:";
    let scene = Shore::usual().world("ash", "\noffices:", account).open();
    plan(&scene);
    stops(&scene, &[], (4, "incomplete", "`failed_clinics` stops at 1"));
    assert_eq!(scene.written("ash"), []);
    let told = scene.ran(&["rollout", "status", "fleet.yaml"], 0).stdout;
    assert!(told.contains("403: the account lacks permission"), "{told}");
}

#[test]
fn another_user_at_the_site_stops_it() {
    let users = "users: [{id: 78, name: OceanAPIOTHER}, {id: 77, name: OceanAPIASH}]\nocean: {site: \"4100\", emr_user: OceanAPIOTHER,";
    let from =
        "users: [{id: 77, name: OceanAPIASH}]\nocean: {site: \"4100\", emr_user: OceanAPIASH,";
    let scene = Shore::usual().world("ash", from, users).open();
    plan(&scene);
    stops(&scene, &[], (5, "refused", "G005"));
    assert_eq!(scene.written("ash"), []);
}

#[test]
fn a_failed_sync_stops_it_and_a_resume_runs_the_sync_without_writing_again() {
    let scene = Shore::usual().faults("- {on: sync_start, nth: 1, sync: fail}\n").open();
    plan(&scene);
    stops(&scene, &[], (4, "applied", "`verify_failures` stops at 1"));
    let ended = scene.resume();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    for id in ["ash", "birch", "cedar", "dogwood", "elm"] {
        scene.must_be_written_once(id);
    }
}

#[test]
fn a_sync_that_does_not_end_stops_it() {
    let scene = Shore::usual().faults("- {on: sync_start, nth: 1, sync: hang}\n").open();
    plan(&scene);
    stops(&scene, &["--sync-timeout", "1s"], (4, "applied", "S002"));
}

/// Somebody changes a row after it was written: the sync is complete, and the grid is not as planned.
#[test]
fn a_clinic_that_is_synced_and_not_verified_stops_it() {
    let writer = "concurrent_writer: {user: 77, office: 1, provider: 2, full: [patient]}";
    let scene = Shore::usual().faults(&format!("- {{on: sync_start, nth: 1, {writer}}}\n")).open();
    plan(&scene);
    stops(&scene, &[], (4, "applied", "Not verified: the grid is not what the manifest says"));
}

#[test]
fn a_clinic_that_cannot_be_reached_stops_it() {
    let scene = Shore::usual().open();
    // The same clinics at another address, which goes away.
    let away = scene.serve();
    let api = format!("connection: {{api: {{url: \"{}\"}}}}", away.url());
    scene.edit(
        "clinics/ash.yaml",
        "accuro: {tenant: ASH",
        &format!("accuro: {{tenant: ASH, {api}"),
    );
    scene.edit("clinics/ash.yaml", "site: \"4100\"", &format!("site: \"4100\", {api}"));
    plan(&scene);
    drop(away);
    stops(&scene, &[], (4, "failed", "ash: failed; ["));
    assert_eq!(scene.written("ash"), []);
}

#[test]
fn a_stale_plan_stops_it() {
    let scene = Shore::usual().open();
    plan(&scene);
    let row = RowKey { user: 77, office: 1, provider: 1 };
    let mut columns = accuroform::sim::Columns::NONE;
    columns.patient = accuroform::sim::Level::Full;
    let content = Content::New(accuroform::sim::Written { columns, until: None });
    scene.clinic("ash").write_as_somebody_else(row, content).unwrap();
    stops(&scene, &[], (5, "refused", "P006"));
    assert_eq!(scene.written("ash"), []);
    // A new plan goes on from what is there.
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 0);
}

/// Somebody changes a row between the reading and the writing.
#[test]
fn held_rows_over_the_percentage_stop_it() {
    let writer = "concurrent_writer: {user: 77, office: 1, provider: 2, full: [patient]}";
    let fault = format!("- {{on: grid_write, nth: 1, {writer}}}\n");
    let scene = Shore::usual().faults(&fault).open();
    plan(&scene);
    stops(
        &scene,
        &[],
        (4, "held", "1 of 3 planned rows were held (ash); `held_rows_percent` stops at 5 percent"),
    );
    assert_eq!(scene.written("ash").len(), 2);

    // A third of the rows is tolerated, and no wave begins behind them.
    let scene =
        Shore::usual().rollout("  stop_on: {held_rows_percent: 34}\n").faults(&fault).open();
    plan(&scene);
    let ended = scene.run(&["apply", "all.bundle"]);
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert!(ended.stdout.contains("4 waiting, 1 held"), "{}", ended.stdout);
    assert!(ended.stderr.contains("the wave canary is not verified (ash)"), "{}", ended.stderr);
}

/// Everything but the profile's columns is revoked, which a limit refuses.
fn excessive(shore: Shore) -> Shore {
    let grid = "users: [{id: 77, name: OceanAPIASH, grid: [{office: 1, provider: 1, full: [patient, inbox]}]}]";
    let exact = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\nsafety: {max_revocations: 0}\n\
                 users: [{profile: ocean, all_offices: true, management: exact}]\n";
    shore.world("ash", "users: [{id: 77, name: OceanAPIASH}]", grid).manifest("ash", exact)
}

#[test]
fn a_limit_stops_it_unless_the_very_plan_is_named() {
    let scene = excessive(Shore::usual()).open();
    let ended = scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 5);
    let hex = ended.stdout.split("--allow-mass-change=").nth(1).unwrap()[..12].to_owned();
    // It is known before anything is written, so no clinic is.
    let ended = scene.ran(&["apply", "all.bundle"], 5);
    assert!(ended.stderr.contains("ash: error[G002]: refused: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("error[R036]"), "{}", ended.stderr);
    assert_eq!(scene.written_to(&["ash", "birch", "cedar", "dogwood", "elm"]), [""; 0]);
    let shown = scene.ran(&["show", "all.bundle"], 0).stdout;
    assert!(shown.contains("error[G002]: refused: "), "{shown}");
    scene.ran(&["apply", "all.bundle", "--allow-mass-change=none"], 5);
    assert_eq!(scene.written("ash"), []);
    // Without a saved bundle nothing is begun.
    let ended = scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 5);
    assert!(
        ended.stderr.contains("error[R036]: 1 clinic cannot be applied as planned"),
        "{}",
        ended.stderr
    );
    let flag = format!("--allow-mass-change={hex}");
    let ended = scene.ran(&["apply", "all.bundle", &flag], 0);
    assert!(ended.stdout.contains("5 verified"), "{}", ended.stdout);
}

#[test]
fn a_manifest_that_was_changed_after_the_plan_stops_it() {
    for (file, from, to) in [
        ("clinics/ash.yaml", "ocean: {site: \"4100\"}", "ocean: {site: \"4100\", sync: none}"),
        ("fleet.yaml", "users: [{profile: ocean", "users: [{reason: new, profile: ocean"),
    ] {
        let scene = Shore::usual().open();
        plan(&scene);
        scene.edit(file, from, to);
        stops(&scene, &[], (5, "refused", "P004"));
        assert_eq!(scene.written("ash"), []);
    }
}

#[test]
fn a_clinic_that_was_not_planned_stops_it_when_its_turn_comes() {
    let account = "\naccount: {may_read_directory: false}\noffices:";
    let scene = Shore::usual().world("ash", "\noffices:", account).open();
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    stops(&scene, &[], (4, "failed", "R041"));
}

#[test]
fn so_many_failures_as_are_tolerated_do_not_stop_it() {
    let account = "\naccount: {may_write_grid: false}\noffices:";
    let scene = Shore::usual()
        .world("ash", "\noffices:", account)
        .rollout("  max_parallel: 1\n  stop_on: {failed_clinics: 2}\n")
        .world("birch", "\noffices:", account)
        .open();
    plan(&scene);
    // No wave begins behind the failure that is tolerated.
    let ended = scene.run(&["apply", "all.bundle"]);
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert!(ended.stderr.contains("the wave canary is not verified (ash)"), "{}", ended.stderr);
    assert_eq!(scene.stages(), pairs(&[("ash", "incomplete")]));

    // The second failure is one too many: cedar, of the same wave, is not begun any more.
    let scene = Shore::new(&["ash canary", "birch canary", "cedar canary second"])
        .world("ash", "\noffices:", account)
        .rollout("  max_parallel: 1\n  stop_on: {failed_clinics: 2}\n")
        .world("birch", "\noffices:", account)
        .open();
    plan(&scene);
    let ended = scene.run(&["apply", "all.bundle"]);
    assert_eq!(ended.code, 4, "{}", ended.everything());
    assert!(
        ended.stderr.contains("2 of 2 clinics failed (ash, birch); `failed_clinics` stops at 2"),
        "{}",
        ended.stderr
    );
    assert_eq!(scene.stages(), pairs(&[("ash", "incomplete"), ("birch", "incomplete")]));
    assert_eq!(scene.written_to(&["cedar"]), [""; 0]);
}

/// Every clinic is written and none is left: that the sync failed is what is left to say.
#[test]
fn a_rollout_that_is_written_everywhere_and_not_verified_exits_6() {
    let scene = Shore::new(&["ash canary", "birch canary second"])
        .rollout("  stop_on: {verify_failures: 3}\n")
        .faults("- {on: sync_start, sync: fail}\n")
        .open();
    plan(&scene);
    let ended = scene.run(&["apply", "all.bundle"]);
    assert_eq!(ended.code, 6, "{}", ended.everything());
    assert_eq!(scene.stages(), pairs(&[("ash", "applied"), ("birch", "applied")]));

    // The same with the usual limit, which the last clinic reaches.
    let scene = Shore::new(&["ash canary", "birch second"])
        .faults("- {on: sync_start, nth: 2, sync: fail}\n")
        .open();
    plan(&scene);
    let ended = scene.run(&["apply", "all.bundle"]);
    assert_eq!(ended.code, 6, "{}", ended.everything());
    assert_eq!(scene.stages(), pairs(&[("ash", "verified"), ("birch", "applied")]));
}
