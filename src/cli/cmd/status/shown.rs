//! What waits, as people read it: a block for each clinic where something does, and the sums.

use std::collections::BTreeMap;

use super::item::{Item, Kind};
use crate::cli::fleet::clinics;
use crate::report::escape;

/// So many details of one thing are shown.
const SHOWN: usize = 5;

/// What waits at one clinic.
pub(super) fn of_clinic(clinic: &str, items: &[Item]) -> String {
    let id = escape(clinic);
    let sum = match items.len() {
        0 => format!("Nothing waits for a person at {id}.\n"),
        1 => format!("1 thing waits for a person at {id}.\n"),
        many => format!("{many} things wait for a person at {id}.\n"),
    };
    lines(items, "") + &sum
}

/// A clinic of many, or what is of the fleet alone; nothing where nothing waits.
pub(super) fn block(title: &str, items: &[Item]) -> String {
    if items.is_empty() {
        return String::new();
    }
    format!("{}\n{}\n", escape(title), lines(items, "  "))
}

/// `5 clinics: 3 of 5 with nothing waiting. Waiting: 1 capture, 2 syncs.`
pub(super) fn closing((total, good): (usize, usize), sums: &BTreeMap<Kind, usize>) -> String {
    let sums: Vec<String> = sums.iter().map(|(kind, count)| kind.counted(*count)).collect();
    let all = clinics(total);
    if sums.is_empty() {
        return format!("{all}: nothing waits for a person.\n");
    }
    format!("{all}: {good} of {total} with nothing waiting. Waiting: {}.\n", sums.join(", "))
}

fn lines(items: &[Item], indent: &str) -> String {
    // Grants of many rows end on one day.
    let as_one = |one: &Item, two: &Item| one.until.is_some() && one.until == two.until;
    let lines = items.chunk_by(as_one).flat_map(of_one);
    lines.map(|line| format!("{indent}{}\n", escape(&line))).collect::<Vec<_>>().concat()
}

/// One thing, or the grants that end on one day.
fn of_one(items: &[Item]) -> Vec<String> {
    let Some(Item { code, words, until, next, .. }) = items.first() else { return Vec::new() };
    let details = items.iter().flat_map(|item| &item.details);
    let mut details: Vec<&str> = details.map(String::as_str).collect();
    let words = match (until, details.as_slice()) {
        (Some(_), [row]) => {
            let words = format!("{row}: {words}");
            details.clear();
            words
        }
        (Some(_), rows) => format!("{} rows: {words}", rows.len()),
        (None, _) => words.clone(),
    };
    let code = code.map(|code| format!("[{code}] ")).unwrap_or_default();
    let mut lines = vec![format!("! {code}{words}")];
    lines.extend(details.iter().take(SHOWN).map(|detail| format!("    {detail}")));
    if details.len() > SHOWN {
        lines.push(format!("    and {} more: --json has all", details.len() - SHOWN));
    }
    lines.extend(next.iter().map(|next| format!("    next: {next}")));
    lines
}
