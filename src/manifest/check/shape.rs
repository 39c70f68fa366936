//! Checks the document against the schema: unknown and missing fields, types, choices, texts.
//!
//! Serde stops at its first fault; this walk reports all of them and leaves out what is faulty, so
//! that serde and the later checks see the rest. An entry that is left out of a list stays as
//! `null`, so the others keep their places.

use serde_json::{Map, Value};
use serde_yaml::{Mapping, Value as Yaml};

use super::super::findings::Findings;
use super::super::pattern;
use super::super::raw::RawManifest;
use super::super::scalar::Scalar;
use super::super::schema::schema;
use super::super::shown::{self, MASK};
use super::super::source::Source;
use super::super::tree::{Child, Entry, Node};
use super::shape_words::{self as words, Choice};
use crate::diagnostic::{Code, Diagnostic, KeyPath, Segment, Span, did_you_mean};

/// The sound part of the document; `None` where it is no mapping at all.
pub(in crate::manifest) fn shape(source: &Source, findings: &mut Findings) -> Option<RawManifest> {
    let root = source.tree().root()?;
    let mut shape = Shape { source, findings, path: KeyPath::root() };
    let sound = shape.value(schema(), root)?;
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
    source: &'a Source,
    findings: &'a mut Findings,
    path: KeyPath,
}

impl<'a> Shape<'a> {
    fn value(&mut self, schema: &'static Value, child: Child) -> Option<Yaml> {
        let (name, schema) = words::resolve(schema);
        let source: &'a Source = self.source;
        let node = source.tree().node(child.node)?;
        if let Some(choices) = words::choices(schema) {
            return self.choice(&choices, node, child.span);
        }
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        match (kind, node) {
            ("object", Node::Map(entries)) => self.mapping(name, schema, entries),
            ("array", Node::List(items)) => self.list(schema, items),
            ("string", Node::Scalar { text, scalar, .. }) if *scalar == Scalar::Text => {
                let pattern = schema.get("pattern").and_then(Value::as_str);
                self.text(pattern.unwrap_or_default(), text)
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
                self.wrong_type(name, schema, node, child.span);
                None
            }
        }
    }

    fn mapping(&mut self, name: &str, schema: &'static Value, entries: &[Entry]) -> Option<Yaml> {
        let known = schema.get("properties").and_then(Value::as_object);
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        let names =
            schema.pointer("/propertyNames/pattern").and_then(Value::as_str).unwrap_or_default();
        let mut sound = Mapping::new();
        let mut unknown = 0;
        for entry in entries.iter().filter(|entry| !entry.ignored) {
            let property = known.and_then(|known| known.get(&entry.key)).or(rest);
            let Some(property) = property else {
                self.unknown(name, known, entry);
                unknown += 1;
                continue;
            };
            self.path.0.push(Segment::Key(entry.key.clone()));
            let named = rest.is_none() || self.name(names, entry);
            if let Some(value) = self.value(property, entry.value)
                && named
            {
                sound.insert(Yaml::String(entry.key.clone()), value);
            }
            self.path.0.pop();
        }
        self.missing(schema, entries);
        self.how_many(name, schema, known, entries, unknown).then_some(Yaml::Mapping(sound))
    }

    /// Checks how many fields there are; false where the mapping means nothing.
    fn how_many(
        &mut self,
        name: &str,
        schema: &Value,
        known: Option<&Map<String, Value>>,
        entries: &[Entry],
        unknown: usize,
    ) -> bool {
        let least = schema.get("minProperties").is_some();
        let only_one = schema.get("maxProperties").is_some();
        let Some(known) = known.filter(|_| least) else {
            return true;
        };
        let written: Vec<&Entry> = entries
            .iter()
            .filter(|entry| !entry.ignored && known.contains_key(&entry.key))
            .collect();
        let choices = shown::names(known.keys().map(String::as_str), "or");
        let what = self.what();
        match written.as_slice() {
            [] if unknown == 0 => {
                let (code, message) = match words::one_of(name) {
                    Some(code) => (code, format!("{what} needs exactly one of {choices}")),
                    None => (Code::MissingField, format!("{what} is empty")),
                };
                let finding = Diagnostic::error(code, self.path.clone(), message);
                self.findings.push(if words::one_of(name).is_some() {
                    finding.hint("write one of them")
                } else {
                    finding.hint("write at least one entry, or remove the key")
                });
                false
            }
            [] => false,
            [first, second, ..] if only_one => {
                let message = format!("{what} has both `{}` and `{}`", first.key, second.key);
                let code = words::one_of(name).unwrap_or(Code::BadValue);
                self.findings.push(
                    Diagnostic::error(code, self.path.key(&second.key), message)
                        .on_key()
                        .hint("keep one of them")
                        .related("the other one is here", self.path.key(&first.key)),
                );
                false
            }
            _ => true,
        }
    }

