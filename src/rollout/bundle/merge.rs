//! One bundle of the bundles of shards.

use std::collections::BTreeMap;
use std::io::{Read, Seek, Write};

use super::error::BundleError;
use super::form::{BundleHeader, BundleShard};
use super::read::{Bundle, moved};
use super::write::{BundleWriter, Written};
use crate::rollout::shard::Shard;

/// What was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The bundle.
    pub written: Written,
    /// The shards that hold clinics and were not there.
    pub missing: Vec<Shard>,
}

/// Writes the clinics of `shards` as one bundle, the same bytes in whatever order they come: those of
/// a fleet that was planned in one go. Shards without clinics may be left out. With `partial`, others
/// may be missing too; the header then names them.
pub fn merge<R: Read + Seek, W: Write>(
    shards: &mut [Bundle<R>],
    out: W,
    partial: bool,
) -> Result<Merged, BundleError> {
    let mut first: Option<(&BundleHeader, &BundleShard)> = None;
    let mut present = BTreeMap::new();
    for (at, bundle) in shards.iter().enumerate() {
        let header = bundle.header();
        let Some(shard) = &header.shard else {
            return Err(BundleError::NotShards("one of the bundles is of no shard"));
        };
        if let Some(first) = first {
            together(first, (header, shard))?;
        }
        if present.insert(shard.part, at).is_some() {
            return Err(BundleError::ShardTwice(shard.part));
        }
        first = first.or(Some((header, shard)));
    }
    let Some((header, BundleShard { populated, part: _ })) = first else {
        return Err(BundleError::NotShards("there is none"));
    };
    let is_missing = |shard: &&Shard| !present.contains_key(*shard);
    let missing: Vec<Shard> = populated.iter().filter(is_missing).copied().collect();
    if !missing.is_empty() && !partial {
        return Err(BundleError::Missing(missing));
    }
    let header = BundleHeader { shard: None, missing: missing.clone(), ..header.clone() };
    let mut writer = BundleWriter::new(out, header)?;
    // A clinic is in the bundle of its shard and in no other: that was verified.
    let mut clinics: Vec<(String, bool, usize)> = Vec::new();
    for (at, bundle) in shards.iter().enumerate() {
        clinics.extend(bundle.clinics().map(|(clinic, planned)| (clinic.to_owned(), planned, at)));
    }
    clinics.sort();
    for (clinic, planned, at) in clinics {
        let line = shards.get_mut(at).map(|bundle| bundle.line(&clinic)).transpose()?.flatten();
        writer.add_from(&clinic, &line.ok_or_else(|| moved(&clinic))?, planned)?;
    }
    Ok(Merged { written: writer.finish()?, missing })
}

/// Whether two bundles are parts of one plan.
fn together(
    (one, one_shard): (&BundleHeader, &BundleShard),
    (other, other_shard): (&BundleHeader, &BundleShard),
) -> Result<(), BundleError> {
    let BundleHeader { format_version, fleet, selection, clinics, shard: _, missing: _ } = one;
    let populated = |shard: &BundleShard| {
        shard.populated.iter().map(Shard::to_string).collect::<Vec<_>>().join(" ")
    };
    let pairs = [
        ("fleets", fleet.id.clone(), other.fleet.id.clone()),
        ("fleet digests", fleet.digest.clone(), other.fleet.digest.clone()),
        ("formats", format_version.clone(), other.format_version.clone()),
        ("selections", selection.clone(), other.selection.clone()),
        ("numbers of selected clinics", clinics.to_string(), other.clinics.to_string()),
        ("numbers of shards", one_shard.part.of().to_string(), other_shard.part.of().to_string()),
        ("shards with clinics", populated(one_shard), populated(other_shard)),
    ];
    for (what, one, other) in pairs {
        if one != other {
            return Err(BundleError::Different { what, one, other });
        }
    }
    Ok(())
}
