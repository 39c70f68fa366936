//! Checks the document against the schema: unknown and missing fields, types, choices, texts.
//!
//! Serde stops at its first fault; this walk reports all of them and leaves out what is faulty, so
//! that serde and the later checks see the rest. An entry that is left out of a list stays as
//! `null`, so the others keep their places.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_yaml::{Mapping, Value as Yaml};

use super::super::findings::Findings;
use super::super::pattern;
use super::super::scalar::Scalar;
use super::super::shown::{self, MASK};
use super::super::source::Source;
use super::super::tree::{Child, Entry, Map, Node};
use super::shape_words::{self as words, Choice};
use crate::diagnostic::{Code, Diagnostic, KeyPath, Segment, did_you_mean};

/// The sound part of the document; `None` where it is no mapping at all.
pub(in crate::manifest) fn shape<T: DeserializeOwned>(
    schema: &'static Value,
    source: &Source,
    findings: &mut Findings,
) -> Option<T> {
    let root = source.tree().root()?;
    let mut shape = Shape { schema, source, findings, path: KeyPath::root() };
    let sound = shape.value(schema, root)?;
    serde_yaml::from_value(sound)
        .inspect_err(|_| {
            // The text of serde's error may quote a secret.
            findings.push(Diagnostic::error(
                Code::NotReadable,
                KeyPath::root(),
                "the manifest fits its schema, and still cannot be read",
            ));
        })
        .ok()
}

struct Shape<'a> {
    /// Of the whole document: where its definitions are.
    schema: &'static Value,
    source: &'a Source,
    findings: &'a mut Findings,
    path: KeyPath,
}

impl<'a> Shape<'a> {
    fn value(&mut self, schema: &'static Value, child: Child) -> Option<Yaml> {
        let (name, schema) = words::resolve(self.schema, schema);
        let source: &'a Source = self.source;
        let node = source.tree().node(child.node)?;
        if let Some(choices) = words::choices(schema) {
            return self.choice(&choices, node, child);
        }
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        match (kind, node) {
            ("object", Node::Map(map)) => self.mapping(name, schema, map),
            ("array", Node::List(items)) => self.list(schema, items),
            ("string", Node::Scalar { text, scalar, .. }) if *scalar == Scalar::Text => {
                let pattern = schema.get("pattern").and_then(Value::as_str);
                self.text(pattern.unwrap_or_default(), text, child)
            }
            ("integer", Node::Scalar { scalar: Scalar::Whole(number), .. }) => {
                self.number(schema, *number)
            }
            ("boolean", Node::Scalar { scalar: Scalar::Bool(value), .. }) => {
                Some(Yaml::Bool(*value))
            }
            ("object", Node::Scalar { scalar, .. })
                if words::is_secret(name) && *scalar != Scalar::Null =>
            {
                self.literal_secret(name);
                None
            }
            _ => {
                self.wrong_type(name, schema, node, child);
                None
            }
        }
    }

    fn mapping(&mut self, name: &str, schema: &'static Value, map: &Map) -> Option<Yaml> {
        let fields = schema.get("properties").and_then(Value::as_object);
        let free = schema.get("additionalProperties").filter(|free| free.is_object());
        let mut sound = Mapping::new();
        let mut is_empty = true;
        for entry in map.kept() {
            let Some(property) = fields.and_then(|fields| fields.get(&entry.key)).or(free) else {
                self.unknown(fields, entry);
                is_empty = false;
                continue;
            };
            if free.is_some() && !self.is_shown_name(schema, entry) {
                continue;
            }
            self.path.0.push(Segment::Key(entry.key.clone()));
            let is_name = free.is_none() || self.name(schema, entry);
            if let Some(value) = self.value(property, entry.value)
                && is_name
            {
                sound.insert(Yaml::String(entry.key.clone()), value);
            }
            self.path.0.pop();
        }
        self.missing(schema, map);
        let Some(fields) = fields.filter(|_| schema.get("minProperties").is_some()) else {
            return Some(Yaml::Mapping(sound));
        };
        let written: Vec<&str> = map
            .kept()
            .map(|entry| entry.key.as_str())
            .filter(|key| fields.contains_key(*key))
            .collect();
        match written.as_slice() {
            [] => {
                if is_empty {
                    self.nothing_of(name, fields);
                }
                None
            }
            [first, second, ..] if schema.get("maxProperties").is_some() => {
                self.both(name, first, second);
                None
            }
            _ => Some(Yaml::Mapping(sound)),
        }
    }

