//! What every check needs: the file, the date, and where findings go.

use jiff::civil::Date;

use super::super::findings::Findings;
use super::super::source::Source;
use crate::diagnostic::{Code, Diagnostic, KeyPath, On, Span};
use crate::model::Until;

/// The surroundings of the checks.
pub(super) struct Context<'a> {
    /// The file.
    pub(super) source: &'a Source,
    /// The day on which dates are judged.
    pub(super) today: Option<Date>,
    /// What was found so far.
    pub(super) findings: &'a mut Findings,
}

impl Context<'_> {
    /// Adds a finding.
    pub(super) fn report(&mut self, mut finding: Diagnostic) {
        self.source.locate(&mut finding);
        self.source.keep_secret(&mut finding);
        self.findings.push(finding);
    }

    /// Whether the file has something at this path, be it faulty or not. What is faulty was
    /// reported and taken out: it must not be called missing as well.
    pub(super) fn is_written(&self, path: &KeyPath) -> bool {
        self.source.tree().has(path)
    }

    /// The place of a value.
    pub(super) fn place(&self, path: &KeyPath) -> Span {
        self.source.span(path, On::Value)
    }

    /// Reads a date; one that has passed is worth a warning.
    pub(super) fn until(&mut self, written: Option<&str>, path: &KeyPath) -> Option<Until> {
        let until: Until = written?.parse().ok()?;
        if let Some(today) = self.today
            && until.0 < today
        {
            self.report(
                Diagnostic::warning(
                    Code::DatePassed,
                    path.key("until"),
                    format!("{until} has passed"),
                )
                .hint("move the date, or remove the entry"),
            );
        }
        Some(until)
    }
}
