//! XLSX, cell by cell: what a crafted file claims to hold is never believed before it was counted.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, DataType as _, Reader as _, Xlsx};
use jiff::civil;
use zip::ZipArchive;

use super::csv::unreadable;
use super::fault::Fault;
use super::table::{Cell, MOST_ROWS, Table};

/// More than a sheet of any clinic has.
const MOST_COLUMNS: usize = 200;
/// More than any such sheet takes unpacked.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Reads the sheet of this name, or the first.
pub(super) fn read(file: &str, bytes: &[u8], sheet: &str) -> Result<Table, Fault> {
    let refuse = |message: &str| {
        unreadable(file, 0, message, "save it again as XLSX from the spreadsheet, or as CSV UTF-8")
    };
    if !is_small(bytes).ok_or_else(|| refuse("the file is not XLSX"))? {
        return Err(refuse("the file unpacks to more than 64 MiB"));
    }
    let mut book: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| refuse("the file is not XLSX"))?;
    let names = book.sheet_names();
    let wanted = names.iter().find(|name| name.eq_ignore_ascii_case(sheet)).or(names.first());
    let wanted = wanted.cloned().ok_or_else(|| refuse("the file has no sheet"))?;
    let broken = |_| refuse("the sheet cannot be read");
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut cells = book.worksheet_cells_reader(&wanted).map_err(broken)?;
    while let Some(found) = cells.next_cell().map_err(broken)? {
        let cell = cell(found.get_value());
        if cell.is_blank() {
            continue;
        }
        let (row, column) = found.get_position();
        let (row, column) = (row as usize, column as usize);
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(refuse("the sheet has more than 20,000 rows or 200 columns"));
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
        if let Some(line) = rows.get_mut(row) {
            line.resize(line.len().max(column + 1), Cell::Text(String::new()));
            line.get_mut(column).map(|place| *place = cell).unwrap_or_default();
        }
    }
    Ok(Table { file: file.to_owned(), rows })
}

/// Unpacks everything once and counts, before a reader keeps any of it.
fn is_small(bytes: &[u8]) -> Option<bool> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut left = MOST_BYTES + 1;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).ok()?;
        left -= std::io::copy(&mut entry.take(left), &mut std::io::sink()).ok()?;
        if left == 0 {
            return Some(false);
        }
    }
    Some(true)
}

fn cell(value: &DataRef<'_>) -> Cell {
    if let DataRef::DateTime(moment) = value
        && moment.is_datetime()
    {
        let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
        let parts = || {
            let small = |number: u8| i8::try_from(number).ok();
            let date = civil::Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?);
            let time = civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0);
            Some(date.ok()?.to_datetime(time.ok()?))
        };
        if let Some(moment) = parts() {
            return Cell::Moment(moment);
        }
    }
    let text = match value {
        DataRef::Bool(value) => value.to_string(),
        // What the spreadsheet could not calculate is text that fits nowhere.
        DataRef::Error(error) => error.to_string(),
        other @ (DataRef::Int(_)
        | DataRef::Float(_)
        | DataRef::String(_)
        | DataRef::SharedString(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Empty) => other.as_string().unwrap_or_default(),
    };
    Cell::Text(text.trim().to_owned())
}
