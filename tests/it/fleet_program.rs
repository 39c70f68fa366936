//! The manifests of a fleet as the program finds them, and how it says what is wrong with them.

use std::fs;
use std::path::Path;

use accuroform::report;
use insta::assert_snapshot;

use super::fleet_files::Fleet;
use super::program::{Ended, Program};

const REST: &str = "\
defaults:
  accuro: {connection: {embedded: {world: \"worlds/{id}.yaml\"}}}
  ocean: {connection: {embedded: {}}}
  users: [{profile: ocean, all_offices: true}]
";

fn clinic(id: &str, tenant: &str) -> String {
    format!(
        "version: 1\nclinic: {{id: {id}}}\naccuro: {{tenant: {tenant}}}\nocean: {{site: \"1\"}}\n"
    )
}

/// A fleet in the folder `region`, which finds its clinics by these patterns.
fn region(patterns: &str, rest: &str, clinics: &[(&str, String)]) -> Program {
    let program = Program::with_manifest("");
    let write = |path: &str, text: &str| {
        let path = program.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "region/fleet.yaml",
        &format!("version: 1\nfleet: {{id: grove}}\nclinics: [{patterns}]\n{rest}"),
    );
    for (path, text) in clinics {
        write(path, text);
    }
    program
}

fn two() -> [(&'static str, String); 2] {
    [
        ("region/clinics/alder.yaml", clinic("alder", "ALDER")),
        ("region/clinics/birch.yaml", clinic("birch", "BIRCH")),
    ]
}

fn explain(program: &Program, fleet: &str) -> Ended {
    program.run(&["explain", "alder", fleet])
}

#[track_caller]
fn fails(patterns: &str, clinics: &[(&str, String)], code: &str) -> String {
    let ended = explain(&region(patterns, REST, clinics), "region/fleet.yaml");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains(&format!("error[{code}]")), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_clinic_that_several_patterns_find_is_one_clinic() {
    let patterns =
        "clinics/*.yaml, clinics/a*.yaml, ./clinics/alder.yaml, clinics/../clinics/alder.yaml";
    let ended = explain(&region(patterns, REST, &two()), "region/fleet.yaml");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.contains("world: ../worlds/alder.yaml"), "{}", ended.stdout);
}

#[test]
fn a_fleet_manifest_is_no_clinic_of_its_own_however_it_is_named() {
    let clinics = [("region/alder.yaml", clinic("alder", "ALDER"))];
    let program = region("\"*.yaml\"", REST, &clinics);
    let absolute = program.folder().join("region/fleet.yaml");
    for fleet in [
        "region/fleet.yaml",
        "./region/fleet.yaml",
        "region/../region/fleet.yaml",
        absolute.to_str().unwrap(),
    ] {
        let ended = explain(&program, fleet);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{fleet}");
        assert!(ended.stdout.contains("world: worlds/alder.yaml"), "{}", ended.stdout);
    }
    let inside = program.run(&["--chdir", "region", "explain", "alder", "./fleet.yaml"]);
    assert_eq!((inside.code, inside.stderr.as_str()), (0, ""));
    let alone = explain(&region("\"*.yaml\"", REST, &[]), "region/fleet.yaml");
    assert!(alone.stderr.contains("error[R030]"), "it finds nobody but itself: {alone:?}");
}

#[test]
fn a_clinic_outside_of_the_fleets_folder_finds_what_it_inherits() {
    let clinics = [("elsewhere/alder.yaml", clinic("alder", "ALDER"))];
    let program = region("../elsewhere/*.yaml", REST, &clinics);
    for (folder, fleet) in [(".", "region/fleet.yaml"), ("region", "fleet.yaml")] {
        let ended = program.run(&["--chdir", folder, "explain", "alder", fleet]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{fleet}");
        let folder = fs::canonicalize(program.folder()).unwrap();
        let world = folder.join("region/worlds/alder.yaml");
        let line = ended.stdout.lines().find(|line| line.contains("world:")).unwrap();
        let shown = line.split_whitespace().nth(1).unwrap().trim_matches('"');
        assert!(
            Path::new(shown).is_absolute() && shown.ends_with("/worlds/alder.yaml"),
            "{line}, not {}",
            world.display()
        );
    }
}

#[test]
fn files_that_begin_with_a_dot_are_found_by_their_names_alone() {
    let mut clinics = two().to_vec();
    clinics.push(("region/clinics/.draft.yaml", "not a clinic".to_owned()));
    clinics.push(("region/.hidden/cedar.yaml", "not a clinic".to_owned()));
    let ended = explain(&region("\"**/*.yaml\"", REST, &clinics), "region/fleet.yaml");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    fails("clinics/.draft.yaml", &clinics, "M011");
}

#[test]
fn a_pattern_that_finds_nothing_is_an_error() {
    for pattern in ["clinics/*.yml", "clinic/*.yaml", "clinics/cedar.yaml"] {
        let said = fails(&format!("clinics/*.yaml, \"{pattern}\""), &two(), "R030");
        assert!(said.contains(pattern) && said.contains("there is no such file"), "{said}");
    }
    fails("\"clinics/[\"", &two(), "R030");
    fails("clinics", &two(), "M001");
}

#[test]
fn two_manifests_of_one_clinic_are_refused() {
    let twice = [
        ("region/a/alder.yaml", clinic("alder", "ALDER")),
        ("region/b/alder.yaml", clinic("alder", "OTHER")),
    ];
    let said = fails("\"*/*.yaml\"", &twice, "R032");
    assert!(
        said.contains("region/b/alder.yaml and region/a/alder.yaml are both the clinic `alder`"),
        "{said}"
    );
}

#[test]
fn two_manifests_of_one_tenant_behind_one_connection_are_refused() {
    let world = |id: &str, world: &str| {
        let connection = format!("{{tenant: GROVE, connection: {{embedded: {{world: {world}}}}}}}");
        clinic(id, "GROVE").replace("{tenant: GROVE}", &connection)
    };
    let one = [
        ("region/a/alder.yaml", world("alder", "../w.yaml")),
        ("region/b/c/birch.yaml", world("birch", "../../b/../w.yaml")),
    ];
    let said = fails("\"**/*.yaml\"", &one, "R032");
    assert!(said.contains("the tenant `GROVE` of one connection"), "{said}");
    let api = |id: &str, url: &str| {
        let connection = format!(
            "{{tenant: GROVE, connection: {{api: {{url: \"{url}\", client_id: {{env: A}}, client_secret: {{env: A}}}}}}}}"
        );
        let ocean = "{site: \"1\", connection: {api: {url: \"https://o\", client_id: {env: A}, client_secret: {env: A}}}}";
        clinic(id, "GROVE").replace("{tenant: GROVE}", &connection).replace("{site: \"1\"}", ocean)
    };
    let two = [
        ("region/a/alder.yaml", api("alder", "https://b.example.org")),
        ("region/a/birch.yaml", api("birch", "https://b.example.org/")),
    ];
    fails("a/*.yaml", &two, "R032");
    let apart = [
        ("region/a/alder.yaml", api("alder", "https://b.example.org")),
        ("region/a/birch.yaml", api("birch", "https://c.example.org")),
    ];
    assert_eq!(explain(&region("a/*.yaml", REST, &apart), "region/fleet.yaml").code, 0);
}

#[test]
fn a_wave_by_a_tag_that_no_clinic_has_is_an_error() {
    let rest =
        format!("{REST}rollout: {{waves: [{{name: canary, tags: [canray]}}, {{name: rest}}]}}\n");
    let ended = explain(&region("clinics/*.yaml", &rest, &two()), "region/fleet.yaml");
    assert!(ended.code == 1 && ended.stderr.contains("error[R010]"), "{ended:?}");
}

#[test]
fn what_is_wrong_with_the_defaults_is_said_once() {
    let rest = REST.replace("profile: ocean,", "name: X, profile: ocaen,");
    let ended = explain(&region("clinics/*.yaml", &rest, &two()), "region/fleet.yaml");
    assert_eq!(ended.stderr.matches("error[M018]").count(), 1, "{}", ended.stderr);
    let twice = REST.replace(
        "[{profile: ocean,",
        "[{name: \"OceanAPI{tenant}\", profile: ocean, all_offices: true}, {profile: ocean,",
    );
    let ended = explain(&region("clinics/*.yaml", &twice, &two()), "region/fleet.yaml");
    assert_eq!(ended.stderr.matches("error[M020]").count(), 1, "{}", ended.stderr);
}

#[test]
fn what_a_placeholder_became_is_said_of_each_clinic() {
    let rest = "defaults:\n  accuro: {connection: &bridge {api: {url: \"https://{tenant}.example.org\", client_id: {env: A}, client_secret: {env: A}}}}\n  \
                ocean: {connection: *bridge}\n  users: [{profile: ocean, all_offices: true}]\n";
    let mut clinics = two().to_vec();
    clinics.push(("region/clinics/cedar.yaml", clinic("cedar", "Cedar Hill")));
    clinics.push(("region/clinics/dogwood.yaml", clinic("dogwood", "Dog Wood")));
    let ended = explain(&region("clinics/*.yaml", rest, &clinics), "region/fleet.yaml");
    for id in ["cedar", "dogwood"] {
        assert!(ended.stderr.contains(&format!("region/clinics/{id}.yaml:2")), "{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("alder.yaml"), "{}", ended.stderr);
}

#[track_caller]
fn rendered(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets/invalid").join(name);
    let fleet = Fleet::in_folder(&folder);
    let found = fleet.clinics.iter().find(|clinic| !clinic.findings.is_empty()).unwrap();
    report::render(&found.source.files(), &found.findings[..1], false)
}

#[test]
fn a_fault_of_two_files_is_shown_in_both() {
    assert_snapshot!(rendered("looser"), @r"
    error[M040]: `max_revoked_rows_percent` is 21; the fleet allows at most 20
      --> clinics/birch.yaml:6:29
       |
     6 |   max_revoked_rows_percent: 21
       |                             ^^
       |
      ::: fleet.yaml:11:31
       |
    11 |     max_revoked_rows_percent: 20
       |                               -- the fleet's limit is here
       |
       = hint: write 20 or less, or remove the line
    ");
    assert_snapshot!(rendered("clinic_without_a_world"), @r"
    error[M010]: `embedded` has no `world`
     --> clinics/alder.yaml:3:1
      |
    3 | accuro: {tenant: ALDER}
      | ^^^^^^
      |
     ::: fleet.yaml:7:35
      |
    7 |   accuro: {connection: {embedded: {}}}
      |                                   -- the fleet's defaults write this much
      |
      = hint: add `world: world.yaml`
    ");
    assert_snapshot!(rendered("url_with_a_tenant_of_two_words"), @r#"
    error[M017]: the URL contains white space
     --> fleet.yaml:9:18
      |
    9 |       api: {url: "https://{tenant}.example.org", client_id: {env: ••••}, client_secret: {env: ••••}}
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
     ::: clinics/birch.yaml:2:14
      |
    2 | clinic: {id: birch, name: Birch}
      |              ----- filled in for this clinic
      |
      = hint: write a space in a path as %20
    "#);
}
