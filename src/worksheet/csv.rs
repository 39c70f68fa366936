//! CSV as spreadsheets write it: with commas, semicolons or tabs, a byte order mark, any line end.

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::fault::Fault;
use super::headings::norm;
use super::place::SheetPlace;
use super::table::{Cell, MOST_ROWS, Table};
use crate::diagnostic::Code;

/// A whole file that is no sheet.
pub(super) fn unreadable(file: &str, row: usize, message: &str, hint: &str) -> Fault {
    let place = SheetPlace { file: file.to_owned(), row, column: None };
    Fault::new(Code::SheetUnreadable, place, message, hint)
}

/// Reads CSV. The delimiter is the one that splits most cells into known headings.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Table, Fault> {
    let text = decode(file, bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let text = &format!("{}\n", text.trim_start_matches('\u{feff}'));
    // Excel's own way to say which delimiter a file has.
    let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    let said = first.strip_prefix("sep=").and_then(|rest| rest.bytes().next());
    let mut best: Option<(usize, Vec<Vec<Cell>>)> = None;
    for delimiter in said.map_or_else(|| vec![b',', b';', b'\t'], |one| vec![one]) {
        let mut rows = split(text, delimiter).map_err(|line| {
            let hint = "keep one clinic in a file, and save it as CSV from the spreadsheet";
            unreadable(file, line, "the text is not CSV, or has more than 20,000 lines", hint)
        })?;
        if said.is_some() {
            // Its row stays, empty, so that places are those of the file.
            rows.first_mut().map(Vec::clear).unwrap_or_default();
        }
        let known = rows.iter().map(|row| headings(row)).max().unwrap_or_default();
        if best.as_ref().is_none_or(|(most, _)| known > *most) {
            best = Some((known, rows));
        }
    }
    Ok(Table { file: file.to_owned(), rows: best.map(|(_, rows)| rows).unwrap_or_default() })
}

/// How many cells of a row are headings, so that a name with a semicolon decides nothing.
fn headings(row: &[Cell]) -> usize {
    let is_heading = |cell: &&Cell| {
        let name = norm(&cell.text());
        ["office", "provider", "surname"].contains(&name.as_str()) || name.ends_with("name")
    };
    match row.iter().filter(is_heading).count() {
        0 => 0,
        _ => row.iter().filter(|cell| !cell.is_blank()).count(),
    }
}

fn split(text: &str, delimiter: u8) -> Result<Vec<Vec<Cell>>, usize> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut record = StringRecord::new();
    // Line ends inside quotes make no row in a spreadsheet; lines without text do.
    let mut inside = 0;
    while reader.read_record(&mut record).map_err(|_| rows.len())? {
        inside += record.iter().map(|field| field.matches('\n').count()).sum::<usize>();
        // Where a record begins is not said once blank lines were skipped; where it ended is.
        let behind = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        let at = behind.saturating_sub(2 + inside).max(rows.len());
        if at >= MOST_ROWS {
            return Err(rows.len());
        }
        rows.resize(at, Vec::new());
        rows.push(record.iter().map(|field| Cell::Text(bare(field.trim()).to_owned())).collect());
    }
    Ok(rows)
}

/// UTF-8, or UTF-16 where a byte order mark says so, which is Excel's "Unicode text".
fn decode(file: &str, bytes: &[u8]) -> Result<String, Fault> {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes.chunks_exact(2).skip(1).filter_map(|two| two.try_into().ok()).map(pair).collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    let text = text.filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let row = bytes.iter().take(good).filter(|byte| **byte == b'\n').count();
        let hint = "save it as \"CSV UTF-8\", or as XLSX";
        unreadable(file, row, "the file is not text in UTF-8", hint)
    })
}

/// What a spreadsheet would calculate begins with one of these; in some locales with their full-width forms.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Text that no spreadsheet takes for a formula: an apostrophe before it, as one types it by hand.
fn guarded(text: &str) -> String {
    if is_guardable(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text behind [`guarded`].
fn bare(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_guardable(rest)).unwrap_or(text)
}

fn is_guardable(text: &str) -> bool {
    // A name may begin with apostrophes of its own.
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// Rows as CSV with a byte order mark, by which Excel knows UTF-8.
pub fn write(rows: &[Vec<String>]) -> String {
    let row = |row: &Vec<String>| {
        if row.is_empty() {
            return "\r\n".to_owned();
        }
        let mut writer =
            WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        // Writing to memory cannot fail.
        drop(writer.write_record(row.iter().map(|cell| guarded(cell))));
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    };
    let rows: String = rows.iter().map(row).collect();
    format!("\u{feff}{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &[u8]) -> Vec<Vec<String>> {
        let table = read("grid.csv", text).unwrap();
        table.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect()
    }

    #[test]
    fn a_row_has_the_number_that_a_spreadsheet_shows() {
        let text = "a,1\n\n\nprovider,\"two\nlines\"\n\nlast,\"cell\n\"\n\nx,y";
        let rows = cells(text.as_bytes());
        assert_eq!(rows.len(), 8);
        assert_eq!(rows[7], ["x", "y"]);
        assert_eq!(rows[3], ["provider", "two\nlines"]);
        assert_eq!(rows[5], ["last", "cell"]);
        assert_eq!(cells(text.replace('\n', "\r\n").as_bytes()), rows);
        assert_eq!(cells(text.replace('\n', "\r").as_bytes()), rows);
    }

    #[test]
    fn every_delimiter_and_encoding_gives_the_same_cells() {
        let text = "office,provider,labs\nMain; Street,\"Singh, Zoë\",full\n";
        let rows = cells(text.as_bytes());
        assert_eq!(rows[1], ["Main; Street", "Singh, Zoë", "full"]);
        let semicolons = "office;provider;labs\n\"Main; Street\";Singh, Zoë;full\n";
        assert_eq!(cells(semicolons.as_bytes()), rows);
        assert_eq!(
            cells(
                semicolons
                    .replace(';', "\t")
                    .replace("\"Main\t", "Main;")
                    .replace('"', "")
                    .as_bytes()
            ),
            rows
        );
        assert_eq!(cells(format!("\u{feff}{text}").as_bytes()), rows);
        let said = cells(format!("sep=;\n{semicolons}").as_bytes());
        assert_eq!(said[1..], rows, "the row that says so stays");
        let wide: Vec<u8> =
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(cells(&wide), rows);
    }

    #[test]
    fn another_encoding_is_refused_at_its_row() {
        let fault = read("grid.csv", b"office,provider\nMain,Zo\xeb\n").unwrap_err();
        assert_eq!(fault.code, Code::SheetUnreadable);
        assert_eq!(fault.place.to_string(), "grid.csv!2");
    }

    #[test]
    fn no_name_becomes_a_formula_and_each_is_read_back() {
        let names = [
            "=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''@x", "＝1", "＋1", "－1", "＠A1", "'t Hooft",
            "a\"b",
        ];
        let row: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let text = write(&[vec!["provider".to_owned()], row.clone()]);
        for cell in text.lines().nth(1).unwrap().split(',') {
            assert!(!cell.trim_start_matches('"').starts_with(FORMULA), "{text}");
        }
        assert_eq!(cells(text.as_bytes())[1], row);
    }
}
