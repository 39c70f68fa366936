//! A clinic may make a limit of its fleet tighter, never looser.

use std::collections::BTreeSet;

use super::super::findings::Findings;
use super::super::scalar::Scalar;
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
    /// Only this is as tight, where the fleet says so too.
    Is(bool),
    /// Only this is as tight, unless the fleet says otherwise.
    Stays(bool),
    /// Only the fleet's value is as tight.
    Same,
    /// Limits within it.
    Within(&'static [(&'static str, Kind)]),
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
    (
        "approvals",
        Kind::Within(&[
            ("keys", Kind::Some),
            ("required", Kind::Least),
            ("not_the_planner", Kind::Stays(true)),
        ]),
    ),
];

/// Reports every limit that the clinic makes looser than the fleet has it.
pub(super) fn tighten(
    (clinic, own): (&Tree, Child),
    (fleet, defaults): (&Tree, Child),
    findings: &mut Findings,
) {
    let mut compare = Compare { clinic, fleet, findings };
    compare.within(SAFETY, own, defaults, &KeyPath::root().key("safety"));
}

struct Compare<'a> {
    clinic: &'a Tree,
    fleet: &'a Tree,
    findings: &'a mut Findings,
}

impl Compare<'_> {
    fn within(&mut self, limits: &[(&str, Kind)], own: Child, default: Child, path: &KeyPath) {
        let nodes = (self.clinic.node(own.node), self.fleet.node(default.node));
        let (Some(Node::Map(own)), Some(Node::Map(default_map))) = nodes else { return };
        for (key, kind) in limits {
            match (own.get(key), default_map.get(key), kind) {
                (Some(own), Some(default), _) => self.limit(*kind, own, default, &path.key(key)),
                (Some(own), None, Kind::Stays(tight))
                    if truth(self.clinic, own) != Some(*tight) =>
                {
                    let hint = "remove the line; only the fleet's manifest can loosen it";
                    let mine = text(self.clinic, own);
                    let message = format!("`{key}` is {mine}; the fleet leaves it at {tight}");
                    self.report(own, default.span, &path.key(key), (message, hint.to_owned()));
                }
                (Some(_), None, _) | (None, _, _) => {}
            }
        }
    }

    fn limit(&mut self, kind: Kind, own: &Entry, default: &Entry, path: &KeyPath) {
        let key = &own.key;
        let (mine, theirs) = (text(self.clinic, own), text(self.fleet, default));
        let numbers = || Some((mine.parse::<u64>().ok()?, theirs.parse::<u64>().ok()?));
        let looser = match kind {
            Kind::Within(limits) => return self.within(limits, own.value, default.value, path),
            Kind::Most => numbers().is_some_and(|(own, fleet)| own > fleet),
            Kind::Least => numbers().is_some_and(|(own, fleet)| own < fleet),
            Kind::Is(tight) | Kind::Stays(tight) => {
                truth(self.fleet, default) == Some(tight) && truth(self.clinic, own) != Some(tight)
            }
            Kind::Same => fold(&mine) != fold(&theirs),
            Kind::All => !entries(self.clinic, own).is_superset(&entries(self.fleet, default)),
            Kind::Some => !entries(self.clinic, own).is_subset(&entries(self.fleet, default)),
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
            Kind::Is(_) | Kind::Stays(_) | Kind::Same | Kind::Within(_) => (
                format!("`{key}` is not what the fleet says"),
                "remove the line; only the fleet's manifest can loosen it".to_owned(),
            ),
        };
        self.report(own, default.value.span, path, (message, hint));
    }

    fn report(
        &mut self,
        own: &Entry,
        limit: Span,
        path: &KeyPath,
        (message, hint): (String, String),
    ) {
        let mut finding = Diagnostic::error(Code::Looser, path.clone(), message).hint(hint);
        finding.span = Some(own.value.span);
        finding.related.push(Related {
            label: "the fleet's limit is here".to_owned(),
            path: path.clone(),
            span: Some(limit),
        });
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
    use serde_json::Value;

    use super::super::super::schema::schema;
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
        let Some((_, Kind::Within(approvals))) = SAFETY.last() else { panic!() };
        assert_eq!(known(approvals), fields("Approvals"));
        assert!(matches!(schema()["$defs"]["Safety"], Value::Object(_)));
    }
}
