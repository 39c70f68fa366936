//! Hides secrets that were written into a manifest, before any of its text can be shown.
//!
//! A secret in a manifest is a fault, and the report of a fault shows the line. So the text that
//! is kept for showing never holds the secret: everything under a key that belongs to a secret or
//! sounds like one is replaced by `••••`, wherever in the file it is.

use std::collections::BTreeSet;
use std::ops::Range;

use super::shown::MASK;
use super::tree::{Child, Node, NodeId, Tree};
use crate::diagnostic::{Span, did_you_mean};

/// The keys of a secret reference: shown, because a misspelt one must be seen.
const REFERENCE_KEYS: [&str; 4] = ["env", "file", "command", "value"];

/// Which parts of the text are hidden.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// Sorted and apart.
    ranges: Vec<Range<usize>>,
    /// Where the mask of each range starts in the text that is shown.
    shown: Vec<usize>,
}

impl Masks {
    /// The secrets of a document.
    pub(super) fn of_tree(text: &str, tree: &Tree) -> Self {
        let mut search = Search { text, tree, seen: BTreeSet::new(), found: Vec::new() };
        if let Some(root) = tree.root() {
            search.value(root, Zone::Open);
        }
        search.found.extend(super::mask_lines::in_comments(text));
        Self::new(text, search.found)
    }

    /// What may be a secret in text that is no document.
    pub(super) fn of_lines(text: &str) -> Self {
        Self::new(text, super::mask_lines::in_lines(text))
    }

    fn new(text: &str, found: Vec<Range<usize>>) -> Self {
        let mut lines: Vec<Range<usize>> =
            found.into_iter().flat_map(|range| one_a_line(text, range)).collect();
        lines.sort_by_key(|range| (range.start, range.end));
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(lines.len());
        for range in lines {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        let mut gained = 0;
        let mut lost = 0;
        let shown = ranges
            .iter()
            .map(|range| {
                let start = range.start + gained - lost;
                gained += MASK.len();
                lost += range.len();
                start
            })
            .collect();
        Self { ranges, shown }
    }

    /// The text with every secret replaced. Line breaks stay, so lines keep their numbers.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        for range in &self.ranges {
            shown.push_str(text.get(at..range.start).unwrap_or_default());
            shown.push_str(MASK);
            at = range.end;
        }
        shown.push_str(text.get(at..).unwrap_or_default());
        shown
    }

    /// A place of the text as a place of the text that is shown; line and column stay the file's.
    pub(super) fn shift(&self, span: Span) -> Span {
        if self.ranges.is_empty() {
            return span;
        }
        let start = self.offset(span.start, true);
        Span { start, end: self.offset(span.end, false).max(start), ..span }
    }

    fn offset(&self, at: usize, is_start: bool) -> usize {
        let before = self
            .ranges
            .partition_point(|range| range.start < at || (is_start && range.start == at));
        let last = before.checked_sub(1);
        let Some((range, shown)) = last.and_then(|at| self.ranges.get(at).zip(self.shown.get(at)))
        else {
            return at;
        };
        match at.checked_sub(range.end) {
            Some(past) => shown + MASK.len() + past,
            None if is_start => *shown,
            None => shown + MASK.len(),
        }
    }
}

/// Splits a range at line breaks and drops the white space around each piece.
fn one_a_line(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut at = range.start;
    let mut pieces = Vec::new();
    for line in text.get(range).unwrap_or_default().split_inclusive(['\n', '\r']) {
        let start = at + line.len() - line.trim_start().len();
        let end = at + line.trim_end().len();
        if start < end {
            pieces.push(start..end);
        }
        at += line.len();
    }
    pieces
}

