//! A file as cells, whatever program wrote it.

use jiff::civil::DateTime;

use super::fault::Fault;
use super::place::SheetPlace;
use super::{csv, xlsx_read};

/// The largest file that is read.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// More than a sheet of any clinic has.
pub(super) const MOST_ROWS: usize = 20_000;

/// The cells of one sheet, without white space around their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file's name, as places show it.
    pub file: String,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    /// What a spreadsheet keeps as a date.
    Moment(DateTime),
}

impl Cell {
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The text, as a person would write it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Moment(moment) if moment.time() == jiff::civil::Time::midnight() => {
                moment.date().to_string()
            }
            Self::Moment(moment) => moment.to_string(),
        }
    }
}

impl Table {
    pub(super) fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.rows.get(row)?.get(column).filter(|cell| !cell.is_blank())
    }

    /// The text of a cell, as a person would write it; empty where there is none. Both count from 0.
    pub fn text(&self, row: usize, column: usize) -> String {
        self.cell(row, column).map(Cell::text).unwrap_or_default()
    }

    pub(super) fn is_blank(&self, row: usize) -> bool {
        self.rows.get(row).is_none_or(|cells| cells.iter().all(Cell::is_blank))
    }

    pub(super) fn place(&self, row: usize, column: usize) -> SheetPlace {
        SheetPlace { file: self.file.clone(), row, column: Some(column) }
    }

    pub(super) fn line(&self, row: usize) -> SheetPlace {
        SheetPlace { file: self.file.clone(), row, column: None }
    }
}

/// Reads a file as XLSX where it is one, else as CSV. `sheet` is the name of the sheet that is wanted of
/// several; where none is called so, the first is taken.
pub fn table(file: &str, bytes: &[u8], sheet: &str) -> Result<Table, Fault> {
    if bytes.len() > MAX_BYTES {
        let hint = "keep one clinic in a file, and nothing else";
        return Err(csv::unreadable(file, 0, "the file is over 8 MiB", hint));
    }
    if bytes.starts_with(b"PK") {
        xlsx_read::read(file, bytes, sheet)
    } else {
        csv::read(file, bytes)
    }
}
