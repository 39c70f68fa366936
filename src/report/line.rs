//! One line of a file, cut and escaped for a terminal, with marks that follow.

use std::ops::Range;

use super::escape::push;
use crate::diagnostic::Span;

/// More of a line than this, before and behind what is marked, is cut: a file without line breaks
/// stays readable.
const BEFORE: usize = 60;
const MARKED: usize = 60;
const AFTER: usize = 40;

/// The part of a line around a place.
pub(super) struct Line<'t> {
    part: &'t str,
    /// The offset of the part in the text.
    start: usize,
    cut_before: bool,
    cut_after: bool,
}

impl<'t> Line<'t> {
    /// The line that a place is in.
    pub(super) fn of(text: &'t str, span: Span) -> Self {
        let before = text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let rest = text.get(before.len()..).unwrap_or_default();
        let rest = rest.split(['\n', '\r']).next().unwrap_or_default();
        let lead = before.get(line_start..).unwrap_or_default();
        let start = lead
            .char_indices()
            .rev()
            .nth(BEFORE)
            .map_or(line_start, |(at, _)| line_start + at);
        let marked = span.end.saturating_sub(span.start).min(rest.len());
        let marked = rest.get(..marked).unwrap_or_default().chars().count();
        let end = rest
            .char_indices()
            .nth(marked.min(MARKED) + AFTER)
            .map_or(rest.len(), |(at, _)| at);
        Self {
            part: text.get(start..before.len() + end).unwrap_or_default(),
            start,
            cut_before: start > line_start,
            cut_after: end < rest.len(),
        }
    }

    /// The part as it is shown.
    pub(super) fn shown(&self) -> String {
        let mut shown = self.shown_until(usize::MAX);
        if self.cut_after {
            shown.push('…');
        }
        shown
    }

    /// Where a place of the text is in what is shown.
    pub(super) fn mark(&self, span: Span) -> Range<usize> {
        self.shown_until(span.start).len()..self.shown_until(span.end.max(span.start)).len()
    }

    fn shown_until(&self, offset: usize) -> String {
        let mut shown = String::new();
        if self.cut_before {
            shown.push('…');
        }
        let mut at = self.start;
        for character in self.part.chars() {
            if at >= offset {
                break;
            }
            at += character.len_utf8();
            if character == '\t' {
                // What a terminal makes of a tab depends on the terminal.
                shown.push_str("    ");
            } else {
                push(&mut shown, character);
            }
        }
        shown
    }
}
