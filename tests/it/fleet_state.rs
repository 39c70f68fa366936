//! A fleet whose state is in an object store: whoever has the manifests and the store can go on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::fleet_scene::{Scene, Shore};
use super::program::Ended;
use super::state_servers::{azure, s3};

/// The program in `folder`, as on another machine.
fn run(folder: &Path, host: &str, variables: &BTreeMap<String, String>, words: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(variables)
        .env("ID", "clinic")
        .env("SECRET", "hunter2")
        .env("USER", host)
        .env("HOSTNAME", host)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended::of(output)
}

/// The manifests, and nothing that was kept beside them.
fn copy(scene: &Scene, to: &Path) {
    fs::create_dir(to.join("clinics")).unwrap();
    fs::copy(scene.path("fleet.yaml"), to.join("fleet.yaml")).unwrap();
    for entry in fs::read_dir(scene.path("clinics")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join("clinics").join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_rollout_that_was_begun_on_one_machine_goes_on_from_another() {
    for place in [s3(), azure()].into_iter().flatten() {
        let url = place.url.as_deref().unwrap();
        let scene = Shore::new(&["ash canary", "birch second", "elm"])
            .defaults("  safety: {allow_empty: true, max_revocations: 100}\n")
            .rollout(&format!("  pause: {{between_waves: manual}}\nstate: {{url: {url}}}\n"))
            .open();
        let ids = ["ash", "birch", "elm"];
        let first = scene.path("");
        let other = tempfile::tempdir().unwrap();
        copy(&scene, other.path());
        let here = |words: &[&str]| run(&first, "desk", &place.variables, words);
        let there = |words: &[&str]| run(other.path(), "ward", &place.variables, words);
        let ended = here(&["plan", "fleet.yaml", "-out", "all.bundle"]);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let ended = here(&["apply", "all.bundle"]);
        assert_eq!(ended.code, 4, "{}", ended.everything());
        assert_eq!(scene.written_to(&ids), ["ash"]);
        assert!(
            !scene.path(".accuroform/rollouts").exists()
                && !scene.path(".accuroform/bundles").exists()
        );

        // The other machine has neither the bundle nor the journals.
        let status = there(&["rollout", "status", "fleet.yaml", "--json"]);
        assert_eq!(status.code, 0, "{}", status.everything());
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!(status["clinics"][0]["stage"], "verified");
        let id = status["rollout"]["id"].as_str().unwrap();
        let ended = there(&["apply", "--resume", id, "fleet.yaml"]);
        assert_eq!(ended.code, 4, "{}", ended.everything());
        assert_eq!(scene.written_to(&ids), ["ash", "birch"]);
        let ended = here(&["apply", "--resume", &id[..id.len() - 2], "fleet.yaml"]);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        for id in ids {
            scene.must_be_written_once(id);
        }
        let history = there(&["history", "fleet.yaml"]);
        assert_eq!(history.code, 0, "{}", history.everything());
        let clinics = history.stdout.lines().filter_map(|line| line.strip_suffix(':'));
        assert_eq!(clinics.collect::<Vec<_>>(), ids, "{}", history.stdout);
        let one = there(&["history", "fleet.yaml", "--clinic", "birch"]);
        assert!(one.stdout.contains("ward"), "{}", one.stdout);

        let ended = there(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"]);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let mut ended = there(&["apply", "back.bundle"]);
        while ended.code == 4 && ended.stderr.contains("paused before") {
            let last = there(&["rollout", "status", "fleet.yaml", "--json"]).stdout;
            let last: serde_json::Value = serde_json::from_str(&last).unwrap();
            let id = last["rollout"]["id"].as_str().unwrap().to_owned();
            ended = here(&["apply", "--resume", &id, "fleet.yaml"]);
        }
        assert_eq!(ended.code, 0, "{}", ended.everything());
        // Shown where what follows fails.
        println!("{}\n{}", ended.everything(), there(&["rollout", "status", "fleet.yaml"]).stdout);
        for id in ids {
            scene.must_be_as_before(id);
        }
        let kept: Vec<_> =
            walk(other.path()).into_iter().filter(|path| path.contains("journal")).collect();
        assert!(kept.is_empty(), "{kept:?}");
    }
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found
}
