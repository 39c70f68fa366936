//! What is said of one row.

use super::kind::Kind;
use super::words::{beyond, difference, place, until};
use crate::model::{Cells, Names, RowKey, Until};

/// What is said of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// It holds less than the manifest says.
    Lacks {
        /// What it grants.
        holds: Cells,
        /// What the manifest says.
        says: Cells,
    },
    /// It holds more than the manifest says.
    Excess {
        /// What it grants.
        holds: Cells,
        /// What the manifest says.
        says: Cells,
    },
    /// No rule speaks of it.
    Uncovered,
    /// Its access ends on a date.
    Ends(Until),
    /// Its access ends within the days that were asked for.
    EndsSoon(Until),
    /// Its date has passed.
    Ended(Until),
    /// Somebody changed it, and the manifest wants nothing else.
    ChangedOutside {
        /// What was last applied.
        applied: Cells,
        /// What it grants.
        holds: Cells,
    },
    /// What the manifest wants is not there yet.
    Pending {
        /// What it grants.
        holds: Cells,
        /// What an apply would write.
        wants: Cells,
    },
    /// Somebody changed it, and the manifest wants something else.
    ChangedAndPending {
        /// What was last applied.
        applied: Cells,
        /// What it grants.
        holds: Cells,
        /// What an apply would write.
        wants: Cells,
    },
}

impl Fact {
    /// Its kind.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Lacks { .. } => Kind::Lacks,
            Self::Excess { .. } => Kind::Excess,
            Self::Uncovered => Kind::Uncovered,
            Self::Ends(_) => Kind::Ends,
            Self::EndsSoon(_) => Kind::EndsSoon,
            Self::Ended(_) => Kind::Ended,
            Self::ChangedOutside { .. } => Kind::ChangedOutside,
            Self::Pending { .. } => Kind::Pending,
            Self::ChangedAndPending { .. } => Kind::ChangedAndPending,
        }
    }

    /// What is said, without the row.
    pub fn words(self) -> String {
        match self {
            Self::Lacks { holds, says } => beyond(says, holds, holds, says),
            Self::Excess { holds, says } => beyond(holds, says, holds, says),
            Self::Uncovered => Kind::Uncovered.heading().to_owned(),
            Self::Ends(date) | Self::EndsSoon(date) | Self::Ended(date) => until(Some(date)),
            Self::ChangedOutside { applied, holds } => difference(applied, holds),
            Self::Pending { holds, wants } => difference(holds, wants),
            Self::ChangedAndPending { applied, holds, wants } => format!(
                "{}; the manifest wants {}",
                difference(applied, holds),
                difference(holds, wants)
            ),
        }
    }
}

/// A fact and whose row it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose grid it is in.
    pub user: String,
    /// Where it is.
    pub key: RowKey,
    /// What is said.
    pub fact: Fact,
}

impl Finding {
    /// The line of a list: where it is and what is said.
    pub fn line(&self, names: &Names) -> String {
        let place = place(names, self.key);
        match self.fact {
            // By date, as people look for them.
            Fact::Ends(date) | Fact::EndsSoon(date) | Fact::Ended(date) => {
                format!("{date}  {place}")
            }
            Fact::Uncovered => place,
            fact @ (Fact::Lacks { .. }
            | Fact::Excess { .. }
            | Fact::ChangedOutside { .. }
            | Fact::Pending { .. }
            | Fact::ChangedAndPending { .. }) => format!("{place}: {}", fact.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, Columns, Level};

    fn cells(levels: &[(Column, Level)], until: Option<&str>) -> Cells {
        let columns: Columns = levels.iter().copied().collect();
        Cells::new(columns, until.map(|date| date.parse().unwrap()))
    }

    #[test]
    fn lack_and_excess_name_the_cells_of_their_own_direction() {
        let holds = cells(
            &[(Column::Patient, Level::Full), (Column::Inbox, Level::Full)],
            Some("2027-01-31"),
        );
        let says = cells(&[(Column::Patient, Level::Full), (Column::Labs, Level::ReadOnly)], None);
        let lacks = "Labs none (manifest: read-only); Access Until 2027-01-31 (manifest: no end)";
        assert_eq!(Fact::Lacks { holds, says }.words(), lacks);
        assert_eq!(Fact::Excess { holds, says }.words(), "Inbox full (manifest: none)");
        let excess = "Labs read-only (manifest: none); Access Until no end (manifest: 2027-01-31)";
        assert_eq!(Fact::Excess { holds: says, says: holds }.words(), excess);
    }

    #[test]
    fn a_date_that_comes_with_the_row_is_not_told_apart() {
        let row = cells(&[(Column::Visible, Level::Full)], Some("2027-01-31"));
        let none = Cells::NOTHING;
        assert_eq!(
            Fact::Excess { holds: row, says: none }.words(),
            "Visible full (manifest: none)"
        );
    }
}
