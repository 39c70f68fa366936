//! What `verify`, `sync` and `diagnose` print for programs: what was not read is `null` and never an empty list, and
//! `docs/events.md` names every field.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::attest::Clinic;

/// A clinic whose bridge has these faults.
fn faulty(ocean: &str, faults: &str) -> Clinic {
    let clinic = Clinic::new("");
    let change = |name: &str, change: &dyn Fn(String) -> String| {
        let path = clinic.folder().join(name);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    };
    change("world.yaml", &|text| format!("{text}faults: [{faults}]\n"));
    change("clinic.yaml", &|text| text.replace("attest: {}", ocean));
    clinic
}

#[track_caller]
fn document(clinic: &Clinic, arguments: &[&str], code: i32) -> Value {
    let document: Value = serde_json::from_str(&clinic.run(arguments, code).stdout).unwrap();
    assert_eq!(document["exit_code"], code);
    document
}

const NO_GRID: &str = "{on: grid_read, status: 403}";

#[test]
fn nobody_is_called_missing_or_expected_where_the_grid_was_not_read() {
    let clinic = faulty("embedded: {}", NO_GRID);
    let found = document(&clinic, &["verify", "--json"], 8);
    assert_eq!(found["patients_page"]["missing"], Value::Null);
    assert_eq!(found["patients_page"]["complete"], false);
    assert_eq!((&found["remaining"], &found["grid"]), (&Value::Null, &false.into()));
    let clinic = faulty("attest: {}", NO_GRID);
    let found = document(&clinic, &["verify", "--json"], 8);
    let expected = &found["expected_on_patients_page"];
    for list in ["providers", "partly", "explained"] {
        assert_eq!(expected[list], Value::Null, "{expected}");
    }
    assert_eq!(expected["complete"], false);
    let said = clinic.run(&["verify"], 8).stdout;
    assert!(said.contains("Who is expected there is unknown"), "{said}");
    assert!(!said.contains("0 providers"), "{said}");
    // Read whole, an empty list says that there is nobody.
    let clinic = faulty("attest: {}", "");
    let found = document(&clinic, &["verify", "--json"], 6);
    assert_eq!(found["expected_on_patients_page"]["providers"], json!([]));
    assert_eq!(found["remaining"]["grant"], 2);
}

