//! What holds for every fleet manifest: it is read to its end, and it does not matter which of the
//! two files a key is in.

use std::fs;
use std::path::Path;

use accuroform::manifest;
use accuroform::report;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fleet_explain::assert_same;
use super::fleet_files::Fleet;

/// A manifest that writes most of what there is.
fn whole() -> Value {
    json!({
        "version": 1,
        "clinic": {"id": "mill-pond", "name": "Mill Pond", "tags": ["a", "b"], "timezone": "America/Toronto"},
        "accuro": {"tenant": "MILLPOND", "connection": {"api": {
            "url": "https://bridge.example.org",
            "client_id": {"env": "ID"},
            "client_secret": {"command": ["vault", "read"]},
            "query": {"tenant": {"value": "x"}, "uuid": {"file": "/uuid"}},
            "headers": {"X-Key": {"env": "KEY"}},
            "paths": {"site": "/s/{site}", "offices": "/o"},
            "scope": "permissions", "concurrency": 3,
        }}},
        "ocean": {"site": "4001", "sync": "recent", "connection": {"api": {
            "url": "https://ocean.example.org", "client_id": {"env": "OID"}, "client_secret": {"file": "/s"},
        }}},
        "profiles": {"desk": {"columns": {"patient": "full", "labs": "read-only"}, "user_name": "Desk*"}},
        "users": [
            {"profile": "ocean", "all_offices": true, "except": [{"id": 3}]},
            {"name": "Desk 1", "profile": "desk", "offices": [{"id": 1, "all_providers": true}]},
        ],
        "safety": {
            "max_revocations": 9, "max_changed_rows_percent": 50, "protected_columns": ["inbox", "prescribe_for", "reporting"],
            "protected_offices": [{"name": "Main"}], "allow_empty": false,
        },
    })
}

/// What a fleet may say where a clinic says otherwise.
fn other(key: &str) -> Option<Value> {
    Some(match key {
        "timezone" => json!("UTC"),
        "tags" => json!(["other", "tags", "here"]),
        "url" => json!("https://other.example.org"),
        "client_id" => json!({"file": "other"}),
        "sync" => json!("none"),
        "concurrency" => json!(64),
        "labs" => json!("full"),
        "users" => json!([{"profile": "ocean", "all_offices": true}]),
        "max_revocations" => json!(10),
        "protected_columns" => json!([]),
        _ => return None,
    })
}

/// Splits a mapping in two by random choices.
fn split(
    whole: &Map<String, Value>,
    path: &str,
    choices: &mut impl Iterator<Item = u8>,
) -> (Value, Value) {
    let (mut own, mut fleet) = (Map::new(), Map::new());
    for (key, value) in whole {
        let path = format!("{path}.{key}");
        let stays = [".version", ".clinic.id", ".clinic.name"].contains(&path.as_str());
        let is_clinic = path == ".clinic";
        match (choices.next().unwrap_or_default() % 4, value) {
            _ if is_clinic => {
                let (mine, theirs) = split(value.as_object().unwrap(), &path, choices);
                own.insert(key.clone(), mine);
                fleet.insert(key.clone(), theirs);
            }
            (0, _) if !stays => drop(fleet.insert(key.clone(), value.clone())),
            (1 | 2, Value::Object(map)) => {
                let (mine, theirs) = split(map, &path, choices);
                // An empty mapping takes nothing away.
                own.insert(key.clone(), mine);
                fleet.insert(key.clone(), theirs);
            }
            (3, _) if other(key).is_some() => {
                own.insert(key.clone(), value.clone());
                fleet.insert(key.clone(), other(key).unwrap());
            }
            _ => drop(own.insert(key.clone(), value.clone())),
        }
    }
    (own.into(), fleet.into())
}

/// A layer may leave a mapping out, and may not write an empty one where the schema wants an entry.
fn without_empty(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(without_empty);
        map.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn it_does_not_matter_which_file_a_key_is_in(choices in prop::collection::vec(any::<u8>(), 64)) {
        let expected = manifest::load("one.yaml", whole().to_string().as_bytes(), None);
        prop_assert!(expected.findings.is_empty(), "{:#?}", expected.findings);
        let whole = whole();
        let (own, mut defaults) = split(whole.as_object().unwrap(), "", &mut choices.into_iter());
        without_empty(&mut defaults);
        let fleet = json!({"version": 1, "fleet": {"id": "grove"}, "clinics": ["a.yaml"], "defaults": defaults});
        let fleet = manifest::load_fleet("fleet.yaml", fleet.to_string().as_bytes());
        prop_assert!(fleet.findings.is_empty(), "{defaults:#}{:#?}", fleet.findings);
        let layer = fleet.fleet.unwrap().1;
        let merged = layer.clinic("clinic.yaml", own.to_string().as_bytes(), "", None);
        prop_assert!(merged.findings.is_empty(), "{own:#}{defaults:#}{:#?}", merged.findings);
        assert_same(merged.manifest.unwrap(), expected.manifest.unwrap());
    }
}

fn check(fleet: &[u8], clinic: &[u8]) {
    let read = Fleet::of(fleet, &[("birch", clinic.to_vec())]);
    for (source, finding) in read.findings() {
        let text = report::render(&source.files(), std::slice::from_ref(finding), false);
        assert!(text.contains(" --> "), "{text}");
    }
    assert_eq!(read.places().is_empty(), read.is_sound(), "{:?}", read.places());
    for clinic in &read.clinics {
        manifest::explain(&clinic.source).to_yaml();
    }
}

#[test]
fn a_fleet_manifest_that_is_cut_off_or_misses_a_byte_is_read_to_its_end() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets/valid/everything");
    let fleet = fs::read(folder.join("fleet.yaml")).unwrap();
    let clinic = fs::read(folder.join("clinics/birch.yaml")).unwrap();
    for at in 0..fleet.len() {
        check(&fleet[..at], &clinic);
        check(&[&fleet[..at], &fleet[at + 1..]].concat(), &clinic);
    }
    for at in 0..clinic.len() {
        check(&fleet, &clinic[..at]);
        check(&fleet, &[&clinic[..at], &clinic[at + 1..]].concat());
    }
}
