//! A plan with all that is said beside it, and what stands in its way, as the forms for machines and
//! reviewers share it.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::plan::{Change, Plan, Refusal, Unread, UnreadPart};

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
    /// `N003`, or `unread`.
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

/// Stands where an error has its code.
const UNREAD_CODE: &str = "unread";

/// What it stands for.
const UNREAD: &str = "a part of the clinic could not be read";

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
        let Unread { part, reason } = unread;
        let what = unread_part(part, plan);
        Self {
            kind: ProblemKind::Unread,
            code: UNREAD_CODE.to_owned(),
            title: UNREAD,
            message: format!("{what} could not be read, so nothing is planned there: {reason}"),
            hint: Some("mend what it says, then plan again".to_owned()),
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

    /// `error N003`
    pub(super) fn label(&self) -> String {
        match self.code.as_str() {
            UNREAD_CODE => self.kind.word().to_owned(),
            code => format!("{} {code}", self.kind.word()),
        }
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

/// What could not be read, in words.
pub(super) fn unread_part(part: &UnreadPart, plan: &Plan) -> String {
    match part {
        UnreadPart::Office(office) => format!("the providers of {}", plan.names.office(*office)),
        UnreadPart::Grid(user) => format!("the grid of {user}"),
        UnreadPart::Rows { user, office_id, provider_ids } => {
            const NAMED: usize = 5;
            let office = plan.names.office(*office_id);
            let mut names: Vec<String> =
                provider_ids.iter().take(NAMED).map(|id| plan.names.provider(*id)).collect();
            if provider_ids.len() > NAMED {
                names.push(format!("{} more", provider_ids.len() - NAMED));
            }
            let rows = if provider_ids.len() == 1 { "row" } else { "rows" };
            let count = provider_ids.len();
            format!("{count} {rows} of {user} in {office}: {}", names.join("; "))
        }
    }
}

/// What could not be read and why, a line each.
pub fn unread(plan: &Plan) -> Vec<String> {
    let line = |unread: &Unread| format!("{}: {}", unread_part(&unread.part, plan), unread.reason);
    plan.unread.iter().map(line).collect()
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
