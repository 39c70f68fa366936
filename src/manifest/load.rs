//! The way of a manifest: bytes, text, tree, shape, meaning. Each step goes on with what the step
//! before left sound, so that one run reports every fault.

use jiff::civil::Date;

use super::check;
use super::checked::Manifest;
use super::findings::Findings;
use super::mask::Masks;
use super::scalar::Scalar;
use super::scan::{Scanned, scan};
use super::schema::schema;
use super::source::Source;
use super::tree::{Node, Tree};
use crate::diagnostic::{Code, Diagnostic, KeyPath, Layer, Span, has_errors};
use crate::model::sha256;

/// The largest file that is read.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A manifest file after every check.
#[derive(Debug)]
pub struct Loaded {
    /// The file, to show findings in.
    pub source: Source,
    /// The manifest; `None` where any finding is an error.
    pub manifest: Option<Manifest>,
    /// What was found, in the order of the file.
    pub findings: Vec<Diagnostic>,
}

/// Reads and checks a manifest. With `today`, dates that have passed are reported.
pub fn load(file_name: &str, bytes: &[u8], today: Option<Date>) -> Loaded {
    let Text { source, mut findings } = read(file_name, bytes);
    let manifest = if source.tree().root().is_none() && !findings.is_empty() {
        None
    } else {
        meaning(&source, today, &mut findings)
    };
    finish(source, manifest, findings)
}

/// The text of a file with what may be a secret masked, to be shown where it is no manifest's place.
pub fn masked(text: &str) -> String {
    read("", text.as_bytes()).source.text().to_owned()
}

/// A file as text with its tree; the tree is empty where the text cannot be read to its end.
pub(super) struct Text {
    pub(super) source: Source,
    pub(super) findings: Findings,
}

/// Reads a file as YAML.
pub(super) fn read(file_name: &str, bytes: &[u8]) -> Text {
    let digest = sha256(bytes);
    let text = match readable(bytes) {
        Ok(text) => text,
        Err((shown, mut finding)) => {
            let masks = Masks::of_cut(shown);
            finding.span = finding.span.map(|span| masks.shift(span));
            let source = Source::new(file_name, digest, shown, Tree::default(), &masks);
            let mut findings = Findings::default();
            findings.push(*finding);
            return Text { source, findings };
        }
    };
    let Scanned { tree, mut findings } = scan(text);
    let (tree, masks) = match tree {
        Some(tree) => {
            let masks = Masks::of_tree(text, &tree);
            (tree, masks)
        }
        None => (Tree::default(), Masks::of_lines(text)),
    };
    let source = Source::new(file_name, digest, text, tree, &masks);
    for finding in findings.iter_mut() {
        finding.span = finding.span.map(|span| masks.shift(span));
        for related in &mut finding.related {
            related.span = related.span.map(|span| masks.shift(span));
        }
        // No other fault of the text quotes it.
        if finding.code == Code::RepeatedKey {
            source.keep_secret(finding);
        }
    }
    Text { source, findings }
}

/// The text of the file, or what of it can be shown and why it is refused.
fn readable(bytes: &[u8]) -> Result<&str, (&str, Box<Diagnostic>)> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; the limit is {MAX_BYTES}", bytes.len());
        let finding = Diagnostic::error(Code::TooLarge, KeyPath::root(), message)
            .hint("split the manifest into one file per clinic");
        return Err(("", Box::new(finding)));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let before = bytes.get(..at).and_then(|before| str::from_utf8(before).ok());
            let before = before.unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let line = before.get(line_start..).unwrap_or_default();
            let place = Span {
                layer: Layer::Clinic,
                start: at,
                end: at,
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
            };
            let message = format!("byte {at} of the file is not UTF-8");
            let finding = Diagnostic::error(Code::NotUtf8, KeyPath::root(), message)
                .at(place)
                .hint("save the file as UTF-8");
            // Bytes behind the fault may be any encoding: only the text before it is shown.
            Err((before, Box::new(finding)))
        }
    }
}

/// Checks shape and meaning of a document.
pub(super) fn meaning(
    source: &Source,
    today: Option<Date>,
    findings: &mut Findings,
) -> Option<Manifest> {
    if !is_document(source, findings) {
        return None;
    }
    let raw = check::shape(schema(), source, findings)?;
    check::manifest(raw, source, today, findings)
}

/// Whether there is anything to check, of a version that is known.
pub(super) fn is_document(source: &Source, findings: &mut Findings) -> bool {
    let root = source.tree().root().and_then(|root| source.tree().node(root.node));
    let finding = if let None | Some(Node::Scalar { scalar: Scalar::Null, .. }) = root {
        Diagnostic::error(Code::Empty, KeyPath::root(), "the manifest is empty")
            .hint("`accuroform init` writes a manifest to start from")
    } else if let Some(other) = other_version(source, root) {
        let message = format!("version {other} is not supported");
        Diagnostic::error(Code::Version, KeyPath::root().key("version"), message)
            .hint("this accuroform reads version 1")
    } else {
        return true;
    };
    findings.push(finding);
    false
}

/// Another version means other fields: nothing else is worth saying about such a file.
fn other_version(source: &Source, root: Option<&Node>) -> Option<i64> {
    let Some(Node::Map(map)) = root else {
        return None;
    };
    let version = map.get("version")?;
    match source.tree().node(version.value.node)? {
        Node::Scalar { scalar: Scalar::Whole(number), .. } if *number != 1 => Some(*number),
        Node::Scalar { .. } | Node::List(_) | Node::Map(_) => None,
    }
}

/// The findings in the order of the file, and the manifest if none of them is an error.
pub(super) fn finish(source: Source, manifest: Option<Manifest>, findings: Findings) -> Loaded {
    let findings = in_order(&source, findings);
    let manifest = manifest.filter(|_| !has_errors(&findings));
    Loaded { source, manifest, findings }
}

/// The findings with their places, in the order of the file.
pub(super) fn in_order(source: &Source, findings: Findings) -> Vec<Diagnostic> {
    let mut findings = findings.into_list();
    for finding in &mut findings {
        source.locate(finding);
    }
    findings.sort_by_key(|finding| {
        // The count of what is not listed belongs to the end.
        let last = finding.code == Code::MoreFaults;
        (last, finding.span, finding.severity, finding.code)
    });
    findings
}
