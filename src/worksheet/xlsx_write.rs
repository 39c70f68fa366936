//! The sheet as XLSX: every cell is text, and the levels are chosen from lists.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, Workbook,
    XlsxError,
};

use super::sheet::{READ, known};
use crate::model::{Column, Level};

/// A line of headings has at least those up to the nine columns.
const NEEDED: usize = 14;

/// Rows as the bytes of an XLSX file with one sheet. `made`, in seconds since 1970, is the time that the
/// file says.
pub fn write(rows: &[Vec<String>], made: i64) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    if let Ok(made) = ExcelDateTime::from_timestamp(made) {
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    }
    let sheet = book.add_worksheet();
    sheet.set_name("Grid")?;
    // Text, so that a date stays as it is typed and a name is no formula.
    let text = Format::new().set_num_format("@");
    let bold = Format::new().set_num_format("@").set_bold();
    let titles: Vec<&str> = known().into_iter().map(|heading| heading.title).collect();
    for (at, title) in (0_u16..).zip(&titles) {
        let width = match *title {
            "User" | "Office" | "Provider" => 24.0,
            "Office ID" | "Provider ID" => 11.0,
            _ => 12.0,
        };
        sheet.set_column_width(at, width)?;
        sheet.set_column_format(at, &text)?;
    }
    let mut first_line = None;
    for (row, cells) in (0_u32..).zip(rows) {
        // A sheet without rows of before has no columns for them.
        let is_headings = cells.len() > NEEDED
            && cells.iter().map(String::as_str).eq(titles.iter().copied().take(cells.len()));
        if is_headings {
            first_line = Some(row + 1);
        }
        let is_head = first_line.is_none() || is_headings;
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let format = if is_headings || (is_head && column == 0) { &bold } else { &text };
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX).saturating_sub(1);
    let Some(first) = first_line.filter(|first| *first <= last) else {
        return book.save_to_buffer();
    };
    sheet.set_freeze_panes(first, 5)?;
    let levels = Level::ALL.map(Level::key);
    for (at, title) in (0_u16..).zip(&titles) {
        let (words, error): (&[&str], _) = if Column::ALL.iter().any(|one| one.title() == *title) {
            (&levels, "Choose full, read-only or none; blank is none once the line was read.")
        } else if *title == READ {
            (&["yes", "no"], "yes: the line was read, and blank cells are not ticked.")
        } else {
            continue;
        };
        // A warning and no stop: x, ✓ and others are understood too.
        let choice = DataValidation::new()
            .allow_list_strings(words)?
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_title("Not one of the list")?
            .set_error_message(error)?;
        sheet.add_data_validation(first, at, last, at, &choice)?;
    }
    book.save_to_buffer()
}
