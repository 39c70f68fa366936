//! Merging: the bundles of all shards are the bundle of a fleet that was planned in one go.

use std::io::Cursor;

use accuroform::rollout::Shard;
use accuroform::rollout::bundle::{Bundle, BundleError, BundleShard, BundleWriter, Merged, merge};
use proptest::prelude::*;

use crate::rollout_bundle::{bundle, header, read, sealed};

const CLINICS: [&str; 7] = ["a", "b", "c", "lakeside", "north-bay", "riverbend", "xa"];

fn shards(of: u32) -> Vec<Vec<u8>> {
    (1..=of).map(|index| bundle(&CLINICS, Shard::new(index, of))).collect()
}

fn merged(parts: &[Vec<u8>], partial: bool) -> Result<(Merged, Vec<u8>), BundleError> {
    let mut out = Vec::new();
    let mut parts: Vec<Bundle<Cursor<&[u8]>>> =
        parts.iter().map(|part| read(part).unwrap()).collect();
    let merged = merge(&mut parts, &mut out, partial)?;
    Ok((merged, out))
}

fn holds_any(part: &[u8]) -> bool {
    read(part).unwrap().clinics().next().is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn all_shards_in_any_order_are_the_bundle_of_the_whole(
        parts in (1_u32..12).prop_flat_map(|of| Just(shards(of)).prop_shuffle()),
    ) {
        let (found, bytes) = merged(&parts, false).unwrap();
        prop_assert!(bytes == bundle(&CLINICS, None));
        prop_assert_eq!((found.written.clinics, found.written.unplanned), (7, 1));
        prop_assert!(found.missing.is_empty());
    }
}

#[test]
fn shards_without_clinics_need_not_be_there() {
    let mut parts = shards(16);
    parts.retain(|part| holds_any(part));
    assert!(parts.len() <= CLINICS.len());
    assert!(merged(&parts, false).unwrap().1 == bundle(&CLINICS, None));
}

#[test]
fn a_missing_shard_is_named_and_a_partial_bundle_says_so() {
    let mut parts = shards(4);
    let at = parts.iter().position(|part| holds_any(part)).unwrap();
    let gone = read(&parts.remove(at)).unwrap().clinics().count() as u64;
    let shard = Shard::new(u32::try_from(at + 1).unwrap(), 4).unwrap();
    let error = merged(&parts, false).unwrap_err();
    assert_eq!(error.code(), "B010");
    assert_eq!(error.to_string(), format!("the bundles of 1 shards are missing: {shard}"));
    let (found, bytes) = merged(&parts, true).unwrap();
    assert_eq!((found.missing, found.written.clinics), (vec![shard], 7 - gone));
    let partial = read(&bytes).unwrap();
    assert_eq!(partial.header().missing, [shard]);
    assert_eq!(partial.header().clinics, 7, "how many were selected");
    let error = merged(&[bytes], true).unwrap_err();
    assert_eq!(error.code(), "B009", "a partial bundle is not merged again");
}

#[test]
fn a_shard_that_comes_twice_is_refused() {
    let mut parts = shards(3);
    parts.push(parts[1].clone());
    let error = merged(&parts, true).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("B009", "two bundles are of shard 2/3")
    );
    assert_eq!(merged(&[], true).unwrap_err().code(), "B009");
    let whole = bundle(&CLINICS, None);
    assert_eq!(merged(&[whole], false).unwrap_err().code(), "B009");
}

/// The shard `index` of two with nothing in it but what the header says.
fn empty(index: u32, change: impl Fn(&mut accuroform::rollout::bundle::BundleHeader)) -> Vec<u8> {
    let part = Shard::new(index, 2).unwrap();
    let mut header = header(0, Some(BundleShard { part, populated: Vec::new() }));
    change(&mut header);
    let mut out = Vec::new();
    BundleWriter::new(&mut out, header).unwrap().finish().unwrap();
    out
}

#[test]
fn bundles_that_were_not_planned_together_are_refused() {
    type Change = fn(&mut accuroform::rollout::bundle::BundleHeader);
    let changes: [(&str, Change); 6] = [
        ("fleets", |header| header.fleet.id = "other".to_owned()),
        ("fleet digests", |header| header.fleet.digest = "sha256:01".to_owned()),
        ("selections", |header| header.selection = "all clinics without the tags x".to_owned()),
        ("numbers of selected clinics", |header| header.clinics = 9),
        ("numbers of shards", |header| {
            header.shard.as_mut().unwrap().part = Shard::new(2, 3).unwrap();
        }),
        ("shards with clinics", |header| {
            header.shard.as_mut().unwrap().populated = vec![Shard::new(2, 2).unwrap()];
        }),
    ];
    assert!(merged(&[empty(1, |_| ()), empty(2, |_| ())], false).is_ok());
    for (what, change) in changes {
        let error = merged(&[empty(1, |_| ()), empty(2, change)], true).unwrap_err();
        assert_eq!(error.code(), "B008");
        let said = format!("the bundles do not belong together: their {what} differ: ");
        assert!(error.to_string().starts_with(&said), "{error}");
    }
}

#[test]
fn a_merge_that_lacks_clinics_is_not_ended() {
    // Both shards are there, and one was planned without a clinic that was selected.
    let part = (1..=2).filter_map(|at| Shard::new(at, 2)).find(|s| s.includes("a")).unwrap();
    let two = |header: &mut accuroform::rollout::bundle::BundleHeader| {
        header.clinics = 2;
        header.shard.as_mut().unwrap().populated = vec![part];
    };
    let mut header = header(2, Some(BundleShard { part, populated: vec![part] }));
    header.clinics = 2;
    let mut out = Vec::new();
    let mut writer = BundleWriter::new(&mut out, header).unwrap();
    writer.add_plan("a", &sealed("a")).unwrap();
    writer.finish().unwrap();
    let error = merged(&[out, empty(3 - part.index(), two)], false).unwrap_err();
    assert!(matches!(error, BundleError::Incomplete { expected: 2, there: 1 }), "{error}");
}
