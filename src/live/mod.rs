//! What is there now: the directory and the grids, read once and never changed here.
//!
//! [`Snapshot`] is a plain value; [`fetch`] fills it over a connection. A part that could not be
//! read is `Unread` with its reason, never empty.

mod fetch;
mod snapshot;

pub use fetch::fetch;
pub use snapshot::{Captured, Directory, Grid, Look, Office, Providers, Snapshot};
