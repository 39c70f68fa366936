//! The files a manifest was read from: their names, their text as it may be shown, and where each
//! value is.

use std::fmt;
use std::sync::Arc;

use super::mask::Masks;
use super::shown::MASK;
use super::tree::{Child, Node, Tree};
use crate::diagnostic::{Diagnostic, File, KeyPath, Layer, On, Position, Span};
use crate::model::sha256;

/// The files of a manifest: the clinic's, and the fleet's where the clinic inherits from one. Their
/// texts hold no secret: what looked like one is masked.
#[derive(Clone)]
pub struct Source {
    /// The clinic's file first.
    files: Vec<Shown>,
    digest: String,
    tree: Tree,
}

#[derive(Clone)]
struct Shown {
    layer: Layer,
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// Masks the text and moves every place of the tree along.
    pub(super) fn new(name: &str, digest: String, text: &str, tree: Tree, masks: &Masks) -> Self {
        let mut tree = tree;
        tree.map_spans(|span| masks.shift(span));
        tree.map_extents(|extent| masks.shift_range(extent));
        let (name, text) = (Arc::from(name), Arc::from(masks.apply(text)));
        Self { files: vec![Shown { layer: Layer::Clinic, name, text }], digest, tree }
    }

    /// The same file as a fleet manifest.
    pub(super) fn of_fleet(mut self) -> Self {
        for file in &mut self.files {
            file.layer = Layer::Fleet;
        }
        self.tree.map_spans(|span| Span { layer: Layer::Fleet, ..span });
        self
    }

    /// A clinic's file over what a fleet lets it inherit, with the tree that both make up.
    pub(super) fn layered(clinic: &Self, (fleet, inherited): (&Self, &str), tree: Tree) -> Self {
        let digest = sha256(format!("{}\n{inherited}\n", clinic.digest).as_bytes());
        let files = clinic.files.iter().chain(&fleet.files).cloned().collect();
        Self { files, digest, tree }
    }

    /// The name of the manifest's own file as the user wrote it.
    pub fn file_name(&self) -> &str {
        self.files.first().map_or("", |file| &file.name)
    }

    /// The text of the manifest's own file with secrets masked: for snippets, and nothing else.
    /// Spans index this text; their lines and columns are those of the file.
    pub fn text(&self) -> &str {
        self.files.first().map_or("", |file| &file.text)
    }

    /// Every file, to show findings in.
    pub fn files(&self) -> Vec<File<'_>> {
        let files = self.files.iter();
        files.map(|Shown { layer, name, text }| File { layer: *layer, name, text }).collect()
    }

    /// Stands for the bytes of the file and for what it inherits: `sha256:` and 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The place of a key or value, or of its nearest parent that is written.
    pub fn span(&self, path: &KeyPath, on: On) -> Span {
        let layer = self.files.first().map_or(Layer::Clinic, |file| file.layer);
        let top = Span { layer, start: 0, end: 0, line: 1, column: 1 };
        self.tree.place(path, on).unwrap_or(top)
    }

    /// From a position to the end of its line.
    pub fn span_at(&self, position: Position) -> Option<Span> {
        let Position { layer, line, column } = position;
        let file = self.files.iter().find(|file| file.layer == layer)?;
        let mut lines = file.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(line.checked_sub(1)?).map(str::len).sum();
        let text = lines.next()?.trim_end();
        let (at, _) = text.char_indices().nth(column.checked_sub(1)?)?;
        Some(Span { layer, start: before + at, end: before + text.len(), line, column })
    }

    /// Leads a finding that would point into the fleet manifest to the clinic's own file, where
    /// the mend belongs; where the value is inherited from becomes a second place.
    pub(super) fn in_own_file(&self, finding: Diagnostic) -> Diagnostic {
        let inherited = self.span(&finding.path, On::Key);
        let above = |length| KeyPath(finding.path.0.iter().take(length).cloned().collect());
        let own = (0..finding.path.0.len())
            .rev()
            .map(|length| self.span(&above(length), On::Key))
            .find(|span| span.layer.is_clinic());
        match own.filter(|_| !inherited.layer.is_clinic()) {
            Some(own) => {
                let path = finding.path.clone();
                finding.at(own).related("the fleet's defaults write this much", path)
            }
            None => finding,
        }
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
        let file = self.files.iter().find(|file| file.layer == span.layer);
        let shown = file.and_then(|file| file.text.get(span.start..span.end));
        shown.is_some_and(|shown| shown.contains(MASK))
    }

    /// Whether a value is masked where it stands or, for an alias, where it is written out.
    pub(super) fn hides(&self, value: Child) -> bool {
        let written = match self.tree.node(value.node) {
            Some(Node::Scalar { extent, .. }) => {
                Span { start: extent.start, end: extent.end, ..value.span }
            }
            Some(Node::List(_) | Node::Map(_)) | None => value.span,
        };
        self.is_hidden(value.span) || self.is_hidden(written)
    }

    /// Whether an entry has a masked text: what is said of the entry may quote its name.
    fn holds_hidden(&self, value: Child) -> bool {
        let is_text = |value: Child| {
            matches!(self.tree.node(value.node), Some(Node::Scalar { .. })) && self.hides(value)
        };
        match self.tree.node(value.node) {
            Some(Node::Map(map)) => map.kept().any(|entry| is_text(entry.value)),
            Some(Node::Scalar { .. } | Node::List(_)) | None => false,
        }
    }

    /// Takes the message of a finding about a masked place away: it may quote what is hidden.
    pub(super) fn keep_secret(&self, finding: &mut Diagnostic) {
        let value = self.tree.child(&finding.path);
        if finding.span.is_some_and(|span| self.is_hidden(span))
            || value.is_some_and(|value| self.hides(value) || self.holds_hidden(value))
        {
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
        let Self { files, digest, tree: _ } = self;
        let names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
        f.debug_struct("Source")
            .field("files", &names)
            .field("digest", digest)
            .finish_non_exhaustive()
    }
}
