//! A file as cells, whatever program wrote it.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use jiff::civil::DateTime;

use super::fault::Fault;
use super::place::SheetPlace;
use super::{csv, xlsx_read};
use crate::diagnostic::Code;

/// The largest file that is read.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// More than a sheet of any clinic has.
pub(super) const MOST_ROWS: usize = 20_000;
pub(super) const MOST_COLUMNS: usize = 200;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sheet or a capture.
    Grid,
    /// A directory.
    Directory,
    /// A list of users of another system.
    Users,
}

/// The cells of one sheet, without white space around their text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The file's name, as places show it.
    pub file: String,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Cells that a spreadsheet calculates: what they show depends on the program.
    pub(super) formulas: BTreeSet<(usize, usize)>,
    pub(super) merged: Vec<Merged>,
}

/// Cells that a spreadsheet shows as one: both corners are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) rows: RangeInclusive<usize>,
    pub(super) columns: RangeInclusive<usize>,
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

    /// The texts of all cells, row by row.
    pub(super) fn texts(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect()
    }

    /// The cells in these rows and columns that show something else than they hold: nobody can know what was
    /// meant.
    pub(super) fn doubts(&self, rows: Range<usize>, columns: &[usize]) -> Vec<Fault> {
        let is_read =
            |(row, column): &&(usize, usize)| rows.contains(row) && columns.contains(column);
        let formulas = self.formulas.iter().filter(is_read).map(|(row, column)| {
            let message = "the cell is calculated: what it shows depends on the program";
            let hint = "copy it and paste its value, or type it";
            Fault::new(Code::CellUnclear, self.place(*row, *column), message, hint)
        });
        let touches = |merged: &&Merged| {
            *merged.rows.start() < rows.end
                && *merged.rows.end() >= rows.start
                && columns.iter().any(|column| merged.columns.contains(column))
        };
        let merged = self.merged.iter().filter(touches).map(|Merged { rows, columns }| {
            let message = "the cell is merged with others, so one value stands for several";
            let hint = "unmerge it and fill each cell in";
            Fault::new(
                Code::CellUnclear,
                self.place(*rows.start(), *columns.start()),
                message,
                hint,
            )
        });
        formulas.chain(merged).collect()
    }
}

/// Reads a file as XLSX where it is one, else as CSV.
pub fn table(file: &str, bytes: &[u8], kind: Kind) -> Result<Table, Fault> {
    if bytes.len() > MAX_BYTES {
        let hint = "keep one clinic in a file, and nothing else";
        return Err(csv::unreadable(file, "the file is over 8 MiB", hint));
    }
    if is_xlsx(bytes) { xlsx_read::read(file, bytes, kind) } else { csv::read(file, bytes) }
}

/// Whether a file is a workbook or another archive, whatever it is called.
pub fn is_xlsx(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
}
