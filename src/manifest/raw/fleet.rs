//! A fleet manifest as it is written. The doc comments are the descriptions of its JSON Schema.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::pattern::{PAUSE, SHORT_NAME, TEXT};
use super::{Entries, RawState};

/// Many clinics in one run: which they are, what they share, and in which order they change.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FleetManifest")]
pub(in crate::manifest) struct RawFleetManifest {
    /// The version of this format: 1.
    #[schemars(required, extend("const" = 1))]
    #[expect(dead_code, reason = "the shape allows 1 alone")]
    pub(in crate::manifest) version: Option<u32>,
    /// Which fleet this file is about.
    #[schemars(with = "RawFleet")]
    pub(in crate::manifest) fleet: Option<RawFleet>,
    /// The clinics' manifests, as paths or patterns relative to this file: `clinics/*.yaml`.
    #[schemars(with = "Vec<String>", length(min = 1), inner(regex(pattern = TEXT)))]
    pub(in crate::manifest) clinics: Option<Entries<String>>,
    /// What every clinic inherits. Mappings are merged, lists and values replaced by what the
    /// clinic's own manifest writes; a limit of `safety` may only be made tighter there. `{id}`,
    /// `{tenant}`, and in capitals with `_` for `-` `{ID}` and `{TENANT}`, stand for the clinic's own.
    #[schemars(with = "Option<bool>")]
    #[expect(dead_code, reason = "read as a layer below each clinic's manifest")]
    pub(in crate::manifest) defaults: Option<IgnoredAny>,
    /// How much is read at the same time.
    pub(in crate::manifest) limits: Option<RawLimits>,
    /// In which order an apply goes through the clinics, and what stops it.
    pub(in crate::manifest) rollout: Option<RawRollout>,
    /// Where plan bundles, rollouts and, unless a clinic says otherwise, the clinics' journals and
    /// locks are kept. Default: the folder `.accuroform` beside each file.
    pub(in crate::manifest) state: Option<RawState>,
}

/// One fleet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fleet")]
pub(in crate::manifest) struct RawFleet {
    /// A short, stable name: `a` to `z`, `0` to `9` and `-`.
    #[schemars(required, regex(pattern = SHORT_NAME))]
    pub(in crate::manifest) id: Option<String>,
    /// The name that people know. Default: the id.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) name: Option<String>,
}

/// How much is read at the same time.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub(in crate::manifest) struct RawLimits {
    /// The most clinics that are read at the same time.
    #[schemars(range(min = 1, max = 256), extend("default" = 16))]
    pub(in crate::manifest) clinics: Option<u32>,
    /// The most calls to one host at the same time, over all clinics behind it. Default: no limit
    /// beside each connection's own.
    #[schemars(range(min = 1, max = 1024))]
    pub(in crate::manifest) calls_per_host: Option<u32>,
    /// The most calls a second to one host, over all clinics behind it. Default: no limit beside
    /// each connection's own.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub(in crate::manifest) requests_per_second_per_host: Option<u32>,
}

/// In which order an apply goes through the clinics.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rollout")]
pub(in crate::manifest) struct RawRollout {
    /// The waves, in order. A wave begins only when the one before it is applied, synced and
    /// verified. Default: one wave of all clinics.
    #[schemars(with = "Option<Vec<RawWave>>", length(min = 1))]
    pub(in crate::manifest) waves: Option<Entries<RawWave>>,
    /// The most clinics that are applied at the same time.
    #[schemars(range(min = 1, max = 64), extend("default" = 4))]
    pub(in crate::manifest) max_parallel: Option<u32>,
    /// The most Ocean syncs that run at the same time. Default: `max_parallel`.
    #[schemars(range(min = 1, max = 64))]
    pub(in crate::manifest) max_parallel_syncs: Option<u32>,
    /// Whether it waits between two waves.
    pub(in crate::manifest) pause: Option<RawPause>,
    /// What stops it.
    pub(in crate::manifest) stop_on: Option<RawStopOn>,
}

/// One wave: clinics by tag, a share of all clinics, or, as the last, the rest.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Wave")]
pub(in crate::manifest) struct RawWave {
    /// A short name: `a` to `z`, `0` to `9` and `-`.
    #[schemars(required, regex(pattern = SHORT_NAME))]
    pub(in crate::manifest) name: Option<String>,
    /// Clinics that carry one of these tags.
    #[schemars(with = "Option<Vec<String>>", length(min = 1), inner(regex(pattern = TEXT)))]
    pub(in crate::manifest) tags: Option<Entries<String>>,
    /// That share of all clinics, rounded up.
    #[schemars(range(min = 1, max = 100))]
    pub(in crate::manifest) percent: Option<u32>,
}

/// Whether a rollout waits between two waves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pause")]
pub(in crate::manifest) struct RawPause {
    /// `manual` ends the run after each wave, to be resumed by a person; `10m` waits that long.
    #[schemars(regex(pattern = PAUSE))]
    pub(in crate::manifest) between_waves: Option<String>,
}

/// What stops a rollout: no further clinic is begun.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StopOn")]
pub(in crate::manifest) struct RawStopOn {
    /// So many clinics that could not be applied.
    #[schemars(range(min = 1, max = 4_294_967_295_u32), extend("default" = 1))]
    pub(in crate::manifest) failed_clinics: Option<u32>,
    /// So many clinics that were written and then not synced or not verified.
    #[schemars(range(min = 1, max = 4_294_967_295_u32), extend("default" = 1))]
    pub(in crate::manifest) verify_failures: Option<u32>,
    /// That share of the planned rows was held because somebody else changed them.
    #[schemars(range(min = 0, max = 100), extend("default" = 5))]
    pub(in crate::manifest) held_rows_percent: Option<u32>,
}
