//! Ocean's side: start a sync, watch it, and see who appears on the Patients page.

mod appearance;
mod steps;
mod sync;

pub use appearance::{
    Access, Appearance, Expected, Freshness, Grants, Missing, Reason, appearance, expected,
};
pub use steps::{ARTICLE, FULL_SYNC, NOT_THE_GRID, PATIENTS_PAGE};
pub use sync::{Origin, Progress, SyncError, Synced, Watch, sync};
