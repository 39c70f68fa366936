//! `drift` and `review` over a fleet: a line or rows for each clinic, the worst exit, and nothing written.

use accuroform::sim::{Columns, Content, Level, RowKey, Written};
use serde_json::Value;

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
