//! Puts a clinic's manifest over a fleet's defaults: one tree, each value with its own place.
//!
//! Mappings are merged key by key; a list or a value of the clinic replaces the fleet's, except under
//! `policy`, where lists are joined. Where the
//! schema wants exactly one key (a connection, a secret), another key replaces the whole.

use serde_json::Value;

use super::super::check::{below, resolve};
use super::super::schema::schema;
use super::super::tree::{Child, Entry, Map, Node, NodeId, Tree};
use super::template::Placeholders;

/// Keys whose text is a path.
const PATHS: [&str; 6] = ["ca_file", "certificate_file", "directory", "file", "rego", "world"];

/// What is needed to read a default as the clinic's own.
pub(super) struct Inherit<'a> {
    pub(super) placeholders: &'a Placeholders,
    /// The fleet manifest's folder, from the clinic manifest's.
    pub(super) folder: &'a str,
}

/// The clinic's document over the defaults.
pub(super) fn merge(
    clinic: &Tree,
    (fleet, defaults): (&Tree, Option<Child>),
    inherit: &Inherit<'_>,
) -> Tree {
    let mut merge = Merge { clinic, fleet, inherit, merged: Tree::default() };
    let root = clinic.root().map(|own| merge.document(defaults, own));
    if let Some(root) = root {
        merge.merged.set_root(root);
    }
    merge.merged
}

struct Merge<'a> {
    clinic: &'a Tree,
    fleet: &'a Tree,
    inherit: &'a Inherit<'a>,
    merged: Tree,
}

impl Merge<'_> {
    /// The whole document. The fleet's state is the clinic's, unless the clinic names another.
    fn document(&mut self, defaults: Option<Child>, own: Child) -> Child {
        let mut document = match defaults {
            Some(default) => self.both(schema(), default, own),
            None => self.own(own),
        };
        let fleet = self.fleet.root().and_then(|root| self.fleet.node(root.node));
        let (Some(Node::Map(fleet)), Some(Node::Map(map))) =
            (fleet, self.merged.node(document.node))
        else {
            return document;
        };
        if let Some(state) = fleet.get("state").filter(|_| map.get("state").is_none()) {
            let mut entries = map.entries().to_vec();
            let value = self.default(state.value, "state", false);
            entries.push(Entry { value, ..state.clone() });
            document.node = self.add(Node::Map(Map::new(entries)));
        }
        document
    }

    fn both(&mut self, schema_at: &'static Value, default: Child, own: Child) -> Child {
        let (_, schema_at) = resolve(schema(), schema_at);
        let nodes = (self.fleet.node(default.node), self.clinic.node(own.node));
        let (Some(Node::Map(defaults)), Some(Node::Map(map))) = nodes else {
            return self.own(own);
        };
        let one_of = schema_at.get("maxProperties").is_some();
        if one_of && map.kept().any(|entry| defaults.get(&entry.key).is_none()) {
            return self.own(own);
        }
        let mut entries = Vec::new();
        for entry in map.entries() {
            let value = match defaults.get(&entry.key).filter(|_| !entry.ignored) {
                Some(default) if entry.key == "policy" => self.added(default.value, entry.value),
                Some(default) => {
                    self.both(below(schema_at, &entry.key), default.value, entry.value)
                }
                None => self.own(entry.value),
            };
            entries.push(Entry { value, ..entry.clone() });
        }
        for entry in defaults.kept().filter(|entry| map.get(&entry.key).is_none()) {
            let value = self.default(entry.value, &entry.key, false);
            entries.push(Entry { value, ..entry.clone() });
        }
        Child { node: self.add(Node::Map(Map::new(entries))), span: own.span }
    }

    /// Policies: a clinic adds to its fleet's, and takes none of them away.
    fn added(&mut self, default: Child, own: Child) -> Child {
        let nodes = (self.fleet.node(default.node), self.clinic.node(own.node));
        let (Some(Node::Map(defaults)), Some(Node::Map(map))) = nodes else {
            return self.own(own);
        };
        let mut entries = Vec::new();
        for entry in map.entries() {
            let theirs = defaults.get(&entry.key).filter(|_| !entry.ignored);
            let theirs = theirs.and_then(|theirs| self.fleet.node(theirs.value.node));
            let mut value = self.own(entry.value);
            if let (Some(Node::List(theirs)), Some(Node::List(mine))) =
                (theirs, self.merged.node(value.node).cloned())
            {
                let theirs = theirs.iter().map(|item| self.default(*item, &entry.key, false));
                let mut items: Vec<Child> = theirs.collect();
                items.extend(mine);
                value.node = self.add(Node::List(items));
            }
            entries.push(Entry { value, ..entry.clone() });
        }
        for entry in defaults.kept().filter(|entry| map.get(&entry.key).is_none()) {
            let value = self.default(entry.value, &entry.key, false);
            entries.push(Entry { value, ..entry.clone() });
        }
        Child { node: self.add(Node::Map(Map::new(entries))), span: own.span }
    }

    /// A value of the clinic as it is.
    fn own(&mut self, child: Child) -> Child {
        let node = match self.clinic.node(child.node) {
            None => return child,
            Some(node @ Node::Scalar { .. }) => node.clone(),
            Some(Node::List(items)) => {
                Node::List(items.iter().map(|item| self.own(*item)).collect())
            }
            Some(Node::Map(map)) => {
                let entries = map.entries().iter().map(|entry| {
                    let value = self.own(entry.value);
                    Entry { value, ..entry.clone() }
                });
                Node::Map(Map::new(entries.collect()))
            }
        };
        Child { node: self.add(node), ..child }
    }

    /// A value of the defaults, with its placeholders filled in and its paths led back to the
    /// fleet's folder. Path templates of a bridge have placeholders of their own.
    fn default(&mut self, child: Child, key: &str, of_paths: bool) -> Child {
        let of_paths = of_paths || key == "paths";
        let node = match self.fleet.node(child.node) {
            None => return child,
            Some(Node::Scalar { text, scalar, extent }) => {
                let filled = if of_paths {
                    text.clone()
                } else {
                    self.inherit.placeholders.fill(text).into_owned()
                };
                let text = if PATHS.contains(&key) { self.led_back(&filled) } else { filled };
                Node::Scalar { text, scalar: *scalar, extent: extent.clone() }
            }
            Some(Node::List(items)) => {
                Node::List(items.iter().map(|item| self.default(*item, key, of_paths)).collect())
            }
            Some(Node::Map(map)) => {
                let entries = map.kept().map(|entry| {
                    let value = self.default(entry.value, &entry.key, of_paths);
                    Entry { value, ..entry.clone() }
                });
                Node::Map(Map::new(entries.collect()))
            }
        };
        Child { node: self.add(node), ..child }
    }

    fn led_back(&self, path: &str) -> String {
        let folder = self.inherit.folder;
        if folder.is_empty() || path.starts_with(['/', '\\']) || path.contains(":\\") {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        }
    }

    fn add(&mut self, node: Node) -> NodeId {
        self.merged.add(node)
    }
}
