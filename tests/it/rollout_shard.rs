//! Shards: every clinic in exactly one, none moved without need.

use std::collections::BTreeMap;

use accuroform::rollout::{MatrixError, MatrixFormat, Shard, ShardChoice, ShardError, matrix};
use proptest::prelude::*;

fn shard(index: u32, of: u32) -> Shard {
    Shard::new(index, of).unwrap()
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("clinic-{number}")).collect()
}

/// The shard of each clinic, by the list of shards that hold any.
fn placed(ids: &[String], of: u32) -> BTreeMap<&str, u32> {
    let of_clinic = |id: &String| Shard::populated(of, [id.as_str()])[0].index();
    ids.iter().map(|id| (id.as_str(), of_clinic(id))).collect()
}

proptest! {
    #[test]
    fn a_clinic_is_in_exactly_one_shard(id in "[a-z0-9-]{1,63}", of in 1_u32..300) {
        let holders = (1..=of).filter(|index| shard(*index, of).includes(&id)).count();
        prop_assert_eq!(holders, 1);
        prop_assert!(Shard::populated(of, [id.as_str()])[0].includes(&id));
    }

    #[test]
    fn one_shard_more_moves_clinics_into_it_and_nowhere_else(id in "[a-z0-9-]{1,63}", of in 1_u32..300) {
        let before = (1..=of).find(|index| shard(*index, of).includes(&id)).unwrap();
        let after = (1..=of + 1).find(|index| shard(*index, of + 1).includes(&id)).unwrap();
        prop_assert!(after == before || after == of + 1);
    }

    #[test]
    fn a_shard_reads_back(of in 1_u32..=10_000, index in 1_u32..=10_000) {
        let written = format!("{index}/{of}");
        let shard = Shard::new(index, of);
        prop_assert_eq!(written.parse::<Shard>().ok(), shard);
        prop_assert_eq!(shard.is_some(), index <= of);
        prop_assert!(shard.is_none_or(|shard| shard.to_string() == written));
    }
}

#[test]
fn shards_are_balanced() {
    let ids = ids(8_000);
    for of in [2, 5, 16] {
        let mut sizes = BTreeMap::<u32, usize>::new();
        for index in placed(&ids, of).into_values() {
            *sizes.entry(index).or_default() += 1;
        }
        let fair = ids.len() / of as usize;
        assert_eq!(sizes.len(), of as usize);
        for (index, size) in sizes {
            assert!(size * 5 > fair * 4 && size * 5 < fair * 6, "{index}/{of}: {size}, not {fair}");
        }
    }
}

#[test]
fn growth_from_n_moves_about_one_of_n_plus_one() {
    let ids = ids(8_000);
    for of in [1, 2, 7, 15] {
        let (before, after) = (placed(&ids, of), placed(&ids, of + 1));
        let moved = before.iter().filter(|(id, index)| after[*id] != **index).count();
        let fair = ids.len() / (of as usize + 1);
        assert!(moved * 5 > fair * 4 && moved * 5 < fair * 6, "{of}: {moved}, not {fair}");
    }
}

/// Bundles that were planned by one version are merged by another, so places may never change. These
/// were found by another program, with the hash as it was published, in floating point.
#[test]
fn the_place_of_a_clinic_is_for_ever() {
    let ids: Vec<String> = ["lakeside", "riverbend", "north-bay", "a"].map(str::to_owned).into();
    let places: Vec<u32> =
        ids.iter().map(|id| placed(std::slice::from_ref(id), 16)[&**id]).collect();
    assert_eq!(places, [16, 4, 1, 2]);
}

#[test]
fn what_is_no_shard_is_refused() {
    for text in
        ["", "3", "0/16", "17/16", "1/0", "+1/2", "01/16", "1/10001", "1/2/3", " 1/2", "1/-2"]
    {
        let error = text.parse::<Shard>().unwrap_err();
        assert_eq!((error.code(), &error), ("R001", &ShardError::Form(text.to_owned())));
        assert!(text.parse::<ShardChoice>().is_err(), "{text}");
    }
    for text in ["auto/0", "auto/", "auto/x", "auto/10001", "Auto", "auto/3/4"] {
        assert_eq!(text.parse::<ShardChoice>().unwrap_err().code(), "R001", "{text}");
    }
}