    fn missing(&mut self, schema: &Value, entries: &[Entry]) {
        let required = schema.get("required").and_then(Value::as_array);
        for field in required.into_iter().flatten().filter_map(Value::as_str) {
            if entries.iter().any(|entry| entry.key == field) {
                continue;
            }
            let what = self.what();
            self.findings.push(
                Diagnostic::error(
                    Code::MissingField,
                    self.path.clone(),
                    format!("{what} has no `{field}`"),
                )
                .on_key()
                .hint(words::add(field)),
            );
        }
    }

    fn unknown(&mut self, name: &str, known: Option<&Map<String, Value>>, entry: &Entry) {
        let what = self.what();
        if let Some((message, hint)) = words::not_this_version(name, &entry.key) {
            let path = self.path.key(&entry.key);
            let finding = Diagnostic::error(Code::Connection, path, message);
            self.findings.push(finding.on_key().hint(hint));
            return;
        }
        let known = || {
            let keys = known.into_iter().flat_map(Map::keys);
            keys.map(String::as_str)
        };
        let hint = match did_you_mean(&entry.key, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known().next().is_none() => "write `{}`".to_owned(),
            None => format!("known here: {}", shown::names(known(), "and")),
        };
        let finding = if self.is_hidden(entry.key_span) {
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

    /// Judges a key that users choose.
    fn name(&mut self, pattern: &str, entry: &Entry) -> bool {
        let Err(fault) = pattern::judge(pattern, &entry.key) else {
            return true;
        };
        let finding = Diagnostic::error(fault.code, self.path.clone(), fault.message);
        self.findings.push(finding.on_key().hint(fault.hint));
        false
    }

    fn list(&mut self, schema: &'static Value, items: &[Child]) -> Option<Yaml> {
        let Some(item_schema) = schema.get("items") else {
            return Some(Yaml::Sequence(Vec::new()));
        };
        if items.is_empty() && schema.get("minItems").is_some() {
            let what = self.what();
            self.findings.push(
                Diagnostic::error(
                    Code::MissingField,
                    self.path.clone(),
                    format!("{what} has no entry"),
                )
                .hint("write at least one entry"),
            );
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

    fn text(&mut self, pattern: &str, text: &str) -> Option<Yaml> {
        match pattern::judge(pattern, text) {
            Ok(()) => Some(Yaml::String(text.to_owned())),
            Err(fault) => {
                let finding = Diagnostic::error(fault.code, self.path.clone(), fault.message);
                self.findings.push(finding.hint(fault.hint));
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
        let finding = Diagnostic::error(Code::BadValue, self.path.clone(), message);
        self.findings.push(finding.hint(hint));
        None
    }

    fn choice(&mut self, choices: &[Choice], node: &Node, span: Span) -> Option<Yaml> {
        let (written, scalar) = match node {
            Node::Scalar { text, scalar, .. } => (text.as_str(), *scalar),
            Node::List(_) | Node::Map(_) => ("", Scalar::Null),
        };
        if let Some(choice) = choices.iter().find(|choice| choice.fits(written, scalar)) {
            return Some(choice.value());
        }
        let what = self.what();
        let message = match self.found(node, span) {
            Some(found) => format!("{what} cannot be {found}"),
            None => format!("{what} is empty"),
        };
        let names: Vec<&str> = choices.iter().map(|choice| choice.0).collect();
        let hint = match did_you_mean(written, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", shown::names(names, "or")),
        };
        let finding = Diagnostic::error(Code::BadValue, self.path.clone(), message);
        self.findings.push(finding.hint(hint));
        None
    }

    fn literal_secret(&mut self, name: &str) {
        let message = format!("{} is written out here", self.what());
        let finding = Diagnostic::error(Code::LiteralSecret, self.path.clone(), message);
        self.findings.push(finding.hint(words::secret_hint(name)));
    }

    fn wrong_type(&mut self, name: &str, schema: &Value, node: &Node, span: Span) {
        let what = self.what();
        let expected = words::expected(schema);
        let message = match self.found(node, span) {
            Some(found) => format!("{what} must be {expected}, not {found}"),
            None => format!("{what} is empty; it must be {expected}"),
        };
        let written = match node {
            Node::Scalar { text, .. } if !self.is_hidden(span) => shown::short(text),
            Node::Scalar { .. } | Node::List(_) | Node::Map(_) => MASK.to_owned(),
        };
        let finding = Diagnostic::error(Code::WrongType, self.path.clone(), message);
        self.findings.push(finding.hint(words::type_hint(name, schema, node, &written)));
    }

    /// What stands at the place, in words; `None` for nothing.
    fn found(&self, node: &Node, span: Span) -> Option<String> {
        let quoted = |text: &str| {
            if self.is_hidden(span) { MASK.to_owned() } else { format!("`{}`", shown::short(text)) }
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

    fn is_hidden(&self, span: Span) -> bool {
        self.source.text().get(span.start..span.end).is_some_and(|shown| shown.contains(MASK))
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
