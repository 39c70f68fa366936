//! Many clinics in one command: loading a fleet, choosing its clinics, planning them side by side.

mod events;
mod load;
mod plan;
mod progress;
mod shown;
mod spool;
mod subject;

pub(super) use events::Events;
pub(super) use load::{FleetFile, Member};
pub(super) use plan::{MemberPlan, plan_all};
pub(super) use progress::FleetProgress;
pub(super) use shown::{FleetSummary, clinics, unplanned};
pub(super) use spool::{SavedBundle, Spool};
pub(super) use subject::{SelectedFleet, Subject, header};
