//! What people and programs read: plans, outcomes and findings, with everything escaped that could
//! disturb a terminal.

mod against;
mod cut;
mod diagnostics;
mod diff;
mod document;
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
mod people;
mod plan;
mod review;
mod sarif;
mod table;
mod terraform;
mod undo;
mod worklist;
mod worklist_html;

pub use against::against;
pub use diagnostics::{Finding, Place, RelatedPlace, findings, render};
pub use diff::diff;
pub use document::{Document, FleetDocument, document};
pub use escape::{escape, escape_lines};
pub use fold::{Folded, FoldedChange, WEIGHTY};
pub use fold_pattern::Weight;
pub use history::{history, history_json, run, run_json};
pub use outcome::{appearance, outcomes};
pub use people::{SyncToDo, expected, sync_steps};
pub use plan::{plan, summary_line};
pub use review::{NotPlanned, Review, refused};
pub use undo::{held_exception, held_rows};
pub use worklist::{WorklistForm, way, words, worklist};
