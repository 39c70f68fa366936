//! `drift` and `review` over a fleet: a line or rows for each clinic, the worst exit, and nothing written.

use std::collections::BTreeMap;

use accuroform::sim::{Columns, Content, Level, RowKey, Written};
use serde_json::Value;

use super::program::Ended;
use super::runner::{self, commands, dotenv};
use crate::fleet_scene::{Scene, Shore};

/// A fleet that was applied, of which somebody changes a row of one clinic.
fn changed() -> Scene {
    let scene = Shore::usual().open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    scene.ran(&["drift", "fleet.yaml"], 0);
    let row = RowKey { user: 77, office: 1, provider: 2 };
    let mut columns = Columns::NONE;
    columns.patient = Level::Full;
    let content = Content::New(Written { columns, until: None });
    scene.clinic("elm").write_as_somebody_else(row, content).unwrap();
    scene
}

#[test]
fn the_drift_of_a_fleet_is_a_line_a_clinic_and_the_worst_exit() {
    let scene = changed();
    let ended = scene.ran(&["drift", "fleet.yaml"], 2);
    assert!(
        ended.stdout.contains("elm: Drift: 1 row changed outside, 1 of which"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("ash: No drift; 3 rows as applied."), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("without drift.\n"), "{}", ended.stdout);
    let ended = scene.ran(&["drift", "--json", "fleet.yaml"], 2);
    let documents: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let elm = documents.iter().find(|document| document["clinic"] == "elm").unwrap();
    assert_eq!((&elm["exit_code"], &elm["both"][0]["provider_id"]), (&2.into(), &2.into()));
    assert!(documents.iter().filter(|document| document["exit_code"] == 0).count() >= 2);
    scene.ran(&["drift", "fleet.yaml", "--clinic", "ash"], 0);
    let refused = scene.ran(&["drift", "fleet.yaml", "--format", "markdown"], 1);
    assert!(refused.stderr.contains("--clinic"), "{}", refused.stderr);
}

#[test]
fn the_review_of_a_fleet_is_one_table_and_says_which_clinic_it_does_not_know() {
    let scene = changed();
    let table = scene.ran(&["review", "fleet.yaml", "--format", "csv"], 0).stdout;
    let clinics = |table: &str| {
        let ids = table.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned());
        let mut ids: Vec<String> = ids.collect();
        assert!(ids.is_sorted(), "{table}");
        ids.dedup();
        ids
    };
    let all = clinics(&table);
    assert!(all.len() > 2, "{table}");
    let elm =
        table.lines().filter(|line| line.starts_with("elm,")).find(|line| line.contains("Two"));
    assert!(elm.unwrap().contains("lacks"), "{table}");
    let refused = scene.ran(&["review", "fleet.yaml"], 1);
    assert!(refused.stderr.contains("--format csv"), "{}", refused.stderr);

    scene.edit("clinics/elm.yaml", "tenant: ELM", "tenant: GONE");
    let table = scene.run(&["review", "fleet.yaml", "--format", "csv"]);
    assert_ne!(table.code, 0);
    assert_eq!(clinics(&table.stdout), all, "what is not known is not left out");
    let elm = table.stdout.lines().find(|line| line.starts_with("elm,")).unwrap();
    assert!(elm.contains(",unread,"), "{elm}");
}

/// A step of GitHub Actions: what it printed, its outputs and its summary.
fn step(scene: &Scene, arguments: &[&str]) -> (Ended, BTreeMap<String, String>, String) {
    let files = tempfile::tempdir().unwrap();
    let [output, summary] = ["output", "summary"].map(|name| files.path().join(name));
    let mut command = scene.command(arguments);
    command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
    let ended = Ended::of(command.output().unwrap());
    let text = |path| std::fs::read_to_string(path).unwrap();
    (ended, runner::outputs(&text(output)), text(summary))
}