fn resolve(choice: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let lookup = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let resolved = choice.parse::<ShardChoice>().unwrap().resolve(lookup);
    resolved.map(|shard| shard.to_string()).map_err(|error| format!("{} {error}", error.code()))
}

#[test]
fn auto_takes_what_gitlab_and_kubernetes_say() {
    let gitlab = [("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "16")];
    let kubernetes = [("JOB_COMPLETION_INDEX", "0")];
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(resolve("auto", &gitlab), ok("3/16"));
    assert_eq!(resolve("auto/16", &gitlab), ok("3/16"));
    assert_eq!(resolve("auto/4", &gitlab[..1]), ok("3/4"));
    assert_eq!(resolve("auto/4", &kubernetes), ok("1/4"));
    assert_eq!(resolve("auto/4", &[("JOB_COMPLETION_INDEX", "3")]), ok("4/4"));
    // GitLab sets the total in every job; in one that is not parallel it says nothing.
    assert_eq!(resolve("auto/4", &[("CI_NODE_TOTAL", "1"), kubernetes[0]]), ok("1/4"));
    assert_eq!(resolve("2/9", &gitlab), ok("2/9"), "what is written out wins");
}

#[test]
fn auto_never_guesses() {
    let code = |choice: &str, variables: &[(&str, &str)]| {
        resolve(choice, variables).unwrap_err()[..4].to_owned()
    };
    assert_eq!(code("auto", &[]), "R002");
    assert_eq!(code("auto/4", &[]), "R002");
    assert_eq!(code("auto", &[("CI_NODE_TOTAL", "1")]), "R002");
    assert_eq!(code("auto", &[("CI_NODE_INDEX", ""), ("CI_NODE_TOTAL", "4")]), "R002");
    assert_eq!(code("auto", &[("CI_NODE_INDEX", "2")]), "R002");
    assert_eq!(code("auto", &[("JOB_COMPLETION_INDEX", "2")]), "R002", "no total");
    assert_eq!(code("auto/8", &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")]), "R003");
    assert_eq!(code("auto/4", &[("JOB_COMPLETION_INDEX", "4")]), "R003");
    assert_eq!(code("auto/4", &[("CI_NODE_INDEX", "0")]), "R003");
    assert_eq!(code("auto/4", &[("CI_NODE_INDEX", "1"), ("JOB_COMPLETION_INDEX", "0")]), "R003");
    assert_eq!(code("auto/4", &[("JOB_COMPLETION_INDEX", "-1")]), "R003");
    assert_eq!(code("auto/4", &[("JOB_COMPLETION_INDEX", "99999999999")]), "R003");
}

#[test]
fn a_matrix_has_the_shards_that_hold_clinics() {
    let ids = ids(3);
    let ids = || ids.iter().map(String::as_str);
    let shards: Vec<String> = (1..=16)
        .map(|index| shard(index, 16))
        .filter(|shard| ids().any(|id| shard.includes(id)))
        .map(|shard| shard.to_string())
        .collect();
    assert!((1..=3).contains(&shards.len()));
    let github = matrix(MatrixFormat::Github, 16, ids()).unwrap();
    assert_eq!(github.lines().count(), 1);
    let value: serde_json::Value = serde_json::from_str(&github).unwrap();
    assert_eq!(value, serde_json::json!({"shard": shards}));
    let gitlab = matrix(MatrixFormat::Gitlab, 16, ids()).unwrap();
    let value: serde_json::Value = serde_yaml::from_str(&gitlab).unwrap();
    let matrix = serde_json::json!([{"SHARD": shards}]);
    assert_eq!(value, serde_json::json!({".shards": {"parallel": {"matrix": matrix}}}));
}

#[test]
fn a_matrix_of_too_many_jobs_is_refused() {
    let ids = ids(3_000);
    let ids = || ids.iter().map(String::as_str);
    assert!(matrix(MatrixFormat::Github, 256, ids()).is_ok());
    let refused = |format, of| matrix(format, of, ids()).unwrap_err();
    assert_eq!(refused(MatrixFormat::Github, 257), MatrixError::Jobs { shards: 257, most: 256 });
    assert_eq!(refused(MatrixFormat::Gitlab, 201), MatrixError::Jobs { shards: 201, most: 200 });
    assert_eq!(refused(MatrixFormat::Gitlab, 0), MatrixError::Count(0));
    assert_eq!(refused(MatrixFormat::Github, 10_001), MatrixError::Count(10_001));
}
