//! What CI systems are told where a person is waited for: who, for what, and the next step, and never that
//! something failed.

use std::collections::BTreeMap;
use std::fs;

use super::program::Ended;
use super::runner::{Command, commands, dotenv};
use super::surface::Step;

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: North}]
providers: [{id: 1, first: Ann, last: One, offices: [1]}]
users: [{id: 77, name: OceanAPILAKESIDE}]
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";

const ATTEST: &str = "\
version: 1
clinic: {id: lakeside, timezone: UTC}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {attest: {}}}
users: [{profile: ocean, all_offices: true}]
";

/// What was said of one clinic that waits, in the one annotation there is.
#[track_caller]
fn one_notice(ended: &Ended) -> Command {
    let mut found = commands(&ended.stderr);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[track_caller]
fn must_wait_for(
    (ended, outputs, summary): &(Ended, BTreeMap<String, String>, String),
    [sync, verified]: [&str; 2],
    [what, next]: [&str; 2],
) {
    let notice = one_notice(ended);
    let title = notice.properties["title"].as_str();
    assert_eq!((notice.name.as_str(), title), ("notice", "lakeside waits for a person"));
    assert!(notice.message.contains(what) && notice.message.contains(next), "{notice:?}");
    let values = ["exit_meaning", "waiting", "sync", "verified"].map(|key| outputs[key].as_str());
    assert_eq!(values, ["not_verified", "1", sync, verified]);
    assert!(outputs["next_step"].contains(next), "{outputs:?}");
    assert!(
        summary.contains("**A person is waited for.**\n\n- <code>lakeside</code>: "),
        "{summary}"
    );
    // What is markup in Markdown is a reference there.
    assert!(summary.contains(what) && summary.contains("accuroform "), "{summary}");
    for wrong in ["not complete", "is not as planned", "No sync was due", "Nothing was verified"] {
        assert!(!summary.contains(wrong), "{wrong}: {summary}");
    }
}

#[test]
fn a_sync_that_waits_for_a_person_is_told_with_the_next_step() {
    let step = Step::of(&[("world.yaml", WORLD), ("clinic.yaml", ATTEST)]);
    let asked = [
        "a full sync of Ocean site 4021 is asked of a person",
        "sync --attest --by NAME clinic.yaml",
    ];
    must_wait_for(&step.run(&["apply", "--github", "-auto-approve"], 6), ["asked", "true"], asked);
    // Nothing differs any more, and the same is asked.
    must_wait_for(
        &step.run(&["apply", "--github", "-auto-approve"], 6),
        ["asked", "unknown"],
        asked,
    );
    for (command, code) in [("verify", 6), ("plan", 0)] {
        let (ended, outputs, summary) = step.run(&[command, "--github"], code);
        assert!(one_notice(&ended).message.contains(asked[1]), "{}", ended.stderr);
        assert_eq!((outputs["waiting"].as_str(), outputs["sync_owed"].as_str()), ("1", "true"));
        assert!(summary.contains(asked[0]), "{summary}");
    }

    std::thread::sleep(std::time::Duration::from_millis(1100));
    let attest = ["sync", "--attest", "--by", "Jane Roy"];
    assert_eq!(Ended::of(step.command(&attest).output().unwrap()).code, 0);
    let attested = ["attested by Jane Roy, not verified", "verify --attest --by NAME clinic.yaml"];
    let told = step.run(&["apply", "--github", "-auto-approve"], 6);
    must_wait_for(&told, ["attested", "unknown"], attested);

    let ended = Ended::of(step.command(&["apply", "--gitlab", "-auto-approve"]).output().unwrap());
    assert_eq!(ended.code, 6, "{}", ended.everything());
    let variables = dotenv(&fs::read_to_string(step.path("accuroform.env")).unwrap());
    assert_eq!(variables["ACCUROFORM_SYNC"], "attested");
    assert_eq!(variables["ACCUROFORM_WAITING"], "1");
    assert!(variables["ACCUROFORM_NEXT_STEP"].contains(attested[1]), "{variables:?}");

    let verify = ["verify", "--attest", "--by", "Bo Roy"];
    assert_eq!(Ended::of(step.command(&verify).output().unwrap()).code, 0);
    let (ended, outputs, summary) = step.run(&["apply", "--github", "-auto-approve"], 0);
    assert!(commands(&ended.stderr).is_empty(), "{}", ended.stderr);
    assert!(!outputs.contains_key("waiting") && !summary.contains("waited for"), "{summary}");
}

#[test]
fn rows_that_are_asked_of_a_person_are_told_with_the_next_step() {
    let worksheet =
        "connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 30d}}";
    let manifest = ATTEST.replace("connection: {embedded: {world: world.yaml}}", worksheet);
    let directory = "office,provider\nNorth,\"One, Ann\"\n";
    let step = Step::of(&[("clinic.yaml", &manifest), ("directory.csv", directory)]);
    let ends = |arguments: &[&str]| {
        let ended = Ended::of(step.command(arguments).output().unwrap());
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.everything());
    };
    ends(&["capture", "--template"]);
    let blank = fs::read_to_string(step.path("grid-to-fill.csv")).unwrap();
    let filled = blank.replace(",1,,,,,,,,,,,", ",1,-,-,-,-,-,-,-,-,-,,");
    assert_ne!(blank, filled);
    fs::write(step.path("filled.csv"), filled).unwrap();
    ends(&["capture", "filled.csv", "--by", "Bo Roy", "--at", "now"]);
    let told = step.run(&["apply", "--github", "-auto-approve"], 6);
    let next = "accuroform worklist --tick --by NAME clinic.yaml";
    must_wait_for(&told, ["none", "unknown"], ["1 row asked of a person", next]);
    assert_eq!(["done", "failed", "not_reached"].map(|key| told.1[key].as_str()), ["0", "0", "1"]);
}

