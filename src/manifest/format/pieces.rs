//! What the formatter knows of a text, read with granit-parser: where scalars and flow collections
//! are, which scalars are keys, and what the whole means.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// `|` or `>` and the lines below.
    Block,
}

/// One scalar.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) style: Style,
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// By the first byte.
    pub(super) scalars: BTreeMap<usize, Piece>,
    /// Flow collections that stand in no other.
    pub(super) flows: Vec<Range<usize>>,
    /// Where the keys of block mappings begin.
    pub(super) keys: BTreeSet<usize>,
    /// One entry for each event. Two texts with equal entries are the same document.
    pub(super) meaning: Vec<String>,
}

/// What a collection that is not closed yet is.
struct Open {
    start: usize,
    is_flow: bool,
    /// Of a block mapping: whether its next child is a key.
    expects_key: Option<bool>,
}

/// Takes a text apart; `None` where it is not YAML.
pub(super) fn pieces(text: &str) -> Option<Pieces> {
    let mut pieces = Pieces::default();
    let mut open: Vec<Open> = Vec::new();
    let mut flow_depth = 0_usize;
    for next in Parser::new_from_str(text) {
        let (event, place) = next.ok()?;
        let start = place.start.byte_offset()?;
        let end = place.end.byte_offset()?.max(start);
        match &event {
            Event::Scalar(value, style, anchor, tag) => {
                let is_plain = matches!(style, ScalarStyle::Plain);
                pieces
                    .meaning
                    .push(format!("{anchor} {} {is_plain} {value:?}", name(tag.as_ref())));
                if child(&mut open) {
                    pieces.keys.insert(start);
                }
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                if end > start {
                    let range = start..end;
                    let range = if style == Style::Block { block(text, range) } else { range };
                    pieces.scalars.insert(range.start, Piece { range, style });
                }
            }
            Event::Alias(anchor) => {
                child(&mut open);
                pieces.meaning.push(format!("*{anchor}"));
            }
            Event::SequenceStart(style, anchor, tag) => {
                child(&mut open);
                pieces.meaning.push(format!("{anchor} {} [", name(tag.as_ref())));
                let is_flow = *style == StructureStyle::Flow;
                flow_depth += usize::from(is_flow);
                open.push(Open { start, is_flow, expects_key: None });
            }
            Event::MappingStart(style, anchor, tag) => {
                child(&mut open);
                pieces.meaning.push(format!("{anchor} {} {{", name(tag.as_ref())));
                let is_flow = *style == StructureStyle::Flow;
                flow_depth += usize::from(is_flow);
                open.push(Open { start, is_flow, expects_key: (!is_flow).then_some(true) });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                pieces.meaning.push("end".to_owned());
                let closed = open.pop()?;
                flow_depth = flow_depth.saturating_sub(usize::from(closed.is_flow));
                if closed.is_flow && flow_depth == 0 {
                    pieces.flows.push(closed.start..end);
                }
            }
            other @ (Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | _) => pieces.meaning.push(format!("{other:?}")),
        }
    }
    Some(pieces)
}

/// The lines of a block scalar's own text. The parser's range begins behind its indentation and goes
/// on to what follows.
fn block(text: &str, range: Range<usize>) -> Range<usize> {
    let above = text.get(..range.start).unwrap_or_default().trim_end();
    let header = above.rsplit('\n').next().unwrap_or_default();
    let header = header.split(" #").next().unwrap_or_default();
    let written = text.get(range.clone()).unwrap_or_default();
    let keeps = header.rsplit(['|', '>']).next().is_some_and(|marks| marks.contains('+'));
    let end = if keeps {
        // Every blank line is text, but not the beginning of the line behind.
        written.rfind('\n').map_or(written.len(), |at| at + 1)
    } else {
        written.trim_end().len()
    };
    (above.len() + 1).min(range.start)..range.start + end
}

/// Notes a child of the innermost collection; whether it is the key of a block mapping.
fn child(open: &mut [Open]) -> bool {
    let Some(Open { expects_key: Some(expects), .. }) = open.last_mut() else { return false };
    let is_key = *expects;
    *expects = !is_key;
    is_key
}

fn name(tag: Option<&Cow<'_, Tag>>) -> String {
    tag.map_or_else(String::new, ToString::to_string)
}
