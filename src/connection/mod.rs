//! Opens a clinic's connections: the embedded simulator or an HTTP bridge.
//!
//! Everybody gets readers. Only `apply` asks for a grid writer, only `apply` and `sync` for a sync
//! starter; `tests/it/architecture.rs` holds them to it.

mod open;
mod secret;

pub use open::{OpenError, Opened, open, store_path};
pub use secret::{SecretError, Surroundings};
