//! XLSX, cell by cell: what a crafted file claims to hold is never believed before it was counted.

use std::io::{Cursor, Read as _};

use calamine::{
    DataRef, DataType as _, Dimensions, Reader as _, SheetVisible, Xlsx, XlsxFormulaMetadata,
};
use jiff::civil;
use zip::ZipArchive;

use super::csv::unreadable;
use super::fault::Fault;
use super::headings::{looks_like_directory, looks_like_grid};
use super::table::{Cell, Kind, MOST_COLUMNS, MOST_ROWS, Merged, Table};

/// More than any such sheet takes unpacked.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// More than the cells of all sheets of such a file take: they may share a text, and be few and far apart.
const MOST_MEMORY: usize = 128 * 1024 * 1024;

const TOO_MUCH: &str = "the file has more in its cells than any sheet";

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads the sheet that holds what is wanted.
pub(super) fn read(file: &str, bytes: &[u8], kind: Kind) -> Result<Table, Fault> {
    let refuse = |message: &str| {
        unreadable(file, message, "save it again as XLSX from the spreadsheet, or as CSV UTF-8")
    };
    if !is_small(bytes).ok_or_else(|| refuse("the file is not XLSX"))? {
        return Err(refuse("the file unpacks to more than 64 MiB"));
    }
    if is_open_document(bytes) {
        return Err(refuse("the file is OpenDocument, not XLSX"));
    }
    let mut book: Book<'_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| refuse("the file is not XLSX"))?;
    let sheets = book.sheets_metadata().iter();
    let shown: Vec<String> = sheets
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut left = MOST_MEMORY;
    let mut tables = Vec::new();
    for name in shown {
        let table = sheet(file, &mut book, &name, &mut left).map_err(|why| refuse(&why))?;
        tables.push((name, table));
    }
    chosen(file, tables, kind)
}

/// The one sheet that looks as it should. Of several nobody knows which is meant.
fn chosen(file: &str, mut tables: Vec<(String, Table)>, kind: Kind) -> Result<Table, Fault> {
    let (name, looks): (_, fn(&Table) -> bool) = match kind {
        Kind::Grid => ("Grid", looks_like_grid),
        Kind::Directory => ("Directory", looks_like_directory),
        Kind::Users => ("Users", |_| false),
    };
    let is_named = |(sheet, _): &(String, Table)| sheet.eq_ignore_ascii_case(name);
    let found: Vec<usize> =
        (0..tables.len()).filter(|at| tables.get(*at).is_some_and(|one| looks(&one.1))).collect();
    let usual = tables.iter().position(is_named);
    let at = match found.as_slice() {
        [one] => *one,
        // What is wrong with it is said where its headings are looked for.
        [] => usual.unwrap_or_default(),
        [_, ..] if kind == Kind::Directory && usual.is_some_and(|at| found.contains(&at)) => {
            usual.unwrap_or_default()
        }
        several => {
            let names = several.iter().filter_map(|at| tables.get(*at));
            let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
            let message =
                format!("{} sheets of the file may be meant: {}", names.len(), names.join(", "));
            let hint = "keep the one that is true, or hide the others";
            return Err(unreadable(file, &message, hint));
        }
    };
    if at >= tables.len() {
        let hint = "save the sheet again as XLSX, or as CSV UTF-8";
        return Err(unreadable(file, "the file shows no sheet", hint));
    }
    Ok(tables.swap_remove(at).1)
}

/// Reads one sheet, or says why not.
fn sheet(file: &str, book: &mut Book<'_>, name: &str, left: &mut usize) -> Result<Table, String> {
    let broken = |_| format!("the sheet `{name}` cannot be read");
    let merged = book.merge_cells_by_sheet_name(name).map_err(broken)?;
    let merged: Vec<Merged> = merged.iter().filter_map(several).collect();
    let mut table = Table { file: file.to_owned(), merged, ..Table::default() };
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(broken)? {
        let (row, column) = (found.pos.0 as usize, found.pos.1 as usize);
        let length = found.value.get_string().map_or(0, str::len);
        *left = left.checked_sub(length).ok_or(TOO_MUCH)?;
        let cell = cell(&found.value);
        let is_formula = found.formula.as_ref().is_some_and(|formula| !is_constant(formula));
        if cell.is_blank() && !is_formula {
            continue;
        }
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(format!("the sheet `{name}` has more than 20,000 rows or 200 columns"));
        }
        if is_formula {
            table.formulas.insert((row, column));
        }
        let rows = &mut table.rows;
        rows.resize(rows.len().max(row + 1), Vec::new());
        if let Some(line) = rows.get_mut(row) {
            let more = (column + 1).saturating_sub(line.len()) * size_of::<Cell>();
            *left = left.checked_sub(more).ok_or(TOO_MUCH)?;
            line.resize(line.len().max(column + 1), Cell::Text(String::new()));
            let place = line.get_mut(column).filter(|place| place.is_blank());
            *place.ok_or_else(|| format!("the sheet `{name}` has a cell twice"))? = cell;
        }
    }
    if table.merged.len() > MOST_ROWS {
        return Err(format!("the sheet `{name}` has more than 20,000 merged cells"));
    }
    Ok(table)
}

/// Whether a formula is how `LibreOffice` writes a yes or no that was typed.
fn is_constant(formula: &XlsxFormulaMetadata) -> bool {
    let XlsxFormulaMetadata::Normal { formula } = formula else { return false };
    matches!(formula.as_str(), "TRUE()" | "FALSE()")
}

/// Several cells in one; `None`: it is one alone.
fn several(place: &Dimensions) -> Option<Merged> {
    let Dimensions { start, end } = place;
    let rows = start.0 as usize..=end.0 as usize;
    let columns = start.1 as usize..=end.1 as usize;
    (start != end).then_some(Merged { rows, columns })
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

/// Whether an archive is what `LibreOffice` saves unless it is told otherwise.
fn is_open_document(bytes: &[u8]) -> bool {
    let read = || {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let mut kind = Vec::new();
        archive.by_name("mimetype").ok()?.take(100).read_to_end(&mut kind).ok()?;
        Some(kind)
    };
    read().is_some_and(|kind| kind.starts_with(b"application/vnd.oasis."))
}

fn cell(value: &DataRef<'_>) -> Cell {
    if let DataRef::DateTime(moment) = value
        && moment.is_datetime()
        // Before and behind these no spreadsheet shows a date.
        && (1.0..2_958_466.0).contains(&moment.as_f64())
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
        // What the spreadsheet could not calculate, or shows as a day that never was, is text that fits nowhere.
        DataRef::Error(error) => error.to_string(),
        DataRef::DateTime(moment) => format!("day {}", moment.as_f64()),
        other @ (DataRef::Int(_)
        | DataRef::Float(_)
        | DataRef::String(_)
        | DataRef::SharedString(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Empty) => other.as_string().unwrap_or_default(),
    };
    Cell::Text(text.trim().to_owned())
}
