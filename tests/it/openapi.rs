//! The OpenAPI document says what `tests/wire` shows.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Each fixture with the schema of its body; `[]` stands for a list.
const BODIES: [(&str, &str); 23] = [
    ("error", "Error"),
    ("grid.page", "GridPage"),
    ("grid.page.last", "GridPage"),
    ("grid.patch.conflict", "RevisionConflict"),
    ("grid.patch.idempotency-mismatch", "Error"),
    ("grid.patch.invalid-row", "InvalidRows"),
    ("grid.patch.request", "GridPatch"),
    ("grid.patch.request.absent", "GridPatch"),
    ("grid.patch.response", "Rows"),
    ("offices", "Office[]"),
    ("providers", "Provider[]"),
    ("site.idle", "Site"),
    ("site.providers", "SiteProvider[]"),
    ("site.running", "Site"),
    ("sync.run.failed", "SyncRun"),
    ("sync.run.running", "SyncRun"),
    ("sync.run.succeeded", "SyncRun"),
    ("sync.start.request", "StartSync"),
    ("sync.start.request.recent", "StartSync"),
    ("sync.start.response", "SyncStarted"),
    ("sync.start.running", "SyncRunning"),
    ("token.response", "Token"),
    ("users", "User[]"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> Value {
    let text = fs::read_to_string(root().join("schemas/bridge.openapi.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// The schema of one body, with the document's definitions at hand.
fn schema(document: &Value, name: &str) -> jsonschema::Validator {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let mut schema = match name.strip_suffix("[]") {
        Some(item) => json!({"type": "array", "items": reference(item)}),
        None => reference(name),
    };
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_fixture_has_the_shape_that_the_document_says() {
    let document = document();
    let mut seen = Vec::new();
    for (file, name) in BODIES {
        let text = fs::read_to_string(root().join(format!("tests/wire/{file}.json"))).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        let faults: Vec<String> =
            schema(&document, name).iter_errors(&body).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{file}: {faults:?}");
        assert!(!schema(&document, name).is_valid(&json!({"other": 1})), "{name} refuses nothing");
        seen.push(format!("{file}.json"));
    }
    let files = fs::read_dir(root().join("tests/wire")).unwrap();
    for file in files.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        let known = seen.contains(&file) || file == "token.request.form";
        assert!(known, "{file} has no schema here");
    }
}

#[test]
fn every_path_of_the_contract_is_in_the_document() {
    let document = document();
    for endpoint in accuroform::model::Endpoint::ALL {
        assert!(document["paths"][endpoint.default_path()].is_object(), "{endpoint:?}");
    }
    assert_eq!(
        document["paths"].as_object().unwrap().len(),
        accuroform::model::Endpoint::ALL.len()
    );
}
