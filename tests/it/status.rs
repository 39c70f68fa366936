//! `status` of a fleet as people and programs read it, of saved plans and of rollouts. It writes nothing,
//! which every look at it here and in `status_screen.rs` is held to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use accuroform::state::{Lock, State};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::approvals::pem;
use super::fleet_scene::{Scene, Shore};
use super::lock::claim;
use super::program::Ended;

/// Every file below a folder with its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Runs `status`, which leaves everything below the folder as it was.
#[track_caller]
pub(crate) fn looked(folder: &Path, run: impl FnOnce() -> Ended, code: i32) -> Ended {
    let before = tree(folder);
    let ended = run();
    assert_eq!(ended.code, code, "{}", ended.everything());
    assert!(tree(folder) == before, "status wrote something: {}", ended.everything());
    ended
}

pub(crate) fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every command that is printed to be typed, without the command's name.
pub(crate) fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|one| one.strip_prefix("accuroform ")).map(str::to_owned).collect()
}

#[track_caller]
pub(crate) fn has(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

fn key(folder: &Path, name: &str, seed: u8) -> (PathBuf, String) {
    let path = folder.join(format!("{name}.pem"));
    fs::write(&path, pem(seed)).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(["approve", "--show-key", "--key"])
        .arg(&path)
        .output()
        .unwrap();
    (path, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

impl Scene {
    #[track_caller]
    fn waits(&self, more: &[&str], code: i32) -> Ended {
        let arguments = [&["status", "fleet.yaml"], more].concat();
        looked(&self.path(""), || self.run(&arguments), code)
    }
}

/// A fleet where each kind of waiting is somewhere: `ash` went through the first wave of a rollout that is
/// paused, the sync of `birch` is asked of a person, `cedar` demands approvals, a grant of `dogwood` ends, the
/// capture of `elm` is stale, and nothing waits at `fir`.
fn busy(keys: &Path) -> Scene {
    let (_, jane) = key(keys, "jane", 1);
    let (_, ali) = key(keys, "ali", 2);
    let soon = jiff::Zoned::now().date().tomorrow().unwrap();
    let usual = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\n";
    let signed = format!(
        "{usual}safety: {{approvals: {{required: 2, not_the_planner: false, keys: [{{name: jane, key: \"{jane}\"}}, {{name: ali, key: \"{ali}\"}}]}}}}\n"
    );
    let dated = format!(
        "{usual}users: [{{profile: ocean, offices: [{{id: 1, all_providers: true, except: [{{id: 1}}], providers: [{{id: 2, until: {soon}}}, {{id: 3, until: {soon}}}]}}]}}]\n"
    );
    let scene = Shore::new(&["ash canary", "birch people", "cedar", "dogwood", "elm people", "fir canary"])
        .without_waves()
        .rollout("  waves: [{name: canary, tags: [canary]}, {name: rest}]\n")
        .rollout("  pause: {between_waves: manual}\n")
        .manifest("birch", "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\", connection: {attest: {}}}\n")
        .manifest("cedar", &signed)
        .manifest("dogwood", &dated)
        // Access that ended, and is still in the grid.
        .world(
            "dogwood",
            "users: [{id: 77, name: OceanAPIDOGWOOD}]",
            "users: [{id: 77, name: OceanAPIDOGWOOD, grid: [{office: 1, provider: 1, full: [labs], until: 2026-01-31, revision: 3}]}]",
        )
        .manifest(
            "elm",
            "accuro: {tenant: {tenant}, connection: {worksheet: {file: elm.csv, directory: elm-directory.csv}}}\nocean: {site: \"{site}\", sync: none}\n",
        )
        .open();
    scene.write(
        "clinics/elm-directory.csv",
        "office,provider\nNorth,\"One, Ann\"\nNorth,\"Two, Bob\"\n",
    );
    let of_elm = ["--manifest", "fleet.yaml", "--clinic", "elm"];
    scene.ran(&[&["capture", "--template"], &of_elm[..]].concat(), 0);
    fill(&scene.path("clinics/elm-to-fill.csv"), &[("", OCEAN)]);
    let capture =
        ["capture", "clinics/elm-to-fill.csv", "--by", "Jane Roy", "--at", "2026-01-05 09:00"];
    scene.ran(&[&capture, &of_elm[..]].concat(), 0);
    scene
}

/// Behind the names of a line: what the screen shows.
const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";

/// Fills blank lines of a sheet in: what stands behind the names, by a part of the line.
fn fill(path: &Path, lines: &[(&str, &str)]) {
    let text = fs::read_to_string(path).unwrap();
    let filled = text.lines().map(|line| {
        let found = lines.iter().find(|(part, _)| line.contains(part));
        found.map_or(line.to_owned(), |(_, cells)| line.replacen(",,,,,,,,,,,", cells, 1))
    });
    fs::write(path, filled.collect::<Vec<_>>().join("\r\n")).unwrap();
}

/// The same, with a rollout that is begun and a bundle that jane has signed; gives the rollout's id.
fn begun() -> (Scene, String) {
    let keys = tempfile::tempdir().unwrap();
    let scene = busy(keys.path());
    scene.ran(&["apply", "fleet.yaml", "--clinic", "birch", "-auto-approve"], 6);
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    let jane = keys.path().join("jane.pem");
    scene.ran(&["approve", "all.bundle", "--key", jane.to_str().unwrap(), "--name", "jane"], 0);
    scene.ran(&["apply", "fleet.yaml", "--exclude-tag", "people", "-auto-approve"], 4);
    let rollout = scene.rollout();
    (scene, rollout)
}

/// Takes a lock as a run of this id would.
fn hold(scene: &Scene, (folder, name): (&str, &str), run: &str) -> Lock {
    let (state, stop) = (State::folder(scene.path(folder)), CancellationToken::new());
    Lock::acquire((&state, name), &claim(run), Duration::ZERO, &stop, &mut |_| {}).unwrap()
}

#[test]
fn a_fleet_is_told_clinic_by_clinic_with_the_next_step_while_others_hold_the_locks() {
    let (scene, rollout) = begun();
    let places = [
        ("clinics/.accuroform", "ash"),
        ("clinics/.accuroform", "birch"),
        (".accuroform", "fleet.shore"),
    ];
    let locks = places.map(|place| hold(&scene, place, "other"));
    let text = scene.waits(&["--plan", "all.bundle"], 8).stdout;
    drop(locks);
    let blocks: BTreeMap<&str, &str> =
        text.split("\n\n").filter_map(|block| block.split_once('\n')).collect();
    let says = |block: &str, words: &[&str]| {
        let said = blocks.get(block).unwrap_or_else(|| panic!("no {block}: {text}"));
        for word in words {
            assert!(said.contains(word), "{block} does not say {word}: {text}");
        }
    };
    says(
        "birch",
        &[
            "a full sync of Ocean site 4101 is asked of a person",
            "next: `accuroform sync fleet.yaml --clinic birch`",
        ],
    );
    says(
        "cedar",
        &[
            "the plan all.bundle needs 2 signed approvals and has 1 (jane)",
            "next: `accuroform approve all.bundle --key KEYFILE`",
        ],
    );
    says(
        "elm",
        &[
            "the capture of 2026-01-05 09:00 +00:00 by Jane Roy is stale: it is ",
            " days old, and may be 24 h old",
            "next: `accuroform capture --restart --by NAME --manifest fleet.yaml --clinic elm`",
        ],
    );
    says(
        "fleet shore",
        &[
            &format!("the rollout {rollout} is paused before the wave rest; 2 of 4 clinics left"),
            "cedar: its plan needs 2 signed approvals and has 0",
            &format!("accuroform apply --resume {rollout} fleet.yaml --approval FILE`"),
        ],
    );
    // What has ended comes first; rows that end on one day are one thing to read.
    let soon = jiff::Zoned::now().date().tomorrow().unwrap();
    let ended = "! dogwood/OceanAPIDOGWOOD/North/One, Ann (1): access ended on 2026-01-31";
    let ends = format!(
        "! 2 rows: access ends on {soon}\n      dogwood/OceanAPIDOGWOOD/North/Three, Cem (3)\n"
    );
    says("dogwood", &[ended, &ends]);
    assert!(blocks["dogwood"].find(ended).unwrap() < blocks["dogwood"].find(&ends).unwrap());
    for quiet in ["ash", "fir"] {
        assert!(!blocks.contains_key(quiet), "{quiet}: {text}");
    }
    let closing = "6 clinics: 2 of 6 with nothing waiting. Waiting: 1 capture, 1 sync, 1 plan to approve, 1 rollout, 3 grants.\n";
    assert!(text.ends_with(closing), "{text}");

    for command in commands(&text) {
        // All but what is left out is parsed before the help is shown.
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        scene.ran(&arguments, 0);
    }
    // Whoever is selected is looked at, and no other.
    let text = scene.waits(&["--tag", "canary"], 0).stdout;
    assert_eq!(text, "2 clinics: nothing waits for a person.\n");
}

#[test]
fn programs_read_a_document_for_each_clinic_and_one_with_the_sums() {
    let (scene, _) = begun();
    let json = scene.waits(&["--plan", "all.bundle", "--json"], 8).stdout;
    let documents = documents(&json);
    let (sum, clinics) = documents.split_last().unwrap();
    let kinds = |value: &Value| -> Vec<String> {
        let waiting = value["waiting"].as_array().unwrap().iter();
        waiting.map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    let of: BTreeMap<&str, &Value> =
        clinics.iter().map(|one| (one["clinic"].as_str().unwrap(), one)).collect();
    assert_eq!(
        of.keys().copied().collect::<Vec<_>>(),
        ["ash", "birch", "cedar", "dogwood", "elm", "fir"]
    );
    let exits = of.values().map(|one| one["exit_code"].as_u64().unwrap());
    assert_eq!(exits.collect::<Vec<_>>(), [0, 6, 2, 2, 8, 0]);
    assert_eq!(kinds(of["dogwood"]), ["grant"; 3]);
    assert_eq!(of["dogwood"]["waiting"][0]["until"], "2026-01-31");
    assert_eq!(of["elm"]["capture"]["state"], "stale");
    assert_eq!(of["elm"]["capture"]["by"], "Jane Roy");
    assert_eq!(of["elm"]["waiting"][0]["leaves_unknown"], true);
    assert_eq!(of["birch"]["capture"], Value::Null);
    assert_eq!((&sum["kind"], &sum["fleet"]), (&"accuroform.status_sum".into(), &"shore".into()));
    assert_eq!((&sum["clinics"], &sum["with_nothing_waiting"]), (&6.into(), &2.into()));
    assert_eq!(sum["counts"]["grant"], 3);
    assert_eq!(kinds(sum), ["rollout"]);
    assert_eq!(sum["exit_code"], 8);
}

const ATTEST: &str =
    "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\", connection: {attest: {}}}\n";

#[test]
fn a_rollout_waits_behind_people_and_then_for_whoever_goes_on() {
    let scene = Shore::new(&["ash canary", "birch canary", "cedar"])
        .without_waves()
        .rollout("  waves: [{name: canary, tags: [canary]}, {name: rest}]\n")
        .manifest("ash", ATTEST)
        .manifest("birch", ATTEST)
        .open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    let go_on = format!("`accuroform apply --resume {id} fleet.yaml`");
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            &format!(
                "the rollout {id} waits in the wave canary for people at ash, birch; 3 of 3 clinics left"
            ),
            &format!("next: once nothing waits there: {go_on}"),
            "Waiting: 2 syncs, 1 rollout.",
        ],
    );

    sleep(Duration::from_millis(1100));
    scene.ran(&["sync", "fleet.yaml", "--tag", "canary", "--attest", "--by", "Jane Roy"], 0);
    has(
        &scene.waits(&[], 6).stdout,
        &[
            "attested by Jane Roy, not verified",
            "next: `accuroform verify --attest --by NAME fleet.yaml --clinic ash`",
            "for people at ash, birch",
        ],
    );
    scene.ran(&["verify", "fleet.yaml", "--tag", "canary", "--attest", "--by", "Bo Roy"], 0);
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[
            "where nothing waits any more: ash, birch; 3 of 3 clinics left",
            &format!("next: {go_on}"),
        ],
    );
    scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 0);
    assert_eq!(scene.waits(&[], 0).stdout, "3 clinics: nothing waits for a person.\n");
}