#[test]
fn a_journal_that_cannot_be_read_is_no_reason_that_is_known() {
    let clinic = faulty("embedded: {}", "");
    clinic.run(&["apply", "-auto-approve"], 0);
    let journal = clinic.folder().join(".accuroform/lakeside.journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("lakeside", "leeside", 1)).unwrap();
    let found = document(&clinic, &["verify", "--json"], 8);
    assert_eq!((&found["sync_owed"], &found["grid"]), (&Value::Null, &true.into()));
    for missing in found["patients_page"]["missing"].as_array().unwrap() {
        assert_eq!(missing["reasons"], json!(["sync-unknown"]), "{missing}");
    }
    let said = clinic.run(&["verify"], 8).everything();
    assert!(
        said.contains("whether a sync was completed since the last write is unknown"),
        "{said}"
    );
    assert!(said.contains("! not read: the journal") && said.contains("error[J003]"), "{said}");
}

#[test]
fn a_diagnosis_has_no_empty_list_of_what_was_not_read() {
    let of = |fault: &str| document(&faulty("embedded: {}", fault), &["diagnose", "--json"], 8);
    let found = of(NO_GRID);
    assert_eq!(
        (&found["remedy"]["apply"], &found["remedy"]["dates"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(found["providers"], Value::Null);
    let one = ["diagnose", "--json", "--provider", "1042"];
    let found = document(&faulty("embedded: {}", NO_GRID), &one, 8);
    let provider = &found["providers"][0];
    assert_eq!((&provider["rows"], &provider["causes"]), (&Value::Null, &Value::Null));
    assert_eq!(found["remedy"]["left"], Value::Null);
    let found = of("{on: site_providers, status: 403}");
    for provider in found["providers"].as_array().unwrap() {
        assert_eq!(
            (&provider["causes"], &provider["on_patients_page"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(provider["rows"].as_array().unwrap().len(), 1);
    }
    assert_eq!(of("{on: site, status: 403}")["causes"], Value::Null);
}

#[test]
fn a_plan_has_no_part_for_a_user_whose_grid_was_not_read() {
    let clinic = faulty("embedded: {}", NO_GRID);
    let plan: Value =
        serde_json::from_str(&clinic.run(&["plan", "--format", "json"], 8).stdout).unwrap();
    assert_eq!((&plan["plan"]["users"], &plan["complete"]), (&json!([]), &false.into()));
    assert_eq!(plan["plan"]["unread"][0]["part"]["grid"], "OceanAPILAKESIDE");
}

#[test]
fn the_sync_of_a_person_says_what_is_open_and_what_to_do_until_it_is_verified() {
    let clinic = Clinic::new("");
    clinic.run(&["apply", "-auto-approve"], 6);
    let sync = document(&clinic, &["sync", "--json"], 6)["sync"].clone();
    assert_eq!((&sync["state"], &sync["code"]), (&"pending".into(), &"S006".into()));
    assert_eq!(sync["asked"]["site"], "4021");
    assert!(sync["hint"].as_str().unwrap().contains("sync --attest"), "{sync}");
    let found = document(&clinic, &["verify", "--json"], 6);
    assert_eq!(found["asked_sync"]["state"]["state"], "pending");
    assert_eq!((&found["correct"], &found["sync_owed"]), (&Value::Null, &true.into()));
    clinic.attest("Jane");
    let sync =
        document(&clinic, &["sync", "--json", "--attest", "--by", "Jane"], 0)["sync"].clone();
    assert_eq!((&sync["state"], &sync["code"]), (&"attested".into(), &"S007".into()));
    assert_eq!((&sync["asked"]["state"]["by"], &sync["complete"]), (&"Jane".into(), &false.into()));
    let page = ["verify", "--json", "--attest", "--by", "Bo"];
    let missing = document(&clinic, &[&page[..], &["--missing", "1042"]].concat(), 6);
    assert_eq!(missing["asked_sync"]["state"]["missing"], json!(["Singh, Anita (1042)"]));
    assert_eq!((&missing["correct"], &missing["sync_owed"]), (&false.into(), &true.into()));
    let verified = document(&clinic, &page, 0);
    assert_eq!(verified["asked_sync"]["state"]["page"]["by"], "Bo");
    assert_eq!((&verified["correct"], &verified["sync_owed"]), (&true.into(), &false.into()));
}

#[test]
fn the_page_names_every_field_of_the_documents() {
    let clinic = Clinic::new("");
    clinic.run(&["apply", "-auto-approve"], 6);
    let mut fields = BTreeSet::new();
    let mut take = |value: &Value| {
        let keys = value.as_object().unwrap().keys().cloned();
        fields.extend(
            keys.filter(|key| !["kind", "format_version", "clinic"].contains(&key.as_str())),
        );
    };
    let verified = document(&clinic, &["verify", "--json"], 6);
    for part in ["ticked", "expected_on_patients_page", "asked_sync"] {
        take(&verified[part]);
    }
    take(&verified);
    let sync = document(&clinic, &["sync", "--json"], 6);
    take(&sync);
    take(&sync["sync"]);
    let bridge = faulty("embedded: {}", "");
    take(&document(&bridge, &["sync", "--json"], 0)["sync"]);
    take(&document(&bridge, &["verify", "--json"], 6)["patients_page"]);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md")).unwrap();
    let (_, section) = page.split_once("## The documents of `verify` and `sync`").unwrap();
    let unnamed: Vec<_> =
        fields.iter().filter(|field| !section.contains(&format!("`{field}`"))).collect();
    assert!(unnamed.is_empty(), "docs/events.md does not name {unnamed:?}");
}
