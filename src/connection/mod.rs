//! Opens a clinic's connections: the embedded simulator, an HTTP bridge or a worksheet.
//!
//! Everybody gets readers. Only `apply` asks for a grid writer, only `apply` and `sync` for a sync
//! starter; `tests/it/architecture.rs` holds them to it.

mod open;
mod secret;
mod worksheet;

pub use open::{OpenError, Opened, open, store_path};
pub use secret::{SecretError, Surroundings};
pub use worksheet::{
    Accuro, Asked, Files, ReadError, SheetError, read_sheet, read_table, table_of,
};
