//! Findings as people read them, with the line of the file, and as programs do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::adapter::strip_str;
use schemars::JsonSchema;
use serde::Serialize;

use super::escape::{escape, push};
use crate::diagnostic::{Diagnostic, File, KeyPath, Severity, Span};

/// More of a line than this is cut, so that a file without line breaks stays readable.
const BEFORE: usize = 60;
const AFTER: usize = 80;

/// Findings as text, each with its line. `files` are the texts that their spans index, the
/// manifest's own first.
pub fn render(files: &[File<'_>], findings: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut lines = String::new();
    for finding in findings {
        lines.push_str(&render_one(&renderer, files, finding));
        lines.push_str("\n\n");
    }
    lines
}

/// The file that a place is in.
fn file_of<'a>(files: &[File<'a>], span: Option<Span>) -> (&'a str, &'a str) {
    let is_there = |file: &&File<'_>| span.is_none_or(|span| span.layer == file.layer);
    files.iter().find(is_there).map_or(("", ""), |file| (file.name, file.text))
}

fn render_one(renderer: &Renderer, files: &[File<'_>], finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(escape(&finding.message)).id(finding.code.as_str());
    let mut group = Group::with_title(title);
    let (own_name, text) = file_of(files, finding.span);
    if let Some(span) = finding.span {
        let origin = Origin::path(escape(own_name));
        group = group.element(origin.line(span.line).char_column(span.column));
        group = group.element(line_of(text, span, None));
    }
    for related in &finding.related {
        if let Some(span) = related.span {
            let (name, text) = file_of(files, Some(span));
            let mut line = line_of(text, span, Some(&related.label));
            if finding.span.is_some_and(|own| own.layer != span.layer) {
                line = line.path(escape(name).into_owned());
            }
            group = group.element(line);
        }
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.with_name("hint").message(escape(hint)));
    }
    let text = renderer.render(&[group]);
    // The renderer marks each line without a path of its own as one of another file.
    let kept = text.lines().filter(|line| strip_str(line).to_string().trim() != ":::");
    kept.collect::<Vec<_>>().join("\n")
}

fn line_of<'a>(text: &str, span: Span, label: Option<&str>) -> Snippet<'a, Annotation<'a>> {
    let Line { text, marked } = Line::of(text, span);
    let kind = if label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let annotation = kind.span(marked).label(label.map(|label| escape(label).into_owned()));
    Snippet::source(text).line_start(span.line).annotation(annotation)
}

/// One line of the file, escaped and cut, and which part of it is meant.
struct Line {
    text: String,
    marked: Range<usize>,
}

impl Line {
    fn of(text: &str, span: Span) -> Self {
        let before = text.get(..span.start).unwrap_or_default();
        let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let rest = text.get(span.start..).unwrap_or_default();
        let end = span.start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        let mut line = Self { text: String::new(), marked: 0..0 };
        let lead = text.get(start..span.start).unwrap_or_default();
        let marked = text.get(span.start..span.end.min(end)).unwrap_or_default();
        let tail = text.get(span.end.min(end)..end).unwrap_or_default();
        if let Some((cut, _)) = lead.char_indices().rev().nth(BEFORE) {
            line.text.push('…');
            line.add(lead.get(cut..).unwrap_or_default(), usize::MAX);
        } else {
            line.add(lead, usize::MAX);
        }
        line.marked.start = line.text.len();
        line.add(marked, AFTER);
        line.marked.end = line.text.len();
        line.add(tail, AFTER);
        line
    }

    fn add(&mut self, part: &str, most: usize) {
        for (count, character) in part.chars().enumerate() {
            if count == most {
                self.text.push('…');
                return;
            }
            if character == '\t' {
                // What a terminal makes of a tab depends on the terminal.
                self.text.push_str("    ");
            } else {
                push(&mut self.text, character);
            }
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RelatedPlace {
    /// What is there.
    pub label: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
}

/// Findings for programs. They hold no text of the file but what the messages quote, as it is: who shows
/// them to people escapes it.
pub fn findings(files: &[File<'_>], findings: &[Diagnostic]) -> Vec<Finding> {
    let place = |span: Option<Span>, path: &KeyPath| Place {
        file: file_of(files, span).0.to_owned(),
        line: span.map(|span| span.line),
        column: span.map(|span| span.column),
        path: path.to_string(),
    };
    let one = |finding: &Diagnostic| Finding {
        code: finding.code.as_str(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: finding.message.clone(),
        place: place(finding.span, &finding.path),
        hint: finding.hint.clone(),
        related: finding
            .related
            .iter()
            .map(|related| RelatedPlace {
                label: related.label.clone(),
                place: place(related.span, &related.path),
            })
            .collect(),
    };
    findings.iter().map(one).collect()
}
