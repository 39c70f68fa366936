//! Many clinics in one command: loading a fleet, choosing its clinics, planning them side by side,
//! and rolling a change out over them.

mod load;
mod plan;
mod progress;
mod rollouts;
mod runner;
mod shown;
mod spool;
mod status;
mod subject;

pub(super) use load::{FleetFile, wave_rule, way_back};
pub(super) use plan::{ClinicPlan, MemberPlan, plan_all, side_by_side};
pub(super) use rollouts::{Kept, Rollouts};
pub(super) use runner::{ApplyOne, RolloutEnd, Runner, Turn};
pub(super) use shown::{FleetSummary, Title, clinics, in_the_way};
pub(super) use spool::{SavedBundle, Spool};
pub(super) use status::{asked_of, exit, outcomes, shown_state, status, sum, waiting, waves};
pub(super) use subject::{
    SelectedFleet, Subject, load_fleet, load_selected, must_not_select, selection,
};
