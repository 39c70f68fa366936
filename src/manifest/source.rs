//! The file a manifest was read from: its name, its text as it may be shown, and where each value
//! is.

use std::fmt;

use super::mask::Masks;
use super::shown::MASK;
use super::tree::Tree;
use crate::diagnostic::{Diagnostic, KeyPath, On, Span};

/// A manifest file. Its text holds no secret: what looked like one is masked.
#[derive(Clone)]
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

    /// Whether a part of the text at a place is masked.
    pub(super) fn is_hidden(&self, span: Span) -> bool {
        self.text.get(span.start..span.end).is_some_and(|shown| shown.contains(MASK))
    }

    /// Takes the message of a finding about a masked place away: it may quote what is hidden.
    pub(super) fn keep_secret(&self, finding: &mut Diagnostic) {
        if finding.span.is_some_and(|span| self.is_hidden(span)) {
            finding.code.title().clone_into(&mut finding.message);
        }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// The tree holds the values as they are written, secrets too: it is not part of this.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, text: _, digest, tree: _ } = self;
        f.debug_struct("Source").field("name", name).field("digest", digest).finish_non_exhaustive()
    }
}
