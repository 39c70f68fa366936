//! The manifest as it is written, before any check. The doc comments are the descriptions of the
//! JSON Schema, so they are written for users.
//!
//! Every field is optional here, also the required ones: what is missing or faulty was reported by
//! its shape and taken out, so that the other checks still see the rest of the file.

mod connection;
mod drift;
mod fleet;
mod policy;
mod safety;
mod users;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

pub(super) use connection::{
    RawAccuroConnection, RawApi, RawClientCertificate, RawOceanConnection, RawPaths, RawQuery,
    RawSecret, RawWorksheet,
};
pub(super) use drift::{RawDrift, RawIgnoredDrift};
pub(super) use fleet::{
    RawFleet, RawFleetManifest, RawLimits, RawPause, RawRollout, RawStopOn, RawWave,
};
pub(super) use policy::{RawPolicy, RawPolicyRule};
pub(super) use safety::{RawApprovalKey, RawApprovals, RawSafety};
pub(super) use users::{RawManagement, RawOffice, RawProvider, RawSelector, RawUser};

use super::pattern::{PROFILE_NAME, SLUG, STATE_URL, TEXT, ZONE};
use crate::model::{Column, Level};

/// The entries of a list with their indexes; faulty entries are left out.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(usize, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries: Vec<Option<T>> = Vec::deserialize(deserializer)?;
        let entries = entries.into_iter().enumerate();
        Ok(Self(entries.filter_map(|(index, entry)| Some((index, entry?))).collect()))
    }
}

/// The provider permissions of one clinic's integration users in Accuro, as reviewed text.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Manifest")]
pub(super) struct RawManifest {
    /// The version of this format: 1.
    #[schemars(required, extend("const" = 1))]
    #[expect(dead_code, reason = "the shape allows 1 alone")]
    pub(super) version: Option<u32>,
    /// Which clinic this file is about.
    #[schemars(with = "RawClinic")]
    pub(super) clinic: Option<RawClinic>,
    /// The clinic's Accuro instance, and how it is reached.
    #[schemars(with = "RawAccuro")]
    pub(super) accuro: Option<RawAccuro>,
    /// The clinic's Ocean site, and how Cloud Connect is reached.
    #[schemars(with = "RawOcean")]
    pub(super) ocean: Option<RawOcean>,
    /// Column sets of your own, by name. The profile `ocean` is built in: Patient, Scheduling,
    /// Billing, EMR, Labs and Visible at full, as the Ocean support article 360060307451 asks.
    #[schemars(extend("propertyNames" = {"pattern": PROFILE_NAME}))]
    pub(super) profiles: Option<BTreeMap<String, RawProfile>>,
    /// The EMR users whose grids are managed.
    #[schemars(with = "Vec<RawUser>", length(min = 1))]
    pub(super) users: Option<Entries<RawUser>>,
    /// Limits of one apply. What is not written has a default.
    pub(super) safety: Option<RawSafety>,
    /// Rules for plans beside the limits. What is not written warns.
    pub(super) policy: Option<RawPolicy>,
    /// What the command `drift` is told of changes that others make.
    pub(super) drift: Option<RawDrift>,
    /// Where the journal and the lock are kept. Default: the folder `.accuroform` beside this file.
    pub(super) state: Option<RawState>,
}

/// Where the journal and the lock are kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "State")]
pub(super) struct RawState {
    /// An object store that every machine reaches (`s3://bucket/prefix`, `gs://bucket/prefix`,
    /// `az://container/prefix`) or a folder (`file:///srv/state`). Credentials come from the environment.
    #[schemars(required, regex(pattern = STATE_URL))]
    pub(super) url: Option<String>,
}

/// One clinic.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Clinic")]
pub(super) struct RawClinic {
    /// A short, stable name for addresses, journals and locks: `a` to `z`, `0` to `9` and `-`.
    #[schemars(required, regex(pattern = SLUG))]
    pub(super) id: Option<String>,
    /// The name that people know. Default: the id.
    #[schemars(regex(pattern = TEXT))]
    pub(super) name: Option<String>,
    /// Free labels, to choose clinics by.
    #[schemars(with = "Option<Vec<String>>", inner(regex(pattern = TEXT)))]
    pub(super) tags: Option<Entries<String>>,
    /// The IANA time zone in which dates are judged, such as `America/Toronto`.
    #[schemars(regex(pattern = ZONE), extend("default" = "UTC"))]
    pub(super) timezone: Option<String>,
}

