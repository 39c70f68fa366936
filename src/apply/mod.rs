//! Executes an approved plan. It decides nothing: every row, value and revision is in the plan.
//!
//! `batch.rs` says what an answer means for each row (pure); `run.rs` sends, journals and reports.

mod batch;
mod run;

pub use run::{Applied, Apply, Happening, Progress};
