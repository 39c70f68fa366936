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
use super::template::Placeholders;
use super::tighten::tighten;
use crate::diagnostic::{Diagnostic, has_errors};

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

/// Whether the file is a fleet manifest: it has the key `fleet` or `clinics` at the top.
pub fn is_fleet(bytes: &[u8]) -> bool {
    let Some(tree) = str::from_utf8(bytes).ok().and_then(|text| scan(text).tree) else {
        return false;
    };
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
        let placeholders = Placeholders::new(
            scalar(own, own.root(), &["clinic", "id"]),
            scalar(own, own.root(), &["accuro", "tenant"]),
        );
        let fleet = self.source.tree();
        let defaults = under(fleet, fleet.root(), "defaults");
        self.tighten(own, defaults, &mut findings);
        let inherit = Inherit { placeholders: &placeholders, folder };
        let tree = merge(own, (fleet, defaults), &inherit);
        let source = Source::layered(&source, &self.source, tree);
        let manifest: Option<Manifest> = meaning(&source, today, &mut findings);
        finish(source, manifest, findings)
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

/// The text behind some keys.
fn scalar<'t>(tree: &'t Tree, child: Option<Child>, keys: &[&str]) -> Option<&'t str> {
    let found = keys.iter().fold(child, |child, key| under(tree, child, key))?;
    match tree.node(found.node)? {
        Node::Scalar { text, scalar, .. } if *scalar == Scalar::Text => Some(text),
        Node::Scalar { .. } | Node::List(_) | Node::Map(_) => None,
    }
}
