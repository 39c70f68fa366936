//! What people and programs read: plans, outcomes and findings, with everything escaped that could
//! disturb a terminal.

mod access;
mod access_csv;
mod access_html;
mod against;
pub mod ci;
mod cut;
mod diagnostics;
mod diff;
mod document;
mod drift;
mod escape;
mod fold;
mod fold_pattern;
mod history;
mod html;
mod html_grid;
mod junit;
mod markdown;
mod markdown_fleet;
mod markdown_parts;
mod markup;
mod outcome;
mod page;
mod plan;
mod review;
mod sarif;
mod table;
mod terraform;
mod undo;

pub use access::AccessReport;
pub use access_csv::{access_csv_head, access_csv_unread};
pub use against::against;
pub use diagnostics::{Finding, Place, RelatedPlace, findings, render};
pub use diff::diff;
pub use document::{Document, FleetDocument, document};
pub use drift::DriftReport;
pub use escape::{escape, escape_lines};
pub use fold::{Folded, FoldedChange, WEIGHTY};
pub use fold_pattern::Weight;
pub use history::{history, history_json, run, run_json};
pub use outcome::{appearance, counts, held, outcomes};
pub use plan::{plan, summary_line};
pub use review::{NotPlanned, Review, allowance, refused};
pub use undo::{held_exception, held_rows};
