//! When a rollout stops, and when its next wave may begin.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::stage::{ClinicState, Stage};
use super::waves::Wave;

/// The limits of a rollout. It stops when one is reached; nothing at all never reaches one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOn {
    /// Clinics that failed, were refused or are incomplete.
    pub failed_clinics: u32,
    /// Clinics that are written, and whose sync or verification did not succeed.
    pub verify_failures: u32,
    /// Held rows, of the rows planned for the clinics that had their turn.
    pub held_rows_percent: u32,
}

impl Default for StopOn {
    fn default() -> Self {
        Self { failed_clinics: 1, verify_failures: 1, held_rows_percent: 5 }
    }
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopLimit {
    /// `failed_clinics`.
    FailedClinics,
    /// `verify_failures`.
    VerifyFailures,
    /// `held_rows_percent`.
    HeldRowsPercent,
}

/// Why a rollout stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopReason {
    /// Which limit was reached.
    pub limit: StopLimit,
    /// The limit.
    pub allowed: u64,
    /// What was counted: clinics or held rows.
    pub counted: u64,
    /// Of how many: clinics that had their turn, or rows planned for them.
    pub of: u64,
    /// The clinics that count, ordered by id.
    pub clinics: Vec<String>,
}

/// Why the next wave may not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotYet {
    /// These clinics of the wave are not at an end.
    Open(Vec<String>),
    /// These clinics of the wave are at an end, and not as planned and verified.
    NotVerified(Vec<String>),
    /// The rollout stops.
    Stopped(StopReason),
}

/// Judges the rollout so far: the first limit that is reached, if any.
pub fn stop<'a>(
    on: &StopOn,
    so_far: impl IntoIterator<Item = &'a ClinicState, IntoIter: Clone>,
) -> Option<StopReason> {
    let StopOn { failed_clinics, verify_failures, held_rows_percent } = *on;
    let so_far = so_far.into_iter();
    let had_turn = || so_far.clone().filter(|state| !state.stage.is_open());
    let clinics = |counts: &dyn Fn(&ClinicState) -> bool| {
        let mut ids: Vec<String> =
            had_turn().filter(|state| counts(state)).map(|state| state.clinic.clone()).collect();
        ids.sort();
        ids
    };
    let turns = count(had_turn().count());
    let by_clinic = |limit, allowed: u32, ids: Vec<String>| {
        let counted = count(ids.len());
        let allowed = u64::from(allowed);
        let reached = counted > 0 && counted >= allowed;
        reached.then_some(StopReason { limit, allowed, counted, of: turns, clinics: ids })
    };
    let failed = clinics(&|state| state.stage.is_failed());
    let unverified = clinics(&|state| state.stage == Stage::Applied);
    by_clinic(StopLimit::FailedClinics, failed_clinics, failed)
        .or_else(|| by_clinic(StopLimit::VerifyFailures, verify_failures, unverified))
        .or_else(|| {
            let sum = |of: fn(&ClinicState) -> u64| had_turn().map(of).fold(0, u64::saturating_add);
            // What a plan itself leaves alone is no surprise: its clinic is as planned.
            let held = sum(|state| if state.stage.is_good() { 0 } else { state.counts.held });
            let rows = sum(|state| state.counts.rows);
            let part = u128::from(held) * 100;
            let reached = held > 0 && part >= u128::from(rows) * u128::from(held_rows_percent);
            reached.then(|| StopReason {
                limit: StopLimit::HeldRowsPercent,
                allowed: u64::from(held_rows_percent),
                counted: held,
                of: rows,
                clinics: clinics(&|state| state.counts.held > 0 && !state.stage.is_good()),
            })
        })
}

/// Whether the wave after `wave` may begin: no limit is reached, and every clinic of `wave` is as
/// planned, synced and verified. The limits say how many failures the rest of a wave outlives; none
/// of them lets a wave begin behind a clinic that is not verified. A clinic that `so_far` does not
/// know is not at an end.
pub fn may_start_next<'a>(
    on: &StopOn,
    wave: &Wave,
    so_far: impl IntoIterator<Item = &'a ClinicState, IntoIter: Clone>,
) -> Result<(), NotYet> {
    let so_far = so_far.into_iter();
    if let Some(reason) = stop(on, so_far.clone()) {
        return Err(NotYet::Stopped(reason));
    }
    let stages: BTreeMap<&str, Stage> =
        so_far.map(|state| (state.clinic.as_str(), state.stage)).collect();
    let stage = |clinic: &str| stages.get(clinic).copied().unwrap_or(Stage::Waiting);
    let those = |is: fn(Stage) -> bool| -> Vec<String> {
        wave.clinics.iter().filter(|clinic| is(stage(clinic))).cloned().collect()
    };
    let open = those(Stage::is_open);
    if !open.is_empty() {
        return Err(NotYet::Open(open));
    }
    let not_verified = those(|stage| !stage.is_good());
    if not_verified.is_empty() { Ok(()) } else { Err(NotYet::NotVerified(not_verified)) }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl StopLimit {
    /// The name in a fleet manifest.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FailedClinics => "failed_clinics",
            Self::VerifyFailures => "verify_failures",
            Self::HeldRowsPercent => "held_rows_percent",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, allowed, counted, of, clinics } = self;
        let (what, unit) = match limit {
            StopLimit::FailedClinics => ("clinics failed", ""),
            StopLimit::VerifyFailures => ("clinics are not verified", ""),
            StopLimit::HeldRowsPercent => ("planned rows were held", " percent"),
        };
        let (key, clinics) = (limit.key(), clinics.join(", "));
        write!(f, "{counted} of {of} {what} ({clinics}); `{key}` stops at {allowed}{unit}")
    }
}
