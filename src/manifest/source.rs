//! The file a manifest was read from: its name, its text as it may be shown, and where each value
//! is.

use super::mask::Masks;
use super::tree::Tree;
use crate::diagnostic::{Diagnostic, KeyPath, On, Span};

/// A manifest file. Its text holds no secret: what looked like one is masked.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    digest: String,
    tree: Tree,
}

impl Source {
    /// Masks the text and moves every place of the tree along.
    pub(super) fn new(name: &str, digest: String, text: &str, tree: Tree, masks: &Masks) -> Self {
        let mut tree = tree;
        tree.map_spans(|span| masks.shift(span));
        Self { name: name.to_owned(), text: masks.apply(text), digest, tree }
    }

    /// The file's name as the user wrote it.
    pub fn file_name(&self) -> &str {
        &self.name
    }

    /// The text with secrets masked: for snippets, and nothing else. Spans index this text; their
    /// lines and columns are those of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The digest of the file's bytes: `sha256:` and 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The place of a key or value, or of its nearest parent that is written.
    pub fn span(&self, path: &KeyPath, on: On) -> Span {
        self.tree.place(path, on).unwrap_or(Span { start: 0, end: 0, line: 1, column: 1 })
    }

    /// Looks up the places of a finding that only names them.
    pub fn locate(&self, finding: &mut Diagnostic) {
        if finding.span.is_none() {
            finding.span = Some(self.span(&finding.path, finding.on));
        }
        for related in &mut finding.related {
            if related.span.is_none() {
                related.span = Some(self.span(&related.path, On::Value));
            }
        }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }
}
