//! The faults that a scan reports, each at its place in the text.

use super::shown;
use crate::diagnostic::{Code, Diagnostic, KeyPath, Span};

/// The deepest nesting that is read.
pub(super) const DEEPEST: usize = 64;

/// A fault behind which the rest of the text means nothing.
pub(super) type Fatal = Box<Diagnostic>;

/// A key that was there before.
pub(super) fn repeated(key: &str, span: Span, earlier: Span) -> Diagnostic {
    let message = format!("`{}` is written twice in one mapping", shown::short(key));
    let mut finding = located(Code::RepeatedKey, span, message, "keep one of the two")
        .related("first written here", KeyPath::root());
    for related in &mut finding.related {
        related.span = Some(earlier);
    }
    finding
}

/// More nesting than is read.
pub(super) fn too_deep(span: Span) -> Fatal {
    fatal(
        Code::TooLarge,
        span,
        format!("nested deeper than {DEEPEST} levels"),
        "a manifest needs no more than ten; check the brackets",
    )
}

/// A fault at a place of the text.
pub(super) fn located(
    code: Code,
    span: Span,
    message: impl Into<String>,
    hint: &str,
) -> Diagnostic {
    Diagnostic::error(code, KeyPath::root(), message).at(span).hint(hint)
}

/// A fault that ends the scan.
pub(super) fn fatal(code: Code, span: Span, message: impl Into<String>, hint: &str) -> Fatal {
    Box::new(located(code, span, message, hint))
}