#[test]
fn a_rollout_that_stopped_says_why_and_one_that_is_running_waits_for_nobody() {
    let scene = Shore::usual().faults("- {on: sync_start, nth: 1, sync: fail}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            &format!("the rollout {id} is stopped: 1 of 1 clinics are not verified (ash)"),
            "ash: applied, not verified",
            &format!(
                "next: `accuroform rollout status {id} fleet.yaml`, then `accuroform apply --resume {id} fleet.yaml`"
            ),
        ],
    );
    has(
        &said,
        &[
            "ash\n  ! the sync after the last apply was not completed and verified\n      next: `accuroform apply fleet.yaml --clinic ash`",
        ],
    );

    // While somebody goes on with it, nobody else is asked to.
    let locks = [
        hold(&scene, (".accuroform", "fleet.shore"), &id),
        hold(&scene, ("clinics/.accuroform", "ash"), "one"),
    ];
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            "a sync is owed, and somebody is at work: apply one by ann@desk",
            "next: look again when that has ended",
            "Waiting: 1 sync.\n",
        ],
    );
    drop(locks);
    scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 0);
    scene.waits(&[], 0);
}

#[test]
fn of_an_older_rollout_only_that_waits_which_no_newer_one_has() {
    let scene = Shore::usual().rollout("  pause: {between_waves: manual}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let first = scene.rollout();
    // A rollout's id begins with the second in which it was begun.
    sleep(Duration::from_millis(1100));
    // A newer one of a clinic that the first is through with changes nothing for the first.
    scene.edit("clinics/ash.yaml", "version: 1", "version: 1\nsafety: {max_revocations: 9}");
    scene.ran(
        &["plan", "fleet.yaml", "--clinic", "ash", "--clinic", "birch", "-out", "two.bundle"],
        0,
    );
    scene.ran(&["apply", "two.bundle"], 4);
    let second = scene.rollout();
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[&format!(
            "the rollout {second} is paused before the wave second; 1 of 2 clinics left\n      next: `accuroform apply --resume {second} fleet.yaml`"
        )],
    );
    has(
        &said,
        &[
            &format!("the rollout {first} is paused before the wave second; 4 of 5 clinics left"),
            "birch: a newer rollout has it",
            &format!(
                "next: plan the fleet again; `accuroform rollout status {first} fleet.yaml` shows how far it came"
            ),
        ],
    );
    // Of the clinics that only the newer one has, the older says nothing.
    let said = scene.waits(&["--clinic", "ash", "--clinic", "birch"], 2).stdout;
    assert!(said.contains(&second) && !said.contains(&first), "{said}");
    sleep(Duration::from_millis(1100));
    // A rollout of all that is through leaves nothing of those before.
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    scene.ran(&["apply", "all.bundle"], 4);
    let third = scene.rollout();
    let said = scene.waits(&[], 2).stdout;
    assert!(said.contains(&third) && !said.contains(&first) && !said.contains(&second), "{said}");
    scene.ran(&["apply", "--resume", &third, "fleet.yaml"], 4);
    scene.ran(&["apply", "--resume", &third, "fleet.yaml"], 0);
    scene.waits(&[], 0);
}

