//! The difference between desired and live, as a value that leaves nothing to decide.
//!
//! [`plan`] is a pure function; [`refusals`] judges its result against the limits; [`check`] finds
//! mistakes in a finished plan with code of its own; [`mod@file`] is the form on disk. [`undo_plan`]
//! makes the plan that takes a recorded apply back. Start reading at `value.rs`.

mod against;
mod build;
mod canonical;
mod check;
mod check_undo;
mod compare;
mod diff;
pub mod file;
mod guard;
mod never;
mod target;
mod text;
mod undo;
mod value;

pub use crate::desired::{Protected, Rule, Why};
pub use against::{Against, AgainstRow};
pub use build::{Inputs, plan};
pub use check::{Violation, check, check_against};
pub use check_undo::check_undo;
pub use compare::{Comparison, Renamed, compare};
pub use diff::{DiffRows, diff_rows};
pub use guard::{Policy, Refusal, matches_pattern, refusals};
pub use target::{Target, Targets};
pub use undo::{Recorded, RecordedRow, made_again, undo_plan};
pub use value::{
    Action, Change, Excess, HeldReason, HeldRow, ManifestRef, Plan, Summary, Unread, UnreadPart,
    UserPlan,
};
