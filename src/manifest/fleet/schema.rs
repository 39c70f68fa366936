//! The JSON Schema of the fleet manifest. Its `defaults` are the clinic manifest's schema, made
//! looser where a layer need not say everything.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::super::pattern::{ENV, ENV_TEMPLATE, URL, URL_TEMPLATE};
use super::super::raw::RawFleetManifest;
use super::super::schema::{schema, tidy};

/// Names this version of the format.
pub const FLEET_SCHEMA_ID: &str = "urn:accuroform:fleet:1";

static SCHEMA: LazyLock<Value> = LazyLock::new(generate);

/// What a layer need not write, because the clinic's own manifest may.
pub(in crate::manifest) const LAYERED: [&str; 8] = [
    "Accuro",
    "Api",
    "Approvals",
    "ClientCertificate",
    "Clinic",
    "EmbeddedAccuro",
    "Ocean",
    "Profile",
];

/// The JSON Schema (2020-12) of the fleet manifest.
pub fn fleet_schema() -> &'static Value {
    &SCHEMA
}

/// The schema as the text of `schemas/fleet.schema.json`.
pub fn fleet_schema_text() -> String {
    format!("{:#}\n", fleet_schema())
}

fn generate() -> Value {
    let root =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<RawFleetManifest>();
    let mut fleet = root.to_value();
    let mut definitions = of(schema(), "$defs");
    for name in LAYERED {
        if let Some(Value::Object(definition)) = definitions.get_mut(name) {
            definition.remove("required");
        }
    }
    if let Some(Value::Object(clinic)) = definitions.get_mut("Clinic") {
        clinic.insert("description".into(), "What the clinics have in common.".into());
        if let Some(Value::Object(fields)) = clinic.get_mut("properties") {
            fields.remove("id");
            fields.remove("name");
        }
    }
    let mut defaults = Map::new();
    defaults.insert("type".into(), "object".into());
    defaults.insert("description".into(), "What every clinic inherits.".into());
    defaults.insert("additionalProperties".into(), false.into());
    let mut fields = of(schema(), "properties");
    fields.remove("version");
    // The fleet's own is inherited.
    fields.remove("state");
    // An entry names a row of one clinic: ids and names mean something in it alone.
    fields.remove("drift");
    definitions.remove("Drift");
    definitions.remove("IgnoredDrift");
    defaults.insert("properties".into(), fields.into());
    definitions.insert("Defaults".into(), defaults.into());
    let mut definitions = Value::Object(definitions);
    allow_placeholders(&mut definitions);
    if let (Some(top), Value::Object(definitions)) = (fleet.as_object_mut(), definitions) {
        top.insert("$id".into(), FLEET_SCHEMA_ID.into());
        top.insert("title".into(), "accuroform fleet manifest, version 1".into());
        if let Some(Value::Object(own)) = top.get_mut("$defs") {
            own.extend(definitions);
        }
    }
    if let Some(Value::Object(field)) = fleet.pointer_mut("/properties/defaults") {
        field.remove("type");
        field.insert("$ref".into(), "#/$defs/Defaults".into());
    }
    tidy(fleet)
}

fn of(schema: &Value, key: &str) -> Map<String, Value> {
    schema.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Lets `{id}`, `{ID}` and `{tenant}` stand where the clinic's own manifest has none.
fn allow_placeholders(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let pattern = map.get("pattern").and_then(Value::as_str);
            let wider = match pattern {
                Some(ENV) => Some(ENV_TEMPLATE),
                Some(URL) => Some(URL_TEMPLATE),
                Some(_) | None => None,
            };
            if let Some(wider) = wider {
                map.insert("pattern".into(), wider.into());
            }
            map.values_mut().for_each(allow_placeholders);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_placeholders),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
