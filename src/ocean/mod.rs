//! Ocean's side: start a sync, watch it, and see who appears on the Patients page.

mod appearance;
mod sync;

pub use appearance::{Access, Appearance, Missing, Reason, appearance};
pub use sync::{Progress, SyncError, Synced, Watch, sync};
