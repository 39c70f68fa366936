//! The schema that editors use: fresh, valid, and with a check behind every pattern.

use std::fs;
use std::path::Path;

use accuroform::manifest;
use serde_json::Value;

#[test]
fn the_schema_file_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/manifest.schema.json");
    let text = manifest::schema_text();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, text,
        "schemas/manifest.schema.json is stale: run `accuroform schema --write`, or this test \
         with UPDATE_SCHEMAS=1"
    );
}

#[test]
fn the_schema_is_a_2020_12_schema_of_its_own_name() {
    let schema = manifest::schema();
    assert!(jsonschema::meta::is_valid(schema));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], manifest::SCHEMA_ID);
}

#[test]
fn every_mapping_is_closed_and_every_field_described() {
    let schema = manifest::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().chain([(&"the top".to_owned(), schema)]) {
        assert!(definition["description"].is_string(), "{name}");
        let Some(properties) = definition.get("properties") else {
            continue;
        };
        assert_eq!(definition["additionalProperties"], Value::Bool(false), "{name}");
        for (field, property) in properties.as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}.{field}");
            assert!(!property.to_string().contains("\"null\""), "{name}.{field}");
        }
    }
}
