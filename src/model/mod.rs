//! The nouns that every stage shares: ids, columns, levels, cells, rows and names.
//!
//! Plain values only: no I/O, no clock, no serialisation of any outside format. Start reading at
//! [`Cells`], the content of one row of the grid.

mod access;
mod column;
mod ids;
mod name;

pub use access::{Cells, LiveRow, RowKey, Until, UntilError};
pub use column::{Column, Columns, Level};
pub use ids::{OfficeId, ProviderId, Revision, UserId};
pub use name::{Names, PersonName, fold};
