//! What stands in the way of plans as a `JUnit` report: a suite for each clinic. A change that was asked
//! for is not a failure.

use std::collections::BTreeMap;

use super::markup::html;
use super::plan::summary_line;
use super::review::{Problem, ProblemKind, Review};
use super::table::count;
use crate::model::OfficeId;
use crate::plan::Action;

/// The suites of the clinics, by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Junit {
    suites: BTreeMap<String, Suite>,
}

#[derive(Debug, Clone, Default)]
struct Suite {
    cases: Vec<String>,
    tests: usize,
    failures: usize,
    errors: usize,
}

/// What a case turned out to be.
#[derive(Clone, Copy)]
enum Outcome<'a> {
    Passed,
    Said(&'a str),
    Failed(&'a Problem),
    NotRun(&'a Problem),
}

impl Junit {
    /// Adds the plan of one more clinic.
    pub(super) fn add(&mut self, review: Review<'_>) {
        let plan = review.plan;
        let mut suite = Suite::default();
        let problems = review.problems();
        let of = |kinds: &[ProblemKind]| -> Vec<&Problem> {
            problems.iter().filter(|problem| kinds.contains(&problem.kind)).collect()
        };
        let clinic = plan.clinic.as_str();
        for (class, passed, found) in [
            ("reading", "everything is read", of(&[ProblemKind::Unread])),
            ("manifest", "nothing is found", of(&[ProblemKind::Error, ProblemKind::Warning])),
            ("limits", "no limit refuses the plan", of(&[ProblemKind::Refused])),
        ] {
            if found.is_empty() {
                suite.case(clinic, class, passed, Outcome::Passed);
            }
            for problem in found {
                suite.problem(clinic, class, problem);
            }
        }
        let mut offices: BTreeMap<OfficeId, [usize; 3]> = BTreeMap::new();
        for change in plan.users.iter().flat_map(|user| &user.changes) {
            let [grant, revoke, other] = offices.entry(change.key.office).or_default();
            *match change.action {
                Action::Grant => grant,
                Action::Revoke => revoke,
                Action::Change => other,
            } += 1;
        }
        for (office, [grant, revoke, change]) in offices {
            let name = format!("{} ({office})", plan.names.office(office));
            let said = format!(
                "Plan: {} to grant, {revoke} to revoke, {change} to change.",
                count(grant, "row")
            );
            suite.case(clinic, "offices", &name, Outcome::Said(&said));
        }
        suite.case(clinic, "plan", "it is planned", Outcome::Said(&summary_line(plan)));
        self.suites.insert(plan.clinic.clone(), suite);
    }

    /// Adds what could not be planned.
    pub(super) fn not_run(&mut self, what: &str, problem: &Problem) {
        let mut suite = Suite::default();
        suite.case(what, "plan", "it is planned", Outcome::NotRun(problem));
        self.suites.insert(what.to_owned(), suite);
    }

    /// Adds what a manifest has, which nobody planned.
    pub(super) fn manifest(&mut self, file: &str, problems: &[Problem]) {
        let mut suite = Suite::default();
        if problems.is_empty() {
            suite.case(file, "manifest", "nothing is found", Outcome::Passed);
        }
        for problem in problems {
            suite.problem(file, "manifest", problem);
        }
        self.suites.insert(file.to_owned(), suite);
    }

    /// The report.
    pub(super) fn text(&self) -> String {
        let sum = |number: fn(&Suite) -> usize| self.suites.values().map(number).sum::<usize>();
        let (tests, failures, errors) =
            (sum(|suite| suite.tests), sum(|suite| suite.failures), sum(|suite| suite.errors));
        let mut lines = vec![
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
            format!(
                "<testsuites name=\"accuroform plan\" tests=\"{tests}\" failures=\"{failures}\" \
                 errors=\"{errors}\">"
            ),
        ];
        for (clinic, Suite { cases, tests, failures, errors }) in &self.suites {
            lines.push(format!(
                "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
                 errors=\"{errors}\" skipped=\"0\">",
                html(clinic)
            ));
            lines.extend(cases.iter().cloned());
            lines.push("  </testsuite>".to_owned());
        }
        lines.push("</testsuites>\n".to_owned());
        lines.join("\n")
    }
}

impl Suite {
    fn problem(&mut self, clinic: &str, class: &str, problem: &Problem) {
        let name = format!("{} {}: {}", problem.code, problem.shown_place(), problem.message);
        let said = words(problem);
        let outcome = match problem.kind {
            ProblemKind::Refused | ProblemKind::Error => Outcome::Failed(problem),
            ProblemKind::Unread => Outcome::NotRun(problem),
            ProblemKind::Warning => Outcome::Said(&said),
        };
        self.case(clinic, class, &name, outcome);
    }

    fn case(&mut self, clinic: &str, class: &str, name: &str, outcome: Outcome<'_>) {
        self.tests += 1;
        self.failures += usize::from(matches!(outcome, Outcome::Failed(_)));
        self.errors += usize::from(matches!(outcome, Outcome::NotRun(_)));
        let (class, name) = (html(&format!("{clinic}.{class}")), html(name));
        self.cases.push(format!(
            "    <testcase classname=\"{class}\" name=\"{name}\"{}>",
            outcome.place()
        ));
        self.cases.extend(outcome.element());
        self.cases.push("    </testcase>".to_owned());
    }
}

impl Outcome<'_> {
    /// Where it is in the manifest, as attributes.
    fn place(self) -> String {
        match self {
            Self::Failed(problem) | Self::NotRun(problem) if !problem.file.is_empty() => {
                let line = problem.place.map(|(line, _)| format!(" line=\"{line}\""));
                format!(" file=\"{}\"{}", html(&problem.file), line.unwrap_or_default())
            }
            Self::Failed(_) | Self::NotRun(_) | Self::Passed | Self::Said(_) => String::new(),
        }
    }

    fn element(self) -> Option<String> {
        let bad = |tag: &str, problem: &Problem| {
            let Problem { code, message, .. } = problem;
            let (code, message, words) = (html(code), html(message), html(&words(problem)));
            format!("      <{tag} type=\"{code}\" message=\"{message}\">{words}</{tag}>")
        };
        match self {
            Self::Passed => None,
            Self::Said(said) => Some(format!("      <system-out>{}</system-out>", html(said))),
            Self::Failed(problem) => Some(bad("failure", problem)),
            Self::NotRun(problem) => Some(bad("error", problem)),
        }
    }
}

/// A problem in a line.
fn words(problem: &Problem) -> String {
    let Problem { kind: _, code: _, title: _, message, hint, file: _, place: _ } = problem;
    let hint = hint.as_ref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
    let place = problem.shown_place();
    let place = if place.is_empty() { place } else { format!("{place}: ") };
    format!("{place}{}: {message}{hint}", problem.label())
}
