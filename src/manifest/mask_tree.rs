//! Finds what may be a secret in a document: everything under a key that belongs to a secret or
//! sounds like one, wherever in the file it is, and every comment.

use std::collections::BTreeSet;
use std::ops::Range;

use super::secret_words::{holds_secrets, in_setting, in_url, sounds_secret};
use super::tree::{Child, Entry, Node, NodeId, Tree};

/// The keys of a secret reference: shown, because a misspelt one must be seen.
const REFERENCE_KEYS: [&str; 4] = ["env", "file", "command", "value"];

/// The secrets of a document.
pub(super) fn in_tree(text: &str, tree: &Tree) -> Vec<Range<usize>> {
    let mut search = Search { text, tree, seen: BTreeSet::new(), found: Vec::new() };
    if let Some(root) = tree.root() {
        search.value(root, Zone::Open);
    }
    search.found.extend(comments(text, tree));
    search.found
}

/// All comments: no finding is about one, and old secrets are easily left there.
fn comments(text: &str, tree: &Tree) -> Vec<Range<usize>> {
    let mut written = tree.extents();
    written.sort_by_key(|range| (range.start, range.end));
    let is_written = |at: usize| {
        let next = written.partition_point(|range| range.start <= at);
        next.checked_sub(1).and_then(|last| written.get(last)).is_some_and(|last| at < last.end)
    };
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let comment = line.match_indices('#').map(|(at, _)| at).find(|at| {
            let before = line.get(..*at).unwrap_or_default();
            (before.is_empty() || before.ends_with([' ', '\t'])) && !is_written(start + at)
        });
        if let Some(at) = comment {
            found.push(start + at + 1..start + line.len());
        }
        start += line.len();
    }
    found
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

impl Zone {
    fn below(self, key: &str) -> Self {
        match self {
            Self::Secret | Self::Named => Self::Secret,
            Self::Open | Self::Url if sounds_secret(key) => Self::Secret,
            Self::Open | Self::Url if holds_secrets(key) => Self::Named,
            Self::Open | Self::Url if key == "url" => Self::Url,
            Self::Open | Self::Url => Self::Open,
        }
    }
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
            Some(Node::Scalar { extent, .. }) => self.text(extent.clone(), zone),
            Some(Node::List(items)) => {
                let below = if zone == Zone::Named { Zone::Secret } else { zone };
                for item in items {
                    self.value(*item, below);
                }
            }
            Some(Node::Map(map)) => {
                for entry in map.entries() {
                    self.key(entry, zone);
                    let below = zone.below(&entry.key);
                    if matches!(below, Zone::Secret | Zone::Named) {
                        self.before_value(entry);
                    }
                    self.value(entry.value, below);
                }
            }
        }
    }

    fn text(&mut self, extent: Range<usize>, zone: Zone) {
        match zone {
            Zone::Secret | Zone::Named => {
                self.properties(extent.start);
                self.found.push(extent);
            }
            Zone::Open | Zone::Url => {
                self.found.extend(in_url(self.text, &extent, zone == Zone::Url));
                let text = self.text.get(extent.clone()).unwrap_or_default();
                self.found.extend(in_setting(text).map(|at| extent.start + at..extent.end));
            }
        }
    }

    /// Where braces or a colon were forgotten, the secret is a key.
    fn key(&mut self, entry: &Entry, zone: Zone) {
        let range = entry.key_span.start..entry.key_span.end;
        let misplaced = match zone {
            Zone::Open | Zone::Url => return self.text(range, Zone::Open),
            Zone::Named => !entry.key.chars().all(is_name),
            Zone::Secret => {
                REFERENCE_KEYS.iter().all(|known| strsim::osa_distance(known, &entry.key) > 2)
            }
        };
        self.properties(range.start);
        if misplaced {
            self.found.push(range);
        }
    }

    /// Hides what stands between the key of a secret and its value: an anchor or a tag, which a
    /// secret that starts with `&` or `!` is read as.
    fn before_value(&mut self, entry: &Entry) {
        let start = entry.key_span.end;
        let end = match self.tree.node(entry.value.node) {
            // An empty value is placed at its key.
            Some(Node::Scalar { extent, .. }) if entry.value.span.start < start => extent.start,
            _ => entry.value.span.start,
        };
        let between = self.text.get(start..end).unwrap_or_default();
        let shown = between.len() - between.trim_start_matches(is_indicator).len();
        self.found.push(start + shown..end.max(start + shown));
    }

    /// Hides the anchor and the tag before a place.
    fn properties(&mut self, place: usize) {
        let mut before = self.text.get(..place).unwrap_or_default().trim_end();
        while let Some(start) = Some(before.rfind(is_indicator).map_or(0, |at| at + 1))
            && before.get(start..).is_some_and(|word| word.starts_with(['&', '!']))
        {
            self.found.push(start..before.len());
            before = before.get(..start).unwrap_or_default().trim_end();
        }
    }
}

/// What can stand between two values that are no text.
fn is_indicator(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, ':' | ',' | '[' | ']' | '{' | '}')
}

/// What names of headers and parameters are written with.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}