    fn nothing_of(&mut self, name: &str, fields: &serde_json::Map<String, Value>) {
        let what = self.what();
        let (code, message, hint) = match words::one_of(name) {
            Some(code) => {
                let choices = shown::names(fields.keys().map(String::as_str), "or");
                (code, format!("{what} needs exactly one of {choices}"), "write one of them")
            }
            None => (
                Code::MissingField,
                format!("{what} is empty"),
                "write at least one entry, or remove the key",
            ),
        };
        self.report(code, message, hint);
    }

    fn both(&mut self, name: &str, first: &str, second: &str) {
        let message = format!("{} has both `{first}` and `{second}`", self.what());
        let code = words::one_of(name).unwrap_or(Code::BadValue);
        self.findings.push(
            Diagnostic::error(code, self.path.key(second), message)
                .on_key()
                .hint("keep one of them")
                .related("the other one is here", self.path.key(first)),
        );
    }

    fn missing(&mut self, schema: &Value, map: &Map) {
        let required = schema.get("required").and_then(Value::as_array);
        for field in required.into_iter().flatten().filter_map(Value::as_str) {
            if map.get(field).is_some() {
                continue;
            }
            let message = format!("{} has no `{field}`", self.what());
            let finding = Diagnostic::error(Code::MissingField, self.path.clone(), message);
            let finding = finding.on_key().hint(words::add(field));
            self.findings.push(self.source.in_own_file(finding));
        }
    }

    fn unknown(&mut self, fields: Option<&serde_json::Map<String, Value>>, entry: &Entry) {
        if self.findings.is_full() {
            self.findings.leave_out();
            return;
        }
        let what = self.what();
        let fields = || fields.into_iter().flat_map(serde_json::Map::keys).map(String::as_str);
        let hint = match did_you_mean(&entry.key, fields()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if fields().next().is_none() => "write `{}`".to_owned(),
            None => format!("known here: {}", shown::names(fields(), "and")),
        };
        let finding = if self.source.is_hidden(entry.key_span) {
            // The key itself may be the secret.
            Diagnostic::error(
                Code::UnknownField,
                self.path.clone(),
                format!("{what} has a field that does not exist"),
            )
            .at(entry.key_span)
        } else {
            Diagnostic::error(
                Code::UnknownField,
                self.path.key(&entry.key),
                format!("{what} has no field `{}`", shown::short(&entry.key)),
            )
            .on_key()
        };
        self.findings.push(finding.hint(hint));
    }

    /// Whether a key that users choose can be a name at all. With its value written into it, not
    /// even the path of a finding may hold it.
    fn is_shown_name(&mut self, schema: &Value, entry: &Entry) -> bool {
        let is_setting = entry.key.contains(['=', ':']);
        let fault = pattern::judge(names_of(schema), &entry.key).err();
        if !self.source.is_hidden(entry.key_span) || (fault.is_none() && !is_setting) {
            return true;
        }
        let code = fault.map_or(Code::BadValue, |fault| fault.code);
        let message = format!("{} has a name that cannot be used", self.what());
        let finding = Diagnostic::error(code, self.path.clone(), message).at(entry.key_span);
        self.findings.push(finding.hint("write the name, a colon, and the value behind it"));
        false
    }

    /// Judges a key that users choose.
    fn name(&mut self, schema: &Value, entry: &Entry) -> bool {
        let Err(fault) = pattern::judge(names_of(schema), &entry.key) else {
            return true;
        };
        let finding = Diagnostic::error(fault.code, self.path.clone(), fault.message);
        self.findings.push(finding.on_key().hint(fault.hint));
        false
    }

