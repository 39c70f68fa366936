//! From YAML text to a checked [`Manifest`]: every fault of the file in one run, each with its place.
//!
//! [`load`] is the only way to a [`Manifest`]. Start reading at `checked.rs`, the result.

mod checked;

pub use checked::{
    AccuroConnection, Api, Clinic, Connections, Grant, Management, Manifest, Ocean,
    OceanConnection, OfficeRule, Paths, ProviderRule, QueryValue, Safety, SecretRef, Selector,
    SyncMode, UserRule, Why,
};
