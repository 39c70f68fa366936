//! The pure parts of fleets: which clinics, in which shard and wave, when to stop, and the bundle of
//! their plans.
//!
//! Nothing here opens a file, reads a clock or the environment: what the environment says comes as a
//! closure, and a bundle is read and written through `std::io`. What a clinic is at comes from the
//! outcome of its apply and from nothing else. Start reading at `select.rs`, then `bundle/form.rs`.

pub mod bundle;
mod header;
mod matrix;
mod select;
mod shard;
mod stage;
mod stop;
mod version;
mod waves;

pub use header::{BEGUN, Pause, Rollout, named_after};
pub use matrix::{MatrixError, MatrixFormat, matrix};
pub use select::{FleetClinic, SelectError, Selected, Selection};
pub use shard::{Shard, ShardChoice, ShardError};
pub use stage::{ClinicState, RowCounts, Stage};
pub use stop::{NotYet, StopLimit, StopOn, StopReason, may_start_next, stop};
pub use waves::{Wave, WaveError, WaveRule, check_waves, waves};
