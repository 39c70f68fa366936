//! The nine columns of the Provider Permissions grid and the level of each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

/// One of the nine columns of Accuro's Provider Permissions grid (Accuro user guide, page 8294),
/// in the order in which the Manage Security screen shows them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Change a patient's provider.
    Patient,
    /// View and change the provider's appointments.
    Scheduling,
    /// View and change bills and claims.
    Billing,
    /// The provider's inbox.
    Inbox,
    /// The provider can be chosen in EMR lists.
    Emr,
    /// Tests and results.
    Labs,
    /// The provider appears in reports.
    Reporting,
    /// The provider appears in selection lists.
    Visible,
    /// The provider's prescriptions.
    PrescribeFor,
}

impl Column {
    /// All nine, in screen order.
    pub const ALL: [Self; 9] = [
        Self::Patient,
        Self::Scheduling,
        Self::Billing,
        Self::Inbox,
        Self::Emr,
        Self::Labs,
        Self::Reporting,
        Self::Visible,
        Self::PrescribeFor,
    ];

    /// What Ocean's user needs at full: Ocean support article 360060307451, "Updating Accuro Provider
    /// Permissions for the 'OceanAPI' EMR User".
    pub const OCEAN: [Self; 6] =
        [Self::Patient, Self::Scheduling, Self::Billing, Self::Emr, Self::Labs, Self::Visible];

    /// The name in a manifest and on the command line: `prescribe_for`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Scheduling => "scheduling",
            Self::Billing => "billing",
            Self::Inbox => "inbox",
            Self::Emr => "emr",
            Self::Labs => "labs",
            Self::Reporting => "reporting",
            Self::Visible => "visible",
            Self::PrescribeFor => "prescribe_for",
        }
    }

    /// The heading that administrators know from the screen: `Prescribe For`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Scheduling => "Scheduling",
            Self::Billing => "Billing",
            Self::Inbox => "Inbox",
            Self::Emr => "EMR",
            Self::Labs => "Labs",
            Self::Reporting => "Reporting",
            Self::Visible => "Visible",
            Self::PrescribeFor => "Prescribe For",
        }
    }

    /// The column with this manifest name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

/// How much one cell grants, ordered: none < read-only < full.
///
/// Which columns know read-only is not documented, so every column accepts all three here and the
/// server decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not ticked.
    #[default]
    None,
    /// Ticked as Read-Only.
    ReadOnly,
    /// Ticked as Full.
    Full,
}

impl Level {
    /// All three, from the lowest.
    pub const ALL: [Self; 3] = [Self::None, Self::ReadOnly, Self::Full];

    /// The name in manifests, plans and on the wire: `read-only`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ReadOnly => "read-only",
            Self::Full => "full",
        }
    }

    /// The level with this name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.key() == key)
    }

    const fn bits(self) -> u32 {
        match self {
            Self::None => 0,
            Self::ReadOnly => 1,
            Self::Full => 2,
        }
    }

    const fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::None,
            1 => Self::ReadOnly,
            _ => Self::Full,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

/// The nine levels of one row, two bits each: a row of a million costs four bytes here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Columns(u32);

impl Columns {
    /// Nothing ticked.
    pub const NONE: Self = Self(0);

    /// The level of one column.
    pub const fn get(self, column: Column) -> Level {
        Level::from_bits((self.0 >> (2 * column as u32)) & 0b11)
    }

    /// The same row with one column at another level.
    #[must_use]
    pub const fn with(self, column: Column, level: Level) -> Self {
        let shift = 2 * column as u32;
        Self((self.0 & !(0b11 << shift)) | (level.bits() << shift))
    }

    /// The columns with their levels, in screen order.
    pub fn iter(self) -> impl Iterator<Item = (Column, Level)> {
        Column::ALL.into_iter().map(move |column| (column, self.get(column)))
    }

    /// The higher level of each column.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self::from_fn(|column| self.get(column).max(other.get(column)))
    }

    /// Levels decided one column at a time.
    pub fn from_fn(level: impl Fn(Column) -> Level) -> Self {
        Column::ALL
            .into_iter()
            .fold(Self::NONE, |columns, column| columns.with(column, level(column)))
    }

    /// How many columns are at a higher level here than in `other`.
    pub fn count_above(self, other: Self) -> u32 {
        self.iter().map(|(column, level)| u32::from(level > other.get(column))).sum()
    }
}

impl FromIterator<(Column, Level)> for Columns {
    fn from_iter<T: IntoIterator<Item = (Column, Level)>>(pairs: T) -> Self {
        pairs.into_iter().fold(Self::NONE, |columns, (column, level)| columns.with(column, level))
    }
}

impl Serialize for Columns {
    /// Writes all nine columns by their keys.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(column, level)| (column.key(), level.key())))
    }
}

impl JsonSchema for Columns {
    fn schema_name() -> Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let levels = Level::ALL.map(Level::key);
        let keys = Column::ALL.map(Column::key);
        let properties: Map<String, Value> =
            keys.iter().map(|key| ((*key).to_owned(), json!({ "enum": levels }))).collect();
        json_schema!({
            "description": "The nine levels of a row.",
            "type": "object",
            "properties": properties,
            "required": keys,
        })
    }
}

impl<'de> Deserialize<'de> for Columns {
    /// Reads all nine columns; one that is missing or unknown is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let levels = BTreeMap::<String, String>::deserialize(deserializer)?;
        if levels.len() != Column::ALL.len() {
            return Err(D::Error::custom("a row must have all nine columns"));
        }
        let pair = |(column, level): (&String, &String)| {
            let column = Column::from_key(column).ok_or_else(|| format!("no column `{column}`"))?;
            let level = Level::from_key(level).ok_or_else(|| format!("no level `{level}`"))?;
            Ok::<_, String>((column, level))
        };
        levels.iter().map(pair).collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}
