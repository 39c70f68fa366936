//! What one row of the grid grants, and the order between two such values.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Columns, OfficeId, ProviderId, Revision};

/// The date of the Access Until field: after it the row's access ends.
///
/// Whether the date itself still counts, and in which time zone, is not documented by the vendor;
/// nothing here decides it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Until(#[schemars(with = "String", extend("format" = "date"))] pub Date);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A text that is not a date of the form `2027-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a date of the form 2027-01-31")]
pub struct UntilError;

impl FromStr for Until {
    type Err = UntilError;

    /// Reads `2027-01-31` and nothing else: no time, no short forms.
    fn from_str(text: &str) -> Result<Self, UntilError> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(UntilError);
        }
        text.parse().map(Self).map_err(|_| UntilError)
    }
}

/// What one row grants: nine levels and the date on which they end.
///
/// A row with nothing ticked has no date: the date limits access that is not there, and a server
/// may leave such a row out. [`Cells::new`] drops it, so that both forms compare equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Cells {
    /// The nine levels.
    columns: Columns,
    /// The date on which the access ends; `null`: it does not.
    until: Option<Until>,
}

impl Cells {
    /// A row with nothing ticked, which is the same as a row that is not there.
    pub const NOTHING: Self = Self { columns: Columns::NONE, until: None };

    /// The content of a row; the date of a row that grants nothing is dropped.
    pub fn new(columns: Columns, until: Option<Until>) -> Self {
        let until = if columns == Columns::NONE { None } else { until };
        Self { columns, until }
    }

    /// The nine levels.
    pub const fn columns(self) -> Columns {
        self.columns
    }

    /// The date on which the access ends; `None` is no end, the highest value.
    pub const fn until(self) -> Option<Until> {
        self.until
    }

    /// Whether nothing is ticked.
    pub fn is_nothing(self) -> bool {
        self.columns == Columns::NONE
    }

    /// The least content that is at least both: the higher level of each column, the later date.
    #[must_use]
    pub fn raised_to(self, other: Self) -> Self {
        if self.is_nothing() {
            return other;
        }
        if other.is_nothing() {
            return self;
        }
        let until = match (self.until, other.until) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (None, _) | (_, None) => None,
        };
        Self::new(self.columns.max(other.columns), until)
    }

    /// Whether the date moves between two contents that both grant something, and to where.
    fn until_order(self, other: Self) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        if self.is_nothing() || other.is_nothing() {
            return Ordering::Equal;
        }
        match (self.until, other.until) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(two)) => one.cmp(&two),
        }
    }

    /// Whether the Access Until dates differ where both contents grant something. A date that
    /// comes or goes together with the whole row is part of that grant or revocation.
    pub fn until_differs(self, other: Self) -> bool {
        self.until_order(other).is_ne()
    }

    /// How many cells are higher here than in `other`; a later date counts as one.
    pub fn count_above(self, other: Self) -> u32 {
        self.columns.count_above(other.columns) + u32::from(self.until_order(other).is_gt())
    }
}

/// The place of a row in a user's grid. Ordered by office, then provider.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct RowKey {
    /// The office whose block the row is in.
    #[serde(rename = "office_id")]
    pub office: OfficeId,
    /// The provider whose line it is.
    #[serde(rename = "provider_id")]
    pub provider: ProviderId,
}

/// One row as the server has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveRow {
    /// Where it is.
    pub key: RowKey,
    /// What it grants.
    pub cells: Cells,
    /// The revision it was read at.
    pub revision: Revision,
}
