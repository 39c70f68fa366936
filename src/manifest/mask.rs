//! Hides secrets that were written into a manifest, before any of its text can be shown.
//!
//! A secret in a manifest is a fault, and the report of a fault shows the line. So the text that
//! is kept for showing never holds the secret: what may be one is replaced by `••••`. What may be
//! one is decided in `mask_tree` for a document, and in `mask_lines` for text that is none.

use std::ops::Range;

use super::shown::MASK;
use super::tree::Tree;
use super::{mask_lines, mask_tree};
use crate::diagnostic::Span;

/// Which parts of the text are hidden.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// Sorted and apart.
    ranges: Vec<Range<usize>>,
    /// Where the mask of each range starts in the text that is shown.
    shown: Vec<usize>,
}

impl Masks {
    /// The secrets of a document.
    pub(super) fn of_tree(text: &str, tree: &Tree) -> Self {
        Self::new(text, mask_tree::in_tree(text, tree))
    }

    /// What may be a secret in text that is no document.
    pub(super) fn of_lines(text: &str) -> Self {
        Self::new(text, mask_lines::in_lines(text))
    }

    /// What may be a secret in text that ends where the file cannot be read: what the last value
    /// would have been is not known.
    pub(super) fn of_cut(text: &str) -> Self {
        let mut found = mask_lines::in_lines(text);
        let line = text.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let value = text.get(line..).and_then(|line| line.find(':')).map_or(0, |at| at + 1);
        found.push(line + value..text.len());
        Self::new(text, found)
    }

    fn new(text: &str, found: Vec<Range<usize>>) -> Self {
        let mut lines: Vec<Range<usize>> =
            found.into_iter().flat_map(|range| one_a_line(text, range)).collect();
        lines.sort_by_key(|range| (range.start, range.end));
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(lines.len());
        for range in lines {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        let mut gained = 0;
        let mut lost = 0;
        let shown = ranges
            .iter()
            .map(|range| {
                let start = range.start + gained - lost;
                gained += MASK.len();
                lost += range.len();
                start
            })
            .collect();
        Self { ranges, shown }
    }

    /// The text with every secret replaced. Line breaks stay, so lines keep their numbers.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        for range in &self.ranges {
            shown.push_str(text.get(at..range.start).unwrap_or_default());
            shown.push_str(MASK);
            at = range.end;
        }
        shown.push_str(text.get(at..).unwrap_or_default());
        shown
    }

    /// A place of the text as a place of the text that is shown; line and column stay the file's.
    pub(super) fn shift(&self, span: Span) -> Span {
        if self.ranges.is_empty() {
            return span;
        }
        let Range { start, end } = self.shift_range(&(span.start..span.end));
        Span { start, end, ..span }
    }

    /// The same for a part of the text.
    pub(super) fn shift_range(&self, part: &Range<usize>) -> Range<usize> {
        let start = self.offset(part.start, true);
        start..self.offset(part.end, false).max(start)
    }

    fn offset(&self, at: usize, is_start: bool) -> usize {
        let before = self
            .ranges
            .partition_point(|range| range.start < at || (is_start && range.start == at));
        let last = before.checked_sub(1);
        let Some((range, shown)) = last.and_then(|at| self.ranges.get(at).zip(self.shown.get(at)))
        else {
            return at;
        };
        match at.checked_sub(range.end) {
            Some(past) => shown + MASK.len() + past,
            None if is_start => *shown,
            None => shown + MASK.len(),
        }
    }
}

/// Splits a range at line breaks and drops the white space around each piece.
fn one_a_line(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut at = range.start;
    let mut pieces = Vec::new();
    for line in text.get(range).unwrap_or_default().split_inclusive(['\n', '\r']) {
        let start = at + line.len() - line.trim_start().len();
        let end = at + line.trim_end().len();
        if start < end {
            pieces.push(start..end);
        }
        at += line.len();
    }
    pieces
}
