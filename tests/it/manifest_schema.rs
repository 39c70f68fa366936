//! The schemas that editors use: fresh, valid, closed and described. That each of their patterns has a
//! check behind it is tested beside the patterns.

use std::fs;
use std::path::Path;

use accuroform::manifest;
use serde_json::Value;

use super::program::Program;

/// Both schemas, with the files that hold them and their names.
fn schemas() -> [(&'static str, String, &'static Value, &'static str); 2] {
    [
        (
            "schemas/manifest.schema.json",
            manifest::schema_text(),
            manifest::schema(),
            manifest::SCHEMA_ID,
        ),
        (
            "schemas/fleet.schema.json",
            manifest::fleet_schema_text(),
            manifest::fleet_schema(),
            manifest::FLEET_SCHEMA_ID,
        ),
    ]
}

#[test]
fn the_schema_files_are_fresh() {
    for (file, text, ..) in schemas() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written, text,
            "{file} is stale: run `accuroform schema --write`, or this test with UPDATE_SCHEMAS=1"
        );
    }
}

#[test]
fn the_program_prints_and_writes_both_schemas() {
    let program = Program::with_manifest("");
    let [(file, text, ..), (fleet_file, fleet_text, ..)] = schemas();
    assert_eq!(program.run(&["schema"]).stdout, text);
    assert_eq!(program.run(&["schema", "--fleet"]).stdout, fleet_text);
    assert_eq!(program.run(&["schema", "--write"]).code, 0);
    for (file, text) in [(file, text), (fleet_file, fleet_text)] {
        assert_eq!(fs::read_to_string(program.folder().join(file)).unwrap(), text);
    }
}

#[test]
fn each_schema_is_a_2020_12_schema_of_its_own_name() {
    for (file, _, schema, id) in schemas() {
        assert!(jsonschema::meta::is_valid(schema), "{file}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["$id"], id);
    }
}

#[test]
fn every_mapping_is_closed_and_every_field_described() {
    for (file, _, schema, _) in schemas() {
        let definitions = schema["$defs"].as_object().unwrap();
        for (name, definition) in definitions.iter().chain([(&"the top".to_owned(), schema)]) {
            assert!(definition["description"].is_string(), "{file}: {name}");
            let Some(properties) = definition.get("properties") else {
                continue;
            };
            assert_eq!(definition["additionalProperties"], Value::Bool(false), "{file}: {name}");
            for (field, property) in properties.as_object().unwrap() {
                assert!(property["description"].is_string(), "{file}: {name}.{field}");
                assert!(!property.to_string().contains("\"null\""), "{file}: {name}.{field}");
            }
        }
    }
}

/// A default that a field refers to is one that it accepts.
#[test]
fn every_reference_leads_to_a_definition_and_every_default_is_accepted() {
    fn walk(schema: &Value, at: &Value, file: &str) {
        if let Some(reference) = at.get("$ref").and_then(Value::as_str) {
            let path = reference.strip_prefix('#').unwrap();
            assert!(schema.pointer(path).is_some(), "{file}: {reference}");
        }
        if let Some(default) = at.get("default") {
            let mut one = at.clone();
            one["$defs"] = schema["$defs"].clone();
            assert!(jsonschema::is_valid(&one, default), "{file}: {default}");
        }
        match at {
            Value::Object(map) => map.values().for_each(|below| walk(schema, below, file)),
            Value::Array(items) => items.iter().for_each(|below| walk(schema, below, file)),
            _ => {}
        }
    }
    for (file, _, schema, _) in schemas() {
        walk(schema, schema, file);
    }
}
