//! The manifest's rules applied to the directory: one desired row for each row that is covered.
//!
//! Pure. Names become ids here and nowhere else; a name that is unknown or ambiguous is a finding,
//! never a guess. Start reading at [`desired`].

mod cover;
mod ignored;
mod protected;
mod resolve;
mod value;

pub use cover::desired;
pub use ignored::{IgnoredRow, ignored_rows};
pub use resolve::{find_office, find_provider};
pub use value::{Desired, DesiredRow, DesiredUser, Protected, Rule, Why};
