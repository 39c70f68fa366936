//! From a live grid to the rules that say the same: the shortest of the forms that a manifest has.
//!
//! Pure. Start reading at [`import`]: what was found of each user (`found.rs`), the search over the forms
//! (`choose.rs`, `office.rs`), the YAML of the winner (`text.rs`). [`must_be_same`] is the judge of the
//! result and shares no code with the search: it plans.

mod choose;
mod error;
mod found;
mod office;
mod palette;
mod reasons;
mod same;
mod shape;
mod text;

pub use choose::{Imported, Settings, User, import};
pub use error::ImportError;
pub use found::{Found, FoundOffice, found};
pub use reasons::{is_of_a_person, keep_reasons};
pub use same::{Difference, must_be_same};
pub use text::comment as name_comment;
