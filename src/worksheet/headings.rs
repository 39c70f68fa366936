//! Headings in any order and case, and the lines above them.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::table::Table;
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{Column, compose};

/// What headings are compared by: small letters and digits, however their accents are written.
pub(super) fn norm(text: &str) -> String {
    compose(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One thing that a table may have a column for: its own name and others for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading {
    pub(super) title: &'static str,
    pub(super) also: &'static [&'static str],
    pub(super) needed: bool,
}

impl Heading {
    pub(super) const fn needed(title: &'static str, also: &'static [&'static str]) -> Self {
        Self { title, also, needed: true }
    }

    pub(super) const fn optional(title: &'static str, also: &'static [&'static str]) -> Self {
        Self { title, also, needed: false }
    }

    /// What the heading may be called, as [`norm`] has it.
    fn names(&self) -> impl Iterator<Item = (String, &'static str)> {
        let title = self.title;
        let also = self.also.iter().map(|name| (*name).to_owned());
        also.chain([norm(title)]).map(move |name| (name, title))
    }
}

/// The line of headings of a table: which column each is in.
#[derive(Debug, Clone)]
pub(super) struct Headings {
    pub(super) row: usize,
    columns: BTreeMap<&'static str, usize>,
}

impl Headings {
    /// Finds the first row with `key` in it, and its columns.
    pub(super) fn find(
        table: &Table,
        key: &str,
        known: &[Heading],
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let normal = |row: usize| -> Vec<String> {
            let cells = table.rows.get(row).map(Vec::as_slice).unwrap_or_default();
            cells.iter().map(|cell| norm(&cell.text())).collect()
        };
        let names: BTreeMap<String, &'static str> = known.iter().flat_map(Heading::names).collect();
        // A line above may have one of the words too: the headings are several.
        let is_headings = |row: &usize| {
            let titles: Vec<&str> =
                normal(*row).iter().filter_map(|cell| names.get(cell).copied()).collect();
            titles.len() > 1 && titles.contains(&key)
        };
        let Some(row) = (0..table.rows.len()).find(is_headings) else {
            let needed: Vec<&str> =
                known.iter().filter(|one| one.needed).map(|one| one.title).collect();
            let message = "the sheet has no line of headings";
            let hint = format!("it needs {}", needed.join(", "));
            faults.push(Fault::new(Code::SheetHeader, table.line(0), message, hint));
            return None;
        };
        let cells = normal(row);
        let mut columns = BTreeMap::new();
        for (column, cell) in cells.iter().enumerate() {
            let Some(title) = names.get(cell).copied() else { continue };
            if columns.insert(title, column).is_some() {
                let message = format!("the heading `{title}` is there twice");
                let place = table.place(row, column);
                faults.push(Fault::new(Code::SheetHeader, place, message, "remove one of the two"));
            }
        }
        for heading in known.iter().filter(|one| one.needed && !columns.contains_key(one.title)) {
            let message = format!("the heading `{}` is missing", heading.title);
            let unknown = cells.iter().filter(|cell| !names.contains_key(*cell));
            let hint = did_you_mean(&norm(heading.title), unknown.map(String::as_str)).map_or_else(
                || "add the column: without it nobody knows what is ticked there".to_owned(),
                |near| format!("is it the one that is called `{near}`?"),
            );
            faults.push(Fault::new(Code::SheetHeader, table.line(row), message, hint));
        }
        let read: Vec<usize> = columns.values().copied().collect();
        faults.extend(table.doubts(row..table.rows.len(), &read));
        Some(Self { row, columns })
    }

    /// The column under a heading.
    pub(super) fn column(&self, title: &str) -> Option<usize> {
        self.columns.get(title).copied()
    }

    /// The text of a row under a heading; empty where there is none.
    pub(super) fn text(&self, table: &Table, row: usize, title: &str) -> String {
        self.column(title).map(|column| table.text(row, column)).unwrap_or_default()
    }

    /// The rows of the headings: a long sheet may have them again.
    pub(super) fn same(&self, table: &Table) -> Vec<usize> {
        let same = table.rows.get(self.row);
        (self.row..table.rows.len()).filter(|row| table.rows.get(*row) == same).collect()
    }

    /// The rows below that are neither blank nor the headings again.
    pub(super) fn rows<'a>(&self, table: &'a Table) -> impl Iterator<Item = usize> + use<'a> {
        let same = table.rows.get(self.row).cloned().unwrap_or_default();
        let first = self.row + 1;
        (first..table.rows.len())
            .filter(move |row| !table.is_blank(*row) && table.rows.get(*row) != Some(&same))
    }

    /// The lines above that have one of these names: in the next cell, what it says.
    pub(super) fn above(
        &self,
        table: &Table,
        names: &[&str],
        faults: &mut Vec<Fault>,
    ) -> BTreeMap<String, (String, usize)> {
        let mut above: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for row in 0..self.row {
            let (name, says) = (norm(&table.text(row, 0)), table.text(row, 1));
            if !names.contains(&name.as_str()) {
                continue;
            }
            faults.extend(table.doubts(row..row + 1, &[1]));
            let (first, _) = above.entry(name).or_insert_with(|| (says.clone(), row));
            if *first != says {
                let message = "another line above says something else of the same";
                let hint = "keep the line that is true";
                faults.push(Fault::new(Code::SheetHead, table.place(row, 1), message, hint));
            }
        }
        above
    }
}

/// Whether a sheet may be a grid: it has most of the nine columns in one row.
pub(super) fn looks_like_grid(table: &Table) -> bool {
    let titles = Column::ALL.map(|column| norm(column.title()));
    let has_most =
        |row: &Vec<String>| titles.iter().filter(|title| row.contains(title)).count() > 4;
    normal(table).iter().any(has_most)
}

/// Whether a sheet may be a directory: it has offices and providers in one row, and is no grid.
pub(super) fn looks_like_directory(table: &Table) -> bool {
    let has = |row: &[String], words: [&str; 2]| {
        words.iter().any(|word| row.iter().any(|cell| cell == word))
    };
    let is_one = |row: &Vec<String>| {
        has(row, ["office", "officename"]) && has(row, ["provider", "providername"])
    };
    normal(table).iter().any(is_one) && !looks_like_grid(table)
}

fn normal(table: &Table) -> Vec<Vec<String>> {
    let row =
        |cells: &Vec<super::table::Cell>| cells.iter().map(|cell| norm(&cell.text())).collect();
    table.rows.iter().map(row).collect()
}
