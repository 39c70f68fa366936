//! Policies as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::pattern::TEXT;
use super::{Entries, RawColumn};
use crate::model::PolicyRule;

/// What a plan must keep beside its limits. What is not named here, of the built-in rules, warns.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub(in crate::manifest) struct RawPolicy {
    /// Files with rules in Rego, in conftest's shape, as paths or patterns relative to this file:
    /// `policies/*.rego`. Those of a fleet are added to.
    #[schemars(with = "Option<Vec<String>>", inner(regex(pattern = TEXT)))]
    pub(in crate::manifest) rego: Option<Entries<String>>,
    /// Built-in rules that deny a plan instead of warning.
    #[schemars(with = "Option<Vec<RawPolicyRule>>")]
    pub(in crate::manifest) deny: Option<Entries<RawPolicyRule>>,
    /// Built-in rules that say nothing, unless `deny` names them.
    #[schemars(with = "Option<Vec<RawPolicyRule>>")]
    pub(in crate::manifest) off: Option<Entries<RawPolicyRule>>,
    /// Pairs of columns of which nobody may hold both in one office: `[[billing, prescribe_for]]`.
    #[schemars(with = "Option<Vec<[RawColumn; 2]>>")]
    pub(in crate::manifest) separate: Option<Entries<Entries<RawColumn>>>,
}

/// A built-in rule.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "PolicyRule", inline)]
pub(in crate::manifest) enum RawPolicyRule {
    ExcessColumns,
    PrescribeForApiUser,
    UntilMissingOnTemporaryGrant,
    SeparationOfDuties,
}

impl From<RawPolicyRule> for PolicyRule {
    fn from(raw: RawPolicyRule) -> Self {
        match raw {
            RawPolicyRule::ExcessColumns => Self::ExcessColumns,
            RawPolicyRule::PrescribeForApiUser => Self::PrescribeForApiUser,
            RawPolicyRule::UntilMissingOnTemporaryGrant => Self::UntilMissingOnTemporaryGrant,
            RawPolicyRule::SeparationOfDuties => Self::SeparationOfDuties,
        }
    }
}
