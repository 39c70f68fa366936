//! How far a fleet is: on a terminal one bar for all clinics and one line for each that is being
//! worked on; elsewhere a plain line now and then.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::cli::printer::Printer;
use crate::report::escape;

/// How often a plain line is printed, in parts of the whole.
const PARTS: usize = 10;

/// The progress of a fleet.
pub(in crate::cli) struct FleetProgress {
    bars: MultiProgress,
    all: ProgressBar,
    /// `planned`, `applied`: what is done to each clinic.
    done: &'static str,
    total: usize,
    finished: usize,
    /// Whether nobody looks at a terminal.
    is_plain: bool,
}

impl FleetProgress {
    /// The progress of so many clinics. While it lives, `printer` prints above it.
    pub(in crate::cli) fn new(total: usize, done: &'static str, printer: &mut Printer) -> Self {
        let bars = MultiProgress::new();
        let is_plain = bars.is_hidden();
        let all = bars.add(ProgressBar::new(total as u64));
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} clinics {msg}, {eta} left")
        {
            all.set_style(style);
        }
        all.set_message(done);
        if !is_plain {
            all.enable_steady_tick(Duration::from_millis(200));
            printer.above(Some(bars.clone()));
        }
        Self { bars, all, done, total, finished: 0, is_plain }
    }

    /// A line for a clinic that is being worked on.
    pub(in crate::cli) fn line(&self, clinic: &str) -> ProgressBar {
        if self.is_plain {
            return ProgressBar::hidden();
        }
        let line = self.bars.insert_before(&self.all, ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("  {prefix} {msg}") {
            line.set_style(style);
        }
        line.set_prefix(escape(clinic).into_owned());
        line
    }

    /// One more clinic is finished.
    pub(in crate::cli) fn finish(&mut self, line: &ProgressBar, printer: &mut Printer) {
        line.finish_and_clear();
        self.bars.remove(line);
        self.all.inc(1);
        self.finished += 1;
        let step = self.total.div_ceil(PARTS).max(1);
        let is_due = self.finished.is_multiple_of(step) && self.finished < self.total;
        if self.is_plain && self.total > PARTS && is_due {
            let Self { done, total, finished, .. } = self;
            let left = self.all.eta().as_secs();
            printer.line(&format!("{done} {finished} of {total} clinics, about {left} s left"));
        }
    }

    /// Takes everything away.
    pub(in crate::cli) fn end(self, printer: &mut Printer) {
        self.all.finish_and_clear();
        printer.above(None);
    }
}
