//! Syncs that are asked of people over a fleet: one list, and a rollout that waits for them.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::program::Ended;

const FLEET: &str = "\
version: 1
fleet: {id: shore, name: Shore Health}
clinics: [clinics/*.yaml]
defaults:
  ocean: {connection: {attest: {}}}
  users: [{profile: ocean, all_offices: true}]
rollout:
  waves: [{name: first, tags: [first]}, {name: rest}]
  max_parallel: 1
";

/// Two clinics in the first wave, one in the second.
struct Shore(TempDir);

impl Shore {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("fleet.yaml", FLEET);
        for (id, tag, site) in [("ash", "first", 1), ("birch", "first", 2), ("cedar", "last", 3)] {
            let tenant = id.to_uppercase();
            write(
                &format!("clinics/{id}.yaml"),
                &format!(
                    "version: 1\nclinic: {{id: {id}, tags: [{tag}]}}\n\
                     accuro: {{tenant: {tenant}, connection: {{embedded: {{world: ../worlds/{id}.yaml}}}}}}\n\
                     ocean: {{site: \"{site}\"}}\n"
                ),
            );
            write(
                &format!("worlds/{id}.yaml"),
                &format!(
                    "version: 1\ntenant: {tenant}\noffices: [{{id: 1, name: North}}]\n\
                     providers: [{{id: 1, first: Ann, last: One, offices: [1]}}]\n\
                     users: [{{id: 77, name: OceanAPI{tenant}}}]\n\
                     ocean: {{site: \"{site}\", emr_user: OceanAPI{tenant}}}\n"
                ),
            );
        }
        Self(folder)
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    fn stages(&self) -> Vec<(String, String)> {
        let text = self.run(&["rollout", "status", "--json"], 0).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let clinics = document["clinics"].as_array().unwrap();
        clinics.iter().map(|one| (word(&one["clinic"]), word(&one["stage"]))).collect()
    }

    fn resume(&self, code: i32) -> Ended {
        let text = self.run(&["rollout", "status", "--json"], 0).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        let id = document["rollout"]["id"].as_str().unwrap().to_owned();
        self.run(&["apply", "--resume", &id, "fleet.yaml"], code)
    }

    #[track_caller]
    fn is_at(&self, expected: &[(&str, &str)]) {
        let stages = self.stages();
        let stages: Vec<(&str, &str)> =
            stages.iter().map(|(one, two)| (one.as_str(), two.as_str())).collect();
        assert_eq!(stages, expected);
    }
}

#[test]
fn a_wave_that_waits_for_people_is_not_verified_and_the_rollout_goes_on_once_it_is() {
    let shore = Shore::new();
    let begun = shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    // One that waits stops nobody else of its wave: nothing failed.
    shore.is_at(&[("ash", "asked"), ("birch", "asked")]);
    assert!(begun.stderr.contains("waiting for people (ash, birch)"), "{}", begun.everything());
    assert!(begun.stderr.contains("`accuroform sync fleet.yaml`"), "{}", begun.stderr);

    let list = shore.run(&["sync", "fleet.yaml"], 6).stdout;
    assert_eq!(list.matches("Sync Full Schedule").count(), 1, "the steps once: {list}");
    assert!(list.contains("[ ] site 1, ash") && list.contains("[ ] site 2, birch"), "{list}");
    assert!(!list.contains("site 3"), "nothing is asked of it yet: {list}");
    assert!(list.contains("accuroform sync --attest --by NAME fleet.yaml"), "{list}");

    // Attested is not verified: the second wave does not begin.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let said = shore.run(&["sync", "fleet.yaml", "--attest", "--by", "Jane Roy"], 0).stdout;
    assert_eq!(said.matches("is attested by Jane Roy, not verified").count(), 2, "{said}");
    shore.resume(4);
    shore.is_at(&[("ash", "asked"), ("birch", "asked")]);
    shore.run(&["status", "fleet.yaml"], 6);

    // Half of the wave is not the wave.
    shore.run(&["verify", "fleet.yaml", "--clinic", "ash", "--attest", "--by", "Bo Roy"], 0);
    shore.resume(4);
    shore.is_at(&[("ash", "verified"), ("birch", "asked")]);
    shore.run(&["verify", "fleet.yaml", "--attest", "--by", "Bo Roy"], 0);
    let resumed = shore.resume(6);
    assert!(resumed.stderr.contains("waiting for people (cedar)"), "{}", resumed.everything());
    shore.is_at(&[("ash", "verified"), ("birch", "verified"), ("cedar", "asked")]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    shore.run(&["sync", "fleet.yaml", "--attest", "--by", "Jane Roy"], 0);
    shore.run(&["verify", "fleet.yaml", "--attest", "--by", "Bo Roy"], 0);
    shore.resume(0);
    shore.run(&["status", "fleet.yaml"], 0);
    let lines = shore.run(&["sync", "fleet.yaml", "--json"], 0).stdout;
    for line in lines.lines() {
        let sync = serde_json::from_str::<Value>(line).unwrap()["sync"].clone();
        assert_eq!((&sync["state"], &sync["complete"]), (&"verified".into(), &true.into()));
        assert_eq!(sync["code"], Value::Null);
    }
}

#[test]
fn what_nobody_attested_is_not_called_verified() {
    let shore = Shore::new();
    let confirm = ["verify", "fleet.yaml", "--attest", "--by", "Bo Roy"];
    let nothing = shore.run(&confirm, 0).stdout;
    assert!(!nothing.contains("verified"), "nothing was asked: {nothing}");
    shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let pending = shore.run(&confirm, 6).stdout;
    assert_eq!(pending.matches("nobody attested it").count(), 2, "{pending}");
    assert!(pending.contains("1 of 3 with nothing waiting"), "{pending}");
    let lines = shore.run(&[&confirm[..], &["--json"]].concat(), 6).stdout;
    let states: Vec<Value> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["asked_sync"]["state"]["state"].clone()
        })
        .collect();
    assert_eq!(states.iter().filter(|state| **state == "pending").count(), 2, "{lines}");
}

#[test]
fn a_clinic_whose_journal_cannot_be_read_keeps_nobody_else_from_being_attested() {
    let shore = Shore::new();
    shore.run(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let journal = shore.0.path().join("clinics/.accuroform/birch.journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, whole.replacen("birch", "brich", 1)).unwrap();
    let list = shore.run(&["sync", "fleet.yaml"], 1).stdout;
    assert!(list.contains("[ ] site 1, ash") && !list.contains("[ ] site 2"), "{list}");
    assert!(list.contains("birch: the journal"), "{list}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let said = shore.run(&["sync", "fleet.yaml", "--attest", "--by", "Jane Roy"], 1).stdout;
    assert!(said.contains("ash: the full sync of Ocean site 1 is attested by Jane Roy"), "{said}");
    assert!(!said.contains("Sync Full Schedule"), "the steps are done: {said}");
    shore.run(&["verify", "fleet.yaml", "--attest", "--by", "Bo Roy"], 1);
    // What the journal of birch would say is unknown, and ash is through.
    let verified = shore.run(&["verify", "fleet.yaml"], 8).stdout;
    assert!(
        verified.contains("birch: ") && verified.contains("not read: the journal"),
        "{verified}"
    );
    assert!(verified.contains("ash: the grid is what the manifest says\n"), "{verified}");
    fs::write(&journal, whole).unwrap();
    shore.run(&["sync", "fleet.yaml", "--attest", "--by", "Jane Roy"], 0);
    shore.run(&["verify", "fleet.yaml", "--attest", "--by", "Bo Roy"], 0);
}

#[test]
fn who_is_missing_is_said_of_one_clinic_alone() {
    let shore = Shore::new();
    let told = shore.run(&["verify", "fleet.yaml", "--attest", "--by", "Bo", "--missing", "1"], 1);
    assert!(told.stderr.contains("U003"), "{}", told.stderr);
}
