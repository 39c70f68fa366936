//! The fleet in `examples/fleet`: its clinics, worlds and CI files fit together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use accuroform::rollout::{FleetClinic, Selection, WaveRule, check_waves, waves};
use accuroform::sim::World;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet")
}

fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The clinics' files by the name of the file.
fn clinics() -> BTreeMap<String, Value> {
    let files = fs::read_dir(root().join("clinics")).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), yaml(&path)))
        .collect()
}

fn words(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().into_iter().flatten();
    list.map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn fleet() -> Vec<FleetClinic> {
    let clinic = |(id, manifest): (String, Value)| FleetClinic {
        id,
        tags: words(&manifest["clinic"]["tags"]),
    };
    clinics().into_iter().map(clinic).collect()
}

#[test]
fn every_clinic_has_a_world_of_its_own_that_fits() {
    let clinics = clinics();
    assert_eq!(clinics.len(), 6);
    let mut grids = BTreeSet::new();
    for (id, manifest) in clinics {
        assert_eq!(manifest["clinic"]["id"], id);
        let path = root().join(format!("worlds/{id}.yaml"));
        World::parse(&fs::read_to_string(&path).unwrap()).unwrap();
        let world = yaml(&path);
        assert_eq!(world["tenant"], manifest["accuro"]["tenant"]);
        assert_eq!(world["ocean"]["site"], manifest["ocean"]["site"]);
        let user = format!("OceanAPI{}", world["tenant"].as_str().unwrap());
        assert_eq!(world["users"][0]["name"], user);
        assert_eq!(world["ocean"]["emr_user"], user);
        assert_eq!(world["offices"].as_array().unwrap().len(), 2);
        let places = |provider: &Value| provider["offices"].as_array().unwrap().len();
        assert_eq!(world["providers"].as_array().unwrap().iter().map(places).sum::<usize>(), 6);
        assert!(
            grids.insert(world["users"][0]["grid"].to_string()),
            "{id} has the gaps of another"
        );
    }
}

#[test]
fn the_waves_of_the_fleet_hold_two_canaries_then_half_then_the_rest() {
    let manifest = yaml(&root().join("fleet.yaml"));
    let rules: Vec<WaveRule> = manifest["rollout"]["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wave| WaveRule {
            name: wave["name"].as_str().unwrap().to_owned(),
            tags: words(&wave["tags"]),
            percent: wave["percent"].as_u64().map(|percent| percent.try_into().unwrap()),
        })
        .collect();
    assert_eq!(check_waves(&rules, &fleet()), []);
    let selected = Selection::default().select(&fleet()).unwrap();
    let waves = waves(&rules, &selected.clinics);
    let sizes: Vec<(&str, usize)> =
        waves.iter().map(|wave| (wave.name.as_str(), wave.clinics.len())).collect();
    assert_eq!(sizes, [("canary", 2), ("half", 3), ("rest", 1)]);
    assert_eq!(waves[0].clinics, ["humber", "rideau"]);
}

#[test]
fn the_ci_examples_are_yaml_and_their_numbers_agree() {
    let github = fs::read_to_string(root().join("github-actions.yml")).unwrap();
    assert_eq!(yaml(&root().join("github-actions.yml"))["jobs"].as_object().unwrap().len(), 4);
    assert!(github.contains("fleet matrix --format github --shards 16 fleet.yaml"));
    let gitlab = yaml(&root().join("gitlab-ci.yml"));
    assert_eq!(gitlab["plan"]["parallel"], 4);
    let job = yaml(&root().join("kubernetes-job.yaml"));
    let spec = &job["spec"];
    assert_eq!((&spec["completions"], &spec["completionMode"]), (&4.into(), &"Indexed".into()));
    let args = &spec["template"]["spec"]["containers"][0]["args"][0];
    assert!(args.as_str().unwrap().contains("--shard auto/4 "), "as many as completions");
}
