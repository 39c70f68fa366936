//! The top-level sections of a manifest's text, and the text with some of them replaced. What is not
//! replaced stays byte for byte: comments, references to secrets, the order of the rest.

use std::ops::Range;

use thiserror::Error;

use super::scan::scan;
use super::tree::Node;

/// Why sections of a text cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SectionError {
    /// The text is not YAML, or no mapping.
    #[error("its text cannot be taken apart")]
    Unreadable,
    /// The top-level keys do not stand at the beginning of lines of their own.
    #[error("its top-level keys do not begin lines of their own")]
    NotInLines,
}

/// A key with the lines that belong to it.
struct Section {
    key: String,
    lines: Range<usize>,
}

/// The sections of a text by their keys, in the order of the file.
///
/// # Errors
/// Where the top-level keys are not lines of the text.
pub fn sections(text: &str) -> Result<Vec<(String, &str)>, SectionError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts = starts(&lines);
    let found = found(text, &lines)?;
    let written = |section: Section| {
        let from = starts.get(section.lines.start).copied().unwrap_or(text.len());
        let to = starts.get(section.lines.end).copied().unwrap_or(text.len());
        (section.key, text.get(from..to).unwrap_or_default())
    };
    Ok(found.into_iter().map(written).collect())
}

/// The text with sections replaced, taken out (`None`) or, where they are not there yet, added: before
/// the next one of `new` that is there, else at the end. New texts end with a line end.
///
/// # Errors
/// Where the top-level keys are not lines of the text.
pub fn with_sections(text: &str, new: &[(&str, Option<&str>)]) -> Result<String, SectionError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let found = found(text, &lines)?;
    let find = |key: &str| found.iter().find(|section| section.key == key);
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut waiting = String::new();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (key, written) in new {
        let written = written.unwrap_or_default().replace('\n', end_of_line);
        match find(key) {
            Some(section) => {
                let written = std::mem::take(&mut waiting) + &written;
                edits.push((section.lines.clone(), written));
            }
            None => waiting.push_str(&written),
        }
    }
    let end = lines.iter().rposition(|line| is_end(line)).unwrap_or(lines.len());
    edits.push((end..end, waiting));
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, written) in edits {
        out.extend(lines.get(at..range.start).unwrap_or_default().iter().copied());
        if !out.is_empty() && !out.ends_with('\n') && !written.is_empty() {
            out.push_str(end_of_line);
        }
        out.push_str(&written);
        at = range.end;
    }
    out.extend(lines.get(at..).unwrap_or_default().iter().copied());
    Ok(out)
}

/// Where each line begins.
fn starts(lines: &[&str]) -> Vec<usize> {
    let next = |at: &mut usize, line: &&str| {
        let start = *at;
        *at += line.len();
        Some(start)
    };
    lines.iter().scan(0, next).collect()
}

fn found(text: &str, lines: &[&str]) -> Result<Vec<Section>, SectionError> {
    let bom = text.starts_with('\u{feff}');
    let tree = scan(text.strip_prefix('\u{feff}').unwrap_or(text)).tree;
    let tree = tree.ok_or(SectionError::Unreadable)?;
    let Some(Node::Map(map)) = tree.root().and_then(|root| tree.node(root.node)) else {
        return Err(SectionError::Unreadable);
    };
    let mut found: Vec<Section> = Vec::new();
    for entry in map.entries() {
        let line = entry.key_span.line.saturating_sub(1);
        let written = lines.get(line).copied().unwrap_or_default();
        let written =
            if bom && line == 0 { written.trim_start_matches('\u{feff}') } else { written };
        let begins = written.trim_start_matches(['"', '\'']).starts_with(entry.key.as_str());
        let follows = found.last().is_none_or(|last| last.lines.start < line);
        if entry.key_span.column != 1 || !begins || !follows {
            return Err(SectionError::NotInLines);
        }
        if let Some(last) = found.last_mut() {
            last.lines.end = line;
        }
        found.push(Section { key: entry.key.clone(), lines: line..lines.len() });
    }
    for section in &mut found {
        trim(section, lines);
    }
    Ok(found)
}

/// Leaves blank lines, comments at the margin and the document's end to what follows.
fn trim(section: &mut Section, lines: &[&str]) {
    let body = section.lines.start + 1..section.lines.end;
    let is_content =
        |line: &&str| !line.trim().is_empty() && !line.starts_with('#') && !is_end(line);
    let last = lines.get(body.clone()).unwrap_or_default().iter().rposition(is_content);
    section.lines.end = last.map_or(body.start, |last| body.start + last + 1);
}

/// `...` ends a document.
fn is_end(line: &str) -> bool {
    line.trim_end() == "..."
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# top\nversion: 1\nclinic: {id: a}\n\n# who\nusers:\n  - profile: ocean  # x\n    # y\n\n# limits\nsafety:\n  max_revocations: 3\n";

    #[test]
    fn a_section_is_replaced_and_everything_else_is_kept() {
        let new = with_sections(
            TEXT,
            &[("profiles", Some("profiles: {}\n")), ("users", Some("users: []\n"))],
        );
        assert_eq!(
            new.unwrap(),
            "# top\nversion: 1\nclinic: {id: a}\n\n# who\nprofiles: {}\nusers: []\n\n# limits\nsafety:\n  max_revocations: 3\n"
        );
    }

    #[test]
    fn a_section_that_is_not_there_is_added_at_the_end_with_the_line_ends_of_the_file() {
        let new =
            with_sections("version: 1\r\nclinic: {id: a}", &[("users", Some("users:\n  - a\n"))]);
        assert_eq!(new.unwrap(), "version: 1\r\nclinic: {id: a}\r\nusers:\r\n  - a\r\n");
        let new = with_sections("---\nversion: 1\n...\n", &[("users", Some("users: []\n"))]);
        assert_eq!(new.unwrap(), "---\nversion: 1\nusers: []\n...\n");
    }

    #[test]
    fn a_section_is_taken_out() {
        let new = with_sections("users: []\nversion: 1\n", &[("users", None)]);
        assert_eq!(new.unwrap(), "version: 1\n");
    }

    #[test]
    fn keys_within_lines_are_refused() {
        assert_eq!(with_sections("{version: 1}\n", &[]), Err(SectionError::NotInLines));
        assert_eq!(with_sections("- a\n", &[]), Err(SectionError::Unreadable));
        assert_eq!(with_sections("a: [\n", &[]), Err(SectionError::Unreadable));
    }

    #[test]
    fn sections_are_found() {
        let found = sections(TEXT).unwrap();
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["version", "clinic", "users", "safety"]);
        assert_eq!(found[3].1, "safety:\n  max_revocations: 3\n");
    }
}
