//! accuroform keeps the provider permissions of an integration's EMR user in Accuro as reviewed YAML.
//!
//! `ARCHITECTURE.md` is the map. The flow goes one way:
//! manifest and directory → desired; desired and live → plan → guard → approval → apply → sync →
//! verify.

pub mod diagnostic;
pub mod manifest;
pub mod model;
pub mod sim;
