//! Users, offices and providers as they are written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::pattern::{DATE, TEXT};
use super::{Entries, RawColumns};

/// One EMR user and the rules for its grid.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "User",
    extend("allOf" = user_rules(), "dependentSchemas" = needs_all("except", "all_offices"))
)]
pub(in crate::manifest) struct RawUser {
    /// The user's name in Accuro. Default with the profile `ocean`: `OceanAPI` and the tenant.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
    /// The profile that rows get where no office or provider entry says otherwise.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) profile: Option<String>,
    /// What happens to access that is not written here.
    #[schemars(extend("default" = "additive"))]
    pub(in crate::manifest) management: Option<RawManagement>,
    /// Accept a user name that does not look as the profile expects.
    #[schemars(extend("default" = false))]
    pub(in crate::manifest) any_name: Option<bool>,
    /// Cover every active office, and every provider in it.
    #[schemars(extend("default" = false))]
    pub(in crate::manifest) all_offices: Option<bool>,
    /// Offices that `all_offices` leaves out.
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub(in crate::manifest) except: Option<Entries<RawSelector>>,
    /// Providers that are left out in every office.
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub(in crate::manifest) except_providers: Option<Entries<RawSelector>>,
    /// The date of Access Until, such as `2027-01-31`.
    #[schemars(regex(pattern = DATE))]
    pub(in crate::manifest) until: Option<String>,
    /// Why the access is granted. Needed for protected columns.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) reason: Option<String>,
    /// Offices with rules of their own.
    #[schemars(with = "Option<Vec<RawOffice>>")]
    pub(in crate::manifest) offices: Option<Entries<RawOffice>>,
}

/// What happens to access that is not written.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Management")]
pub(in crate::manifest) enum RawManagement {
    /// It stays, and is reported.
    Additive,
    /// It is revoked.
    Exact,
}

/// The rules for one office, by id, by name or by both. The id wins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Office", extend("anyOf" = id_or_name()))]
pub(in crate::manifest) struct RawOffice {
    /// The office's id in Accuro.
    #[schemars(range(min = 1))]
    pub(in crate::manifest) id: Option<u64>,
    /// The office's name.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
    /// The profile of this office's rows, in place of the user's.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) profile: Option<String>,
    /// Columns that differ from the profile.
    pub(in crate::manifest) columns: Option<RawColumns>,
    /// The date of Access Until, such as `2027-01-31`.
    #[schemars(regex(pattern = DATE))]
    pub(in crate::manifest) until: Option<String>,
    /// Why the access is granted. Needed for protected columns.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) reason: Option<String>,
    /// Cover every provider of the office. Default: whether the user has `all_offices`.
    pub(in crate::manifest) all_providers: Option<bool>,
    /// Providers that are left out here.
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub(in crate::manifest) except: Option<Entries<RawSelector>>,
    /// Providers with rules of their own.
    #[schemars(with = "Option<Vec<RawProvider>>")]
    pub(in crate::manifest) providers: Option<Entries<RawProvider>>,
}

/// The rule for one provider in one office, by id, by name or by both. The id wins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Provider", extend("anyOf" = id_or_name()))]
pub(in crate::manifest) struct RawProvider {
    /// The provider's id in Accuro.
    #[schemars(range(min = 1))]
    pub(in crate::manifest) id: Option<u64>,
    /// The provider's name, as "Surname, First" or "First Surname".
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
    /// The profile of this row, in place of the office's or user's.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) profile: Option<String>,
    /// Columns that differ from the profile.
    pub(in crate::manifest) columns: Option<RawColumns>,
    /// The date of Access Until, such as `2027-01-31`.
    #[schemars(regex(pattern = DATE))]
    pub(in crate::manifest) until: Option<String>,
    /// Why the access is granted. Needed for protected columns.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) reason: Option<String>,
}

/// An office or provider, by id, by name or by both. The id wins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Selector", extend("anyOf" = id_or_name()))]
pub(in crate::manifest) struct RawSelector {
    /// The id in Accuro.
    #[schemars(range(min = 1))]
    pub(in crate::manifest) id: Option<u64>,
    /// The name.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
}

fn id_or_name() -> Value {
    json!([{"required": ["id"]}, {"required": ["name"]}])
}

/// `field` only together with `switch: true`.
fn needs_all(field: &str, switch: &str) -> Value {
    json!({ field: {"required": [switch], "properties": {switch: {"const": true}}} })
}

fn user_rules() -> Value {
    json!([
        {"anyOf": [
            {"required": ["name"]},
            {"properties": {"profile": {"const": "ocean"}}},
        ]},
        {"anyOf": [
            {"required": ["all_offices"], "properties": {"all_offices": {"const": true}}},
            {"required": ["offices"], "properties": {"offices": {"minItems": 1}}},
        ]},
    ])
}
