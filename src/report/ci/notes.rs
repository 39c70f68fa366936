//! What is annotated: what stands in the way, and what each rule of a manifest asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::annotation::{Annotation, Level};
use crate::plan::{Action, Change, Plan};
use crate::report::fold::WEIGHTY;
use crate::report::fold_pattern::escalates;
use crate::report::plan::why;
use crate::report::review::{Problem, ProblemKind};
use crate::report::table::count;

/// A problem, at its place.
pub(super) fn of(problem: &Problem) -> Annotation {
    let Problem { kind, code: _, title: _, message, hint, file, place } = problem;
    Annotation {
        level: match kind {
            ProblemKind::Refused | ProblemKind::Unread | ProblemKind::Error => Level::Error,
            ProblemKind::Warning => Level::Warning,
        },
        file: file.clone(),
        // What has no line of its own is shown at the head of the file.
        place: place.or((!file.is_empty()).then_some((1, 1))),
        title: problem.label(),
        message: message.clone(),
        hint: hint.clone(),
    }
}

/// What the plan changes, at the lines of the manifest that ask for it.
pub(super) fn asked_for(plan: &Plan) -> Vec<Annotation> {
    let mut notes = Vec::new();
    for user in &plan.users {
        let mut rules: BTreeMap<u32, Vec<&Change>> = BTreeMap::new();
        for change in &user.changes {
            rules.entry(change.rule).or_default().push(change);
        }
        for (rule, changes) in rules {
            let Some(rule) = user.rules.get(rule as usize).filter(|rule| rule.line > 0) else {
                continue;
            };
            notes.push(Annotation {
                level: Level::Notice,
                file: plan.manifest.file(rule.layer).to_owned(),
                place: Some((rule.line, rule.column)),
                title: format!("plan of {}", plan.clinic),
                message: format!("{} ({})", words(&changes), why(rule)),
                hint: None,
            });
        }
    }
    notes
}

/// `12 rows to grant, 1 to revoke, 2 to change; 3 of them gain Prescribe For, …`
fn words(changes: &[&Change]) -> String {
    let of = |action| changes.iter().filter(|change| change.action == action).count();
    let (grant, revoke, change) = (of(Action::Grant), of(Action::Revoke), of(Action::Change));
    let weighty = BTreeSet::from(WEIGHTY);
    let dangerous = match changes.iter().filter(|change| escalates(change, &weighty)).count() {
        0 => String::new(),
        some => format!("; {some} of them gain or keep longer Prescribe For, Inbox or Reporting"),
    };
    format!("{} to grant, {revoke} to revoke, {change} to change{dangerous}", count(grant, "row"))
}
