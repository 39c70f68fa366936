//! The folder `.accuroform/` beside a manifest, and the lock in it: one apply of a clinic at a time.
//!
//! Nothing here decides anything about the grid. Start reading at [`Lock::acquire`].

mod folder;
mod heartbeat;
mod holder;
mod lock;
mod lock_file;
mod process;

pub use folder::{flush, make_private, private};
pub use heartbeat::Loss;
pub use holder::{Claim, Gone, Holder, Process};
pub use lock::{Lock, LockError, Notice, holder, unlock};
