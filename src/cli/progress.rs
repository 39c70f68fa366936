//! Progress: a bar on a terminal, plain lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::Printer;
use crate::report::escape;

/// One thing that takes time.
pub(super) struct Progress {
    bar: ProgressBar,
    last: String,
    /// Whether the line belongs to one clinic of many, and so outlives this.
    is_shared: bool,
}

impl Progress {
    /// Rows of a plan.
    pub(super) fn rows(planned: usize, printer: &Printer) -> Self {
        if let Some(line) = printer.progress_line() {
            line.set_message(format!("writing {planned} rows"));
            return Self { bar: line, last: String::new(), is_shared: true };
        }
        let bar = ProgressBar::new(planned as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rows {msg}") {
            bar.set_style(style);
        }
        Self { bar, last: String::new(), is_shared: false }
    }

    /// Something without a known length.
    pub(super) fn waiting(printer: &Printer) -> Self {
        if let Some(line) = printer.progress_line() {
            return Self { bar: line, last: String::new(), is_shared: true };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, last: String::new(), is_shared: false }
    }

    /// So many are done.
    pub(super) fn at(&self, settled: usize) {
        if !self.is_shared {
            self.bar.set_position(settled as u64);
        }
    }

    /// Says what is happening, each thing once.
    pub(super) fn say(&mut self, words: &str, printer: &mut Printer) {
        if self.last == words {
            return;
        }
        words.clone_into(&mut self.last);
        let words = escape(words).into_owned();
        if self.bar.is_hidden() {
            printer.line(&words);
        } else {
            self.bar.set_message(words);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.is_shared {
            self.bar.finish_and_clear();
        }
    }
}
