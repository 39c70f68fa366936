//! CSV as spreadsheets write it: with commas, semicolons or tabs, a byte order mark, any line end.

use std::collections::BTreeMap;

use csv::WriterBuilder;

use super::csv_cells::{Cells, said};
use super::encoding::{self, Encoding, NoText};
use super::fault::Fault;
use super::headings::norm;
use super::place::SheetPlace;
use super::table::{Cell, MOST_COLUMNS, MOST_ROWS, Table};
use crate::diagnostic::Code;

/// A whole file that is no sheet.
pub(super) fn unreadable(file: &str, message: &str, hint: &str) -> Fault {
    let place = SheetPlace { file: file.to_owned(), row: 0, column: None };
    Fault::new(Code::SheetUnreadable, place, message, hint)
}

/// A CSV file as it is, and where its cells are.
#[derive(Debug, Clone)]
pub(super) struct CsvText {
    encoding: Encoding,
    /// What stands before the cells: byte order marks.
    marks: String,
    text: String,
    delimiter: u8,
    /// Whether the first row says which delimiter the file has, as Excel does.
    is_said: bool,
    cells: Cells,
}

impl CsvText {
    /// Finds the cells of a file. The delimiter is the one that splits most of a row into known headings.
    pub(super) fn open(file: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let (encoding, text) = encoding::decode(bytes).map_err(|why| no_text(file, why))?;
        let found = Self::split(encoding, &text);
        if found.cells.is_open {
            let place = found.cells.last(file);
            let hint = "close the quote, or take it away; two in a row are one that is meant";
            return Err(Fault::new(Code::SheetUnreadable, place, "a quote is never closed", hint));
        }
        Ok(found)
    }

