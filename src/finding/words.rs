//! The words that several kinds share.

use std::collections::BTreeMap;

use crate::model::{Cells, Column, Level, Names, RowKey, Until};

/// `Main Street, Singh, Anita (1042)`
pub fn place(names: &Names, key: RowKey) -> String {
    format!("{}, {}", names.office(key.office), names.provider(key.provider))
}

/// The date, or `no end`.
pub fn until(date: Option<Until>) -> String {
    date.map_or("no end".to_owned(), |date| date.to_string())
}

/// A fragment as it stands at the beginning of a line.
pub fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    match characters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), characters.as_str()),
        None => String::new(),
    }
}

/// `Scheduling none → full, until none → 2027-01-31`.
pub fn difference(before: Cells, after: Cells) -> String {
    let levels = before.columns().iter().zip(after.columns().iter());
    let mut words: Vec<String> = levels
        .filter(|((_, was), (_, is))| was != is)
        .map(|((column, was), (_, is))| format!("{} {was} → {is}", column.title()))
        .collect();
    if before.until() != after.until() {
        words.push(format!("until {} → {}", until(before.until()), until(after.until())));
    }
    words.join(", ")
}

/// That a row is not what somebody said that it is, cell by cell.
pub fn not_as_ticked(by: &str, asked: Cells, is: Cells) -> String {
    let cells = difference(asked, is);
    format!("{by} says that it is set; read again, it is not (asked → is): {cells}")
}

/// `Patient, Labs full; Inbox read-only, until 2027-01-31`, or `nothing`.
pub fn holding(cells: Cells) -> String {
    if cells.is_nothing() {
        return "nothing".to_owned();
    }
    let mut levels: BTreeMap<Level, Vec<&str>> = BTreeMap::new();
    for (column, level) in cells.columns().iter().filter(|(_, level)| *level > Level::None) {
        levels.entry(level).or_default().push(column.title());
    }
    let words =
        levels.iter().rev().map(|(level, columns)| format!("{} {level}", columns.join(", ")));
    let until = cells.until().map(|date| format!(", until {date}")).unwrap_or_default();
    format!("{}{until}", words.collect::<Vec<_>>().join("; "))
}

/// What a row holds where it is not what the manifest says, in one direction: the cells in which `high` is
/// above `low`. One of them is what it `holds`, the other what the manifest `says`.
pub(super) fn beyond(high: Cells, low: Cells, holds: Cells, says: Cells) -> String {
    let mut over: BTreeMap<(Level, Level), Vec<&str>> = BTreeMap::new();
    let is_above = |column: &Column| high.columns().get(*column) > low.columns().get(*column);
    for column in Column::ALL.into_iter().filter(is_above) {
        let levels = (says.columns().get(column), holds.columns().get(column));
        over.entry(levels).or_default().push(column.title());
    }
    let mut words: Vec<String> = over
        .into_iter()
        .map(|((says, holds), columns)| {
            format!("{} {holds} (manifest: {says})", columns.join(", "))
        })
        .collect();
    let is_later = low.until_differs(high) && low.raised_to(high).until() == high.until();
    if is_later {
        words.push(format!(
            "Access Until {} (manifest: {})",
            until(holds.until()),
            until(says.until())
        ));
    }
    words.join("; ")
}
