//! `status`: everything that waits for a person. It takes no lock and writes nothing.
//!
//! Start reading at `run.rs`, then `found.rs`: what waits at one clinic. Each kind of waiting has a file.

mod approvals;
mod capture;
mod found;
mod grants;
mod item;
mod rollouts;
mod run;
mod shown;
mod sync;
mod worklist;

pub(super) use run::run;