    fn split(encoding: Encoding, text: &str) -> Self {
        let start = text.len() - text.trim_start_matches('\u{feff}').len();
        let (marks, text) = text.split_at(start);
        let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
        let named = first.strip_prefix("sep=").and_then(|rest| rest.bytes().next());
        let named = named.filter(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'));
        let mut best: Option<(usize, u8, Cells)> = None;
        for delimiter in named.map_or_else(|| vec![b',', b';', b'\t'], |one| vec![one]) {
            let cells = Cells::of(text, delimiter);
            let known = (0..cells.rows().min(MOST_ROWS)).map(|row| headings(text, &cells, row));
            let known = known.max().unwrap_or_default();
            if best.as_ref().is_none_or(|(most, _, _)| known > *most) {
                best = Some((known, delimiter, cells));
            }
        }
        let (_, delimiter, cells) = best.unwrap_or((0, b',', Cells::default()));
        let (marks, text) = (marks.to_owned(), text.to_owned());
        Self { encoding, marks, text, delimiter, is_said: named.is_some(), cells }
    }

    fn raw(&self, row: usize, column: usize) -> &str {
        let place = self.cells.row(row).get(column).cloned();
        place.and_then(|place| self.text.get(place)).unwrap_or_default()
    }

    /// The cells as a table.
    pub(super) fn table(&self, file: &str) -> Result<Table, Fault> {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for row in usize::from(self.is_said)..self.cells.rows() {
            let width = self.cells.row(row).len();
            let mut cells: Vec<Cell> = (0..width.min(MOST_COLUMNS))
                .map(|column| Cell::Text(bare(said(self.raw(row, column)).trim()).to_owned()))
                .collect();
            let kept = cells.iter().rposition(|cell| !cell.is_blank()).map_or(0, |last| last + 1);
            cells.truncate(kept);
            let is_wide =
                (MOST_COLUMNS..width).any(|at| !said(self.raw(row, at)).trim().is_empty());
            if (row >= MOST_ROWS && kept > 0) || is_wide {
                let column = is_wide.then_some(MOST_COLUMNS);
                let place = SheetPlace { file: file.to_owned(), row, column };
                let message = "the file has more than 20,000 rows or 200 columns";
                let hint = "keep one clinic in a file, and nothing else";
                return Err(Fault::new(Code::SheetUnreadable, place, message, hint));
            }
            if kept > 0 {
                // Rows keep the numbers that a spreadsheet shows.
                rows.resize(row, Vec::new());
                rows.push(cells);
            }
        }
        Ok(Table { file: file.to_owned(), rows, ..Table::default() })
    }

    /// How many cells the longest row has.
    pub(super) fn width(&self) -> usize {
        (0..self.cells.rows()).map(|row| self.cells.row(row).len()).max().unwrap_or_default()
    }

    /// The bytes of the file with texts in these cells, by row and column, and with these rows behind the
    /// last. Nothing else is another.
    pub(super) fn with(
        &self,
        cells: &BTreeMap<(usize, usize), String>,
        added: &[Vec<String>],
    ) -> Vec<u8> {
        let delimiter = char::from(self.delimiter);
        let mut text = self.marks.clone();
        // Up to where the old text is in the new one.
        let mut at = 0;
        for row in 0..self.cells.rows() {
            let places = self.cells.row(row);
            let mut width = places.len();
            for ((_, column), cell) in cells.range((row, 0)..(row + 1, 0)) {
                let cell = self.written(cell);
                if let Some(place) = places.get(*column) {
                    text.push_str(self.text.get(at..place.start).unwrap_or_default());
                    text.push_str(&cell);
                    at = place.end;
                } else {
                    let end = places.last().map_or(at, |place| place.end);
                    text.push_str(self.text.get(at..end).unwrap_or_default());
                    text.extend(std::iter::repeat_n(delimiter, *column + 1 - width));
                    text.push_str(&cell);
                    (at, width) = (end, *column + 1);
                }
            }
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        let ending = self.line_end();
        let has_end = self.text.is_empty() || self.text.ends_with(['\r', '\n']);
        for row in added {
            let row: Vec<String> = row.iter().map(|cell| self.written(cell)).collect();
            let row = row.join(&delimiter.to_string());
            let (before, behind) = if has_end { ("", ending) } else { (ending, "") };
            text.extend([before, &row, behind]);
        }
        encoding::encode(self.encoding, &text)
    }

    /// How the first line ends.
    fn line_end(&self) -> &'static str {
        let behind = self.cells.row(0).last().and_then(|place| self.text.get(place.end..));
        match behind.unwrap_or_default().as_bytes() {
            [b'\r', b'\n', ..] => "\r\n",
            [b'\r', ..] => "\r",
            _ => "\n",
        }
    }

    /// A cell as this file writes it.
    fn written(&self, cell: &str) -> String {
        let cell = guarded(cell);
        let special = |c: char| matches!(c, '"' | '\r' | '\n') || c == char::from(self.delimiter);
        if cell.contains(special) || cell.trim() != cell {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    }
}

/// Reads CSV.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Table, Fault> {
    CsvText::open(file, bytes)?.table(file)
}

/// That a file is no text, at the cell that cannot be read.
fn no_text(file: &str, NoText { before, whole, message, hint }: NoText) -> Fault {
    // What cannot be read is a character too: behind a line end it begins the next row.
    let delimiter = CsvText::split(Encoding::Utf8, &whole).delimiter;
    let cells = Cells::of(&format!("{before}?"), delimiter);
    Fault::new(Code::SheetUnreadable, cells.last(file), message, hint)
}

/// How many cells of a row are headings, so that a name with a semicolon decides nothing.
fn headings(text: &str, cells: &Cells, row: usize) -> usize {
    let texts = || cells.row(row).iter().filter_map(|place| text.get(place.clone()));
    let is_heading = |cell: &str| {
        let name = norm(cell);
        ["office", "provider", "surname"].contains(&name.as_str()) || name.ends_with("name")
    };
    if texts().any(is_heading) { texts().filter(|cell| !cell.trim().is_empty()).count() } else { 0 }
}

/// What a spreadsheet would calculate begins with one of these; in some locales with their full-width forms.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Text that no spreadsheet takes for a formula: an apostrophe before it, as one types it by hand.
fn guarded(text: &str) -> String {
    // A dash alone is no formula, and stands for nobody and nothing.
    if is_guardable(text) && text != "-" { format!("'{text}") } else { text.to_owned() }
}

/// The text behind [`guarded`].
pub(super) fn bare(text: &str) -> &str {
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

    fn refused(bytes: &[u8]) -> (String, String) {
        let fault = CsvText::open("grid.csv", bytes).map(|_| ()).unwrap_err();
        assert_eq!(fault.code, Code::SheetUnreadable);
        (fault.place.to_string(), format!("{}: {}", fault.message, fault.hint))
    }

    #[test]
    fn what_would_have_to_be_guessed_is_refused_at_its_cell() {
        // As Excel saves plain "CSV" in the west, with a name of two lines before it.
        let (place, why) =
            refused(b"office,provider\r\n\"Main\r\nStreet\",x\r\nMain,Zo\xeb Roy\r\n");
        assert_eq!(place, "grid.csv!B3");
        assert!(why.contains("the byte EB is not UTF-8") && why.contains("CSV UTF-8"), "{why}");
        let (place, why) = refused(b"office;provider\nMain;Roy\0\n");
        assert_eq!(place, "grid.csv!B2");
        assert!(why.contains("NUL"), "{why}");
        let wide: Vec<u8> =
            "office\tprovider\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused(&wide).1.contains("UTF-16 without a byte order mark"));
        let marked = [&[0xff, 0xfe], wide.as_slice()].concat();
        assert!(cells(&marked).len() == 1);
        // Cut within a character, and within a pair of units.
        let (place, why) = refused(&marked[..marked.len() - 1]);
        assert_eq!(place, "grid.csv!B1");
        assert!(why.contains("cut in two"), "{why}");
        assert!(refused(&[&marked[..], &[0x3d, 0xd8]].concat()).1.contains("cut in two"));
        assert!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest").1.contains("old Excel"));
        let (place, why) = refused(b"office,provider\nMain,\"Roy\nWalk-in,Lee\n");
        assert_eq!(place, "grid.csv!B2");
        assert!(why.contains("a quote is never closed"), "{why}");
    }

    #[test]
    fn what_is_blank_behind_the_table_counts_for_nothing() {
        let wide = ",".repeat(16_000);
        let text =
            format!("office,provider{wide}\nMain,Roy{wide}\n{}", format!("{wide}\n").repeat(30));
        let long = format!("{text}{}", ";\n".repeat(30_000).replace(';', ","));
        assert_eq!(cells(long.as_bytes()), [["office", "provider"], ["Main", "Roy"]]);
        let fault = read("grid.csv", format!("{long}x").as_bytes()).unwrap_err();
        assert_eq!(fault.place.to_string(), "grid.csv!30033");
        let fault = read("grid.csv", format!("a{}x", ",".repeat(300)).as_bytes()).unwrap_err();
        assert_eq!(fault.place.to_string(), "grid.csv!GS1");
    }

    #[test]
    fn no_name_becomes_a_formula_and_each_is_read_back() {
        let names = [
            "=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''@x", "＝1", "＋1", "－1", "＠A1", "'t Hooft",
            "a\"b", "'-",
        ];
        let row: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let text = write(&[vec!["provider".to_owned()], row.clone()]);
        for cell in text.lines().nth(1).unwrap().split(',') {
            assert!(!cell.trim_start_matches('"').starts_with(FORMULA), "{text}");
        }
        assert_eq!(cells(text.as_bytes())[1], row);
        let dash = write(&[vec!["-".to_owned(), "x".to_owned()]]);
        assert_eq!(dash, "\u{feff}-,x\r\n");
        assert_eq!(cells(b"office\n'-\n")[1], ["-"]);
    }
}
