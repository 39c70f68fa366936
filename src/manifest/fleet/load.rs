//! From the text of a fleet manifest to a [`Fleet`] and the layer that its clinics inherit.

use jiff::civil::Date;

use super::super::check;
use super::super::checked::Manifest;
use super::super::findings::Findings;
use super::super::load::{Loaded, Text, finish, in_order, is_document, meaning, read};
use super::super::scalar::Scalar;
use super::super::scan::scan;
use super::super::source::Source;
use super::super::tree::{Child, Node, Tree};
use super::checked::Fleet;
use super::merge::{Inherit, merge};
use super::schema::fleet_schema;
use super::template::{Placeholders, has_placeholder};
use super::tighten::tighten;
use crate::diagnostic::{Diagnostic, KeyPath, Related, Span, has_errors};

/// A fleet manifest after every check.
#[derive(Debug)]
pub struct LoadedFleet {
    /// The file, to show findings in.
    pub source: Source,
    /// The fleet and the layer of its clinics; `None` where any finding is an error.
    pub fleet: Option<(Fleet, FleetLayer)>,
    /// What was found, in the order of the file.
    pub findings: Vec<Diagnostic>,
}

/// What every clinic of a fleet inherits.
#[derive(Debug, Clone)]
pub struct FleetLayer {
    source: Source,
}

/// What is said of the clinic for which a placeholder was filled in, where the fault is what it became.
pub const FILLED_IN: &str = "filled in for this clinic";

/// Whether the file is a fleet manifest: it has the key `fleet` or `clinics` at the top.
pub fn is_fleet(bytes: &[u8]) -> bool {
    let text = str::from_utf8(bytes).ok().map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    let Some(tree) = text.and_then(|text| scan(text).tree) else { return false };
    match tree.root().and_then(|root| tree.node(root.node)) {
        Some(Node::Map(map)) => map.get("clinics").or(map.get("fleet")).is_some(),
        Some(Node::Scalar { .. } | Node::List(_)) | None => false,
    }
}

/// Reads and checks a fleet manifest.
pub fn load_fleet(file_name: &str, bytes: &[u8]) -> LoadedFleet {
    let Text { source, mut findings } = read(file_name, bytes);
    let source = source.of_fleet();
    for finding in findings.iter_mut() {
        finding.of_fleet();
    }
    let fleet = if source.tree().root().is_none() && !findings.is_empty()
        || !is_document(&source, &mut findings)
    {
        None
    } else {
        check::shape(fleet_schema(), &source, &mut findings)
            .and_then(|raw| super::check::fleet(raw, &source, &mut findings))
    };
    let findings = in_order(&source, findings);
    let fleet = fleet.filter(|_| !has_errors(&findings));
    let layer = FleetLayer { source: source.clone() };
    LoadedFleet { source, fleet: fleet.map(|fleet| (fleet, layer)), findings }
}

impl FleetLayer {
    /// Reads and checks a clinic's manifest over this layer. `folder` leads from the clinic
    /// manifest's folder to the fleet's.
    pub fn clinic(
        &self,
        file_name: &str,
        bytes: &[u8],
        folder: &str,
        today: Option<Date>,
    ) -> Loaded {
        let Text { source, mut findings } = read(file_name, bytes);
        if source.tree().root().is_none() && !findings.is_empty() {
            return finish(source, None, findings);
        }
        let own = source.tree();
        let placeholders =
            Placeholders::new(scalar(own, &["clinic", "id"]), scalar(own, &["accuro", "tenant"]));
        let fleet = self.source.tree();
        let defaults = under(fleet, fleet.root(), "defaults");
        self.tighten(own, defaults, &mut findings);
        let inherit = Inherit { placeholders: &placeholders, folder };
        let tree = merge(own, (fleet, defaults), &inherit);
        let source = Source::layered(&source, &self.source, tree);
        let manifest: Option<Manifest> = meaning(&source, today, &mut findings);
        let id = scalar_at(own, &["clinic", "id"]).or_else(|| own.root());
        let mut loaded = finish(source, manifest, findings);
        for finding in &mut loaded.findings {
            self.name_the_clinic(finding, id.map(|id| id.span));
        }
        loaded
    }

    /// A fault of a default is found in a clinic, and may be one in this clinic alone.
    fn name_the_clinic(&self, finding: &mut Diagnostic, id: Option<Span>) {
        let Some(place) = finding.span.filter(|span| !span.layer.is_clinic()) else { return };
        let text = self.source.text().get(place.start..place.end).unwrap_or_default();
        let label = if has_placeholder(text) { FILLED_IN } else { "found in this clinic" };
        let path = KeyPath::root().key("clinic").key("id");
        finding.related.push(Related { label: label.to_owned(), path, span: id });
    }

    fn tighten(&self, own: &Tree, defaults: Option<Child>, findings: &mut Findings) {
        let fleet = self.source.tree();
        let mine = under(own, own.root(), "safety");
        if let (Some(mine), Some(theirs)) = (mine, under(fleet, defaults, "safety")) {
            tighten((own, mine), (fleet, theirs), findings);
        }
    }
}

/// The value behind a key.
fn under(tree: &Tree, child: Option<Child>, key: &str) -> Option<Child> {
    match tree.node(child?.node)? {
        Node::Map(map) => map.get(key).map(|entry| entry.value),
        Node::Scalar { .. } | Node::List(_) => None,
    }
}

/// The value behind some keys.
fn scalar_at(tree: &Tree, keys: &[&str]) -> Option<Child> {
    keys.iter().fold(tree.root(), |child, key| under(tree, child, key))
}

/// The text behind some keys.
fn scalar<'t>(tree: &'t Tree, keys: &[&str]) -> Option<&'t str> {
    match tree.node(scalar_at(tree, keys)?.node)? {
        Node::Scalar { text, scalar, .. } if *scalar == Scalar::Text => Some(text),
        Node::Scalar { .. } | Node::List(_) | Node::Map(_) => None,
    }
}