    fn report(&mut self, code: Code, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, self.path.clone(), message).hint(hint));
    }

    fn list(&mut self, schema: &'static Value, items: &[Child]) -> Option<Yaml> {
        let Some(item_schema) = schema.get("items") else {
            return Some(Yaml::Sequence(Vec::new()));
        };
        if items.is_empty() && schema.get("minItems").is_some() {
            let message = format!("{} has no entry", self.what());
            self.report(Code::MissingField, message, "write at least one entry");
            return None;
        }
        let mut sound = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.0.push(Segment::Index(index));
            sound.push(self.value(item_schema, *item).unwrap_or(Yaml::Null));
            self.path.0.pop();
        }
        Some(Yaml::Sequence(sound))
    }

    fn text(&mut self, pattern: &str, text: &str, value: Child) -> Option<Yaml> {
        match pattern::judge(pattern, text) {
            Ok(()) => Some(Yaml::String(text.to_owned())),
            Err(fault) if fault.quotes() && self.source.hides(value) => {
                self.report(fault.code, fault.code.title(), "write it without any secret");
                None
            }
            Err(fault) => {
                self.report(fault.code, fault.message, fault.hint);
                None
            }
        }
    }

    fn number(&mut self, schema: &Value, number: i64) -> Option<Yaml> {
        let limit = |name| schema.get(name).and_then(Value::as_i64);
        let least = limit("minimum").unwrap_or(i64::MIN);
        let most = limit("maximum").unwrap_or(i64::MAX);
        if (least..=most).contains(&number) {
            return Some(Yaml::Number(number.into()));
        }
        let message = format!("{} cannot be {number}", self.what());
        let hint = if most == i64::MAX {
            format!("write a whole number from {least} on")
        } else {
            format!("write a whole number from {least} to {most}")
        };
        self.report(Code::BadValue, message, hint);
        None
    }

    fn choice(&mut self, choices: &[Choice], node: &Node, value: Child) -> Option<Yaml> {
        let (written, scalar) = match node {
            Node::Scalar { text, scalar, .. } => (text.as_str(), *scalar),
            Node::List(_) | Node::Map(_) => ("", Scalar::Null),
        };
        if let Some(choice) = choices.iter().find(|choice| choice.fits(written, scalar)) {
            return Some(choice.value());
        }
        let what = self.what();
        let message = match self.found(node, value) {
            Some(found) => format!("{what} cannot be {found}"),
            None => format!("{what} is empty"),
        };
        let names: Vec<&str> = choices.iter().map(|choice| choice.0).collect();
        let hint = match did_you_mean(written, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", shown::names(names, "or")),
        };
        self.report(Code::BadValue, message, hint);
        None
    }

    fn literal_secret(&mut self, name: &str) {
        let message = format!("{} is written out here", self.what());
        self.report(Code::LiteralSecret, message, words::secret_hint(name));
    }

    fn wrong_type(&mut self, name: &str, schema: &Value, node: &Node, value: Child) {
        let what = self.what();
        let expected = words::expected(schema);
        let message = match self.found(node, value) {
            Some(found) => format!("{what} must be {expected}, not {found}"),
            None => format!("{what} is empty; it must be {expected}"),
        };
        let written = match node {
            Node::Scalar { text, .. } if !self.source.hides(value) => shown::short(text),
            Node::Scalar { .. } | Node::List(_) | Node::Map(_) => MASK.to_owned(),
        };
        self.report(Code::WrongType, message, words::type_hint(name, schema, node, &written));
    }

    /// What stands at the place, in words; `None` for nothing.
    fn found(&self, node: &Node, value: Child) -> Option<String> {
        let quoted = |text: &str| {
            if self.source.hides(value) {
                MASK.to_owned()
            } else {
                format!("`{}`", shown::short(text))
            }
        };
        match node {
            Node::List(_) => Some("a list".to_owned()),
            Node::Map(_) => Some("a mapping".to_owned()),
            Node::Scalar { text, scalar, .. } => match scalar {
                Scalar::Null => None,
                Scalar::Bool(_) => Some(quoted(text)),
                Scalar::Text => Some(format!("the text {}", quoted(text))),
                Scalar::Whole(_) | Scalar::Number => Some(format!("the number {}", quoted(text))),
                Scalar::Unclear => Some(format!("the digits {}", quoted(text))),
            },
        }
    }

    /// The place in words: "`site`", "entry 2 of `users`".
    fn what(&self) -> String {
        match self.path.0.as_slice() {
            [] => "the manifest".to_owned(),
            [.., Segment::Key(key)] => format!("`{}`", shown::short(key)),
            [.., Segment::Key(list), Segment::Index(index)] => {
                format!("entry {} of `{}`", index + 1, shown::short(list))
            }
            [.., Segment::Index(index)] => format!("entry {}", index + 1),
        }
    }
}

/// The pattern for keys that users choose.
fn names_of(schema: &Value) -> &str {
    schema.pointer("/propertyNames/pattern").and_then(Value::as_str).unwrap_or_default()
}
