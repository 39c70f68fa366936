//! What a rollout is, written once when it is begun.

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _};
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
    /// Whether it takes back what another wrote.
    #[serde(default)]
    pub is_undo: bool,
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
            is_undo: false,
            bundle_digest: bundle_digest.to_owned(),
            waves,
            stop_on: StopOn::default(),
            max_parallel: 1,
            max_parallel_syncs: 1,
            pause: Pause::None,
        }
    }
}

/// How the name of a run begins: when it was begun.
pub const BEGUN: &str = "%Y%m%dT%H%M%SZ";

/// The name, or one of the second after `last` where that would not be before it. The order of names is
/// that in which rollouts were begun: clocks alone do not say it, for those of two machines differ, any may
/// be set back, and two names of one second differ by chance.
pub fn named_after(name: &str, last: Option<&str>) -> String {
    let later = |last: &str| {
        let (begun, _) = last.split_once('-')?;
        let (_, chance) = name.split_once('-')?;
        let next = DateTime::strptime(BEGUN, begun).ok()?.checked_add(1.second()).ok()?;
        Some(format!("{}-{chance}", next.strftime(BEGUN)))
    };
    last.filter(|last| *last >= name).and_then(later).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollout_is_called_so_that_it_comes_after_all_others() {
        let name = "20260105T090000Z-5000000000000000";
        let after = |last| named_after(name, last);
        assert_eq!(after(None), name);
        assert_eq!(after(Some("20260105T090000Z-4fffffffffffffff")), name);
        // Of the same second, the same, or by a clock that is ahead.
        let next = "20260105T090001Z-5000000000000000";
        assert_eq!(after(Some("20260105T090000Z-5000000000000001")), next);
        assert_eq!(after(Some(name)), next);
        let newer = "20261231T235959Z-ffffffffffffffff";
        assert_eq!(after(Some(newer)), "20270101T000000Z-5000000000000000");
        assert!(after(Some(newer)).as_str() > newer);
    }
}
