//! Findings as people read them, with the line of the file, and as programs do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::adapter::strip_str;
use serde::Serialize;

use super::escape::{escape, push};
use crate::diagnostic::{Diagnostic, Severity, Span};

/// Wide enough that the lines, which are cut here, are not cut again.
const WIDTH: usize = 10_000;

/// Findings as text, each with its line. `text` is the text that their spans index.
pub fn render(text: &str, file_name: &str, findings: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let file_name = escape(file_name);
    let mut rendered = String::new();
    for finding in findings {
        let one = render_one(&renderer, text, &file_name, finding);
        for line in one.lines().filter(|line| !is_empty_origin(line)) {
            rendered.push_str(line);
            rendered.push('\n');
        }
        rendered.push('\n');
    }
    rendered
}

/// A snippet under an origin of its own gets an empty `:::` line from the renderer.
fn is_empty_origin(line: &str) -> bool {
    line.contains(":::") && strip_str(line).to_string().trim() == ":::"
}

fn render_one(renderer: &Renderer, text: &str, file_name: &str, finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(escape(&finding.message))
        .id(finding.code.as_str());
    let mut group = Group::with_title(title);
    let related = || {
        let all = finding.related.iter();
        all.filter_map(|related| Some((related.span?, related.label.as_str())))
    };
    if let Some(span) = finding.span {
        let beside: Vec<_> = related()
            .filter(|(other, _)| other.line == span.line)
            .collect();
        group = group
            .element(origin(file_name, span))
            .element(line(text, span, None, &beside));
    }
    let elsewhere = related()
        .filter(|(other, _)| finding.span.is_none_or(|span| span.line != other.line));
    for (span, label) in elsewhere {
        group = group
            .element(origin(file_name, span))
            .element(line(text, span, Some(label), &[]));
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.with_name("hint").message(escape(hint)));
    }
    renderer.render(&[group])
}

/// Line and column are those of the file; the line that is shown may be cut and escaped.
fn origin(file_name: &str, span: Span) -> Origin<'_> {
    Origin::path(file_name)
        .line(span.line)
        .char_column(span.column)
}

fn line<'a>(
    text: &'a str,
    span: Span,
    label: Option<&str>,
    beside: &[(Span, &str)],
) -> Snippet<'a, Annotation<'a>> {
    let line = Line::of(text, span);
    let owned = |label: &str| escape(label).into_owned();
    let kind = if label.is_some() {
        AnnotationKind::Context
    } else {
        AnnotationKind::Primary
    };
    let main = kind.span(line.mark(span)).label(label.map(owned));
    let others = beside.iter().map(|(span, label)| {
        let mark = line.mark(*span);
        AnnotationKind::Context.span(mark).label(owned(label))
    });
    Snippet::source(line.shown())
        .line_start(span.line)
        .annotation(main)
        .annotations(others)
}

/// A finding for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What to do next.
    pub hint: Option<String>,
    /// Places that explain it.
    pub related: Vec<RelatedPlace>,
}

/// A place in a file. Line and column count from 1; the column counts characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line; `null` where the finding is about the whole file.
    pub line: Option<usize>,
    /// The column.
    pub column: Option<usize>,
    /// The keys that lead there: `users[0].offices[1].name`.
    pub path: String,
}

/// A second place, with what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedPlace {
    /// What is there.
    pub label: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
}

/// Findings for programs, safe to print as JSON: they hold no text of the file but what the
/// messages quote.
pub fn findings(file_name: &str, findings: &[Diagnostic]) -> Vec<Finding> {
    let place = |span: Option<Span>, path: &crate::diagnostic::KeyPath| Place {
        file: escape(file_name).into_owned(),
        line: span.map(|span| span.line),
        column: span.map(|span| span.column),
        path: escape(&path.to_string()).into_owned(),
    };
    let one = |finding: &Diagnostic| Finding {
        code: finding.code.as_str(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: escape(&finding.message).into_owned(),
        place: place(finding.span, &finding.path),
        hint: finding.hint.as_deref().map(|hint| escape(hint).into_owned()),
        related: finding
            .related
            .iter()
            .map(|related| RelatedPlace {
                label: escape(&related.label).into_owned(),
                place: place(related.span, &related.path),
            })
            .collect(),
    };
    findings.iter().map(one).collect()
}
