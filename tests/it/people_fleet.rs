//! A rollout over clinics without a bridge: each is asked for its rows, and no wave begins behind one that
//! is not verified.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rexpect::session::spawn_command;
use serde_json::Value;
use tempfile::TempDir;

use super::people_story::{answer, is_over};
use super::program::Ended;

const FLEET: &str = "\
version: 1
fleet: {id: shore, name: Shore Health}
clinics: [clinics/*.yaml]
defaults:
  ocean: {connection: {attest: {}}}
  users: [{profile: ocean, all_offices: true}]
  safety: {allow_empty: true}
rollout:
  waves: [{name: first, tags: [first]}, {name: rest}]
";

const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";
const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";

/// Two clinics in the first wave, one in the second; each has an office with one provider.
struct Shore(TempDir);

impl Shore {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("clinics")).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("fleet.yaml", FLEET);
        for (id, tag, site) in [("ash", "first", 1), ("birch", "first", 2), ("cedar", "last", 3)] {
            let tenant = id.to_uppercase();
            let sheet =
                format!("{{file: {id}-grid.csv, directory: {id}-directory.csv, max_age: 30d}}");
            write(
                &format!("clinics/{id}.yaml"),
                &format!(
                    "version: 1\nclinic: {{id: {id}, tags: [{tag}]}}\n\
                     accuro: {{tenant: {tenant}, connection: {{worksheet: {sheet}}}}}\n\
                     ocean: {{site: \"{site}\"}}\n"
                ),
            );
            write(&format!("clinics/{id}-directory.csv"), "office,provider\nNorth,\"One, Ann\"\n");
        }
        let shore = Self(folder);
        for id in ["ash", "birch", "cedar"] {
            let template = format!("{id}-to-fill");
            shore.run(
                &[
                    "capture",
                    "--template",
                    "--manifest",
                    "fleet.yaml",
                    "--clinic",
                    id,
                    "--out",
                    &template,
                ],
                0,
            );
            shore.captured(id, NOTHING);
        }
        shore
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = Ended::of(self.command(arguments).output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command
    }

    /// Reads the screen of a clinic, in a second after that of the last tick.
    #[track_caller]
    fn captured(&self, id: &str, cells: &str) {
        sleep(Duration::from_millis(1100));
        self.captured_at(id, cells, "now");
    }

    #[track_caller]
    fn captured_at(&self, id: &str, cells: &str, at: &str) {
        let blank = fs::read_to_string(self.0.path().join(format!("{id}-to-fill.csv"))).unwrap();
        let filled = blank.replacen(",,,,,,,,,,,", cells, 1);
        assert_ne!(blank, filled);
        fs::write(self.0.path().join("filled.csv"), filled).unwrap();
        let by = ["--by", "Bo Roy", "--at", at];
        let mut arguments =
            vec!["capture", "filled.csv", "--manifest", "fleet.yaml", "--clinic", id];
        arguments.extend(by);
        self.run(&arguments, 0);
    }

    #[track_caller]
    fn ticked(&self, id: &str) {
        let arguments = ["worklist", "fleet.yaml", "--clinic", id, "--tick", "--by", "Jane Roy"];
        let mut command = self.command(&arguments);
        command.env("TERM", "xterm").stdin(Stdio::inherit());
        let mut session = spawn_command(command, Some(30_000)).unwrap();
        answer(&mut session, "1/1 One, Ann (1)", "y");
        is_over(&mut session);
    }

    fn rollout(&self) -> Value {
        serde_json::from_str(&self.run(&["rollout", "status", "--json"], 0).stdout).unwrap()
    }

    #[track_caller]
    fn is_at(&self, expected: &[(&str, &str, Option<&str>)]) {
        let rollout = self.rollout();
        let clinics = rollout["clinics"].as_array().unwrap();
        let stages: Vec<_> = clinics
            .iter()
            .map(|one| {
                let word = |key: &str| one[key].as_str();
                (word("clinic").unwrap(), word("stage").unwrap(), word("code"))
            })
            .collect();
        assert_eq!(stages, expected);
    }

    #[track_caller]
    fn resume(&self, code: i32) -> Ended {
        let id = self.rollout()["rollout"]["id"].as_str().unwrap().to_owned();
        self.run(&["apply", "--resume", &id, "fleet.yaml"], code)
    }

    /// Somebody does the syncs that are asked for, somebody else looks.
    #[track_caller]
    fn synced(&self, ids: &[&str]) {
        sleep(Duration::from_millis(1100));
        self.run(&["sync", "fleet.yaml", "--attest", "--by", "Jane Roy"], 0);
        for id in ids {
            let arguments = ["verify", "fleet.yaml", "--clinic", id, "--attest", "--by", "Bo Roy"];
            self.run(&arguments, 0);
        }
    }
}

#[test]
fn a_rollout_asks_people_clinic_by_clinic_and_waits_for_them() {
    let shore = Shore::new();
    let begun = shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let first_wave = [("ash", "asked", Some("S014")), ("birch", "asked", Some("S014"))];
    shore.is_at(&first_wave);
    assert!(begun.stderr.contains("waiting for people (ash, birch)"), "{}", begun.everything());
    assert!(begun.stderr.contains("`accuroform worklist fleet.yaml`"), "{}", begun.stderr);

    // The lists of all clinics in one, and nothing of the clinic whose turn has not come.
    let list = shore.run(&["worklist", "fleet.yaml"], 0).stdout;
    assert!(list.contains("Worklist of ash (ASH): 1 row, 6 cells to set"), "{list}");
    assert!(list.contains("Worklist of birch (BIRCH)") && !list.contains("cedar"), "{list}");
    let page = shore.run(&["worklist", "fleet.yaml", "--format", "html"], 0).stdout;
    assert!(page.contains("<title>Worklists of 2 clinics</title>"), "{page}");
    let sheet = shore.run(&["worklist", "fleet.yaml", "--format", "csv"], 0).stdout;
    assert_eq!(sheet.lines().count(), 3, "one heading: {sheet}");
    let several = shore.run(&["worklist", "fleet.yaml", "--tick", "--by", "Jane Roy"], 1);
    assert!(several.stderr.contains("--clinic ID"), "{}", several.stderr);

    // Ticked is not done, and one clinic is not the wave.
    shore.ticked("ash");
    shore.resume(4);
    shore.is_at(&first_wave);
    shore.captured("ash", OCEAN);
    shore.resume(4);
    shore.is_at(&[("ash", "asked", Some("S006")), ("birch", "asked", Some("S014"))]);
    shore.ticked("birch");
    shore.captured("birch", OCEAN);
    shore.resume(4);
    shore.is_at(&[("ash", "asked", Some("S006")), ("birch", "asked", Some("S006"))]);
    shore.synced(&["ash", "birch"]);
    shore.resume(6);
    shore.is_at(&[
        ("ash", "verified", None),
        ("birch", "verified", None),
        ("cedar", "asked", Some("S014")),
    ]);

    shore.ticked("cedar");
    shore.captured("cedar", OCEAN);
    shore.resume(6);
    shore.synced(&["cedar"]);
    shore.resume(0);
    let plan = shore.run(&["plan", "fleet.yaml"], 0);
    assert!(plan.stdout.contains("0 rows to grant"), "{}", plan.everything());

    // Taken back the same way, by people.
    let undo = shore.run(&["rollout", "undo", "-out", "back.bundle"], 0);
    assert!(
        undo.stdout.contains("3 rows to revoke") || undo.stdout.contains("3 to revoke"),
        "{}",
        undo.stdout
    );
    shore.run(&["apply", "back.bundle"], 4);
    shore.is_at(&first_wave);
    let list = shore.run(&["worklist", "fleet.yaml", "--clinic", "ash"], 0).stdout;
    assert!(list.contains("Patient none"), "{list}");
}

/// A screen that has to be read again waits for a person; that is no failure that stops the others.
#[test]
fn a_capture_that_went_stale_stops_nobody_else() {
    let shore = Shore::new();
    for id in ["ash", "birch", "cedar"] {
        let path = shore.0.path().join(format!("clinics/{id}.yaml"));
        let manifest = fs::read_to_string(&path).unwrap();
        fs::write(&path, manifest.replace("max_age: 30d", "max_age: 1h")).unwrap();
    }
    shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    shore.captured_at("ash", NOTHING, "2026-01-05T09:00:00Z");
    let resumed = shore.resume(4);
    shore.is_at(&[("ash", "asked", Some("P010")), ("birch", "asked", Some("S014"))]);
    let words = resumed.everything();
    assert!(words.contains("read the screen again") && !words.contains("stopped"), "{words}");
    assert!(words.contains("(ash): `accuroform status fleet.yaml`"), "its next step: {words}");
    assert!(!words.contains("applied"), "nothing was: {words}");
}

#[test]
fn a_wrong_tick_stops_the_rollout_behind_it() {
    let shore = Shore::new();
    shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    shore.ticked("ash");
    shore.captured("ash", NOTHING);
    let wrong = shore.resume(4);
    let words = "error[S013]: ash/OceanAPIASH/North/One, Ann (1): Jane Roy says that it is set";
    assert!(wrong.everything().contains(words), "{}", wrong.everything());
    shore.is_at(&[("ash", "asked", Some("S014")), ("birch", "asked", Some("S014"))]);
    let list = shore.run(&["worklist", "fleet.yaml", "--clinic", "ash"], 0).stdout;
    assert!(list.contains("1 row, 6 cells to set"), "it is asked for again: {list}");

    // Half of it is set: the row is neither what it was nor what it will be, and that is no failure.
    shore.ticked("ash");
    shore.captured("ash", ",x,-,x,-,x,x,-,x,-,,");
    let half = shore.resume(4);
    assert!(half.everything().contains("Scheduling full → none"), "{}", half.everything());
    assert!(!half.stderr.contains("stopped"), "{}", half.stderr);
    shore.is_at(&[("ash", "asked", Some("P006")), ("birch", "asked", Some("S014"))]);
    let list = shore.run(&["worklist", "fleet.yaml", "--clinic", "ash"], 0).stdout;
    assert!(list.contains("1 row, 1 cell to set"), "{list}");
    shore.ticked("ash");
    shore.captured("ash", OCEAN);
    shore.resume(4);
    shore.is_at(&[("ash", "asked", Some("S006")), ("birch", "asked", Some("S014"))]);
}
