//! A plan with all that is said beside it, and what stands in its way, as the forms for machines and
//! reviewers share it.

use super::diagnostics::Finding;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::finding::{self, Kind};
use crate::plan::{Change, Plan, Refusal, Unread};

/// A plan with the limits that it breaks and the digest that stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Review<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The limits that it breaks.
    pub refusals: &'a [Refusal],
    /// `sha256:` and the digest.
    pub digest: &'a str,
}

/// The option that applies the plan with this digest although a mass-change limit refuses it.
pub fn allowance(digest: &str) -> String {
    let hex: String = digest.trim_start_matches("sha256:").chars().take(12).collect();
    format!("--allow-mass-change={hex}")
}

/// A clinic of a fleet that could not be planned.
#[derive(Debug, Clone, Copy)]
pub struct NotPlanned<'a> {
    /// Its id.
    pub clinic: &'a str,
    /// The code of the failure.
    pub code: &'a str,
    /// Why, as it was reported.
    pub message: &'a str,
}

/// How a problem of a plan counts, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProblemKind {
    /// A limit refuses the plan.
    Refused,
    /// Something was not read, so nothing is planned for it.
    Unread,
    /// A finding that nothing can be applied with.
    Error,
    /// A finding that is worth a look.
    Warning,
}

/// Something that stands in a plan's way, or is worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: ProblemKind,
    /// `N003`
    pub(super) code: String,
    /// What the code stands for.
    pub(super) title: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// The manifest's file that it is about.
    pub(super) file: String,
    /// Line and column, from 1, where it has a place of its own.
    pub(super) place: Option<(usize, usize)>,
}

impl ProblemKind {
    /// The word before the message.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unread => "not read",
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Problem {
    fn refused(refusal: &Refusal, plan: &Plan) -> Self {
        let Refusal { code, message, hint, overridable: _, at } = refusal;
        Self {
            kind: ProblemKind::Refused,
            code: code.to_string(),
            title: code.title(),
            message: message.clone(),
            hint: Some(hint.clone()),
            file: plan.manifest.file(at.map(|at| at.layer).unwrap_or_default()).to_owned(),
            place: at.map(|at| (at.line, at.column)),
        }
    }

    fn unread(unread: &Unread, plan: &Plan) -> Self {
        let code = Kind::Unread.code();
        Self {
            kind: ProblemKind::Unread,
            code: code.to_string(),
            title: code.title(),
            message: finding::unread(unread, &plan.names),
            hint: Some(Kind::Unread.hint().to_owned()),
            file: plan.manifest.path.clone(),
            place: None,
        }
    }

    fn found(finding: &Diagnostic, plan: &Plan) -> Self {
        let Diagnostic { code, severity, message, path: _, on: _, span, hint, related: _ } =
            finding;
        Self {
            kind: match severity {
                Severity::Error => ProblemKind::Error,
                Severity::Warning => ProblemKind::Warning,
            },
            code: code.to_string(),
            title: Code::title(*code),
            message: message.clone(),
            hint: hint.clone(),
            file: plan.manifest.file(span.map(|span| span.layer).unwrap_or_default()).to_owned(),
            place: span.map(|span| (span.line, span.column)),
        }
    }

    /// The problem of a clinic that could not be planned; no file is known to be at fault.
    pub(super) fn not_planned(not: &NotPlanned<'_>) -> Self {
        let NotPlanned { clinic, code, message } = *not;
        Self {
            kind: ProblemKind::Unread,
            code: code.to_owned(),
            title: "a clinic could not be planned",
            message: format!("the clinic {clinic} is not planned: {message}"),
            hint: None,
            file: String::new(),
            place: None,
        }
    }

    /// A finding in a manifest that nobody planned.
    pub(super) fn in_file(finding: &Finding) -> Self {
        let Finding { code, severity, message, place, hint, related: _ } = finding;
        Self {
            kind: if *severity == "error" { ProblemKind::Error } else { ProblemKind::Warning },
            code: (*code).to_owned(),
            title: "",
            message: message.clone(),
            hint: hint.clone(),
            file: place.file.clone(),
            place: place.line.zip(place.column),
        }
    }

    /// Why a command could not do its work.
    pub(super) fn failure(code: Option<&str>, message: &str, hint: Option<&str>) -> Self {
        Self {
            kind: ProblemKind::Error,
            code: code.unwrap_or_default().to_owned(),
            title: "",
            message: message.to_owned(),
            hint: hint.map(str::to_owned),
            file: String::new(),
            place: None,
        }
    }

    /// `error N003`
    pub(super) fn label(&self) -> String {
        if self.code.is_empty() {
            return self.kind.word().to_owned();
        }
        format!("{} {}", self.kind.word(), self.code)
    }

    /// `clinic.yaml:14:7`, as far as it is known.
    pub(super) fn shown_place(&self) -> String {
        match self.place {
            Some((line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }
}

/// Why a plan is refused, with the place of the manifest that it is about.
pub fn refused(plan: &Plan, refusal: &Refusal) -> String {
    let problem = Problem::refused(refusal, plan);
    match problem.place {
        Some(_) => format!("{}, at {}", problem.message, problem.shown_place()),
        None => problem.message,
    }
}

/// What could not be read and why, a line each.
pub fn unread(plan: &Plan) -> Vec<String> {
    let what = |unread: &Unread| finding::unread_part(&unread.part, &plan.names);
    plan.unread.iter().map(|unread| format!("{}: {}", what(unread), unread.reason)).collect()
}

impl Review<'_> {
    /// Everything that stands in the way, worst first, then what is worth a look.
    pub(super) fn problems(self) -> Vec<Problem> {
        let Self { plan, refusals, digest: _ } = self;
        let refused = refusals.iter().map(|refusal| Problem::refused(refusal, plan));
        let unread = plan.unread.iter().map(|unread| Problem::unread(unread, plan));
        let found = plan.findings.iter().map(|finding| Problem::found(finding, plan));
        let mut problems: Vec<Problem> = refused.chain(unread).chain(found).collect();
        problems.sort_by_key(|problem| problem.kind);
        problems
    }

    /// Whether an apply would have something to do and nothing stands in its way.
    pub(super) fn is_applyable(self) -> bool {
        let Self { plan, refusals, digest: _ } = self;
        !plan.is_empty() && plan.errors() == 0 && refusals.is_empty()
    }
}

/// What happens to the row itself, for readers that know things that come, change and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existence {
    /// It granted nothing before.
    Create,
    /// It grants something before and after.
    Update,
    /// It grants nothing after.
    Delete,
}

impl Existence {
    pub(super) fn of(change: &Change) -> Self {
        match (change.before.is_nothing(), change.after.is_nothing()) {
            (true, _) => Self::Create,
            (false, true) => Self::Delete,
            (false, false) => Self::Update,
        }
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}
