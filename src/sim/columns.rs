//! The nine columns of a row and the levels they take, as the contract writes them.

use serde::{Deserialize, Serialize};

/// How much one cell grants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// The level with this name on the wire.
    pub fn from_wire(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "read-only" => Some(Self::ReadOnly),
            "full" => Some(Self::Full),
            _ => None,
        }
    }

    /// One letter for the store.
    pub(super) const fn letter(self) -> char {
        match self {
            Self::None => '-',
            Self::ReadOnly => 'r',
            Self::Full => 'F',
        }
    }

    pub(super) const fn from_letter(letter: char) -> Option<Self> {
        match letter {
            '-' => Some(Self::None),
            'r' => Some(Self::ReadOnly),
            'F' => Some(Self::Full),
            _ => None,
        }
    }
}

/// One value for each of the nine columns; all nine are always present on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Columns<T = Level> {
    /// Change a patient's provider.
    pub patient: T,
    /// View and change the provider's appointments.
    pub scheduling: T,
    /// View and change bills and claims.
    pub billing: T,
    /// The provider's inbox.
    pub inbox: T,
    /// The provider can be chosen in EMR lists.
    pub emr: T,
    /// Tests and results.
    pub labs: T,
    /// The provider appears in reports.
    pub reporting: T,
    /// The provider appears in selection lists.
    pub visible: T,
    /// The provider's prescriptions.
    pub prescribe_for: T,
}

/// The manifest-like names that a world file uses, in screen order.
pub(super) const NAMES: [&str; 9] = [
    "patient",
    "scheduling",
    "billing",
    "inbox",
    "emr",
    "labs",
    "reporting",
    "visible",
    "prescribe_for",
];

impl<T> Columns<T> {
    /// The nine values in screen order.
    pub(super) fn as_array(&self) -> [&T; 9] {
        let Self {
            patient,
            scheduling,
            billing,
            inbox,
            emr,
            labs,
            reporting,
            visible,
            prescribe_for,
        } = self;
        [patient, scheduling, billing, inbox, emr, labs, reporting, visible, prescribe_for]
    }

    /// The cell with this name in a world file.
    pub(super) fn by_name(&mut self, name: &str) -> Option<&mut T> {
        match name {
            "patient" => Some(&mut self.patient),
            "scheduling" => Some(&mut self.scheduling),
            "billing" => Some(&mut self.billing),
            "inbox" => Some(&mut self.inbox),
            "emr" => Some(&mut self.emr),
            "labs" => Some(&mut self.labs),
            "reporting" => Some(&mut self.reporting),
            "visible" => Some(&mut self.visible),
            "prescribe_for" => Some(&mut self.prescribe_for),
            _ => None,
        }
    }
}

impl Columns {
    /// Nothing ticked.
    pub const NONE: Self = Self {
        patient: Level::None,
        scheduling: Level::None,
        billing: Level::None,
        inbox: Level::None,
        emr: Level::None,
        labs: Level::None,
        reporting: Level::None,
        visible: Level::None,
        prescribe_for: Level::None,
    };

    /// Whether nothing is ticked.
    pub fn is_nothing(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether this row lets Ocean's full sync see the provider: Patient, Scheduling and Visible.
    pub(super) fn lets_sync_see(&self) -> bool {
        [self.patient, self.scheduling, self.visible].iter().all(|level| *level == Level::Full)
    }

    /// Nine letters for the store: `FF--FFr-F`.
    pub(super) fn letters(&self) -> String {
        self.as_array().iter().map(|level| level.letter()).collect()
    }

    pub(super) fn from_letters(text: &str) -> Option<Self> {
        if text.len() != NAMES.len() {
            return None;
        }
        let mut columns = Self::NONE;
        for (name, letter) in NAMES.into_iter().zip(text.chars()) {
            *columns.by_name(name)? = Level::from_letter(letter)?;
        }
        Some(columns)
    }
}

impl Columns<String> {
    /// The levels that these texts name, or the first text that names none.
    pub(super) fn levels(&self) -> Result<Columns, &str> {
        let mut columns = Columns::NONE;
        for (name, text) in NAMES.into_iter().zip(self.as_array()) {
            let level = Level::from_wire(text).ok_or(text.as_str())?;
            if let Some(cell) = columns.by_name(name) {
                *cell = level;
            }
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_columns_come_back_the_same() {
        let mut columns = Columns::NONE;
        columns.patient = Level::Full;
        columns.labs = Level::ReadOnly;
        columns.prescribe_for = Level::Full;
        assert_eq!(columns.letters(), "F----r--F");
        assert_eq!(Columns::from_letters("F----r--F"), Some(columns));
        assert_eq!(Columns::from_letters("F----r--"), None);
        assert_eq!(Columns::from_letters("F----x--F"), None);
    }

    #[test]
    fn names_reach_every_cell() {
        let mut columns = Columns::NONE;
        for name in NAMES {
            *columns.by_name(name).unwrap() = Level::Full;
        }
        assert!(columns.as_array().iter().all(|level| **level == Level::Full));
    }
}
