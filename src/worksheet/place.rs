//! A cell by the name that every spreadsheet gives it.

use std::fmt;

/// A cell of a file: `grid.csv!F14`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetPlace {
    /// The file.
    pub file: String,
    /// The row, from 0.
    pub row: usize,
    /// The column, from 0; `None`: the whole row.
    pub column: Option<usize>,
}

impl SheetPlace {
    /// The cell without the file: `F14`, or `14` for the whole row.
    pub fn cell(&self) -> String {
        format!("{}{}", self.column.map(letters).unwrap_or_default(), self.row + 1)
    }
}

impl fmt::Display for SheetPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}", self.file, self.cell())
    }
}

/// `A` to `Z`, then `AA`.
fn letters(column: usize) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_the_name_that_spreadsheets_give_it() {
        let place = |row, column| {
            SheetPlace { file: "grid.csv".to_owned(), row, column: Some(column) }.to_string()
        };
        assert_eq!(place(13, 5), "grid.csv!F14");
        assert_eq!(place(0, 25), "grid.csv!Z1");
        assert_eq!(place(0, 26), "grid.csv!AA1");
        assert_eq!(place(0, 701), "grid.csv!ZZ1");
        assert_eq!(place(0, 702), "grid.csv!AAA1");
        let row = SheetPlace { file: "grid.csv".to_owned(), row: 13, column: None };
        assert_eq!(row.to_string(), "grid.csv!14");
    }
}
