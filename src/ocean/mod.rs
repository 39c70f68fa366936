//! Ocean's side: start a sync, watch it, and see who appears on the Patients page.

mod appearance;
mod sync;

pub use appearance::{Access, Appearance, Freshness, Missing, Reason, appearance};
pub use sync::{Origin, Progress, SyncError, Synced, Watch, sync};
