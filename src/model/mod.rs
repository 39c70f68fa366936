//! The nouns that every stage shares: ids, columns, levels, cells, rows and names.
//!
//! Plain values only: no I/O, no clock. Their serialised form is the one of plans and journals; the
//! wire has types of its own. Start reading at [`Cells`], the content of one row of the grid.

mod access;
mod clock;
mod column;
mod digest;
mod endpoint;
mod ids;
mod name;
mod policy_rule;
mod printable;
mod public_key;
mod state_url;

pub use access::{Cells, LiveRow, RowKey, Until, UntilError};
pub use clock::Clock;
pub use column::{Column, Columns, Level};
pub use digest::sha256;
pub use endpoint::Endpoint;
pub use ids::{OfficeId, ProviderId, Revision, UserId};
pub use name::{Names, PersonName, compose, fold};
pub use policy_rule::PolicyRule;
pub use printable::{is_unsafe, printable_json};
pub use public_key::{PublicKey, PublicKeyError};
pub use state_url::{Cloud, StateUrl, StateUrlFault};
