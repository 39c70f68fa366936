//! The schema of the events: fresh, described, and explained in the page for people.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::event_stream::schema_file;
use super::program::Program;

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string(schema_file()).unwrap()).unwrap()
}

#[test]
fn the_schema_of_the_events_is_fresh() {
    let program = Program::with_manifest("");
    let text = program.run(&["schema", "--events"]).stdout;
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(schema_file(), &text).unwrap();
    }
    let written = fs::read_to_string(schema_file()).unwrap_or_default();
    assert_eq!(written, text, "it is stale: run `accuroform schema --write`");
    assert_eq!(program.run(&["schema", "--write"]).code, 0);
    let path = program.folder().join("schemas/events.schema.json");
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}

#[test]
fn it_is_a_schema_whose_every_field_is_described() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["$id"], "urn:accuroform:events:1");
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        assert!(definition["description"].is_string(), "{name}");
        let Some(properties) = definition.get("properties") else { continue };
        for (field, property) in properties.as_object().unwrap() {
            let is_column = name == "Columns";
            assert!(is_column || property["description"].is_string(), "{name}.{field}");
        }
    }
}

#[test]
fn the_page_lists_every_type_and_no_other() {
    let types: BTreeSet<String> = schema()["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["properties"]["type"]["const"].as_str().unwrap().to_owned())
        .collect();
    let page = schema_file().parent().unwrap().parent().unwrap().join("docs/events.md");
    let page = fs::read_to_string(page).unwrap();
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let listed: Vec<String> = cells
        .flat_map(|cell| cell.split('`'))
        .filter(|word| types.contains(*word))
        .map(str::to_owned)
        .collect();
    let set: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), set.len(), "a type is listed twice: {listed:?}");
    assert_eq!(set, types);
}
