//! The rules of a Cloud Connect sync.
//!
//! Whether a run is over follows from its start and its length, so that a sync which one process
//! started is seen complete by the next. Who appears on the Patients page is decided from the grid
//! at the moment a full sync *starts*, and shows once it has completed: whoever gets a permission
//! while it runs waits for the next one. A recent sync finds changed appointments of those who are
//! there already; here it changes nothing but its own time of completion.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::state::{Row, RowKey, State};
use super::world::{Ocean, Provider, World};

/// "Sync Full Schedule" or "Sync Recent Appointments".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    #[default]
    Full,
    Recent,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RunState {
    Running,
    Succeeded,
    Failed,
}

/// One run of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) number: u64,
    pub(super) mode: Mode,
    pub(super) started: Timestamp,
    pub(super) milliseconds: u64,
    /// For a full run: the providers that it brings to the Patients page, with their appointments
    /// in the window.
    pub(super) page: BTreeMap<u64, u32>,
    /// Why it will have failed when it is over; such a run brings nobody.
    pub(super) failure: Option<String>,
}

impl Run {
    /// The run that a clinic with this state would start now.
    pub(super) fn start(state: &State, ocean: &Ocean, mode: Mode, now: Timestamp) -> Self {
        let rows = &state.contents.rows;
        let (seconds, page) = match mode {
            Mode::Full => (ocean.full_sync_seconds, page(&state.world, rows, now)),
            Mode::Recent => (ocean.recent_sync_seconds, BTreeMap::new()),
        };
        let last = state.contents.runs.keys().next_back().copied();
        Self {
            number: last.unwrap_or(0).saturating_add(1),
            mode,
            started: now,
            milliseconds: milliseconds(seconds),
            page,
            failure: None,
        }
    }

    /// The full run that was over when the store was made.
    pub(super) fn before_the_store(
        world: &World,
        rows: &BTreeMap<RowKey, Row>,
        now: Timestamp,
    ) -> Self {
        Self {
            number: 1,
            mode: Mode::Full,
            started: now,
            milliseconds: 0,
            page: page(world, rows, now),
            failure: None,
        }
    }

    /// The same run with an end that never comes.
    #[must_use]
    pub(super) fn without_end(self) -> Self {
        Self { milliseconds: u64::MAX, ..self }
    }

    /// Its id on the wire: `r-7`.
    pub(super) fn id(&self) -> String {
        format!("r-{}", self.number)
    }

    pub(super) fn ends(&self) -> Timestamp {
        let length = i64::try_from(self.milliseconds).unwrap_or(i64::MAX);
        self.started.checked_add(SignedDuration::from_millis(length)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn state(&self, now: Timestamp) -> RunState {
        if now < self.ends() {
            RunState::Running
        } else if self.failure.is_some() {
            RunState::Failed
        } else {
            RunState::Succeeded
        }
    }
}

/// The run that is under way, if any: one at a time.
pub(super) fn running(state: &State, now: Timestamp) -> Option<&Run> {
    let last = state.contents.runs.values().next_back()?;
    (last.state(now) == RunState::Running).then_some(last)
}

/// The last run of this mode that succeeded.
pub(super) fn last_completed(state: &State, mode: Mode, now: Timestamp) -> Option<&Run> {
    state
        .contents
        .runs
        .values()
        .rev()
        .find(|run| run.mode == mode && run.state(now) == RunState::Succeeded)
}

/// The day in UTC; the vendor documents no time zone for dates.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// Who a full sync that starts now brings to the Patients page: selected in Ocean, Patient,
/// Scheduling and Visible at full in one and the same row of an active office, Access Until not
/// yet past, and something booked in the window.
fn page(world: &World, rows: &BTreeMap<RowKey, Row>, now: Timestamp) -> BTreeMap<u64, u32> {
    let Some(ocean) = &world.ocean else {
        return BTreeMap::new();
    };
    let user = world.users.iter().find(|user| user.name == ocean.emr_user && user.active);
    let Some(user) = user else {
        return BTreeMap::new();
    };
    let today = day(now);
    let active: BTreeSet<u64> =
        world.offices.iter().filter(|office| office.active).map(|office| office.id).collect();
    let seen: BTreeSet<u64> = rows
        .iter()
        .filter(|(key, row)| {
            key.user == user.id
                && active.contains(&key.office)
                && row.until.is_none_or(|until| until >= today)
                && row.columns.lets_sync_see()
        })
        .map(|(key, _)| key.provider)
        .collect();
    world
        .providers
        .iter()
        .filter(|provider| provider.selected && seen.contains(&provider.id))
        .map(|provider| (provider.id, booked(provider, today, ocean.schedule_days)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// How many appointments the provider has in the window of `days` days from `today` on.
fn booked(provider: &Provider, today: Date, days: u32) -> u32 {
    provider
        .appointments
        .iter()
        .filter(|booked| match (booked.in_days, booked.on) {
            (Some(in_days), _) => in_days < days,
            (None, Some(on)) => (0..i64::from(days)).contains(&i64::from((on - today).get_days())),
            (None, None) => false,
        })
        .map(|booked| booked.count)
        .fold(0, u32::saturating_add)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a world's seconds are checked to be 0 to 86,400"
)]
pub(super) fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::date;

    #[test]
    fn the_window_is_today_and_the_days_after() {
        let provider: Provider = serde_yaml::from_str(
            "{id: 1, first: A, last: B, offices: [1], appointments: [{in_days: 0, count: 1}, \
             {in_days: 1, count: 10}, {on: 2027-01-31, count: 100}, {on: 2027-02-01, count: 1000}]}",
        )
        .unwrap();
        let on = |day| date::parse(day).unwrap();
        assert_eq!(booked(&provider, on("2027-01-31"), 1), 101);
        assert_eq!(booked(&provider, on("2027-01-31"), 2), 1111);
        assert_eq!(booked(&provider, on("2027-02-02"), 400), 11);
        assert_eq!(booked(&provider, on("2027-01-30"), 2), 111);
    }

    #[test]
    fn a_run_with_a_failure_is_failed_when_it_is_over() {
        let started: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        let run = Run {
            number: 7,
            mode: Mode::Full,
            started,
            milliseconds: 1500,
            page: BTreeMap::new(),
            failure: Some("the EMR did not answer".to_owned()),
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(run.state(at("2026-11-20T14:00:01.4Z")), RunState::Running);
        assert_eq!(run.state(at("2026-11-20T14:00:01.5Z")), RunState::Failed);
    }
}