/// Whether the values under a key are secrets, by its name.
pub(super) fn sounds_secret(key: &str) -> bool {
    if key == "token_path" {
        return false;
    }
    let lower = key.to_lowercase();
    lower == "client_id"
        || ["secret", "passw", "passphrase", "token", "apikey", "credential", "authorization"]
            .iter()
            .any(|part| lower.contains(part))
        || lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "key" | "keys" | "pass" | "pwd" | "bearer" | "cookie"))
        || ["Key", "KEY"].iter().any(|end| key.ends_with(end))
}

/// Whether the values of the mapping under a key are secrets, whatever their names are.
pub(super) fn holds_secrets(key: &str) -> bool {
    matches!(key.to_lowercase().as_str(), "headers" | "header" | "query")
}

/// The parts of a URL that can hold a password or a token: user information, query, fragment.
pub(super) fn url_secrets(text: &str, range: &Range<usize>, is_url: bool) -> Vec<Range<usize>> {
    let url = text.get(range.clone()).unwrap_or_default();
    let authority = match url.find("://") {
        Some(at) => at + 3,
        None if is_url => 0,
        None => return Vec::new(),
    };
    let mut secrets = Vec::new();
    let rest = url.get(authority..).unwrap_or_default();
    if let Some(at) = rest.rfind('@') {
        secrets.push(range.start + authority..range.start + authority + at);
    }
    if let Some(at) = rest.find(['?', '#']) {
        let end = url.trim_end_matches(['"', '\'']).len();
        secrets.push(range.start + authority + at + 1..range.start + end);
    }
    secrets.retain(|range| range.start < range.end);
    secrets
}

/// What the keys on the way say about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Zone {
    Open,
    Url,
    /// A mapping of names to secrets.
    Named,
    Secret,
}

struct Search<'a> {
    text: &'a str,
    tree: &'a Tree,
    seen: BTreeSet<(NodeId, Zone)>,
    found: Vec<Range<usize>>,
}

impl Search<'_> {
    fn value(&mut self, child: Child, zone: Zone) {
        // An aliased value is visited once per zone, so aliases cost nothing.
        if !self.seen.insert((child.node, zone)) {
            return;
        }
        match self.tree.node(child.node) {
            None => {}
            Some(Node::Scalar { extent, .. }) => self.scalar(extent.0..extent.1, zone),
            Some(Node::List(items)) => {
                let below = if zone == Zone::Named { Zone::Secret } else { zone };
                for item in items {
                    self.value(*item, below);
                }
            }
            Some(Node::Map(entries)) => {
                for entry in entries {
                    let misplaced =
                        zone == Zone::Secret && did_you_mean(&entry.key, REFERENCE_KEYS).is_none();
                    if misplaced {
                        self.found.push(entry.key_span.start..entry.key_span.end);
                    }
                    self.value(entry.value, below(zone, &entry.key));
                }
            }
        }
    }

    fn scalar(&mut self, extent: Range<usize>, zone: Zone) {
        match zone {
            Zone::Secret | Zone::Named => {
                self.found.extend(comment_after(self.text, extent.end));
                self.found.push(extent);
            }
            Zone::Open | Zone::Url => {
                let secrets = url_secrets(self.text, &extent, zone == Zone::Url);
                self.found.extend(secrets);
            }
        }
    }
}

fn below(zone: Zone, key: &str) -> Zone {
    match zone {
        Zone::Secret | Zone::Named => Zone::Secret,
        Zone::Open | Zone::Url if sounds_secret(key) => Zone::Secret,
        Zone::Open | Zone::Url if holds_secrets(key) => Zone::Named,
        Zone::Open | Zone::Url if key == "url" => Zone::Url,
        Zone::Open | Zone::Url => Zone::Open,
    }
}

/// The comment behind a secret: an old secret is easily left there.
fn comment_after(text: &str, end: usize) -> Option<Range<usize>> {
    let line = text.get(end..)?.split(['\n', '\r']).next()?;
    let at = line.find('#')?;
    line.get(..at)?
        .chars()
        .all(|c| matches!(c, ' ' | '\t' | ',' | ']' | '}'))
        .then(|| end + at + 1..end + line.len())
}
