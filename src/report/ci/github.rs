//! What GitHub Actions is told: outputs of the step, its summary, and annotations.

use super::facts::{Facts, Planned, SyncEnd, Text};
use super::values::{Ending, values};
use super::waiting::Waiting;
use crate::report::cut::{Cut, Item};
use crate::report::markdown_parts::{clip, details, problem_lines};
use crate::report::markup::{markdown as safe, name};
use crate::report::review::Problem;
use crate::report::table::count;

/// The most bytes of a step's summary: with one more, GitHub drops all of it.
pub const SUMMARY_LIMIT: usize = 1024 * 1024;

/// With less room than this a plan is told in a line.
const PLAN: usize = 32 * 1024;

/// With less room than this nothing is told.
const LEAST: usize = 4 * 1024;

/// The most bytes of the plan, of so many that are left of the summary; the rest is for what else
/// there is to say.
pub const fn plan_limit(room: usize) -> usize {
    room / 4 * 3
}

/// The outputs of the step, to be appended to its file. No value can add another.
pub fn outputs(facts: &Facts, ending: Ending) -> String {
    let one = |(key, value): (&'static str, String)| {
        if !value.contains(['\n', '\r']) {
            return format!("{key}={value}\n");
        }
        let mut end = "ACCUROFORM_END".to_owned();
        while value.contains(&end) {
            end.push('_');
        }
        format!("{key}<<{end}\n{value}\n{end}\n")
    };
    values(facts, ending).into_iter().map(one).collect::<Vec<_>>().concat()
}

/// The annotations, as commands to the runner.
pub fn annotations(facts: &Facts) -> String {
    facts.annotations.commands()
}

/// Which annotations are over what is shown: `3 errors`; `None`: none.
pub fn left_out(facts: &Facts) -> Option<String> {
    facts.annotations.left_out()
}

/// The summary of the step, in at most `room` bytes; `None`: that is too little.
pub fn summary(facts: &Facts, ending: Ending, room: usize) -> Option<String> {
    if room < LEAST {
        return None;
    }
    let mut cut = Cut::new(room / 4);
    head(facts, ending, &mut cut);
    let mut text = cut.finish("The log of the step has all of it.");
    if let Some(planned) = &facts.planned {
        text.push_str(&plan(facts, planned));
    }
    if let Some(drifted) = &facts.drifted {
        let line = || format!("{}\n", safe(clip(&drifted.words(), 200).0));
        text.push_str(&if facts.limit < PLAN { line() } else { drifted.text(facts.limit) });
    }
    (text.len() <= room).then_some(text)
}

/// All but the plan.
fn head(facts: &Facts, ending: Ending, cut: &mut Cut) {
    let Ending { command, code, meaning: _, words } = ending;
    // A plan has a heading of its own.
    let is_plan = facts.planned.is_some() && facts.applied.is_none() && facts.verified.is_none();
    if !(is_plan && matches!(code, 0 | 2)) {
        cut.line(&format!("### accuroform {command}: {words} (exit {code})\n"));
    }
    if let Some(failed) = &facts.failed {
        problem_lines(std::slice::from_ref(failed), cut);
    }
    if let Some(outcomes) = &facts.applied {
        let sync = match outcomes.sync {
            Some(SyncEnd::Complete) => "The sync is complete. ",
            Some(SyncEnd::NotComplete) => "**The sync is not complete.** ",
            Some(SyncEnd::Asked) => "The sync is asked of a person. ",
            Some(SyncEnd::Attested) => "The sync is attested, not verified. ",
            Some(SyncEnd::NotDue) if facts.waiting.is_empty() => "No sync was due. ",
            Some(SyncEnd::NotDue) | None => "",
        };
        let verified = match outcomes.verified {
            Some(true) => "Verified: it is as planned.",
            Some(false) => "**Verified: it is not as planned.**",
            None if facts.waiting.is_empty() => "Nothing was verified.",
            None => "Nothing more is verified before that.",
        };
        cut.line(&format!("{sync}{verified}\n"));
        let line = |line: &String| Item::one(format!("- {}", name(line.trim())));
        // The counts come last, and must be there.
        let lines: Vec<Item> = outcomes.lines.iter().rev().map(line).collect();
        cut.section(("", ""), "line", &lines);
    }
    let waiting: Vec<Item> = facts.waiting.iter().map(Waiting::item).collect();
    cut.section(("**A person is waited for.**\n", ""), "thing that waits for a person", &waiting);
    if let Some(problems) = facts.found.as_ref().filter(|problems| !problems.is_empty()) {
        let title = format!("Manifests: {}", count(problems.len(), "finding"));
        let one = |problem: &Problem| {
            let place = name(&problem.shown_place());
            let (label, message) = (safe(&problem.label()), safe(&problem.message));
            Item::one(format!("- **{label}** {place}: {message}"))
        };
        let lines: Vec<Item> = problems.iter().map(one).collect();
        details(&title, "finding", &lines, cut);
    }
    if let Some(left) = left_out(facts) {
        cut.line(&format!("Not annotated, for a step shows ten of a kind: {left}.\n"));
    }
}

fn plan(facts: &Facts, planned: &Planned) -> String {
    let line = |note: &str| format!("{}{note}\n", safe(clip(&planned.words, 200).0));
    if facts.limit < PLAN {
        return line(" The plan does not fit into what is left of this summary.");
    }
    match &planned.text {
        Text::None => line(""),
        Text::One(text) => text.clone(),
        Text::Fleet { clinics: _, id, markdown } => {
            markdown.text(id, facts.digest.as_deref().unwrap_or("not kept"))
        }
    }
}
