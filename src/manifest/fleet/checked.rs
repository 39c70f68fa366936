//! The fleet manifest after every check.

use std::time::Duration;

use crate::model::StateUrl;

/// A checked fleet manifest, without the defaults: those are a layer of each clinic's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// A slug: safe in file names.
    pub id: String,
    /// The name people know; the id where none is written.
    pub name: String,
    /// Paths and patterns of the clinics' manifests, relative to the fleet manifest.
    pub clinics: Vec<String>,
    /// How much is read at the same time.
    pub limits: Limits,
    /// In which order an apply goes through the clinics.
    pub rollout: Rollout,
    /// Where the fleet's state is; `None`: in the folder beside the fleet manifest.
    pub state: Option<StateUrl>,
}

/// How much is read at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Clinics side by side.
    pub clinics: usize,
    /// Calls to one host side by side; `None`: each connection's own limit alone.
    pub calls_per_host: Option<usize>,
    /// Calls a second to one host; `None`: each connection's own limit alone.
    pub requests_per_second_per_host: Option<u32>,
}

/// In which order an apply goes through the clinics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// The waves in order; only the last takes the rest.
    pub waves: Vec<Wave>,
    /// Clinics side by side.
    pub max_parallel: usize,
    /// Ocean syncs side by side.
    pub max_parallel_syncs: usize,
    /// What happens between two waves.
    pub pause: Pause,
    /// What stops it.
    pub stop_on: StopOn,
}

/// One wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// A slug, used once.
    pub name: String,
    /// Clinics with one of these tags; empty: not by tag.
    pub tags: Vec<String>,
    /// That share of all clinics; `None`: not by share.
    pub percent: Option<u32>,
}

/// What happens between two waves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Nothing.
    None,
    /// The run ends; a person resumes it.
    Manual,
    /// It waits that long.
    For(Duration),
}

/// What stops a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopOn {
    /// So many clinics that could not be applied.
    pub failed_clinics: u32,
    /// So many clinics that were written and then not synced or verified.
    pub verify_failures: u32,
    /// That share of the planned rows held.
    pub held_rows_percent: u32,
}
