//! Finds what may be a secret in text that is no YAML, line by line.

use std::ops::Range;

use super::secret_words::{in_line, in_url};

/// Secrets of any line, comments, and the lines that may belong to a secret.
pub(super) fn in_lines(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // The indentation of the key whose block is hidden.
    let mut hidden: Option<usize> = None;
    for (start, line) in lines(text) {
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - content.len();
        let belongs = hidden
            .is_some_and(|key| indent > key || content.starts_with("- ") || !has_key(content));
        if belongs {
            found.push(start..start + line.len());
            continue;
        }
        let secret = in_line(line).into_iter().chain(anchor(line)).min();
        hidden = secret.map(|_| indent);
        if let Some(at) = secret {
            // The colon is shown: whether it is there may be the fault.
            let value = line.get(at..).unwrap_or_default();
            let value = value.trim_start_matches([' ', '\t', ':', '=', '"', '\'']);
            found.push(start + line.len() - value.len()..start + line.len());
        }
        found.extend(in_url(text, &(start..start + line.len()), false));
        found.extend(before_at(line).map(|range| start + range.start..start + range.end));
        found.extend(comment(line).map(|at| start + at..start + line.len()));
    }
    found
}

/// Whether a line starts with a key, and so ends the block above it.
fn has_key(content: &str) -> bool {
    content.split_once(':').is_some_and(|(key, rest)| {
        !key.is_empty()
            && !key.contains(char::is_whitespace)
            && (rest.is_empty() || rest.starts_with(' '))
    })
}

/// Where what an anchor names starts: its alias may stand under the key of a secret.
fn anchor(line: &str) -> Option<usize> {
    line.match_indices('&').find_map(|(at, _)| {
        let name = line.get(at + 1..)?;
        let is_anchor = line.get(..at)?.ends_with([' ', '\t', '[', '{', ','])
            && name.starts_with(char::is_alphanumeric);
        let end = name.find([' ', '\t', ',', ']', '}']).unwrap_or(name.len());
        is_anchor.then_some(at + 1 + end)
    })
}

/// What stands before an `@`: the user and password of a URL whose start may be missing.
fn before_at(line: &str) -> Option<Range<usize>> {
    let at = line.rfind('@')?;
    let before = line.get(..at)?;
    let start = before.rfind([' ', '\t', '"', '\'']).map_or(0, |blank| blank + 1);
    (start < at).then_some(start..at)
}

/// Where the comment of a line starts, behind its `#`. One in quotes may be none; hidden all the
/// same.
fn comment(line: &str) -> Option<usize> {
    line.match_indices('#')
        .find(|(at, _)| {
            line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
        })
        .map(|(at, _)| at + 1)
}

/// Each line with the offset of its first byte.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(['\n', '\r']).scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}
