//! A clinic may make a limit of its fleet tighter, never looser.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::findings::Findings;
use super::super::scalar::Scalar;
use super::super::schema::schema;
use super::super::tree::{Child, Entry, Node, Tree};
use crate::diagnostic::{Code, Diagnostic, KeyPath, Related, Span};
use crate::model::fold;

/// What a limit is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A lower number is tighter.
    Most,
    /// A higher number is tighter.
    Least,
    /// More entries are tighter.
    All,
    /// Fewer entries are tighter.
    Some,
    /// Only this is as tight, unless the fleet says otherwise.
    Is(bool),
    /// Only the fleet's value is as tight.
    Same,
    /// Limits within it, under the name of their definition in the schema.
    Within(&'static str, &'static [(&'static str, Kind)]),
}

/// Every limit of `safety`. The test of this module holds it to the schema.
const SAFETY: &[(&str, Kind)] = &[
    ("max_revoked_rows_percent", Kind::Most),
    ("max_revocations", Kind::Most),
    ("max_revocations_per_office", Kind::Most),
    ("max_changed_rows_percent", Kind::Most),
    ("protected_columns", Kind::All),
    ("protected_providers", Kind::All),
    ("protected_offices", Kind::All),
    ("own_user", Kind::Same),
    ("allow_empty", Kind::Is(false)),
    ("four_eyes", Kind::Is(true)),
    (
        "approvals",
        Kind::Within(
            "Approvals",
            &[("keys", Kind::Some), ("required", Kind::Least), ("not_the_planner", Kind::Is(true))],
        ),
    ),
];

/// Reports every limit that the clinic makes looser than the fleet has it, be it written or built in.
pub(super) fn tighten(
    (clinic, own): (&Tree, Child),
    (fleet, defaults): (&Tree, Option<Child>),
    findings: &mut Findings,
) {
    let mut compare = Compare { clinic, fleet, findings };
    compare.within(("Safety", SAFETY), own, defaults, &KeyPath::root().key("safety"));
}

/// A limit of the fleet.
struct Theirs {
    text: String,
    entries: BTreeSet<String>,
    /// Where it is written; `None`: it is built in.
    span: Option<Span>,
}

impl Theirs {
    fn written(tree: &Tree, entry: &Entry) -> Self {
        let span = Some(entry.value.span);
        Self { text: text(tree, entry), entries: entries(tree, entry), span }
    }

    /// What holds where nobody writes anything.
    fn built_in(definition: &str, key: &str) -> Option<Self> {
        let place = format!("/$defs/{definition}/properties/{key}/default");
        let default = schema().pointer(&place)?;
        let entries = default.as_array().into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            entries: entries.map(str::to_owned).collect(),
            text: default.to_string(),
            span: None,
        })
    }
}

struct Compare<'a> {
    clinic: &'a Tree,
    fleet: &'a Tree,
    findings: &'a mut Findings,
}

