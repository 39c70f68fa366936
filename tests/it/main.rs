//! The integration tests: one binary, one module per subject.
#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code"
)]

mod against_git;
mod apply_clinic;
mod apply_faults;
mod approvals;
mod architecture;
mod attest;
mod bad_input;
mod bridge_answers;
mod bridge_contract;
mod bridge_faults;
mod bridge_repeat;
mod bridge_tls;
mod bridge_token;
mod bridge_traffic;
mod canaries;
mod cases;
mod docs;
mod escaping;
mod fleet_bundle;
mod fleet_canaries;
mod fleet_ci;
mod fleet_explain;
mod fleet_files;
mod fleet_kill;
mod fleet_load;
mod fleet_manifest;
mod fleet_plan;
mod fleet_program;
mod fleet_property;
mod fleet_rollout;
mod fleet_scene;
mod fleet_secrets;
mod fleet_state;
mod fleet_stops;
mod fleet_undo;
mod formats;
mod formats_program;
mod fuzz_entry;
mod help;
mod init;
mod journal;
mod journal_undo;
mod kill_disk;
mod kill_laws;
mod kill_matrix;
mod kill_points;
mod kill_proxy;
mod kill_run;
mod kill_signals;
mod kill_strace;
mod lock;
mod lost_answers;
mod manifest_files;
mod manifest_format;
mod manifest_format_program;
mod manifest_grants;
mod manifest_property;
mod manifest_schema;
mod manifest_secrets;
mod manifest_shown;
mod openapi;
mod pipeline;
mod plan_file;
mod plan_guard;
mod plan_integrity;
mod plan_laws;
mod plan_rules;
mod plan_undo;
mod policy_program;
mod policy_rego;
mod policy_rules;
mod program;
mod program_habits;
mod random_clinic;
mod random_faults;
mod random_laws;
mod random_matrix;
mod readers;
mod readers_page;
mod readers_schemas;
mod readers_terraform;
mod readers_worklist;
mod readme;
mod rollout_bundle;
mod rollout_damage;
mod rollout_example;
mod rollout_fold;
mod rollout_merge;
mod rollout_select;
mod rollout_shard;
mod rollout_stage;
mod rollout_stop;
mod rollout_waves;
mod sim_client;
mod sim_faults;
mod sim_faults_clinic;
mod sim_fleet_files;
mod sim_many;
mod sim_quickstart;
mod sim_server;
mod sim_store;
mod sim_wire;
mod stand_in;
mod state_journal;
mod state_lock;
mod state_lost_answers;
mod state_race;
mod state_servers;
mod state_store;
mod state_story;
mod terminal;
mod token_retries;
mod undo;
mod worklist;
mod world;
