//! Finds what may be a secret line by line: in text that is no YAML, and in comments.

use std::ops::Range;

use super::mask::{holds_secrets, sounds_secret, url_secrets};

/// Secrets of comment lines: settings that were commented out.
pub(super) fn in_comments(text: &str) -> Vec<Range<usize>> {
    lines(text)
        .filter(|(_, line)| line.trim_start().starts_with('#'))
        .flat_map(|(start, line)| in_line(text, start, line))
        .collect()
}

/// Secrets of any line, and of the deeper lines that belong to it.
pub(super) fn in_lines(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // The indentation of the key whose block is hidden.
    let mut hidden: Option<usize> = None;
    for (start, line) in lines(text) {
        if line.trim().is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let belongs = hidden.is_some_and(|key| {
            indent > key || (indent == key && line.trim_start().starts_with("- "))
        });
        if belongs {
            found.push(start..start + line.len());
            continue;
        }
        let secrets = in_line(text, start, line);
        let after_key = line.trim_start().trim_start_matches("- ");
        hidden = secret_key(after_key).map(|_| indent);
        found.extend(secrets);
    }
    found
}

fn in_line(text: &str, start: usize, line: &str) -> Vec<Range<usize>> {
    match secret_key(line) {
        Some(value) => vec![start + value..start + line.len()],
        None => url_secrets(text, &(start..start + line.len()), false),
    }
}

/// Where the value of the first key that belongs to a secret starts.
fn secret_key(line: &str) -> Option<usize> {
    line.match_indices([':', '=']).find_map(|(at, _)| {
        let before = line.get(..at)?.trim_end_matches(['"', '\'', ' ']);
        let word = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .and_then(|at| before.get(at..))
            .map_or(before, |rest| {
                rest.trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            });
        (sounds_secret(word) || holds_secrets(word)).then_some(at + 1)
    })
}

/// Each line with the offset of its first byte.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(['\n', '\r']).scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}
