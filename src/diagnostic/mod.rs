//! Findings: what is wrong or worth knowing, where in the manifest, and what to do next.
//!
//! A check names the place by its [`KeyPath`]; the line and column are looked up when the finding
//! is shown, so that checks stay plain functions of values.

use serde::{Deserialize, Serialize};

mod code;
mod path;

pub use code::Code;
pub use path::{KeyPath, Segment};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing can be applied until it is mended.
    Error,
    /// Worth a look; nothing is refused because of it.
    Warning,
}

/// A range of the text of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// In which of the manifest's files.
    #[serde(default, skip_serializing_if = "Layer::is_clinic")]
    pub layer: Layer,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte, in characters from 1.
    pub column: usize,
}

/// Where something of a manifest begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// In which of the manifest's files.
    #[serde(default, skip_serializing_if = "Layer::is_clinic")]
    pub layer: Layer,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
}

/// Which of the files that make up a clinic's manifest.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The clinic's own file.
    #[default]
    Clinic,
    /// The fleet manifest, whose defaults the clinic inherits.
    Fleet,
}

impl Layer {
    /// Whether it is the clinic's own file, which is left out where it is written down.
    pub fn is_clinic(&self) -> bool {
        *self == Self::Clinic
    }
}

/// The text of one of the files, as findings may show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// Which of them it is.
    pub layer: Layer,
    /// Its name as the user wrote it.
    pub name: &'a str,
    /// The text that spans index.
    pub text: &'a str,
}

/// Whether a finding is about a key or about the value behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// The key itself: unknown, repeated, not allowed here.
    Key,
    /// The value.
    Value,
}

/// A second place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// What is there: `first written here`.
    pub label: String,
    /// Where.
    pub path: KeyPath,
    /// Where in the text, once looked up.
    pub span: Option<Span>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable; users may search for it.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// Lower-case fragment without a full stop: what is wrong, on what.
    pub message: String,
    /// The place in the manifest.
    pub path: KeyPath,
    /// Key or value of that place.
    pub on: On,
    /// The place in the text, once looked up.
    pub span: Option<Span>,
    /// What to do next.
    pub hint: Option<String>,
    /// Second places.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// An error about the value at `path`.
    pub fn error(code: Code, path: KeyPath, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            path,
            on: On::Value,
            span: None,
            hint: None,
            related: Vec::new(),
        }
    }

    /// A warning about the value at `path`.
    pub fn warning(code: Code, path: KeyPath, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message) }
    }

    /// The same finding, about the key rather than its value.
    #[must_use]
    pub fn on_key(mut self) -> Self {
        self.on = On::Key;
        self
    }

    /// Moves the places that were looked up to the fleet manifest.
    pub fn of_fleet(&mut self) {
        let related = self.related.iter_mut().map(|related| &mut related.span);
        for span in related.chain([&mut self.span]).flatten() {
            span.layer = Layer::Fleet;
        }
    }

    /// The same finding with its place in the text.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same finding with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding with a second place.
    #[must_use]
    pub fn related(mut self, label: impl Into<String>, path: KeyPath) -> Self {
        self.related.push(Related { label: label.into(), path, span: None });
        self
    }
}

/// Whether any finding stops an apply.
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// The candidate nearest to `written`, if one is near enough to be what was meant.
pub fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::jaro_winkler(&written.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|one, two| one.0.total_cmp(&two.0).then_with(|| two.1.cmp(one.1)))
        .map(|(_, candidate)| candidate)
}
