//! The difference between desired and live, as a value that leaves nothing to decide.
//!
//! [`plan`] is a pure function; [`refusals`] judges its result against the limits; [`check`] finds
//! mistakes in a finished plan with code of its own; [`mod@file`] is the form on disk. Start reading at
//! `value.rs`.

mod build;
mod check;
mod compare;
mod diff;
pub mod file;
mod guard;
mod never;
mod target;
mod value;

pub use crate::desired::{Protected, Rule, Why};
pub use build::{Inputs, plan};
pub use check::{Violation, check, check_against};
pub use compare::{Comparison, Renamed, compare};
pub use diff::{DiffRows, diff_rows};
pub use guard::{Policy, Refusal, refusals};
pub use target::{Target, Targets};
pub use value::{Action, Change, Excess, ManifestRef, Plan, Summary, Unread, UnreadPart, UserPlan};
