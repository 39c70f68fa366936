//! The document as a tree of values with their places; aliases share the anchor's value.

use std::ops::Range;

use super::scalar::Scalar;
use crate::diagnostic::{KeyPath, On, Segment, Span};

/// Which value of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(usize);

/// One value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Text, a number, true, false or nothing.
    Scalar {
        /// The text after escapes.
        text: String,
        /// What it means.
        scalar: Scalar,
        /// First byte and one past the last, over all its lines, of the file that it is written in.
        extent: Range<usize>,
    },
    /// A list.
    List(Vec<Child>),
    /// A mapping; every key is there once, apart from entries that are ignored.
    Map(Map),
}

/// The entries of a mapping, in the order of the file and by key.
#[derive(Debug, Clone)]
pub(super) struct Map {
    entries: Vec<Entry>,
    /// Which entries are part of the document, sorted by key: a mapping can hold a million keys.
    by_key: Vec<usize>,
}

impl Map {
    /// Takes all entries; those that are ignored are kept for their places.
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut kept: Vec<(&str, usize)> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !entry.ignored)
            .map(|(index, entry)| (entry.key.as_str(), index))
            .collect();
        kept.sort_unstable();
        let by_key = kept.into_iter().map(|(_, index)| index).collect();
        Self { entries, by_key }
    }

    /// Every entry, also those that are ignored, in the order of the file.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that are part of the document, in the order of the file.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.ignored)
    }

    /// The entry with a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        let entry = |index: &usize| self.entries.get(*index);
        let at = self
            .by_key
            .binary_search_by(|index| entry(index).map(|entry| entry.key.as_str()).cmp(&Some(key)))
            .ok()?;
        self.by_key.get(at).and_then(entry)
    }
}

/// A value at its place. Below an alias the place is the alias's, the value the anchor's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    /// The value.
    pub(super) node: NodeId,
    /// Where it is written here.
    pub(super) span: Span,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key is.
    pub(super) key_span: Span,
    /// The value.
    pub(super) value: Child,
    /// It repeats a key or is `<<`: reported, and not part of the document.
    pub(super) ignored: bool,
}

/// All values of one document.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    root: Option<Child>,
}

impl Tree {
    /// Adds a value.
    pub(super) fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    /// Fills a value that was added before its content was known.
    pub(super) fn fill(&mut self, id: NodeId, node: Node) {
        if let Some(place) = self.nodes.get_mut(id.0) {
            *place = node;
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Says which value is the document.
    pub(super) fn set_root(&mut self, root: Child) {
        self.root = Some(root);
    }

    /// The document.
    pub(super) fn root(&self) -> Option<Child> {
        self.root
    }

    /// The value behind an id.
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// The place of a key or value; that of the nearest parent where the path leads nowhere.
    pub(super) fn place(&self, path: &KeyPath, on: On) -> Option<Span> {
        let root = self.root?;
        let (mut key_span, mut value) = (None, root);
        for segment in &path.0 {
            match self.step(value, segment) {
                Some((key, child)) => (key_span, value) = (key, child),
                // A parent that is a whole block is better shown by its key.
                None => return Some(key_span.unwrap_or(value.span)),
            }
        }
        match on {
            On::Key => Some(key_span.unwrap_or(value.span)),
            On::Value => Some(value.span),
        }
    }

    /// The value at a path, with its place.
    pub(super) fn child(&self, path: &KeyPath) -> Option<Child> {
        path.0.iter().try_fold(self.root?, |value, segment| Some(self.step(value, segment)?.1))
    }

    /// The value at a path.
    fn at(&self, path: &KeyPath) -> Option<&Node> {
        self.child(path).and_then(|value| self.node(value.node))
    }

    /// One step down, with the place of the key if it is one.
    fn step(&self, value: Child, segment: &Segment) -> Option<(Option<Span>, Child)> {
        match (segment, self.node(value.node)?) {
            (Segment::Key(key), Node::Map(map)) => {
                map.get(key).map(|entry| (Some(entry.key_span), entry.value))
            }
            (Segment::Index(index), Node::List(items)) => {
                items.get(*index).map(|item| (None, *item))
            }
            (Segment::Key(_) | Segment::Index(_), _) => None,
        }
    }

    /// Whether the document has something at a path.
    pub(super) fn has(&self, path: &KeyPath) -> bool {
        self.at(path).is_some()
    }

    /// The keys of the mapping at a path, in the order of the document.
    pub(super) fn keys(&self, path: &KeyPath) -> impl Iterator<Item = &str> {
        let map = match self.at(path) {
            Some(Node::Map(map)) => Some(map),
            Some(Node::Scalar { .. } | Node::List(_)) | None => None,
        };
        map.into_iter().flat_map(Map::kept).map(|entry| entry.key.as_str())
    }

    /// How many entries the list at a path has; something else counts as one.
    pub(super) fn count(&self, path: &KeyPath) -> usize {
        match self.at(path) {
            None => 0,
            Some(Node::List(items)) => items.len(),
            Some(Node::Scalar { .. } | Node::Map(_)) => 1,
        }
    }

    /// Whether the value at a path is true, false or not there.
    pub(super) fn is_sound_bool(&self, path: &KeyPath) -> bool {
        match self.at(path) {
            None => true,
            Some(Node::Scalar { scalar, .. }) => matches!(scalar, Scalar::Bool(_)),
            Some(Node::List(_) | Node::Map(_)) => false,
        }
    }

    /// The parts of the text that are keys and scalars.
    pub(super) fn extents(&self) -> Vec<Range<usize>> {
        let mut extents = Vec::new();
        for node in &self.nodes {
            match node {
                Node::Scalar { extent, .. } => extents.push(extent.clone()),
                Node::List(_) => {}
                Node::Map(map) => {
                    let keys = map.entries.iter();
                    extents.extend(keys.map(|entry| entry.key_span.start..entry.key_span.end));
                }
            }
        }
        extents
    }

    /// Changes every part of the text that is a scalar, to follow a change of the text.
    pub(super) fn map_extents(&mut self, change: impl Fn(&Range<usize>) -> Range<usize>) {
        for node in &mut self.nodes {
            match node {
                Node::Scalar { extent, .. } => *extent = change(extent),
                Node::List(_) | Node::Map(_) => {}
            }
        }
    }

    /// Changes every place, to follow a change of the text.
    pub(super) fn map_spans(&mut self, change: impl Fn(Span) -> Span) {
        if let Some(root) = &mut self.root {
            root.span = change(root.span);
        }
        for node in &mut self.nodes {
            match node {
                Node::Scalar { .. } => {}
                Node::List(items) => {
                    for item in items {
                        item.span = change(item.span);
                    }
                }
                Node::Map(map) => {
                    for entry in &mut map.entries {
                        entry.key_span = change(entry.key_span);
                        entry.value.span = change(entry.value.span);
                    }
                }
            }
        }
    }
}
