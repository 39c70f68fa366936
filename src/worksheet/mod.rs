//! The worksheet: what an administrator reads at the Manage Security screen, where no bridge is.
//!
//! A file becomes a [`Table`], a table a [`Sheet`] with every fault at its cell, a sheet that somebody
//! dates a [`Capture`], and a capture that is fresh a `live::Snapshot`. What nobody read stays unread
//! all the way. Everything here is a function of values: files are read and written elsewhere.

mod capture;
mod csv;
mod csv_cells;
mod dates;
mod directory;
mod directory_file;
mod encoding;
mod expected;
mod expected_only;
mod fault;
mod freshness;
pub mod fuzzing;
mod headings;
mod interview;
mod kept;
mod place;
mod sheet;
mod snapshot;
mod table;
mod template;
mod words;
mod xlsx_read;
mod xlsx_write;

pub use capture::{Capture, Open, open};
pub use csv::write as to_csv;
pub use dates::{moment, typed_date};
pub use directory::{DirectoryFile, DirectoryLine, directory, without_ids};
pub use directory_file::{Added, add, directory_rows, with_ids};
pub use expected::{Expected, ExpectedColumns, expected, missing, not_listed};
pub use expected_only::Only;
pub use fault::Fault;
pub use freshness::{Freshness, is_ahead};
pub use interview::{Asking, Interview, Press, Question};
pub use place::SheetPlace;
pub use sheet::{Expectation, Line, Reading, Sheet, sheet};
pub use snapshot::{Asked, OfficeRows, counts, snapshot};
pub use table::{Kind, MAX_BYTES, Table, is_xlsx, table};
pub use template::{Template, template};
pub use xlsx_write::write as to_xlsx;
