//! What people and programs read: plans, outcomes and findings, with everything escaped that could
//! disturb a terminal.

mod against;
mod diagnostics;
mod diff;
mod escape;
mod history;
mod outcome;
mod plan;
mod table;
mod undo;

pub use against::against;
pub use diagnostics::{Finding, Place, RelatedPlace, findings, render};
pub use diff::diff;
pub use escape::{escape, escape_lines};
pub use history::{history, history_json, run, run_json};
pub use outcome::{appearance, outcomes};
pub use plan::{plan, summary_line};
pub use undo::{held_exception, held_rows};