/// The clinic's Accuro instance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Accuro")]
pub(super) struct RawAccuro {
    /// The tenant id of the Accuro instance. Ocean's user is named after it.
    #[schemars(required, regex(pattern = TEXT))]
    pub(super) tenant: Option<String>,
    /// How Accuro is reached: exactly one of `embedded`, `api` and `worksheet`.
    #[schemars(with = "RawAccuroConnection")]
    pub(super) connection: Option<RawAccuroConnection>,
}

/// The clinic's Ocean site.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ocean")]
pub(super) struct RawOcean {
    /// The number of the Ocean site, in quotes.
    #[schemars(required, regex(pattern = TEXT))]
    pub(super) site: Option<String>,
    /// The sync that follows an apply.
    #[schemars(extend("default" = "full"))]
    pub(super) sync: Option<RawSync>,
    /// How Ocean Cloud Connect is reached: exactly one of `embedded`, `api` and `attest`. May be left out
    /// with `sync: none` alone.
    pub(super) connection: Option<RawOceanConnection>,
}

/// The sync that follows an apply.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Sync")]
pub(super) enum RawSync {
    /// Sync Full Schedule, as the Ocean article asks.
    Full,
    /// Sync Recent Appointments.
    Recent,
    /// No sync.
    None,
}

/// A named set of columns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(super) struct RawProfile {
    /// The level of each column; a column that is not written is `none`.
    #[schemars(with = "RawColumns")]
    pub(super) columns: Option<RawColumns>,
    /// Why the profile grants what it grants. Needed for protected columns.
    #[schemars(regex(pattern = TEXT))]
    pub(super) reason: Option<String>,
    /// What names of users with this profile look like, `*` for any text: `EmpathiaAPI*`.
    #[schemars(regex(pattern = TEXT))]
    pub(super) user_name: Option<String>,
}

/// How much one column grants.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Level")]
pub(super) enum RawLevel {
    /// Not ticked.
    None,
    /// Ticked as Read-Only.
    ReadOnly,
    /// Ticked as Full.
    Full,
}

impl From<RawLevel> for Level {
    fn from(raw: RawLevel) -> Self {
        match raw {
            RawLevel::None => Self::None,
            RawLevel::ReadOnly => Self::ReadOnly,
            RawLevel::Full => Self::Full,
        }
    }
}

/// Levels of the columns of Accuro's Provider Permissions grid.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Columns", extend("minProperties" = 1))]
pub(super) struct RawColumns {
    /// Change a patient's provider.
    patient: Option<RawLevel>,
    /// View and change the provider's appointments.
    scheduling: Option<RawLevel>,
    /// View and change bills and claims.
    billing: Option<RawLevel>,
    /// The provider's inbox.
    inbox: Option<RawLevel>,
    /// The provider can be chosen in EMR lists.
    emr: Option<RawLevel>,
    /// Tests and results.
    labs: Option<RawLevel>,
    /// The provider appears in reports.
    reporting: Option<RawLevel>,
    /// The provider appears in selection lists.
    visible: Option<RawLevel>,
    /// The provider's prescriptions.
    prescribe_for: Option<RawLevel>,
}

impl RawColumns {
    /// The columns that are written, in screen order.
    pub(super) fn written(&self) -> impl Iterator<Item = (Column, Level)> {
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
        [
            (Column::Patient, *patient),
            (Column::Scheduling, *scheduling),
            (Column::Billing, *billing),
            (Column::Inbox, *inbox),
            (Column::Emr, *emr),
            (Column::Labs, *labs),
            (Column::Reporting, *reporting),
            (Column::Visible, *visible),
            (Column::PrescribeFor, *prescribe_for),
        ]
        .into_iter()
        .filter_map(|(column, level)| Some((column, level?.into())))
    }
}

/// A column of the Provider Permissions grid.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Column", inline)]
pub(super) enum RawColumn {
    Patient,
    Scheduling,
    Billing,
    Inbox,
    Emr,
    Labs,
    Reporting,
    Visible,
    PrescribeFor,
}

impl From<RawColumn> for Column {
    fn from(raw: RawColumn) -> Self {
        match raw {
            RawColumn::Patient => Self::Patient,
            RawColumn::Scheduling => Self::Scheduling,
            RawColumn::Billing => Self::Billing,
            RawColumn::Inbox => Self::Inbox,
            RawColumn::Emr => Self::Emr,
            RawColumn::Labs => Self::Labs,
            RawColumn::Reporting => Self::Reporting,
            RawColumn::Visible => Self::Visible,
            RawColumn::PrescribeFor => Self::PrescribeFor,
        }
    }
}
