//! accuroform keeps the provider permissions of an integration's EMR user in Accuro as reviewed YAML.
//!
//! `ARCHITECTURE.md` is the map. The flow goes one way:
//! manifest and directory → desired; desired and live → plan → guard → approval → apply → sync →
//! verify.

pub mod apply;
pub mod approval;
pub mod bridge;
pub mod cli;
pub mod connection;
pub mod desired;
pub mod diagnose;
pub mod diagnostic;
pub mod finding;
pub mod import;
pub mod journal;
pub mod live;
pub mod manifest;
pub mod model;
pub mod ocean;
pub mod plan;
pub mod policy;
pub mod report;
pub mod rollout;
pub mod sim;
pub mod state;
pub mod worklist;
pub mod worksheet;
