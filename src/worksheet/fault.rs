//! What is wrong with a sheet, at which cell, and what to do.

use super::place::SheetPlace;
use crate::diagnostic::{Code, Severity};

/// One fault of a file that a person filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable; users may search for it.
    pub code: Code,
    /// Whether the sheet cannot be used, or this is worth a look.
    pub severity: Severity,
    /// Where.
    pub place: SheetPlace,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl Fault {
    pub(super) fn new(
        code: Code,
        place: SheetPlace,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Self { code, severity: Severity::Error, place, message, hint }
    }

    pub(super) fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// Whether it stands in the way.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
