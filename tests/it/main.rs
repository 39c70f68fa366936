//! The integration tests: one binary, one module per subject.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod architecture;
mod manifest_files;
mod manifest_schema;

mod plan_file;
mod plan_guard;
mod plan_laws;
mod plan_rules;
mod sim_client;
mod sim_faults;
mod sim_faults_clinic;
mod sim_quickstart;
mod sim_server;
mod sim_store;
mod sim_wire;
mod world;
