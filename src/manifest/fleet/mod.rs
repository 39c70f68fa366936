//! The fleet manifest: which clinics there are, what they inherit, how an apply goes through them.
//!
//! A clinic's manifest is a layer over the fleet's `defaults`: [`FleetLayer::clinic`] puts the two
//! together, value by value with its place, and everything behind it is the same as for a clinic
//! alone. Start reading at `load.rs`, or at `merge.rs` for how layers are put together.

mod check;
mod checked;
mod load;
mod merge;
mod schema;
mod template;
mod tighten;

pub(super) use check::seconds;
pub use checked::{Fleet, Limits, Pause, Rollout, StopOn, Wave};
pub use load::{FILLED_IN, FleetLayer, LoadedFleet, is_fleet, load_fleet};
pub(super) use schema::LAYERED;
pub use schema::{FLEET_SCHEMA_ID, fleet_schema, fleet_schema_text};
pub(super) use template::sample;
