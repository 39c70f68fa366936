//! The JSON Schema of the events.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::line::{Line, VERSION};

/// The schema (2020-12) as the text of `schemas/events.schema.json`. It lets unknown fields pass, as a
/// reader must.
pub(in crate::cli) fn schema_text() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Line<'_>>().to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("$id".to_owned(), "urn:accuroform:events:1".into());
        top.insert("title".to_owned(), format!("accuroform events, version {VERSION}").into());
    }
    format!("{:#}\n", sorted(schema))
}

/// The same with sorted keys, so that the text is the same in every build.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|one, two| one.0.cmp(&two.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
