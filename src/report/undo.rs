//! What is particular to an undo, as people read it.

use super::escape::escape;
use super::table::count;
use crate::finding::why_held;
use crate::plan::{HeldRow, Plan, Summary};

/// The rows that an undo leaves alone, one a line: which, and why.
pub fn held_rows(plan: &Plan) -> Vec<String> {
    let line = |held: &HeldRow| {
        let HeldRow { user, key, was, is, reason } = held;
        let address = plan.names.address(&plan.clinic, user, *key);
        escape(&format!("{address}: {}", why_held(*reason, *was, *is))).into_owned()
    };
    plan.held.iter().map(line).collect()
}

/// The line for an undo that changes nothing.
pub(super) fn nothing_to_undo(plan: &Plan, run: &str) -> String {
    let Summary { unchanged, .. } = plan.summary();
    let run = escape(run);
    let line = if !plan.is_complete() {
        format!("Nothing to undo in what could be read of {run}.")
    } else if !plan.targets.is_everything() {
        format!("Nothing to undo of {run} within the targets.")
    } else {
        let verb = if unchanged == 1 { "is as it was" } else { "are as they were" };
        format!("Nothing to undo: {} of {run} {verb} before it.", count(unchanged, "row"))
    };
    format!("{line}{}", held_count(plan))
}

/// ` 1 row held.`, if any is.
pub(super) fn held_count(plan: &Plan) -> String {
    if plan.held.is_empty() {
        return String::new();
    }
    format!(" {} held.", count(plan.held.len(), "row"))
}

/// `, except 1 row that is held`, if any is.
pub fn held_exception(plan: &Plan) -> String {
    match plan.held.len() {
        0 => String::new(),
        1 => ", except 1 row that is held".to_owned(),
        held => format!(", except {held} rows that are held"),
    }
}
