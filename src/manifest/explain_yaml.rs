//! An explained manifest as YAML that reads back as the same document, with origins as comments.

use std::fmt::Write as _;

use serde_json::Value;

use super::explain::{Content, Explained, Origin, Part};
use super::yaml_text::yaml_text;
use crate::model::is_unsafe;

/// Comments stand below each other, but no further to the right.
const WIDEST: usize = 60;

struct Line {
    text: String,
    comment: Option<String>,
}

impl Explained {
    /// The document as YAML.
    pub fn to_yaml(&self) -> String {
        let lines = self.root.lines();
        let width = |line: &Line| line.text.chars().count();
        let widest = lines.iter().map(width).filter(|width| *width <= WIDEST).max();
        let widest = widest.unwrap_or_default();
        let mut yaml = String::new();
        for line in &lines {
            match &line.comment {
                // Writing to a String cannot fail.
                Some(comment) => {
                    let _ = writeln!(yaml, "{:widest$}  # {comment}", line.text);
                }
                None => {
                    let _ = writeln!(yaml, "{}", line.text);
                }
            }
        }
        yaml
    }
}

impl Part {
    /// The lines of a value, from the left margin on.
    fn lines(&self) -> Vec<Line> {
        match &self.content {
            Content::List(items) if !items.is_empty() => {
                items.iter().flat_map(|item| indented(item.lines(), "- ")).collect()
            }
            Content::Map(entries) if !entries.is_empty() => {
                entries.iter().flat_map(|(key, part)| entry(key, part)).collect()
            }
            Content::Scalar(value) => vec![self.line(scalar(value))],
            Content::List(_) => vec![self.line("[]".to_owned())],
            Content::Map(_) => vec![self.line("{}".to_owned())],
        }
    }

    fn line(&self, text: String) -> Line {
        let mut comment = origin(&self.origin);
        if let Some(note) = &self.note {
            comment = format!("{comment}; {note}");
        }
        Line { text, comment: Some(comment) }
    }

    fn is_block(&self) -> bool {
        match &self.content {
            Content::Scalar(_) => false,
            Content::List(items) => !items.is_empty(),
            Content::Map(entries) => !entries.is_empty(),
        }
    }
}

fn entry(key: &str, part: &Part) -> Vec<Line> {
    let key = yaml_text(key);
    let mut lines = part.lines();
    if part.is_block() {
        let head = Line { text: format!("{key}:"), comment: None };
        return std::iter::once(head).chain(indented(lines, "  ")).collect();
    }
    for line in &mut lines {
        line.text = format!("{key}: {}", line.text);
    }
    lines
}

/// The lines further to the right, the first behind a mark.
fn indented(lines: Vec<Line>, first: &str) -> impl Iterator<Item = Line> {
    lines.into_iter().enumerate().map(move |(at, Line { text, comment })| {
        let before = if at == 0 { first } else { "  " };
        Line { text: format!("{before}{text}"), comment }
    })
}

/// `clinics/lakeside.yaml:3`, or `built in`.
fn origin(origin: &Origin) -> String {
    let (Some(file), Some(line)) = (&origin.file, origin.line) else {
        return "built in".to_owned();
    };
    let mut place = String::new();
    for character in file.chars() {
        if is_unsafe(character) {
            place.extend(character.escape_unicode());
        } else {
            place.push(character);
        }
    }
    format!("{place}:{line}")
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(written) => yaml_text(written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}
