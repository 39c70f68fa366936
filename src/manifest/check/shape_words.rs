//! What the schema says, in words for messages and hints.

use serde_json::Value;
use serde_yaml::Value as Yaml;

use super::super::scalar::Scalar;
use super::super::tree::Node;
use crate::diagnostic::Code;

/// One of the values that a field can have.
pub(super) struct Choice(pub(super) &'static str);

impl Choice {
    /// Whether the scalar is this value. `none` is text; nothing else is meant by it.
    pub(super) fn fits(&self, written: &str, scalar: Scalar) -> bool {
        scalar == Scalar::Text && written == self.0
    }

    pub(super) fn value(&self) -> Yaml {
        Yaml::String(self.0.to_owned())
    }
}

/// The definition behind `$ref` with its name; any other schema as it is.
pub(in crate::manifest) fn resolve(
    root: &'static Value,
    schema_at: &'static Value,
) -> (&'static str, &'static Value) {
    let reference = schema_at.get("$ref").and_then(Value::as_str);
    reference
        .and_then(|reference| reference.strip_prefix("#/$defs/"))
        .and_then(|name| Some((name, root.get("$defs")?.get(name)?)))
        .unwrap_or(("", schema_at))
}

/// The schema of the value behind a key; one that says nothing where there is none.
pub(in crate::manifest) fn below(schema_at: &'static Value, key: &str) -> &'static Value {
    schema_at
        .get("properties")
        .and_then(|fields| fields.get(key))
        .or_else(|| schema_at.get("additionalProperties"))
        .unwrap_or(&Value::Null)
}

/// The values of a field that is a choice.
pub(super) fn choices(schema: &'static Value) -> Option<Vec<Choice>> {
    let plain = schema.get("enum").and_then(Value::as_array);
    let described = schema.get("oneOf").and_then(Value::as_array);
    let values: Vec<&'static Value> = match (plain, described) {
        (Some(values), _) => values.iter().collect(),
        (None, Some(values)) => values.iter().filter_map(|one| one.get("const")).collect(),
        (None, None) => return None,
    };
    Some(values.into_iter().filter_map(Value::as_str).map(Choice).collect())
}

/// Whether a definition is a reference to a secret.
pub(super) fn is_secret(name: &str) -> bool {
    matches!(name, "Secret" | "QueryParameter")
}

/// The code for a definition that wants exactly one of its fields.
pub(super) fn one_of(name: &str) -> Option<Code> {
    match name {
        "Secret" | "QueryParameter" => Some(Code::SecretReference),
        "AccuroConnection" | "OceanConnection" => Some(Code::Connection),
        _ => None,
    }
}

pub(super) fn secret_hint(name: &str) -> &'static str {
    if name == "QueryParameter" {
        "write {env: NAME}, {file: PATH} or {command: [PROGRAM]}; if it is no secret, {value: TEXT}"
    } else {
        "write {env: NAME}, {file: PATH} or {command: [PROGRAM]}, and replace the secret: it has \
         been in a file"
    }
}

/// What to do about a missing field.
pub(super) fn add(field: &str) -> String {
    match field {
        "version" => "write `version: 1` at the top".to_owned(),
        "site" => "add `site: \"NUMBER\"`".to_owned(),
        "profile" => "add `profile: ocean`, or a profile of your own".to_owned(),
        "world" => "add `world: world.yaml`".to_owned(),
        "file" => "add `file: grid.csv`".to_owned(),
        "directory" => "add `directory: directory.csv`".to_owned(),
        _ => format!("add `{field}`"),
    }
}

/// What a schema wants, in words.
pub(super) fn expected(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => "a mapping",
        Some("array") => "a list",
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        _ => "text",
    }
}

/// How to write what is wanted.
pub(super) fn type_hint(name: &str, schema: &Value, node: &Node, written: &str) -> String {
    let scalar = match node {
        Node::Scalar { scalar, .. } => Some(*scalar),
        Node::List(_) | Node::Map(_) => None,
    };
    let has = |field: &str| {
        let properties = schema.get("properties");
        properties.is_some_and(|fields| fields.get(field).is_some())
    };
    match (expected(schema), scalar) {
        ("a list", Some(Scalar::Null)) => "write a list, or remove the key".to_owned(),
        ("a list", _) => "start each entry with `- `".to_owned(),
        ("a mapping", _) if is_secret(name) => secret_hint(name).to_owned(),
        ("a mapping", Some(Scalar::Null)) if name == "EmbeddedOcean" => {
            "write `embedded: {}`".to_owned()
        }
        ("a mapping", Some(scalar)) if scalar != Scalar::Null && has("id") && has("name") => {
            if matches!(scalar, Scalar::Whole(_)) {
                format!("write `id: {written}`")
            } else {
                format!("write `name: \"{written}\"`")
            }
        }
        ("a mapping", _) if one_of(name) == Some(Code::Connection) => match name {
            "AccuroConnection" => "write `embedded:`, `api:` or `worksheet:` below it".to_owned(),
            _ => "write `embedded:` or `api:` below it".to_owned(),
        },
        (_, Some(Scalar::Null)) => "write a value, or remove the key".to_owned(),
        ("text", Some(_)) => format!("put it in quotes: \"{written}\""),
        ("a whole number", Some(Scalar::Text)) if written.parse::<u64>().is_ok() => {
            "write the number without quotes".to_owned()
        }
        ("a whole number", Some(Scalar::Unclear)) => {
            "write the number without leading zeros".to_owned()
        }
        ("true or false", _) => "write true or false, without quotes".to_owned(),
        (expected, _) => format!("write {expected}"),
    }
}
