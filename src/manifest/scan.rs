//! Reads YAML into a [`Tree`] in one pass, within limits, with granit-parser. Only the
//! formatter knows that parser too.
//!
//! What YAML allows and a manifest does not is found here: repeated keys, `<<`, several documents,
//! tags, and aliases that would expand without end.

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use super::findings::Findings;
use super::scalar::Scalar;
use super::scan_fault::{DEEPEST, Fatal, fatal, located, repeated, too_deep};
use super::tree::{Child, Entry, Map, Node, NodeId, Tree};
use crate::diagnostic::{Code, Layer, Span};

const MOST_NODES: usize = 2_000_000;
const MOST_ALIASED: usize = 100_000;

/// What a scan found.
pub(super) struct Scanned {
    /// The document; `None` where it cannot be read to its end.
    pub(super) tree: Option<Tree>,
    /// The faults of the text, each with its place.
    pub(super) findings: Findings,
}

/// Reads one document.
pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner = Scanner {
        text,
        tree: Tree::default(),
        frames: Vec::new(),
        anchors: BTreeMap::new(),
        aliased: 0,
        findings: Findings::default(),
    };
    match scanner.run() {
        Ok(()) => Scanned { tree: Some(scanner.tree), findings: scanner.findings },
        Err(fatal) => {
            let mut findings = scanner.findings;
            findings.push(*fatal);
            Scanned { tree: None, findings }
        }
    }
}

/// What an anchor stands for. Weight and height bound what its aliases expand to.
#[derive(Clone, Copy)]
struct Anchor {
    child: Child,
    /// `None` while the value is still open.
    size: Option<Size>,
}

#[derive(Clone, Copy)]
struct Size {
    weight: usize,
    height: usize,
}

const LEAF: Size = Size { weight: 1, height: 1 };

/// A list or mapping that is not closed yet.
struct Frame {
    id: NodeId,
    start: Span,
    anchor: usize,
    size: Size,
    content: Content,
}

