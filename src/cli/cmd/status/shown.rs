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
    let mut text = lines(items, "");
    text.push_str(&match items.len() {
        0 => format!("Nothing waits for a person at {id}.\n"),
        1 => format!("1 thing waits for a person at {id}.\n"),
        many => format!("{many} things wait for a person at {id}.\n"),
    });
    text
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
    let mut text = String::new();
    // Grants of many rows end on one day.
    let as_one = |one: &Item, two: &Item| one.until.is_some() && one.until == two.until;
    for items in items.chunk_by(as_one) {
        let Some(Item { code, words, until, next, .. }) = items.first() else { continue };
        let mut details: Vec<&str> =
            items.iter().flat_map(|item| &item.details).map(String::as_str).collect();
        let code = code.map(|code| format!("[{code}] ")).unwrap_or_default();
        let words = match (until, details.as_slice()) {
            (Some(_), [row]) => {
                let words = format!("{row}: {words}");
                details.clear();
                words
            }
            (Some(_), rows) => format!("{} rows: {words}", rows.len()),
            (None, _) => words.clone(),
        };
        text.push_str(&format!("{indent}! {code}{}\n", escape(&words)));
        for detail in details.iter().take(SHOWN) {
            text.push_str(&format!("{indent}    {}\n", escape(detail)));
        }
        if details.len() > SHOWN {
            let more = details.len() - SHOWN;
            text.push_str(&format!("{indent}    and {more} more: --json has all\n"));
        }
        if let Some(next) = next {
            text.push_str(&format!("{indent}    next: {}\n", escape(next)));
        }
    }
    text
}
