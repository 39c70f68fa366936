//! The document that a clinic's manifest and its fleet's make up together, each value with where it
//! comes from. What nobody wrote and the schema has a default for is there too.
//!
//! What is masked in a file stays masked here, apart from what a sound reference shows: names of
//! variables, paths, programs and public keys. `explain_yaml` prints it.

use serde::Serialize;
use serde_json::{Map as Object, Value};

use super::check::{OCEAN, below, resolve};
use super::pattern;
use super::scalar::Scalar;
use super::schema::schema;
use super::secret_words::{in_setting, in_url};
use super::shown::MASK;
use super::source::Source;
use super::tree::{Child, Entry, Map, Node};
use crate::diagnostic::{KeyPath, Layer, Span};
use crate::model::Column;

/// A manifest with the origin of every value.
#[derive(Debug, Clone)]
pub struct Explained {
    pub(super) root: Part,
}

/// One value that is no list and no mapping, or is an empty one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedValue {
    /// The keys that lead to it: `users[0].profile`.
    pub path: String,
    /// The value, `••••` where it is masked.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// `clinic`, `fleet` or `built-in`.
    pub layer: &'static str,
    /// The file; `null` for what is built in.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, in characters from 1.
    pub column: Option<usize>,
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) content: Content,
    pub(super) origin: Origin,
    /// What is built in behind the value.
    pub(super) note: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar(Value),
    List(Vec<Part>),
    Map(Vec<(String, Part)>),
}

/// Explains a manifest, or a clinic's over its fleet's.
pub fn explain(source: &Source) -> Explained {
    let tree = source.tree();
    let accuro = tree.child(&KeyPath::root().key("accuro").key("tenant"));
    let tenant = match accuro.and_then(|tenant| tree.node(tenant.node)) {
        Some(Node::Scalar { text, scalar: Scalar::Text, .. }) => Some(text.as_str()),
        Some(Node::Scalar { .. } | Node::List(_) | Node::Map(_)) | None => None,
    };
    let walk = Walk { source, tenant };
    let nothing = || Part::built_in(Content::Map(Vec::new()));
    Explained { root: tree.root().map_or_else(nothing, |root| walk.part(schema(), root, false)) }
}

impl Explained {
    /// Every value in the order of the document.
    pub fn values(&self) -> Vec<ExplainedValue> {
        let mut values = Vec::new();
        self.root.list(&KeyPath::root(), &mut values);
        values
    }
}

impl Part {
    fn built_in(content: Content) -> Self {
        let origin = Origin { layer: "built-in", file: None, line: None, column: None };
        Self { content, origin, note: None }
    }

    /// A default of the schema.
    fn default(value: &Value) -> Self {
        Self::built_in(match value {
            Value::Array(items) => Content::List(items.iter().map(Self::default).collect()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => Content::Scalar(value.clone()),
        })
    }

    fn list(&self, path: &KeyPath, values: &mut Vec<ExplainedValue>) {
        let value = match &self.content {
            Content::List(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    item.list(&path.index(index), values);
                }
                return;
            }
            Content::Map(entries) if !entries.is_empty() => {
                for (key, part) in entries {
                    part.list(&path.key(key), values);
                }
                return;
            }
            Content::Scalar(value) => value.clone(),
            Content::List(_) => Value::Array(Vec::new()),
            Content::Map(_) => Value::Object(Object::new()),
        };
        let (path, origin) = (path.to_string(), self.origin.clone());
        values.push(ExplainedValue { path, value, origin });
    }
}

struct Walk<'s> {
    source: &'s Source,
    tenant: Option<&'s str>,
}