#[test]
fn a_rollout_that_waits_for_people_names_each_clinic() {
    let fleet = "\
version: 1
fleet: {id: shore, name: Shore Health}
clinics: [clinic-*.yaml]
defaults:
  ocean: {connection: {attest: {}}}
  users: [{profile: ocean, all_offices: true}]
";
    let step = Step::of(&[("fleet.yaml", fleet)]);
    for (id, site) in [("ash", "1"), ("birch", "2")] {
        let tenant = id.to_uppercase();
        let world = WORLD.replace("LAKESIDE", &tenant).replace("4021", site);
        fs::write(step.path(&format!("{id}.world")), world).unwrap();
        let clinic = format!(
            "version: 1\nclinic: {{id: {id}}}\nocean: {{site: \"{site}\"}}\n\
             accuro: {{tenant: {tenant}, connection: {{embedded: {{world: {id}.world}}}}}}\n"
        );
        fs::write(step.path(&format!("clinic-{id}.yaml")), clinic).unwrap();
    }
    let apply = ["apply", "fleet.yaml", "--github", "-auto-approve"];
    let (ended, outputs, summary) = step.run(&apply, 6);
    let found = commands(&ended.stderr);
    let titles: Vec<_> = found.iter().map(|one| one.properties["title"].as_str()).collect();
    assert_eq!(titles, ["ash waits for a person", "birch waits for a person"]);
    assert!(found.iter().all(|one| one.name == "notice"), "{found:?}");
    assert!(found[1].message.contains("site 2 is asked of a person"), "{found:?}");
    assert!(found[1].message.contains("`accuroform apply --resume "), "{found:?}");
    assert_eq!(
        ["waiting", "verified", "failed"].map(|key| outputs[key].as_str()),
        ["2", "unknown", "0"]
    );
    assert!(summary.contains("- <code>birch</code>: a full sync of Ocean site 2"), "{summary}");
    assert!(!summary.contains("is not as planned"), "{summary}");
}
