//! `init` for a clinic of one's own.

use std::fs;

use serde_yaml::Value;

use super::program::Program;

const OWN: &[&str] = &[
    "init",
    "new",
    "--id",
    "lake-side",
    "--name",
    "Lakeside: \"the\" clinic",
    "--tenant",
    "LAKESIDE",
    "--site",
    "4021",
    "--timezone",
    "America/Toronto",
    "--url",
    "https://bridge.example.org",
];

#[test]
fn flags_give_a_sound_manifest_with_its_schema_and_a_pipeline() {
    for (ci, path) in [("github", ".github/workflows/accuroform.yml"), ("gitlab", ".gitlab-ci.yml")]
    {
        let program = Program::with_manifest("");
        let ended = program.run(&[OWN, &["--ci", ci]].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let folder = program.folder().join("new");
        let text = fs::read_to_string(folder.join("clinic.yaml")).unwrap();
        assert!(
            text.starts_with("# yaml-language-server: $schema=manifest.schema.json\n"),
            "{text}"
        );
        let manifest: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(manifest["clinic"]["name"], "Lakeside: \"the\" clinic");
        assert_eq!(manifest["ocean"]["connection"]["api"]["url"], "https://bridge.example.org");
        let schema = fs::read_to_string(folder.join("manifest.schema.json")).unwrap();
        assert_eq!(schema, program.run(&["schema"]).stdout);
        let ended = program.run(&["validate", "new/clinic.yaml"]);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let ended = program.run(&["fmt", "--check", "new/clinic.yaml"]);
        assert_eq!(ended.code, 0, "init writes the canonical form: {}", ended.everything());
        let pipeline = fs::read_to_string(folder.join(path)).unwrap();
        assert!(serde_yaml::from_str::<Value>(&pipeline).unwrap().is_mapping());
        assert!(pipeline.contains("LAKE_SIDE_CLIENT_SECRET"), "{pipeline}");
        assert!(pipeline.contains(&format!("accuroform apply --{ci} plan.json")), "{pipeline}");
        assert!(pipeline.contains("accuro-lake-side"), "{pipeline}");
        assert!(!pipeline.contains("auto-approve"), "{pipeline}");
        assert!(!pipeline.to_lowercase().contains("lakeside"), "{pipeline}");
    }
}

#[test]
fn what_is_missing_is_named_and_nothing_is_written() {
    let program = Program::with_manifest("");
    let ended = program.run(&["init", "new", "--id", "lakeside", "--site", "4021"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error[U010]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("needs --tenant, --url"), "{}", ended.stderr);
    assert!(!program.folder().join("new").exists());
}

#[test]
fn a_manifest_with_faults_is_not_written() {
    let program = Program::with_manifest("");
    let mut typed = OWN.to_vec();
    *typed.last_mut().unwrap() = "http://jane:secret@bridge.example.org";
    typed[3] = "Not A Slug";
    let ended = program.run(&typed);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("nothing was written"), "{}", ended.stderr);
    assert!(ended.stderr.contains("M014") && ended.stderr.contains("M017"), "{}", ended.stderr);
    assert!(!program.folder().join("new").exists());
}

#[test]
fn nothing_that_is_there_is_overwritten_and_nothing_else_is_written_then() {
    let program = Program::with_manifest("");
    let folder = program.folder().join("new");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(".gitlab-ci.yml"), "mine\n").unwrap();
    let ended = program.run(&[OWN, &["--ci", "gitlab"]].concat());
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error[F001]"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(folder.join(".gitlab-ci.yml")).unwrap(), "mine\n");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_schema_that_is_there_already_is_no_hindrance_unless_it_is_another() {
    let program = Program::with_manifest("");
    let schema = program.folder().join("new/manifest.schema.json");
    fs::create_dir(program.folder().join("new")).unwrap();
    assert_eq!(program.run(&["schema", "--out", "new/manifest.schema.json"]).code, 0);
    let ended = program.run(OWN);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("new/manifest.schema.json is there already\n"));
    assert!(ended.stderr.contains("wrote new/clinic.yaml\n"), "{}", ended.stderr);
    fs::remove_file(program.folder().join("new/clinic.yaml")).unwrap();
    fs::write(&schema, "{}\n").unwrap();
    let ended = program.run(OWN);
    assert!(ended.code == 1 && ended.stderr.contains("error[F001]"), "{}", ended.stderr);
    assert!(!program.folder().join("new/clinic.yaml").exists());
    assert_eq!(fs::read_to_string(schema).unwrap(), "{}\n");
}

