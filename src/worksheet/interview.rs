//! The rows of a grid asked one cell at a time. Pure: what is pressed goes in, the next question comes out.

use std::collections::BTreeMap;

use crate::model::{Cells, Column, Columns, Level, RowKey, Until};

/// The answers so far and the next question.
#[derive(Debug, Clone)]
pub struct Interview {
    rows: Vec<(String, RowKey)>,
    at: usize,
    /// How many of the nine cells of the row are answered.
    filled: usize,
    columns: Columns,
    grids: BTreeMap<String, BTreeMap<RowKey, Cells>>,
}

/// What is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// The user whose grid it is in.
    pub user: &'a str,
    /// The row.
    pub key: RowKey,
    /// The cell.
    pub cell: Asking,
}

/// Which cell of a row is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// One of the nine.
    Level(Column),
    /// The date, where something is ticked.
    Until,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// The cell is this.
    Level(Level),
    /// This cell and the others of the row are not ticked.
    NoMore,
    /// The date, or that there is none.
    Until(Option<Until>),
    /// Back to the cell before.
    Back,
    /// The row is left unread.
    Skip,
}

impl Interview {
    /// Asks `rows` in this order, with what was read before.
    pub fn new(
        rows: Vec<(String, RowKey)>,
        grids: BTreeMap<String, BTreeMap<RowKey, Cells>>,
    ) -> Self {
        Self { rows, at: 0, filled: 0, columns: Columns::NONE, grids }
    }

    /// What was read. A row that is half answered is not in it.
    pub fn grids(&self) -> &BTreeMap<String, BTreeMap<RowKey, Cells>> {
        &self.grids
    }

    /// How many rows are behind, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.at, self.rows.len())
    }

    /// The next question; `None`: every row was asked.
    pub fn question(&self) -> Option<Question<'_>> {
        let (user, key) = self.rows.get(self.at)?;
        let cell = Column::ALL.get(self.filled).map_or(Asking::Until, |one| Asking::Level(*one));
        Some(Question { user, key: *key, cell })
    }

    /// Takes an answer; gives the row that it completes. An answer to another question does nothing.
    pub fn press(&mut self, press: Press) -> Option<(RowKey, Cells)> {
        let (user, key) = self.rows.get(self.at)?.clone();
        match (press, Column::ALL.get(self.filled)) {
            (Press::Level(level), Some(column)) => {
                self.columns = self.columns.with(*column, level);
                self.filled += 1;
                let nothing = self.columns == Columns::NONE;
                (self.filled == Column::ALL.len() && nothing)
                    .then(|| self.complete(user, key, None))
            }
            (Press::NoMore, Some(_)) => {
                let answered = self.filled;
                self.columns = Columns::from_fn(|column| {
                    let is_answered = Column::ALL.iter().take(answered).any(|one| *one == column);
                    if is_answered { self.columns.get(column) } else { Level::None }
                });
                self.filled = Column::ALL.len();
                (self.columns == Columns::NONE).then(|| self.complete(user, key, None))
            }
            (Press::Until(until), None) => Some(self.complete(user, key, until)),
            (Press::Skip, _) => {
                self.next();
                None
            }
            (Press::Back, _) => {
                self.back();
                None
            }
            (Press::Level(_) | Press::NoMore, None) | (Press::Until(_), Some(_)) => None,
        }
    }

    fn complete(&mut self, user: String, key: RowKey, until: Option<Until>) -> (RowKey, Cells) {
        let cells = Cells::new(self.columns, until);
        self.grids.entry(user).or_default().insert(key, cells);
        self.next();
        (key, cells)
    }

    fn next(&mut self) {
        self.at += 1;
        self.filled = 0;
        self.columns = Columns::NONE;
    }

    /// One cell back; from the first to the last of the row before, which is then not read until it is
    /// answered again.
    fn back(&mut self) {
        if self.filled > 0 {
            self.filled -= 1;
            return;
        }
        let Some(before) = self.at.checked_sub(1) else { return };
        self.at = before;
        let read = self
            .rows
            .get(before)
            .and_then(|(user, key)| self.grids.get_mut(user).and_then(|rows| rows.remove(key)));
        if let Some(cells) = read {
            self.columns = cells.columns();
            self.filled = Column::ALL.len() - usize::from(cells.is_nothing());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OfficeId, ProviderId};

    fn interview(rows: u64) -> Interview {
        let key = |at| RowKey { office: OfficeId(1), provider: ProviderId(at) };
        Interview::new((0..rows).map(|at| ("U".to_owned(), key(at))).collect(), BTreeMap::new())
    }

    fn read(interview: &Interview) -> Vec<Cells> {
        interview.grids().values().flat_map(BTreeMap::values).copied().collect()
    }

    #[test]
    fn a_row_counts_when_its_last_cell_is_answered() {
        let mut asked = interview(1);
        for _ in 0..8 {
            assert_eq!(asked.press(Press::Level(Level::Full)), None);
            assert_eq!(read(&asked), [], "a row that is half answered is not read");
        }
        assert_eq!(asked.press(Press::Level(Level::None)), None);
        assert_eq!(asked.question().unwrap().cell, Asking::Until);
        assert_eq!(read(&asked), []);
        assert_eq!(asked.press(Press::Level(Level::Full)), None, "no level is a date");
        let until: Option<Until> = Some("2027-01-31".parse().unwrap());
        let (_, cells) = asked.press(Press::Until(until)).unwrap();
        assert_eq!(cells.until(), until);
        assert_eq!(cells.columns().get(Column::PrescribeFor), Level::None);
        assert_eq!(asked.question(), None);
    }

    #[test]
    fn one_key_says_that_nothing_more_is_ticked() {
        let mut asked = interview(2);
        let (_, cells) = asked.press(Press::NoMore).unwrap();
        assert!(cells.is_nothing());
        asked.press(Press::Level(Level::ReadOnly));
        assert_eq!(asked.press(Press::NoMore), None, "the date is asked");
        let (_, cells) = asked.press(Press::Until(None)).unwrap();
        assert_eq!(cells.columns().get(Column::Patient), Level::ReadOnly);
        assert_eq!(cells.columns().count_above(Columns::NONE), 1);
    }

    #[test]
    fn a_skipped_row_is_unread_and_going_back_takes_an_answer_back() {
        let mut asked = interview(3);
        asked.press(Press::Skip);
        asked.press(Press::NoMore);
        assert_eq!(read(&asked).len(), 1);
        asked.press(Press::Back);
        assert_eq!(read(&asked), [], "the row is open again");
        assert_eq!(asked.question().unwrap().cell, Asking::Level(Column::PrescribeFor));
        asked.press(Press::Level(Level::Full));
        asked.press(Press::Until(None));
        assert_eq!(asked.progress(), (2, 3));
        asked.press(Press::Back);
        assert_eq!(asked.question().unwrap().cell, Asking::Until);
        for _ in 0..40 {
            asked.press(Press::Back);
        }
        assert_eq!(asked.progress(), (0, 3));
        assert_eq!(asked.question().unwrap().cell, Asking::Level(Column::Patient));
    }
}
