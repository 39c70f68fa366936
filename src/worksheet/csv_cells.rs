//! Where the cells of a CSV text are. The text stays as it is, so that a cell can be written into a file of
//! which nothing else may change.

use std::ops::Range;

use super::place::SheetPlace;

/// The places of all cells of a text, row by row. A line without text is a row with one empty cell, as in
/// a spreadsheet; line ends inside quotes make no row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cells {
    places: Vec<Range<usize>>,
    /// How many cells there are up to the end of each row.
    ends: Vec<usize>,
    /// Whether the last cell begins with a quote that nothing closes.
    pub(super) is_open: bool,
}

impl Cells {
    /// Finds the cells of `text`, which are split by an ASCII character.
    pub(super) fn of(text: &str, delimiter: u8) -> Self {
        let bytes = text.as_bytes();
        let mut found = Self::default();
        let mut at = 0;
        let mut is_row = !bytes.is_empty();
        while is_row {
            let begin = at;
            if bytes.get(at) == Some(&b'"') {
                let close = closing(bytes, at + 1);
                found.is_open = close.is_none();
                at = close.map_or(bytes.len(), |close| close + 1);
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\r' | b'\n');
            at += rest.iter().position(ends).unwrap_or(rest.len());
            found.places.push(begin..at);
            let end = bytes.get(at).copied();
            at += 1;
            if end == Some(delimiter) {
                continue;
            }
            found.ends.push(found.places.len());
            if end == Some(b'\r') && bytes.get(at) == Some(&b'\n') {
                at += 1;
            }
            is_row = at < bytes.len();
        }
        found
    }

    /// How many rows there are.
    pub(super) const fn rows(&self) -> usize {
        self.ends.len()
    }

    /// The last cell of the text.
    pub(super) fn last(&self, file: &str) -> SheetPlace {
        let row = self.rows().saturating_sub(1);
        let column = self.row(row).len().checked_sub(1);
        SheetPlace { file: file.to_owned(), row, column }
    }

    /// The cells of a row.
    pub(super) fn row(&self, row: usize) -> &[Range<usize>] {
        let end = self.ends.get(row).copied().unwrap_or_default();
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before));
        self.places.get(begin.copied().unwrap_or_default()..end).unwrap_or_default()
    }
}

/// The quote that closes the one before `from`; two in a row are one that is meant.
fn closing(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// What a cell says: without its quotes, and with one kind of line end.
pub(super) fn said(raw: &str) -> String {
    let text =
        match raw.strip_prefix('"').and_then(|rest| closing(rest.as_bytes(), 0).zip(Some(rest))) {
            Some((close, rest)) => {
                let (inside, behind) = rest.split_at(close);
                format!("{}{}", inside.replace("\"\"", "\""), behind.get(1..).unwrap_or_default())
            }
            None => raw.to_owned(),
        };
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let cells = Cells::of(text, b',');
        (0..cells.rows())
            .map(|row| cells.row(row).iter().map(|place| said(&text[place.clone()])).collect())
            .collect()
    }

    #[test]
    fn lines_without_text_are_rows_and_line_ends_inside_quotes_are_none() {
        assert_eq!(rows(""), [[""; 0]; 0]);
        assert_eq!(
            rows("a,\"b\"\"c\nd\"x\r\n\r\ne,"),
            [vec!["a", "b\"c\ndx"], vec![""], vec!["e", ""]]
        );
        assert_eq!(rows("a\rb\n"), [["a"], ["b"]]);
        assert!(Cells::of("a\nb,\"c\n\"\"d\n", b',').is_open);
        assert!(!Cells::of("a\nb,c\"d\n", b',').is_open);
    }

    proptest! {
        /// Another reader of CSV finds the same cells. It leaves lines without text out.
        #[test]
        fn another_reader_finds_the_same_cells(text in "[a\"é,;\r\n\t ]{0,40}") {
            let cells = Cells::of(&text, b',');
            prop_assume!(!cells.is_open);
            let mut reader = csv::ReaderBuilder::new();
            let mut reader = reader.has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(|field| field.replace("\r\n", "\n").replace('\r', "\n")).collect())
                .collect();
            let mut ours = rows(&text);
            let is_text = |row: &usize| cells.row(*row).iter().any(|place| !place.is_empty()) || cells.row(*row).len() > 1;
            let mut at = 0;
            ours.retain(|_| { at += 1; is_text(&(at - 1)) });
            prop_assert_eq!(ours, theirs);
        }
    }
}
