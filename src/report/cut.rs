//! A text that stays below a size: what does not fit is counted, and the text says so.

use std::collections::BTreeMap;

use super::table::count;

/// Kept free for the line that says what was left out.
const RESERVE: usize = 512;

/// A text of lines that may not grow over a limit in bytes.
#[derive(Debug)]
pub(super) struct Cut {
    text: String,
    limit: usize,
    left: BTreeMap<&'static str, usize>,
}

/// One line of a section, and how many things it stands for.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) line: String,
    pub(super) stands_for: usize,
}

impl Item {
    /// A line that stands for one thing.
    pub(super) fn one(line: String) -> Self {
        Self { line, stands_for: 1 }
    }
}

impl Cut {
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, left: BTreeMap::new() }
    }

    /// Adds a short line that must be there.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a section with as many of its items as fit between its first lines and its last; the
    /// rest is counted as left out. `what` is one of them: `row`.
    pub(super) fn section(
        &mut self,
        (start, end): (&str, &str),
        what: &'static str,
        items: &[Item],
    ) {
        let room =
            self.limit.saturating_sub(RESERVE + self.text.len() + start.len() + end.len() + 2);
        let mut used = 0;
        let fits = |item: &&Item| {
            used += item.line.len() + 1;
            used <= room
        };
        let shown = items.iter().take_while(fits).count();
        if shown > 0 {
            if !start.is_empty() {
                self.line(start);
            }
            items.iter().take(shown).for_each(|item| self.line(&item.line));
            self.line(end);
        }
        let left: usize = items.iter().skip(shown).map(|item| item.stands_for).sum();
        if left > 0 {
            *self.left.entry(what).or_default() += left;
        }
    }

    /// What was left out, in words; `None`: nothing.
    fn left_out(&self) -> Option<String> {
        let words: Vec<String> = self.left.iter().map(|(what, left)| count(*left, what)).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// The text, which ends with what was left out and where to find it.
    pub(super) fn finish(mut self, whole: &str) -> String {
        if let Some(left) = self.left_out() {
            let limit = self.limit;
            self.line(&format!("**Cut to {limit} bytes. Left out: {left}.** {whole}"));
        }
        self.text
    }
}