#[test]
fn a_rollout_whose_plans_do_not_hold_any_more_is_not_to_be_gone_on_with() {
    let scene = Shore::usual().rollout("  pause: {between_waves: manual}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    scene.edit("clinics/birch.yaml", "version: 1", "version: 1\nsafety: {max_revocations: 9}");
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[
            "birch: the manifest was changed after the plan was made",
            "next: plan the fleet again; ",
        ],
    );
    // It is true: going on with it ends in a refusal.
    has(&scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 4).stderr, &["P004"]);
    let damaged = scene.path(&format!(".accuroform/rollouts/{id}/rollout.json"));
    fs::write(damaged, "{").unwrap();
    has(
        &scene.waits(&[], 8).stdout,
        &["[R035] what rollouts wait for is not known", "Waiting: 1 unread part."],
    );
}

#[test]
fn a_saved_plan_is_looked_at_only_where_it_belongs() {
    let keys = tempfile::tempdir().unwrap();
    let scene = busy(keys.path());
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "cedar.json"], 0);
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    let of_fleet = scene.waits(&["--plan", "cedar.json", "--tag", "canary", "--tag", "people"], 8);
    assert!(!of_fleet.stdout.contains("cedar"), "{}", of_fleet.stdout);
    for plan in ["cedar.json", "all.bundle"] {
        for clinics in [&["--clinic", "cedar"][..], &["--clinic", "cedar", "--clinic", "ash"]] {
            let said = scene.waits(&[&["--plan", plan], clinics].concat(), 2).stdout;
            has(&said, &[&format!("the plan {plan} needs 2 signed approvals and has 0")]);
        }
    }
    has(
        &scene.waits(&["--plan", "cedar.json", "--clinic", "ash"], 5).stderr,
        &["P005", "is for clinic `cedar`"],
    );
    scene.waits(&["--plan", "all.bundle", "--clinic", "ash"], 0);
    scene.edit("fleet.yaml", "id: shore", "id: coast");
    has(&scene.waits(&["--plan", "all.bundle"], 5).stderr, &["R037"]);
    scene.edit("fleet.yaml", "id: coast", "id: shore");
    // A plan that is of no use any more is not to be signed.
    scene.edit("clinics/cedar.yaml", "version: 1", "version: 1\n# moved");
    let said = scene.waits(&["--plan", "all.bundle", "--clinic", "cedar"], 2).stdout;
    has(&said, &["[P004] the plan all.bundle: the manifest was changed after the plan was made"]);
    assert!(!said.contains("accuroform approve"), "{said}");
    // A plan that changes nothing needs nobody.
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "now.json"], 0);
    for name in ["jane", "ali"] {
        let key = keys.path().join(format!("{name}.pem"));
        scene.ran(&["approve", "now.json", "--key", key.to_str().unwrap()], 0);
    }
    scene.waits(&["--plan", "now.json", "--clinic", "cedar"], 0);
    scene.ran(&["apply", "now.json"], 0);
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "empty.json"], 0);
    scene.waits(&["--plan", "empty.json", "--clinic", "cedar"], 0);
    // A clinic that left the fleet keeps the bundle from being applied.
    fs::remove_file(scene.path("clinics/ash.yaml")).unwrap();
    has(
        &scene.waits(&["--plan", "all.bundle", "--tag", "canary"], 2).stdout,
        &["[R040] the bundle all.bundle has clinics that the fleet no longer has\n      ash\n"],
    );
}

#[test]
fn nobody_waits_for_clicks_that_an_apply_made_needless() {
    let scene = Shore::usual().open();
    scene.ran(&["plan", "fleet.yaml", "--clinic", "elm", "-out", "elm.json"], 0);
    scene.ran(&["worklist", "elm.json"], 0);
    let tick = "`accuroform worklist --tick --by NAME fleet.yaml --clinic elm`";
    has(&scene.waits(&[], 2).stdout, &["elm\n  ! 0 of 3 rows of the worklist of plan ", tick]);
    scene.ran(&["apply", "elm.json"], 0);
    scene.waits(&[], 0);
}