enum Content {
    List(Vec<Child>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

struct Scanner<'t> {
    text: &'t str,
    tree: Tree,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    aliased: usize,
    findings: Findings,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), Fatal> {
        let mut documents = 0;
        let options = granit_parser::options! { emit_unresolved_aliases: true };
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, place) = next.map_err(|error| self.syntax(&error))?;
            let span = span(place.start, place.end);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(fatal(
                            Code::SeveralDocuments,
                            span,
                            "a second document starts here",
                            "keep one clinic in one file; remove the `---`",
                        ));
                    }
                }
                Event::Alias(id) => self.alias(id, span)?,
                Event::UnresolvedAlias(_) => {
                    return Err(fatal(
                        Code::Syntax,
                        span,
                        "an alias without an anchor before it",
                        "put text that starts with `*` in quotes",
                    ));
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let is_text = self.tag(tag.as_deref(), place.tag_span().as_ref());
                    let meaning = if style == ScalarStyle::Plain && !is_text {
                        Scalar::plain(&text)
                    } else {
                        Scalar::Text
                    };
                    self.scalar(&text, meaning, span, anchor)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.tag(tag.as_deref(), place.tag_span().as_ref());
                    self.open(span, anchor, Content::List(Vec::new()))?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.tag(tag.as_deref(), place.tag_span().as_ref());
                    let content = Content::Map { entries: Vec::new(), key: None };
                    self.open(span, anchor, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span),
                Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentEnd
                | Event::Anchor(..)
                | _ => {}
            }
        }
        Ok(())
    }

    /// Whether the tag says that the scalar is text. Every other tag is a fault: readers differ
    /// in what they make of it.
    fn tag(&mut self, tag: Option<&Tag>, place: Option<&granit_parser::Span>) -> bool {
        let Some(tag) = tag else { return false };
        let is_text = tag.is_yaml_core_schema_tag("str");
        if !is_text && let Some(place) = place {
            self.findings.push(located(
                Code::Syntax,
                span(place.start, place.end),
                "a tag has no meaning in a manifest",
                "remove the tag; put text that starts with `!` in quotes",
            ));
        }
        is_text
    }

    fn open(&mut self, start: Span, anchor: usize, content: Content) -> Result<(), Fatal> {
        if self.expects_key() {
            return Err(fatal(
                Code::Syntax,
                start,
                "a key is a list or a mapping",
                "write keys as plain text; put text that holds braces in quotes",
            ));
        }
        if self.frames.len() >= DEEPEST {
            return Err(too_deep(start));
        }
        let id = self.node(Node::List(Vec::new()), start)?;
        self.remember(anchor, Child { node: id, span: start }, None);
        self.frames.push(Frame { id, start, anchor, size: LEAF, content });
        Ok(())
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let Frame { id, start, anchor, size, content } = frame;
        let (node, first) = match content {
            Content::List(items) => {
                let first = items.first().map(|item| item.span);
                (Node::List(items), first)
            }
            Content::Map { mut entries, .. } => {
                let first = entries.first().map(|entry| {
                    let value = entry.value.span;
                    if value.line == entry.key_span.line { value } else { entry.key_span }
                });
                self.ignore_repeats(&mut entries);
                (Node::Map(Map::new(entries)), first)
            }
        };
        self.tree.fill(id, node);
        let child = Child { node: id, span: self.first_line(start, first, end) };
        self.remember(anchor, child, Some(size));
        self.attach(child, size);
    }

    fn scalar(
        &mut self,
        text: &str,
        meaning: Scalar,
        whole: Span,
        anchor: usize,
    ) -> Result<(), Fatal> {
        let span = self.first_line(whole, None, whole);
        if let Some(Frame { content: Content::Map { key, .. }, .. }) = self.frames.last_mut()
            && key.is_none()
        {
            *key = Some((text.to_owned(), span));
            if anchor != 0 || meaning == Scalar::Null {
                let (message, hint) = if anchor == 0 {
                    ("a key is empty", "write a key before the colon")
                } else {
                    ("a key has an anchor", "put the anchor on a value")
                };
                self.findings.push(located(Code::Syntax, span, message, hint));
            }
            return Ok(());
        }
        let node =
            Node::Scalar { text: text.to_owned(), scalar: meaning, extent: whole.start..whole.end };
        let child = Child { node: self.node(node, span)?, span };
        self.remember(anchor, child, Some(LEAF));
        self.attach(child, LEAF);
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Fatal> {
        if self.expects_key() {
            return Err(fatal(Code::Syntax, span, "a key is an alias", "write keys as plain text"));
        }
        let Some(Anchor { child, size }) = self.anchors.get(&id).copied() else {
            return Ok(());
        };
        let Some(size) = size else {
            return Err(fatal(
                Code::TooLarge,
                span,
                "the alias stands inside the value of its own anchor",
                "write the value out",
            ));
        };
        self.aliased = self.aliased.saturating_add(size.weight);
        if self.aliased > MOST_ALIASED {
            return Err(fatal(
                Code::TooLarge,
                span,
                format!("the aliases expand to more than {MOST_ALIASED} values"),
                "write the values out, or use fewer aliases",
            ));
        }
        if self.frames.len() + size.height > DEEPEST {
            return Err(too_deep(span));
        }
        let child = Child { node: child.node, span };
        self.attach(child, size);
        Ok(())
    }

    /// Puts a finished value where it belongs: under the pending key, in the list, or on top.
    fn attach(&mut self, child: Child, size: Size) {
        let Some(frame) = self.frames.last_mut() else {
            self.tree.set_root(child);
            return;
        };
        frame.size.weight = frame.size.weight.saturating_add(size.weight);
        frame.size.height = frame.size.height.max(size.height + 1);
        match &mut frame.content {
            Content::List(items) => items.push(child),
            Content::Map { entries, key } => {
                let Some((key, key_span)) = key.take() else {
                    return;
                };
                // An empty value has no text of its own: its key is the place.
                let empty = child.span.start == child.span.end;
                let span = if empty { key_span } else { child.span };
                let merge = self.text.get(key_span.start..key_span.end) == Some("<<");
                if merge {
                    self.findings.push(located(
                        Code::MergeKey,
                        key_span,
                        "`<<` does not merge here",
                        "write the settings out, or alias a whole value: `key: *anchor`",
                    ));
                }
                entries.push(Entry {
                    key,
                    key_span,
                    value: Child { span, ..child },
                    ignored: merge,
                });
            }
        }
    }

    fn ignore_repeats(&mut self, entries: &mut [Entry]) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for Entry { key, key_span, ignored, .. } in entries {
            if let Some(earlier) = first.get(key.as_str()) {
                self.findings.push(repeated(key, *key_span, *earlier));
                *ignored = true;
            } else {
                first.insert(key, *key_span);
            }
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn node(&mut self, node: Node, span: Span) -> Result<NodeId, Fatal> {
        if self.tree.len() >= MOST_NODES {
            return Err(fatal(
                Code::TooLarge,
                span,
                format!("the file holds more than {MOST_NODES} values"),
                "split the manifest into one file per clinic",
            ));
        }
        Ok(self.tree.add(node))
    }

    fn remember(&mut self, anchor: usize, child: Child, size: Option<Size>) {
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { child, size });
        }
    }

    /// The place of a value, cut to its first line: a finding points at where a block starts.
    fn first_line(&self, start: Span, first: Option<Span>, end: Span) -> Span {
        let whole = self.text.get(start.start..end.end).unwrap_or_default();
        let line_end = whole.find(['\n', '\r']).map(|at| start.start + at);
        let end = match (line_end, first) {
            (None, _) if first.is_none() || !whole.trim_end().is_empty() => {
                start.start + whole.trim_end().len()
            }
            (Some(_), Some(first)) if first.line == start.line => first.end,
            (Some(line_end), _) => {
                let line = self.text.get(start.start..line_end).unwrap_or_default();
                start.start + line.trim_end().len()
            }
            (None, _) => end.end,
        };
        Span { end: end.max(start.start), ..start }
    }

    fn syntax(&self, error: &ScanError) -> Fatal {
        let span = span(*error.marker(), *error.marker());
        let span = Span {
            start: span.start.min(self.text.len()),
            end: span.end.min(self.text.len()),
            ..span
        };
        let before = self.text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line = self.text.get(line_start..).unwrap_or_default();
        let indent = line.find(|c: char| c != ' ' && c != '\t').unwrap_or(line.len());
        let tabbed = line.get(..indent).is_some_and(|indent| indent.contains('\t'));
        let hint = if tabbed {
            "this line is indented with a tab: use spaces"
        } else {
            "check the indentation, the colons and the quotes at and above this place"
        };
        let message = format!("not YAML: {}", error.kind());
        fatal(Code::Syntax, span, message, hint)
    }
}

fn span(start: Marker, end: Marker) -> Span {
    let first = start.byte_offset().unwrap_or_default();
    Span {
        layer: Layer::Clinic,
        start: first,
        end: end.byte_offset().unwrap_or(first).max(first),
        line: start.line(),
        column: start.col() + 1,
    }
}
