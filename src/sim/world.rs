//! What one simulated clinic is made of: the types of `world.yaml`, version 1.
//!
//! One world is one tenant. A world says what is there before the first request; what clients
//! change afterwards is kept in the store, never in the world file.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{date, faults::Faults, world_grid::GridEntry};

/// The whole of a world file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The version of this format: 1.
    pub version: u32,
    /// The Accuro tenant.
    pub tenant: String,
    /// The clinic's name; for readers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How tokens are given out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token: Token,
    /// What the account behind the token may do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub account: Account,
    /// What every call must carry besides the token.
    #[serde(default, skip_serializing_if = "is_default")]
    pub require: Require,
    /// The offices: places, groups in one building, services.
    pub offices: Vec<Office>,
    /// The providers, each with the offices it works in.
    pub providers: Vec<Provider>,
    /// The EMR users with their grids.
    pub users: Vec<User>,
    /// The Ocean site with its Cloud Connect; without it the Cloud Connect paths answer 404.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocean: Option<Ocean>,
    /// Which calls go wrong. No part of what the world *is*: a store is not lost by changing them.
    #[serde(default, skip_serializing_if = "Faults::is_empty")]
    pub faults: Faults,
}

/// How tokens are given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Token {
    /// How long a token is good for.
    pub lifetime_seconds: u32,
    /// The scope that a token request must name; without it any scope, or none, is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Default for Token {
    fn default() -> Self {
        Self { lifetime_seconds: 3600, scope: None }
    }
}

/// What the account behind the token may do. What it may not is refused with `denied_status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, as the world file writes them"
)]
pub struct Account {
    /// May list offices and their providers.
    pub may_read_directory: bool,
    /// May look up users and read their grids.
    pub may_read_grid: bool,
    /// May write grids.
    pub may_write_grid: bool,
    /// May start a sync.
    pub site_admin: bool,
    /// 403, or 401 as the older vendor text has it.
    pub denied_status: u16,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            may_read_directory: true,
            may_read_grid: true,
            may_write_grid: true,
            site_admin: true,
            denied_status: 403,
        }
    }
}

/// What every call must carry besides the token, the token call included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Require {
    /// Query parameters and their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Headers and their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// An office of the clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Its id.
    pub id: u64,
    /// Its name; need not be unique.
    pub name: String,
    /// Whether it is in use. Rows in an office that is not let no sync see anything.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
}

/// A provider of the clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its id.
    pub id: u64,
    /// `Dr.`, for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The first name.
    pub first: String,
    /// The middle name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    /// The surname.
    pub last: String,
    /// `Jr.`, for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// The offices it works in.
    pub offices: BTreeSet<u64>,
    /// Whether it is ticked in Ocean's "Sync Appointments For Provider(s)".
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub selected: bool,
    /// What is booked, as counts; never a patient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appointments: Vec<Appointments>,
}

/// A number of appointments on one day: `{in_days: 0, count: 5}` or `{on: 2027-01-31, count: 5}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointments {
    /// Days from the day (UTC) on which a sync starts, so that the file never goes stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_days: Option<u32>,
    /// A fixed day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional")]
    pub on: Option<Date>,
    /// How many.
    pub count: u32,
}

/// An EMR user and its grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether it can log in. A sync of a user that cannot sees nothing.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
    /// Its grid; a later entry replaces the rows that an earlier one made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grid: Vec<GridEntry>,
}

/// The Ocean site with its Cloud Connect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ocean {
    /// The site number, as text.
    pub site: String,
    /// The EMR user that Cloud Connect uses; one of `users`.
    pub emr_user: String,
    /// How many days from today on are synced; 1 is today alone.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub schedule_days: u32,
    /// How long "Sync Full Schedule" takes; fractions are allowed.
    #[serde(default = "two_seconds")]
    pub full_sync_seconds: f64,
    /// How long "Sync Recent Appointments" takes.
    #[serde(default = "half_second")]
    pub recent_sync_seconds: f64,
    /// Whether a full sync had completed before the store was made, so that those whose rows
    /// already sufficed are on the Patients page from the start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub already_synced: bool,
}

/// Why a text is not a world.
#[derive(Debug, Error)]
pub enum WorldError {
    /// It is not YAML of this shape.
    #[error("cannot read the world file; compare it with examples/quickstart/world.yaml")]
    Syntax(#[source] serde_yaml::Error),
    /// It has the shape but does not hold together; every fault that was found.
    #[error("the world of tenant `{tenant}` does not hold together:\n  {}", faults.join("\n  "))]
    Faults {
        /// The tenant it describes.
        tenant: String,
        /// One line each.
        faults: Vec<String>,
    },
    /// It could not be written as YAML or JSON.
    #[error("cannot write the world of tenant `{tenant}`")]
    Write {
        /// The tenant it describes.
        tenant: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

const fn yes() -> bool {
    true
}

const fn one() -> u32 {
    1
}

const fn two_seconds() -> f64 {
    2.0
}

const fn half_second() -> f64 {
    0.5
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that skip_serializing_if asks for"
)]
const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that skip_serializing_if asks for"
)]
const fn is_one(value: &u32) -> bool {
    *value == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
