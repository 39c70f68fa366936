//! The counts and meanings by name, for scripts and later jobs.

use super::facts::{Drifted, Facts, Outcomes, Planned, SyncEnd, Text};
use super::waiting::Waiting;
use crate::plan::Summary;
use crate::report::drift_fleet::DriftCounts;
use crate::report::review::ProblemKind;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The command: `plan`.
    pub command: &'static str,
    /// The exit code.
    pub code: u8,
    /// What it means, in a word for programs: `refused`.
    pub meaning: &'static str,
    /// The same for people.
    pub words: &'static str,
}

/// Everything that is known, what matters most first. What nobody counted is not there.
pub(super) fn values(facts: &Facts, ending: Ending) -> Vec<(&'static str, String)> {
    let Ending { command: _, code, meaning, words: _ } = ending;
    let mut values = vec![("exit_code", code.to_string()), ("exit_meaning", meaning.to_owned())];
    if let Some(Planned { sum, .. }) = &facts.planned {
        let rows = sum.grant + sum.revoke + sum.change;
        values.push(("has_changes", (rows > 0).to_string()));
    }
    values.extend(facts.sync_owed.map(|owed| ("sync_owed", owed.to_string())));
    values.extend(facts.digest.clone().map(|digest| ("plan_digest", digest)));
    values.extend(facts.path.clone().map(|path| ("plan_path", path)));
    if let Some(outcomes) = &facts.applied {
        let Outcomes { done, held, failed, not_reached, sync, verified, lines: _ } = outcomes;
        let counts =
            [("done", done), ("held", held), ("failed", failed), ("not_reached", not_reached)];
        values.extend(counts.map(|(key, count)| (key, count.to_string())));
        let sync = sync.map(|sync| match sync {
            SyncEnd::Complete => "complete",
            SyncEnd::NotComplete => "not_complete",
            SyncEnd::Asked => "asked",
            SyncEnd::Attested => "attested",
            SyncEnd::NotDue => "none",
        });
        values.extend(sync.map(|sync| ("sync", sync.to_owned())));
        values.push(("verified", known(*verified)));
    } else if facts.verified.is_some() {
        values.push(("verified", known(facts.verified)));
    }
    if let Some(Waiting { next, .. }) = facts.waiting.first() {
        values.push(("waiting", facts.waiting.len().to_string()));
        values.push(("next_step", next.clone()));
    }
    if let Some(drifted) = &facts.drifted {
        let DriftCounts { changed_outside, pending, both, unread } = drifted.counts();
        let counts = [
            ("changed_outside", changed_outside),
            ("pending", pending),
            ("both", both),
            ("unread", unread),
        ];
        values.extend(counts.map(|(key, count)| (key, count.to_string())));
        if let Drifted::Fleet(fleet) = drifted {
            values.push(("clinics", fleet.clinics().to_string()));
        }
    }
    values.extend(counts(facts).into_iter().map(|(key, count)| (key, count.to_string())));
    values
}

/// `true`, `false` or `unknown`.
fn known(answer: Option<bool>) -> String {
    answer.map_or("unknown".to_owned(), |answer| answer.to_string())
}

fn counts(facts: &Facts) -> Vec<(&'static str, u64)> {
    let found = |kind| {
        let problems = facts.found.iter().flatten();
        problems.filter(|problem| problem.kind == kind).count()
    };
    let (errors, warnings) = (found(ProblemKind::Error), found(ProblemKind::Warning));
    let Some(planned) = &facts.planned else {
        let counts = [("errors", wide(errors)), ("warnings", wide(warnings))];
        return if facts.found.is_some() { counts.to_vec() } else { Vec::new() };
    };
    let Summary { grant, revoke, change, cells, unchanged, excess, uncovered } = planned.sum;
    let mut counts = vec![
        ("grant", wide(grant)),
        ("revoke", wide(revoke)),
        ("change", wide(change)),
        ("cells", cells),
        ("dangerous", wide(planned.dangerous)),
        ("refused", wide(planned.refused)),
        ("errors", wide(planned.errors + errors)),
        ("unread", wide(planned.unread)),
        ("unchanged", wide(unchanged)),
    ];
    if let Text::Fleet { clinics, .. } = &planned.text {
        counts.push(("clinics", wide(*clinics)));
    }
    counts.extend([
        ("excess", wide(excess)),
        ("uncovered", wide(uncovered)),
        ("warnings", wide(planned.warnings + warnings)),
    ]);
    counts
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
