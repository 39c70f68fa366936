//! The lines of a bundle.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::plan::file::KIND as PLAN;
use crate::rollout::shard::Shard;

/// The format this program writes; it reads every file of the same major version.
pub(super) const FORMAT: &str = "1.0";

/// The longest line, its end included.
pub(super) const LONGEST: u64 = 64 * 1024 * 1024;

/// Which fleet a bundle is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetRef {
    /// Its id.
    pub id: String,
    /// The digest of what it was planned from.
    pub digest: String,
}

/// Which part of a fleet a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleShard {
    /// This one.
    pub part: Shard,
    /// The parts that hold any clinic, this one included if it does: what a merge needs.
    pub populated: Vec<Shard>,
}

/// The first line.
///
/// Nothing in it says who planned, when or where, so that the merged bundles of all shards are, byte
/// for byte, the bundle of a fleet that was planned in one go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleHeader {
    pub(super) format_version: String,
    /// The fleet.
    pub fleet: FleetRef,
    /// What was asked for in words, without the shard.
    pub selection: String,
    /// How many clinics are selected, in all shards.
    pub clinics: u64,
    /// The part that this is; `None`: all of them.
    pub shard: Option<BundleShard>,
    /// The parts that a merge went without. Their clinics are not in here, planned or not.
    pub missing: Vec<Shard>,
}

/// A clinic that could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplanned {
    /// The clinic.
    pub clinic: String,
    /// A stable code.
    pub code: String,
    /// What was attempted and went wrong.
    pub message: String,
    /// The exit code that planning this clinic alone would have had.
    pub exit_code: u8,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Footer {
    pub(super) clinics: u64,
    pub(super) unplanned: u64,
    pub(super) digest: String,
}

/// The lines that are not plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Line {
    #[serde(rename = "accuroform.bundle")]
    Header(BundleHeader),
    #[serde(rename = "accuroform.unplanned")]
    Unplanned(Unplanned),
    #[serde(rename = "accuroform.bundle.end")]
    Footer(Footer),
}

/// As much of a line as tells what it is, without building the rest.
#[derive(Deserialize)]
pub(super) struct Glance<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    format_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    plan: Option<PlanGlance<'a>>,
}

#[derive(Deserialize)]
struct PlanGlance<'a> {
    #[serde(borrow)]
    clinic: Cow<'a, str>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Header(BundleHeader),
    /// The plan of this clinic.
    Plan(String),
    Unplanned(Unplanned),
    Footer(Footer),
    /// A header of another major version.
    Foreign(String),
}

/// Reads a line that has its end.
pub(super) fn parse(line: &[u8]) -> Result<Parsed, serde_json::Error> {
    let Glance { kind, format_version, plan } = serde_json::from_slice(line)?;
    if let (PLAN, Some(plan)) = (kind.as_ref(), plan) {
        return Ok(Parsed::Plan(plan.clinic.into_owned()));
    }
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if let ("accuroform.bundle", Some(version)) = (kind.as_ref(), format_version)
        && major(&version) != major(FORMAT)
    {
        return Ok(Parsed::Foreign(version.into_owned()));
    }
    Ok(match serde_json::from_slice(line)? {
        Line::Header(header) => Parsed::Header(header),
        Line::Unplanned(unplanned) => Parsed::Unplanned(unplanned),
        Line::Footer(footer) => Parsed::Footer(footer),
    })
}

impl BundleHeader {
    /// The header of a bundle that holds what was selected, or a part of it.
    pub fn new(
        fleet: FleetRef,
        selection: String,
        clinics: u64,
        shard: Option<BundleShard>,
    ) -> Self {
        let format_version = FORMAT.to_owned();
        Self { format_version, fleet, selection, clinics, shard, missing: Vec::new() }
    }

    /// Whether a bundle with this header may have so many clinics when it ends.
    pub(super) fn allows(&self, there: u64) -> bool {
        let whole = self.shard.is_none() && self.missing.is_empty();
        there == self.clinics || (there < self.clinics && !whole)
    }

    /// What stands against this clinic after `last`.
    pub(super) fn objection(&self, last: Option<&str>, clinic: &str) -> Option<&'static str> {
        match last {
            Some(last) if last == clinic => Some("it is there already"),
            Some(last) if last > clinic => Some("clinics are in order of their ids"),
            _ if self.shard.as_ref().is_some_and(|shard| !shard.part.includes(clinic)) => {
                Some("it is in another shard")
            }
            _ => None,
        }
    }
}
