//! The built-in rules of policy, by name.

use std::fmt;

/// A rule that is judged without being written anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyRule {
    /// Rows keep more than the manifest says.
    ExcessColumns,
    /// A row of an integration's user gains Prescribe For.
    PrescribeForApiUser,
    /// A grant whose reason says that it is temporary has no end.
    UntilMissingOnTemporaryGrant,
    /// A user gains, in one office, the second of two columns that must stay apart.
    SeparationOfDuties,
}

impl PolicyRule {
    /// Every rule, in the order in which they are judged.
    pub const ALL: [Self; 4] = [
        Self::ExcessColumns,
        Self::PrescribeForApiUser,
        Self::UntilMissingOnTemporaryGrant,
        Self::SeparationOfDuties,
    ];

    /// The name in manifests.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ExcessColumns => "excess-columns",
            Self::PrescribeForApiUser => "prescribe-for-api-user",
            Self::UntilMissingOnTemporaryGrant => "until-missing-on-temporary-grant",
            Self::SeparationOfDuties => "separation-of-duties",
        }
    }
}

impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
