//! Fault scripts: which calls of the simulator go wrong, and how.
//!
//! A script is text first ([`Faults`], the types of its file in `file`), is checked (`check`) and
//! becomes rules (`script`) that count calls and give each call at most one [`Action`]. What an
//! action does to a connection is the server's, what it does to the clinic is `handle`'s.

mod action;
mod check;
mod file;
mod kind;
mod random;
mod script;

pub use file::{Faults, FaultsError};
pub use kind::FaultKind;

pub(super) use action::{Action, RetryAfter};
pub(super) use check::Directory;
pub(super) use file::{Endpoint, Page};
pub(super) use script::Script;
