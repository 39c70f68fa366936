//! The types of events of a fleet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::event::Refusal;
use crate::plan::{Summary, Unread};
use crate::rollout::{ClinicState, RowCounts, Stage};

/// A clinic of a fleet was planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ClinicPlanned {
    /// The digest of its plan.
    pub(super) digest: String,
    /// The counts.
    pub(super) summary: Summary,
    /// Whether everything was read.
    pub(super) complete: bool,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
    /// How many findings stand in the way of an apply.
    pub(super) errors: usize,
    /// The limits and policies that refuse it.
    pub(super) refusals: Vec<Refusal>,
    /// Whether a sync is owed from before.
    pub(super) sync_owed: bool,
}

/// A clinic of a fleet could not be planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ClinicUnread {
    /// The stable code, where there is one (docs/errors.md).
    pub(super) code: Option<String>,
    /// What went wrong.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: Option<String>,
}

/// The whole fleet was planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct FleetPlanned {
    /// How many clinics were selected.
    pub(in crate::cli) clinics: usize,
    /// How many have changes, of those that were read whole.
    pub(in crate::cli) changed: usize,
    /// Those that were not read whole, by id.
    pub(in crate::cli) unread: Vec<String>,
    /// The counts of all.
    pub(in crate::cli) summary: Summary,
    /// The same change in several clinics as one line, for people.
    pub(in crate::cli) folded: Vec<String>,
    /// What the plan alone would exit with.
    pub(in crate::cli) exit_code: u8,
}

/// A rollout begins, or goes on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RolloutStart {
    /// Its id, for `apply --resume`.
    pub(super) rollout: String,
    /// Whether it goes on.
    pub(super) resumed: bool,
    /// The clinics of each wave, in order.
    pub(super) waves: Vec<WaveStart>,
}

/// A wave.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct WaveStart {
    /// Its name.
    pub(super) wave: String,
    /// The clinics that have a turn in it.
    pub(super) clinics: Vec<String>,
}

/// The turn of a clinic begins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ClinicStart {
    /// Its wave.
    pub(super) wave: String,
}

/// The turn of a clinic ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ClinicComplete {
    /// Its wave.
    pub(super) wave: String,
    /// How far it is.
    pub(super) stage: Stage,
    /// What became of its rows.
    pub(super) counts: RowCounts,
    /// Its run in the clinic's journal.
    pub(super) run: Option<String>,
    /// The code of what went wrong.
    pub(super) code: Option<String>,
    /// What went wrong.
    pub(super) message: Option<String>,
    /// Since when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
}

/// A rollout ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RolloutEnd {
    /// Its id.
    pub(super) rollout: String,
    /// `through`, `stopped`, `paused`, `not-verified` or `interrupted`.
    pub(super) end: String,
    /// What to do next, for people.
    pub(super) next: Option<String>,
    /// What each clinic is at.
    pub(super) clinics: BTreeMap<String, ClinicState>,
    /// The exit code of the command.
    pub(super) exit_code: u8,
}