#[test]
fn without_flags_and_without_a_terminal_it_is_the_simulated_clinic() {
    let program = Program::with_manifest("");
    let ended = program.run(&["init", "new"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let written = fs::read_to_string(program.folder().join("new/clinic.yaml")).unwrap();
    assert!(written.contains("embedded: {world: world.yaml}"), "{written}");
}

#[test]
fn from_a_bridge_it_is_a_manifest_that_names_no_users_yet() {
    let program = Program::with_manifest("");
    let mut typed = OWN.to_vec();
    let url = typed.iter().position(|word| *word == "--url").unwrap();
    typed[url] = "--from";
    let ended = program.run(&typed);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let next = "then accuroform import new/clinic.yaml -out new/clinic.yaml\n";
    assert!(ended.stderr.contains(next), "{}", ended.stderr);
    let text = fs::read_to_string(program.folder().join("new/clinic.yaml")).unwrap();
    let manifest: Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(manifest["accuro"]["connection"]["api"]["url"], "https://bridge.example.org");
    assert!(!text.contains("users"), "{text}");
    assert_eq!(program.run(&["fmt", "--check", "new/clinic.yaml"]).code, 0);
    let ended =
        program.run(&["init", "other", "--from", "https://bridge.example.org", "--id", "a"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error[U010]: a manifest of your own needs --tenant, --site"));
}

#[test]
fn from_a_world_it_says_what_the_world_says_unless_flags_say_more() {
    let program = Program::with_manifest("");
    let world = "version: 1\ntenant: St. Mary's\nname: \"St. Mary's: North\"\noffices: [{id: 1, name: A}]\n\
                 providers: []\nusers: [{id: 7, name: U}]\n";
    fs::create_dir(program.folder().join("worlds")).unwrap();
    fs::write(program.folder().join("worlds/mary.yaml"), world).unwrap();
    let ended = program.run(&["init", "mary", "--from", "worlds/mary.yaml"]);
    assert!(ended.code == 1 && ended.stderr.contains("needs --site"), "{}", ended.stderr);
    assert!(!program.folder().join("mary").exists());
    let flags = ["--site", "4021", "--timezone", "America/Toronto"];
    let ended =
        program.run(&[&["init", "mary", "--from", "worlds/mary.yaml"], &flags[..]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = fs::read_to_string(program.folder().join("mary/clinic.yaml")).unwrap();
    let manifest: Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(manifest["clinic"]["id"], "st-mary-s");
    assert_eq!(manifest["clinic"]["name"], "St. Mary's: North");
    assert_eq!(manifest["clinic"]["timezone"], "America/Toronto");
    assert_eq!(manifest["accuro"]["tenant"], "St. Mary's");
    let world = &manifest["accuro"]["connection"]["embedded"]["world"];
    assert_eq!(world, "../worlds/mary.yaml");
    for (from, code) in [("nowhere.yaml", "C013"), ("clinic.yaml", "C013")] {
        let ended = program.run(&["init", "new", "--from", from]);
        assert!(ended.code == 1 && ended.stderr.contains(code), "{}", ended.stderr);
    }
}

#[test]
fn the_pipeline_is_where_ci_systems_read_it_and_names_the_manifest_from_there() {
    for (ci, path) in [("github", ".github/workflows/accuroform.yml"), ("gitlab", ".gitlab-ci.yml")]
    {
        let program = Program::with_manifest("");
        fs::create_dir(program.folder().join(".git")).unwrap();
        let mut typed = [OWN, &["--ci", ci]].concat();
        typed[1] = "clinics/lakeside";
        let ended = program.run(&typed);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("wrote {path}\n")), "{}", ended.stderr);
        assert!(!program.folder().join("clinics/lakeside").join(path).exists());
        let text = fs::read_to_string(program.folder().join(path)).unwrap();
        let check = "accuroform fmt --check clinics/lakeside/clinic.yaml\n";
        assert!(text.contains(check), "{text}");
        let all = text.matches("clinic.yaml").count();
        assert_eq!(text.matches("clinics/lakeside/clinic.yaml").count(), all, "{text}");
        // What the pipeline runs works from there.
        let ended = program.run(&["fmt", "--check", "clinics/lakeside/clinic.yaml"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        // A second clinic finds a pipeline there, and nothing is written.
        typed[1] = "clinics/other";
        let ended = program.run(&typed);
        assert!(ended.code == 1 && ended.stderr.contains("error[F001]"), "{}", ended.stderr);
        assert!(!program.folder().join("clinics/other").exists());
    }
    let program = Program::with_manifest("");
    fs::create_dir(program.folder().join(".git")).unwrap();
    let mut typed = [OWN, &["--ci", "github"]].concat();
    typed[1] = "a; rm -rf $HOME/clinic";
    let ended = program.run(&typed);
    assert!(ended.code == 1 && ended.stderr.contains("error[U003]"), "{}", ended.stderr);
    assert!(!program.folder().join(".github").exists());
}

#[test]
fn every_id_gives_variables_that_can_be_set() {
    for (id, prefix) in [
        ("4corners", "CLINIC_4CORNERS"),
        ("github", "CLINIC_GITHUB"),
        ("gitlab-east", "CLINIC_GITLAB_EAST"),
        ("ci", "CLINIC_CI"),
        ("city", "CITY"),
    ] {
        let program = Program::with_manifest("");
        let mut typed = [OWN, &["--ci", "github"]].concat();
        typed[3] = id;
        let ended = program.run(&typed);
        assert_eq!(ended.code, 0, "{id}: {}", ended.stderr);
        let said = format!("set {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        let text =
            |name: &str| fs::read_to_string(program.folder().join("new").join(name)).unwrap();
        let manifest: Value = serde_yaml::from_str(&text("clinic.yaml")).unwrap();
        let api = &manifest["accuro"]["connection"]["api"];
        assert_eq!(api["client_id"]["env"], format!("{prefix}_CLIENT_ID"));
        let pipeline = text(".github/workflows/accuroform.yml");
        assert!(pipeline.contains(&format!("secrets.{prefix}_READ_CLIENT_ID")), "{pipeline}");
        assert!(pipeline.contains(&format!(" {prefix}_CLIENT_ID:")), "{pipeline}");
    }
}