impl Compare<'_> {
    fn within(
        &mut self,
        (definition, limits): (&str, &[(&str, Kind)]),
        own: Child,
        defaults: Option<Child>,
        path: &KeyPath,
    ) {
        let Some(Node::Map(own)) = self.clinic.node(own.node) else { return };
        let defaults = match defaults.and_then(|defaults| self.fleet.node(defaults.node)) {
            Some(Node::Map(defaults)) => Some(defaults),
            Some(Node::Scalar { .. } | Node::List(_)) | None => None,
        };
        let written = |key: &str| defaults.and_then(|defaults| defaults.get(key));
        for (key, kind) in limits {
            let Some(own) = own.get(key) else { continue };
            let path = path.key(key);
            if let Kind::Within(definition, limits) = kind {
                // What the fleet does not demand at all, a clinic may demand as it likes.
                if let Some(theirs) = written(key) {
                    let within = (*definition, *limits);
                    self.within(within, own.value, Some(theirs.value), &path);
                }
                continue;
            }
            // One office may lose as much as the clinic, unless something else is written.
            let stands_for =
                if *key == "max_revocations_per_office" { "max_revocations" } else { key };
            let theirs = match written(key).or_else(|| written(stands_for)) {
                Some(entry) => Some(Theirs::written(self.fleet, entry)),
                None => Theirs::built_in(definition, stands_for),
            };
            if let Some(theirs) = theirs {
                self.limit(*kind, own, &theirs, &path);
            }
        }
    }

    fn limit(&mut self, kind: Kind, own: &Entry, default: &Theirs, path: &KeyPath) {
        let key = &own.key;
        let (mine, theirs) = (text(self.clinic, own), &default.text);
        let numbers = || Some((mine.parse::<u64>().ok()?, theirs.parse::<u64>().ok()?));
        let looser = match kind {
            Kind::Within(..) => false,
            Kind::Most => numbers().is_some_and(|(own, fleet)| own > fleet),
            Kind::Least => numbers().is_some_and(|(own, fleet)| own < fleet),
            Kind::Is(tight) => {
                theirs.eq_ignore_ascii_case(&tight.to_string())
                    && truth(self.clinic, own) != Some(tight)
            }
            Kind::Same => fold(&mine) != fold(theirs),
            Kind::All => !entries(self.clinic, own).is_superset(&default.entries),
            Kind::Some => !entries(self.clinic, own).is_subset(&default.entries),
        };
        if !looser {
            return;
        }
        let (message, hint) = match kind {
            Kind::Most => (
                format!("`{key}` is {mine}; the fleet allows at most {theirs}"),
                format!("write {theirs} or less, or remove the line"),
            ),
            Kind::Least => (
                format!("`{key}` is {mine}; the fleet asks for at least {theirs}"),
                format!("write {theirs} or more, or remove the line"),
            ),
            Kind::All => (
                format!("`{key}` leaves out what the fleet protects"),
                "write the fleet's entries too, or remove the key".to_owned(),
            ),
            Kind::Some => (
                format!("`{key}` has an entry that the fleet's does not have"),
                "add it to the fleet's manifest, or remove it here".to_owned(),
            ),
            Kind::Is(_) | Kind::Same | Kind::Within(..) => (
                format!("`{key}` is {mine}; the fleet has it at {theirs}"),
                "remove the line; only the fleet's manifest can loosen it".to_owned(),
            ),
        };
        let mut finding =
            Diagnostic::error(Code::Looser, path.clone(), message).hint(match default.span {
                Some(_) => hint,
                None => format!("{hint}; where the fleet writes nothing, the built-in limit holds"),
            });
        finding.span = Some(own.value.span);
        if default.span.is_some() {
            finding.related.push(Related {
                label: "the fleet's limit is here".to_owned(),
                path: path.clone(),
                span: default.span,
            });
        }
        self.findings.push(finding);
    }
}

fn truth(tree: &Tree, entry: &Entry) -> Option<bool> {
    match tree.node(entry.value.node) {
        Some(Node::Scalar { scalar: Scalar::Bool(value), .. }) => Some(*value),
        Some(Node::Scalar { .. } | Node::List(_) | Node::Map(_)) | None => None,
    }
}

fn text(tree: &Tree, entry: &Entry) -> String {
    match tree.node(entry.value.node) {
        Some(Node::Scalar { text, .. }) => text.clone(),
        Some(Node::List(_) | Node::Map(_)) | None => String::new(),
    }
}

/// The entries of a list, each as one text that is the same for what means the same.
fn entries(tree: &Tree, entry: &Entry) -> BTreeSet<String> {
    match tree.node(entry.value.node) {
        Some(Node::List(items)) => items.iter().map(|item| meaning(tree, *item)).collect(),
        Some(Node::Scalar { .. } | Node::Map(_)) | None => BTreeSet::new(),
    }
}

/// An id stands for itself whatever name is written beside it; a name is compared as names are. A key
/// is somebody's: under another name the planner's own approval would count.
fn meaning(tree: &Tree, item: Child) -> String {
    match tree.node(item.node) {
        Some(Node::Map(map)) => {
            let scalar = |key: &str| match tree.node(map.get(key)?.value.node)? {
                Node::Scalar { text, scalar, .. } if *scalar != Scalar::Null => Some(text.clone()),
                Node::Scalar { .. } | Node::List(_) | Node::Map(_) => None,
            };
            match (scalar("key"), scalar("id"), scalar("name")) {
                (Some(key), _, name) => format!("key {key} of {}", fold(&name.unwrap_or_default())),
                (None, Some(id), _) => format!("id {id}"),
                (None, None, name) => format!("name {}", fold(&name.unwrap_or_default())),
            }
        }
        Some(Node::Scalar { text, .. }) => text.clone(),
        Some(Node::List(_)) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_of_the_schema_is_compared() {
        let fields = |name: &str| -> BTreeSet<String> {
            let fields = schema()["$defs"][name]["properties"].as_object().unwrap();
            fields.keys().cloned().collect()
        };
        let known = |limits: &[(&str, Kind)]| -> BTreeSet<String> {
            limits.iter().map(|(key, _)| (*key).to_owned()).collect()
        };
        assert_eq!(known(SAFETY), fields("Safety"));
        let Some((_, Kind::Within(_, approvals))) = SAFETY.last() else { panic!() };
        assert_eq!(known(approvals), fields("Approvals"));
        assert!(matches!(schema()["$defs"]["Safety"], Value::Object(_)));
    }
}
