//! What a rollout is, written once when it is begun.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stop::StopOn;
use super::version::{VERSION, known};
use super::waves::Wave;

/// A rollout: which bundle, in which waves, by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    #[serde(deserialize_with = "known")]
    v: u32,
    /// Its name.
    pub id: String,
    /// The fleet's id.
    pub fleet: String,
    /// When it was begun.
    pub created: Timestamp,
    /// The digest of the bundle that is rolled out.
    pub bundle_digest: String,
    /// The waves, each with its clinics.
    pub waves: Vec<Wave>,
    /// When it stops.
    pub stop_on: StopOn,
    /// How many clinics are written at a time.
    pub max_parallel: u32,
    /// How many syncs run at a time.
    pub max_parallel_syncs: u32,
    /// What happens between two waves.
    pub pause: Pause,
}

/// What happens between two waves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    /// The next begins.
    #[default]
    None,
    /// Somebody says that the next may begin.
    Manual,
    /// So many seconds pass.
    For(u64),
}

impl Rollout {
    /// A rollout of a bundle with one clinic and one sync at a time, no pause and the usual stops.
    pub fn new(
        id: &str,
        fleet: &str,
        created: Timestamp,
        bundle_digest: &str,
        waves: Vec<Wave>,
    ) -> Self {
        Self {
            v: VERSION,
            id: id.to_owned(),
            fleet: fleet.to_owned(),
            created,
            bundle_digest: bundle_digest.to_owned(),
            waves,
            stop_on: StopOn::default(),
            max_parallel: 1,
            max_parallel_syncs: 1,
            pause: Pause::None,
        }
    }
}
