//! What `drift` leaves out, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::pattern::{DATE, TEXT};
use super::{Entries, RawColumn, RawSelector};

/// What the command `drift` is told of changes that others make.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Drift")]
pub(in crate::manifest) struct RawDrift {
    /// Rows whose change by others is known, each with its reason and the date until which it is left alone.
    #[schemars(with = "Option<Vec<RawIgnoredDrift>>")]
    pub(in crate::manifest) ignore: Option<Entries<RawIgnoredDrift>>,
}

/// One row whose change by others is known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IgnoredDrift")]
pub(in crate::manifest) struct RawIgnoredDrift {
    /// The office of the row.
    #[schemars(with = "RawSelector")]
    pub(in crate::manifest) office: Option<RawSelector>,
    /// The provider of the row.
    #[schemars(with = "RawSelector")]
    pub(in crate::manifest) provider: Option<RawSelector>,
    /// The columns that may differ. Default: all of them, and Access Until.
    #[schemars(with = "Option<Vec<RawColumn>>", length(min = 1), extend("uniqueItems" = true))]
    pub(in crate::manifest) columns: Option<Entries<RawColumn>>,
    /// Why the change is known and stays.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) reason: Option<String>,
    /// The last day on which the entry is in force, such as `2027-01-31`.
    #[schemars(required, regex(pattern = DATE))]
    pub(in crate::manifest) until: Option<String>,
}