#[test]
fn a_ci_system_is_told_the_drift_of_a_fleet_clinic_by_clinic_with_the_sums() {
    let keys = ["changed_outside", "pending", "both", "unread", "clinics", "exit_code"];
    let values = |outputs: &BTreeMap<String, String>| keys.map(|key| outputs[key].clone());
    let scene = changed();
    let drift = ["drift", "fleet.yaml", "--github"];
    let (ended, outputs, summary) = step(&scene, &drift);
    assert_eq!(values(&outputs), ["0", "0", "1", "0", "5", "2"], "{}", ended.everything());
    assert!(commands(&ended.stderr).is_empty(), "{}", ended.stderr);
    assert!(summary.contains("### Drift of fleet <code>shore</code>\n"), "{summary}");
    // Each clinic has what it has alone: the sum, and the row by its address.
    let (_, alone, text) = step(&scene, &["drift", "fleet.yaml", "--clinic", "elm", "--github"]);
    assert_eq!(["both", "unread"].map(|key| alone[key].as_str()), ["1", "0"]);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("Two, Bob")).collect();
    assert_eq!(rows.len(), 1, "{text}");
    assert!(summary.lines().any(|line| line == rows[0]), "{rows:?}: {summary}");
    assert!(summary.contains("- <code>ash</code>: No drift; 3 rows as applied."), "{summary}");
    // What is printed stays what it is.
    let plain = scene.ran(&["drift", "fleet.yaml"], 2);
    assert_eq!(ended.stdout, plain.stdout);

    // What others changed in some clinics is not hidden by what nobody knows of another, nor the other way.
    let nobody = "\ndrift:\n  ignore:\n    - {office: {id: 1}, provider: {name: \"Nobody, At All\"}, reason: r, until: 2999-01-01}\n";
    for clinic in ["dogwood", "birch"] {
        let path = format!("clinics/{clinic}.yaml");
        let text = String::from_utf8(scene.read(&path)).unwrap();
        scene.write(&path, &format!("{text}{nobody}"));
    }
    scene.edit("clinics/ash.yaml", "tenant: ASH", "tenant: GONE");
    let (ended, outputs, summary) = step(&scene, &drift);
    assert_eq!(values(&outputs), ["0", "0", "1", "1", "5", "1"], "{}", ended.everything());
    assert_eq!(outputs["warnings"], "2");
    let found = commands(&ended.stderr);
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one.name.as_str(), one.properties.get("file").map_or("", String::as_str)))
        .collect();
    let warnings = ["clinics/birch.yaml", "clinics/dogwood.yaml"].map(|file| ("warning", file));
    assert_eq!(told, [&[("error", "")][..], &warnings].concat(), "{found:?}");
    assert!(found[0].message.starts_with("ash is not read: "), "{found:?}");
    assert!(summary.contains("ash is not read: ") && summary.contains(rows[0]), "{summary}");

    let ended = scene.ran(&["drift", "fleet.yaml", "--gitlab"], 1);
    let variables = dotenv(&String::from_utf8(scene.read("accuroform.env")).unwrap());
    assert_eq!(variables["ACCUROFORM_BOTH"], "1", "{}", ended.everything());
    assert_eq!(variables["ACCUROFORM_UNREAD"], "1");
}

/// A summary is no place for everything: what does not fit is counted.
#[test]
fn the_drift_of_a_fleet_stays_within_what_is_left_of_the_summary() {
    let scene = changed();
    let files = tempfile::tempdir().unwrap();
    let [output, summary] = ["output", "summary"].map(|name| files.path().join(name));
    let with_room = |room: usize| {
        std::fs::write(&summary, "x".repeat(1024 * 1024 - room)).unwrap();
        let mut command = scene.command(&["drift", "fleet.yaml", "--github"]);
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        assert_eq!(Ended::of(command.output().unwrap()).code, 2);
        let text = std::fs::read_to_string(&summary).unwrap();
        assert!(text.len() <= 1024 * 1024, "{}", text.len());
        text.trim_start_matches('x').to_owned()
    };
    assert!(with_room(64 * 1024).contains("Two, Bob"));
    let little = with_room(16 * 1024);
    assert!(!little.contains("Two, Bob"), "{little}");
    let sums =
        "Drift of 5 clinics: 1 with changes from outside; 1 row changed outside, 1 of which the";
    assert!(little.contains(sums), "{little}");
}

#[test]
fn neither_writes_anything_or_takes_a_lock() {
    let scene = changed();
    let state = || {
        let mut found: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
        let mut folders = vec![scene.path("")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        found.sort();
        found
    };
    let (before, log) = (state(), scene.clinic("elm").write_log().unwrap().len());
    let mark = scene.mark();
    scene.ran(&["drift", "fleet.yaml"], 2);
    scene.ran(&["review", "fleet.yaml", "--format", "csv"], 0);
    assert_eq!(state(), before);
    assert_eq!(scene.clinic("elm").write_log().unwrap().len(), log);
    let calls = scene.calls_since(mark);
    assert!(!calls.is_empty());
    for call in calls.values().flatten() {
        let is_token = call.path.ends_with("token");
        assert!(call.method == "GET" || is_token, "{call:?}");
    }
}
