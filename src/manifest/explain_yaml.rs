//! An explained manifest as YAML that reads back as the same document, with origins as comments.

use std::fmt::Write as _;

use serde_json::Value;

use super::explain::{Content, Explained, Origin, Part};
use super::scalar::Scalar;
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
    let key = text(key);
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
        Value::String(written) => text(written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// A text as YAML: plain where every reader takes it for text, else in quotes.
fn text(written: &str) -> String {
    if is_plain(written) {
        return written.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in written.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_unsafe(character) || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                let code = u32::from(character);
                // Writing to a String cannot fail.
                let _ = if code <= 0xffff {
                    write!(quoted, "\\u{code:04x}")
                } else {
                    write!(quoted, "\\U{code:08x}")
                };
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(written: &str) -> bool {
    /// What readers of YAML 1.1 take for true and false.
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let inner =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ' ');
    let starts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.');
    Scalar::plain(written) == Scalar::Text
        && !WORDS.contains(&written.to_ascii_lowercase().as_str())
        && written.starts_with(starts)
        && !written.ends_with(' ')
        && written.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_in_quotes_where_it_could_be_taken_for_something_else() {
        for plain in ["Main Street", "2027-01-31", "America/Toronto", "../worlds/a.yaml", "/oauth"]
        {
            assert_eq!(text(plain), plain);
        }
        for (written, yaml) in [
            ("4021", "\"4021\""),
            ("no", "\"no\""),
            ("", "\"\""),
            ("a: b #c", "\"a: b #c\""),
            ("a\"\\\n\u{1b}\u{202e}\u{e0041}", r#""a\"\\\n\u001b\u202e\U000e0041""#),
        ] {
            assert_eq!(text(written), yaml);
        }
    }
}
