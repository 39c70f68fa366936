//! Collects findings, up to a number that a person can read.

use crate::diagnostic::{Code, Diagnostic, KeyPath};

/// Past this many, more findings only cost memory: a file of eight megabytes can hold millions.
const MOST: usize = 1000;

/// The findings of one file, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    left_out: usize,
}

impl Findings {
    /// Adds a finding, or counts it where the list is full.
    pub(super) fn push(&mut self, finding: Diagnostic) {
        if self.is_full() {
            self.leave_out();
        } else {
            self.list.push(finding);
        }
    }

    /// Whether no more findings are listed.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Counts a finding that is not listed.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The findings, and one that says how many are not listed.
    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        let Self { mut list, left_out } = self;
        if left_out > 0 {
            list.push(
                Diagnostic::error(
                    Code::MoreFaults,
                    KeyPath::root(),
                    format!("{left_out} more faults are not listed"),
                )
                .hint("mend those that are listed, then run again"),
            );
        }
        list
    }

    /// Access to each finding, to complete its place.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Diagnostic> {
        self.list.iter_mut()
    }
}
