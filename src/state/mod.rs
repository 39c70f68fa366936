//! Where journals, locks and plans are kept: the folder `.accuroform/` beside a manifest, or an
//! object store. One apply of a clinic at a time.
//!
//! Nothing here decides anything about the grid. Start reading at [`State`] and [`Lock::acquire`].

mod error;
mod folder;
mod folder_store;
mod heartbeat;
mod holder;
mod lock;
mod lock_file;
mod lock_object;
mod lock_place;
mod object;
#[cfg_attr(not(feature = "cloud"), path = "objects_off.rs")]
mod objects;
mod process;
mod store;

pub use error::StateError;
pub use folder::{flush, make_private, private};
pub use heartbeat::Loss;
pub use holder::{Claim, Gone, Holder, Process};
pub use lock::{Lock, LockError, Notice, holder, unlock};
pub(crate) use object::{Object, Version};
pub use objects::Objects;
pub use store::State;
