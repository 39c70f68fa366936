//! The checks of a manifest: first its shape, then what it means. Start reading at
//! `manifest.rs`, which puts the parts together.

mod api;
mod approvals;
mod connections;
mod context;
mod drift;
mod entries;
mod grants;
mod manifest;
mod offices;
mod policy;
mod profiles;
mod safety;
mod shape;
mod shape_words;
mod users;

pub(super) use manifest::manifest;
pub(super) use profiles::OCEAN;
pub(super) use shape::shape;
pub(super) use shape_words::{below, resolve};
