//! From YAML text to a checked [`Manifest`]: every fault of the file in one run, each with its place.
//!
//! [`load`] is the only way to a [`Manifest`]. Start reading there for the way, or at `checked.rs`
//! for the result.

mod check;
mod checked;
mod edit;
mod explain;
mod explain_yaml;
mod findings;
mod fleet;
mod format;
mod load;
mod mask;
mod mask_lines;
mod mask_tree;
mod pattern;
mod pattern_url;
mod raw;
mod scalar;
mod scan;
mod scan_fault;
mod schema;
mod schema_live;
mod secret_words;
mod sections;
mod shown;
mod source;
mod tree;
mod yaml_text;

pub use checked::{
    AccuroConnection, Api, ApprovalKey, Approvals, ClientCertificate, Clinic, Connections, Grant,
    IgnoredDrift, Management, Manifest, Ocean, OceanConnection, OfficeRule, Policies, Profile,
    ProviderRule, QueryValue, Safety, SecretRef, Selector, SyncMode, UserRule, Why, Worksheet,
};
pub use edit::{Edit, edit};
pub use explain::{Explained, ExplainedValue, Origin, explain};
pub use fleet::{
    FILLED_IN, FLEET_SCHEMA_ID, Fleet, FleetLayer, Limits, LoadedFleet, Pause, Rollout, StopOn,
    Wave, fleet_schema, fleet_schema_text, is_fleet, load_fleet,
};
pub use format::{FormatError, format};
pub use load::{Loaded, MAX_BYTES, load, masked};
pub use schema::{SCHEMA_ID, schema, schema_text};
pub use schema_live::{Person, WhatIsThere, narrowed_schema};
pub use sections::{SectionError, sections, with_sections};
pub use source::Source;
pub use yaml_text::yaml_text;
