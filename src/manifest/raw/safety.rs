//! Limits and approvals as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::pattern::{PUBLIC_KEY, TEXT};
use super::{Entries, RawColumn, RawSelector};

/// Limits of one apply.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Safety")]
pub(in crate::manifest) struct RawSafety {
    /// How many of the existing rows may lose anything, in percent, per clinic and per office.
    #[schemars(range(min = 0, max = 100), extend("default" = 30))]
    pub(in crate::manifest) max_revoked_rows_percent: Option<u32>,
    /// How many cells may fall to a lower level.
    #[schemars(range(min = 0, max = 4_294_967_295_u32), extend("default" = 25))]
    pub(in crate::manifest) max_revocations: Option<u32>,
    /// How many cells of one office may fall to a lower level. Default: `max_revocations`.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub(in crate::manifest) max_revocations_per_office: Option<u32>,
    /// How many of the existing rows may change at all, in percent.
    #[schemars(range(min = 0, max = 100), extend("default" = 100))]
    pub(in crate::manifest) max_changed_rows_percent: Option<u32>,
    /// Columns that only a rule with a `reason` may grant.
    #[schemars(
        with = "Option<Vec<RawColumn>>",
        extend("default" = ["prescribe_for", "inbox", "reporting"], "uniqueItems" = true)
    )]
    pub(in crate::manifest) protected_columns: Option<Entries<RawColumn>>,
    /// Providers whose rows are never changed, in any office.
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub(in crate::manifest) protected_providers: Option<Entries<RawSelector>>,
    /// Offices whose rows are never changed.
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub(in crate::manifest) protected_offices: Option<Entries<RawSelector>>,
    /// The EMR user that the bridge itself works as: none of its rows is ever lowered.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) own_user: Option<String>,
    /// Whether a user may be left with nothing granted at all.
    #[schemars(extend("default" = false))]
    pub(in crate::manifest) allow_empty: Option<bool>,
    /// Whether who attests a verification must be another person than who attested what it is about.
    #[schemars(extend("default" = false))]
    pub(in crate::manifest) four_eyes: Option<bool>,
    /// Signed approvals that a saved plan needs before it is applied. Default: none.
    pub(in crate::manifest) approvals: Option<RawApprovals>,
}

/// Signed approvals that a saved plan needs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Approvals")]
pub(in crate::manifest) struct RawApprovals {
    /// Whose approvals count.
    #[schemars(with = "Vec<RawApprovalKey>", length(min = 1))]
    pub(in crate::manifest) keys: Option<Entries<RawApprovalKey>>,
    /// By how many different keys a plan must be signed.
    #[schemars(range(min = 1, max = 4_294_967_295_u32), extend("default" = 1))]
    pub(in crate::manifest) required: Option<u32>,
    /// Whether the plan must name its planner, whose own approval does not count.
    #[schemars(extend("default" = true))]
    pub(in crate::manifest) not_the_planner: Option<bool>,
}

/// A public key and whose it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalKey")]
pub(in crate::manifest) struct RawApprovalKey {
    /// Whose key it is.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
    /// The public key, as `accuroform approve --show-key` prints it.
    #[schemars(required, regex(pattern = PUBLIC_KEY))]
    pub(in crate::manifest) key: Option<String>,
}
