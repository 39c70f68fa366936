//! Temporary: merged into the project's one integration binary.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod sim_client;
mod sim_quickstart;
mod sim_server;
mod sim_store;
mod sim_wire;
