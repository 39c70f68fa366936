//! The events of a run for programs: newline-delimited JSON, one object for each thing that happened,
//! as it happens. `docs/events.md` is the page for users, `schemas/events.schema.json` is made here.
//!
//! `event.rs`, `rows.rs` and `fleet.rs` are the types that are written, and nothing reads them back; `line.rs` is
//! what every event has; the `of_*.rs` make events of what the program knows. A printer that streams
//! ([`Printer::stream`](super::printer::Printer::stream)) prints them, any other drops them.

mod event;
mod fleet;
mod line;
mod of_apply;
mod of_end;
mod of_fleet;
mod of_plan;
mod rows;
mod schema;

pub(in crate::cli) use event::{AgainstGit, AgainstRow, Operation};
pub(in crate::cli) use fleet::FleetPlanned;
pub(in crate::cli) use line::{Stream, Told};
pub(in crate::cli) use of_apply::{applied, asked, ended, progress, starting};
pub(in crate::cli) use of_end::{
    failure, finding, not_verified, outcome, sync_begins, sync_ended, sync_goes_on, verified,
};
pub(in crate::cli) use of_fleet::{
    RolloutEnded, clinic_begins, clinic_ended, clinic_planned, fleet_planned, rollout_begins,
    rollout_ended, wave_begins,
};
pub(in crate::cli) use of_plan::{Judged, against_git, plan, refusals, saved};
pub(in crate::cli) use rows::Row;
pub(in crate::cli) use schema::schema_text;