impl Walk<'_> {
    /// `is_reference`: the value says where a secret is, and is none itself.
    fn part(&self, schema_at: &'static Value, value: Child, is_reference: bool) -> Part {
        let (name, schema_at) = resolve(schema(), schema_at);
        let content = match self.source.tree().node(value.node) {
            None => Content::Scalar(Value::Null),
            Some(Node::Scalar { text, scalar, .. }) => {
                let is_shown = !self.source.hides(value)
                    || is_reference && is_sound_reference(schema_at, text);
                Content::Scalar(if is_shown { meaning(text, *scalar) } else { MASK.into() })
            }
            Some(Node::List(items)) => {
                let below = schema_at.get("items").unwrap_or(&Value::Null);
                // Of a command the program alone: an argument may be a secret.
                let part =
                    |(at, item): (usize, &Child)| self.part(below, *item, is_reference && at == 0);
                Content::List(items.iter().enumerate().map(part).collect())
            }
            Some(Node::Map(map)) => Content::Map(self.entries((name, schema_at), map)),
        };
        Part { content, origin: self.origin(value.span), note: None }
    }

    fn entries(&self, (name, schema_at): (&str, &'static Value), map: &Map) -> Vec<(String, Part)> {
        let written = map.kept().map(|entry| {
            let reference = is_reference(name, &entry.key);
            let mut part = self.part(below(schema_at, &entry.key), entry.value, reference);
            part.note = note(&entry.key, &part.content);
            (self.key(schema_at, entry), part)
        });
        let mut entries: Vec<(String, Part)> = written.collect();
        entries.extend(self.user_name(name, map));
        entries.extend(defaults(schema_at, Some(map)));
        entries
    }

    /// A key of the schema is shown wherever it stands.
    fn key(&self, schema_at: &Value, entry: &Entry) -> String {
        let is_known =
            schema_at.get("properties").is_some_and(|keys| keys.get(&entry.key).is_some());
        let is_shown = is_known || !self.source.is_hidden(entry.key_span);
        if is_shown { entry.key.clone() } else { MASK.to_owned() }
    }

    /// Ocean's user is named after the tenant.
    fn user_name(&self, name: &str, map: &Map) -> Option<(String, Part)> {
        let profile = map.get("profile").filter(|_| name == "User" && map.get("name").is_none())?;
        let is_ocean = matches!(
            self.source.tree().node(profile.value.node),
            Some(Node::Scalar { text, .. }) if text == OCEAN
        );
        let user = self.tenant.filter(|_| is_ocean).map(|tenant| format!("OceanAPI{tenant}"))?;
        Some(("name".to_owned(), Part::built_in(Content::Scalar(user.into()))))
    }

    fn origin(&self, span: Span) -> Origin {
        let file = self.source.files().into_iter().find(|file| file.layer == span.layer);
        Origin {
            layer: match span.layer {
                Layer::Clinic => "clinic",
                Layer::Fleet => "fleet",
            },
            file: file.map(|file| file.name.to_owned()),
            line: Some(span.line),
            column: Some(span.column),
        }
    }
}

/// What the schema has a default for and the mapping does not write.
fn defaults(schema_at: &'static Value, map: Option<&Map>) -> Vec<(String, Part)> {
    let fields = schema_at.get("properties").and_then(Value::as_object);
    let fields = fields.filter(|_| schema_at.get("maxProperties").is_none());
    let missing = fields
        .into_iter()
        .flatten()
        .filter(|(key, _)| map.is_none_or(|map| map.get(key).is_none()));
    missing.filter_map(|(key, field)| Some((key.clone(), default(field)?))).collect()
}

/// The default of a field; of a mapping that may be left out, the defaults in it.
fn default(field: &'static Value) -> Option<Part> {
    if let Some(value) = field.get("default") {
        return Some(Part::default(value));
    }
    let (_, field) = resolve(schema(), field);
    let is_optional = field.get("required").is_none() && field.get("minProperties").is_none();
    let entries = if is_optional { defaults(field, None) } else { Vec::new() };
    (!entries.is_empty()).then(|| Part::built_in(Content::Map(entries)))
}

fn meaning(text: &str, scalar: Scalar) -> Value {
    match scalar {
        Scalar::Whole(number) => number.into(),
        Scalar::Bool(value) => value.into(),
        Scalar::Null => Value::Null,
        // The last two are faults, shown as they are written.
        Scalar::Text | Scalar::Number | Scalar::Unclear => text.into(),
    }
}

/// Whether the value behind a key says where a secret is, or is public by its nature.
fn is_reference(name: &str, key: &str) -> bool {
    match name {
        "Secret" => matches!(key, "env" | "file" | "command"),
        "QueryParameter" => matches!(key, "env" | "file" | "command" | "value"),
        "ApprovalKey" => matches!(key, "key" | "name"),
        _ => false,
    }
}

/// Whether a text is what the schema wants of a reference, and holds no setting or password.
fn is_sound_reference(schema_at: &Value, text: &str) -> bool {
    let pattern = schema_at.get("pattern").and_then(Value::as_str).unwrap_or_default();
    schema_at.get("type") == Some(&Value::from("string"))
        && pattern::judge(pattern, text).is_ok()
        && in_setting(text).is_none()
        && in_url(text, &(0..text.len()), false).is_empty()
}

/// The columns behind the built-in profile, where it is named.
fn note(key: &str, content: &Content) -> Option<String> {
    match content {
        Content::Scalar(Value::String(text)) if key == "profile" && text == OCEAN => {
            let columns = Column::OCEAN.map(Column::key).join(", ");
            Some(format!("built in: {columns} at full"))
        }
        Content::Scalar(_) | Content::List(_) | Content::Map(_) => None,
    }
}
