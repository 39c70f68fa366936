//! The plans of many clinics in one file, streamed: newline-delimited JSON.
//!
//! A header, a line for each clinic in order of their ids, a footer with the digest of everything
//! before it. A planned clinic's line is its plan as [`crate::plan::file::seal`] wrote it; one that
//! could not be planned says why. [`BundleWriter`] writes it, [`Bundle`] verifies all of it before it
//! gives any of it, [`merge`] makes one of the bundles of shards. Start reading at `form.rs`.

mod error;
mod form;
mod lines;
mod merge;
mod read;
mod write;

pub use error::BundleError;
pub use form::{BundleHeader, BundleShard, FleetRef, Unplanned};
pub use merge::{Merged, merge};
pub use read::{Bundle, Entry};
pub use write::{BundleWriter, Written};
