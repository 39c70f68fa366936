//! The JSON Schema of the manifest, for editors; `check/` is the judge.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::raw::RawManifest;

/// Names this version of the format.
pub const SCHEMA_ID: &str = "urn:accuroform:manifest:1";

static SCHEMA: LazyLock<Value> = LazyLock::new(generate);

/// The JSON Schema (2020-12) of the manifest.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// The schema as the text of `schemas/manifest.schema.json`.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

fn generate() -> Value {
    let root =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<RawManifest>();
    let mut schema = root.to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("$id".to_owned(), SCHEMA_ID.into());
        top.insert("title".to_owned(), "accuroform manifest, version 1".into());
    }
    tidy(schema)
}

/// Takes out what only the Rust types mean (integer formats, `null` for optional fields) and sorts
/// the keys, so that the text is the same in every build.
pub(super) fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = without_null(map).into_iter().collect();
            entries.retain(|(key, value)| key != "format" || !value.is_string());
            entries.sort_by(|one, two| one.0.cmp(&two.0));
            let tidied = entries.into_iter().map(|(key, value)| (key, tidy(value)));
            Value::Object(tidied.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// An optional field may be left out; written with nothing, it is a fault.
fn without_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let nullable = match schema.get("anyOf") {
        Some(Value::Array(choices)) => match choices.as_slice() {
            [real, null] if null.get("type") == Some(&Value::from("null")) => {
                real.as_object().cloned()
            }
            _ => None,
        },
        _ => None,
    };
    if let Some(real) = nullable {
        schema.remove("anyOf");
        schema.extend(real);
    }
    schema
}
