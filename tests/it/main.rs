//! The integration tests: one binary, one module per subject.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod apply_clinic;
mod apply_faults;
mod bad_input;
mod bridge_answers;
mod bridge_contract;
mod bridge_faults;
mod bridge_repeat;
mod bridge_token;
mod manifest_files;
mod manifest_schema;
mod program;
mod program_habits;
mod sim_client;
mod sim_quickstart;
mod sim_server;
mod sim_store;
mod sim_wire;
mod stand_in;
