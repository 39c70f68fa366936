//! The integration tests: one binary, one module per subject.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::wildcard_enum_match_arm,
    reason = "test code"
)]

mod architecture;
mod canaries;
mod cases;
mod docs;
mod escaping;
mod fuzz_entry;
mod lost_answers;
mod manifest_files;
mod manifest_grants;
mod manifest_property;
mod manifest_schema;
mod manifest_secrets;
mod manifest_shown;
mod pipeline;
mod plan_file;
mod plan_guard;
mod plan_laws;
mod plan_rules;
mod random_clinic;
mod random_faults;
mod random_laws;
mod random_matrix;
mod readme;
mod sim_client;
mod sim_faults;
mod sim_faults_clinic;
mod sim_quickstart;
mod sim_server;
mod sim_store;
mod sim_wire;
mod token_retries;
mod world;
