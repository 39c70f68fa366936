//! `explain`: every value with where it comes from, as YAML that reads back as the same manifest.

use std::fs;
use std::path::Path;

use accuroform::diagnostic::Span;
use accuroform::manifest::{self, Loaded, Manifest, Source, explain};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fleet_files::Fleet;
use super::program::Program;

const FLEET: &str = "\
version: 1
fleet: {id: grove}
clinics: [clinics/*.yaml]
defaults:
  accuro:
    connection: &bridge
      api:
        url: https://bridge.example.org/{id}
        client_id: {env: \"{ID}_CLIENT\"}
        client_secret: {command: [vault, read, \"{id}\"]}
        paths: {site: \"/s/{site}\", sync: \"/s/sync/{site}\", offices: /rest/v1/offices}
        token_path: /token
        concurrency: 4
  ocean: {connection: *bridge}
  users: [{profile: ocean, all_offices: true}]
  safety: {max_revocations: 10}
";

const CLINIC: &str = "\
version: 1
clinic: {id: mill-pond, name: \"Mill: Pond\"}
accuro: {tenant: MILLPOND}
ocean: {site: \"4001\"}
safety:
  max_revocations: 3
";

fn mill_pond() -> Loaded {
    Fleet::of(FLEET, &[("mill-pond", CLINIC.as_bytes().to_vec())]).clinics.remove(0)
}

/// The manifest as it would be were it written at other places.
fn without_places(mut manifest: Manifest, nowhere: Span) -> Manifest {
    for user in &mut manifest.users {
        user.grant.place = nowhere;
        user.except.iter_mut().for_each(|selector| selector.place = nowhere);
        user.except_providers.iter_mut().for_each(|selector| selector.place = nowhere);
        for office in &mut user.offices {
            office.grant.place = nowhere;
            office.office.place = nowhere;
            office.except.iter_mut().for_each(|selector| selector.place = nowhere);
            for provider in &mut office.providers {
                provider.grant.place = nowhere;
                provider.provider.place = nowhere;
            }
        }
    }
    let safety = &mut manifest.safety;
    safety.protected_providers.iter_mut().for_each(|selector| selector.place = nowhere);
    safety.protected_offices.iter_mut().for_each(|selector| selector.place = nowhere);
    for entry in &mut manifest.ignored_drift {
        entry.office.place = nowhere;
        entry.provider.place = nowhere;
    }
    manifest
}

/// Whether two manifests say the same, wherever they are written.
#[track_caller]
pub(crate) fn assert_same(one: Manifest, two: Manifest) {
    let nowhere = one.users[0].grant.place;
    assert_eq!(without_places(one, nowhere), without_places(two, nowhere));
}

#[track_caller]
fn assert_reads_back(source: &Source, manifest: Manifest) {
    let yaml = explain(source).to_yaml();
    let again = manifest::load("again.yaml", yaml.as_bytes(), None);
    let again_manifest = again.manifest.unwrap_or_else(|| panic!("{yaml}{:#?}", again.findings));
    assert_same(again_manifest, manifest);
}

#[test]
fn every_value_is_shown_with_its_file_and_line() {
    let loaded = mill_pond();
    assert!(loaded.manifest.is_some(), "{:#?}", loaded.findings);
    let yaml = explain(&loaded.source).to_yaml();
    assert!(yaml.contains("env: MILL_POND_CLIENT"), "placeholders are filled in: {yaml}");
    assert!(!yaml.contains("read"), "an argument may be a secret: {yaml}");
    assert_snapshot!(yaml, @r#"
    version: 1                                                    # clinics/mill-pond.yaml:1
    clinic:
      id: mill-pond                                               # clinics/mill-pond.yaml:2
      name: "Mill: Pond"                                          # clinics/mill-pond.yaml:2
      timezone: UTC                                               # built in
    accuro:
      tenant: MILLPOND                                            # clinics/mill-pond.yaml:3
      connection:
        api:
          url: "https://bridge.example.org/mill-pond"             # fleet.yaml:8
          client_id:
            env: MILL_POND_CLIENT                                 # fleet.yaml:9
          client_secret:
            command:
              - vault                                             # fleet.yaml:10
              - "••••"                                            # fleet.yaml:10
              - "••••"                                            # fleet.yaml:10
          paths:
            site: "/s/{site}"                                     # fleet.yaml:11
            sync: "/s/sync/{site}"                                # fleet.yaml:11
            offices: /rest/v1/offices                             # fleet.yaml:11
            grid: "/rest/v1/permissions/users/{userId}/grid"      # built in
            office_providers: "/rest/v1/providers/offices/{officeId}"  # built in
            site_providers: "/cloud-connect/sites/{site}/providers"  # built in
            sync_run: "/cloud-connect/sites/{site}/sync/{runId}"  # built in
            users: /rest/v1/permissions/users                     # built in
          token_path: /token                                      # fleet.yaml:12
          concurrency: 4                                          # fleet.yaml:13
    ocean:
      site: "4001"                                                # clinics/mill-pond.yaml:4
      connection:
        api:
          url: "https://bridge.example.org/mill-pond"             # fleet.yaml:8
          client_id:
            env: MILL_POND_CLIENT                                 # fleet.yaml:9
          client_secret:
            command:
              - vault                                             # fleet.yaml:10
              - "••••"                                            # fleet.yaml:10
              - "••••"                                            # fleet.yaml:10
          paths:
            site: "/s/{site}"                                     # fleet.yaml:11
            sync: "/s/sync/{site}"                                # fleet.yaml:11
            offices: /rest/v1/offices                             # fleet.yaml:11
            grid: "/rest/v1/permissions/users/{userId}/grid"      # built in
            office_providers: "/rest/v1/providers/offices/{officeId}"  # built in
            site_providers: "/cloud-connect/sites/{site}/providers"  # built in
            sync_run: "/cloud-connect/sites/{site}/sync/{runId}"  # built in
            users: /rest/v1/permissions/users                     # built in
          token_path: /token                                      # fleet.yaml:12
          concurrency: 4                                          # fleet.yaml:13
      sync: full                                                  # built in
    safety:
      max_revocations: 3                                          # clinics/mill-pond.yaml:6
      allow_empty: false                                          # built in
      four_eyes: false                                            # built in
      max_changed_rows_percent: 100                               # built in
      max_revoked_rows_percent: 30                                # built in
      protected_columns:
        - prescribe_for                                           # built in
        - inbox                                                   # built in
        - reporting                                               # built in
    users:
      - profile: ocean                                            # fleet.yaml:15; built in: patient, scheduling, billing, emr, labs, visible at full
        all_offices: true                                         # fleet.yaml:15
        name: OceanAPIMILLPOND                                    # built in
        any_name: false                                           # built in
        management: additive                                      # built in
    "#);
}

#[test]
fn what_is_explained_reads_back_as_the_same_manifest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut count = 0;
    for entry in fs::read_dir(root.join("fleets/valid")).unwrap() {
        for Loaded { source, manifest, .. } in Fleet::in_folder(&entry.unwrap().path()).clinics {
            let mut manifest = manifest.unwrap();
            without_arguments(&mut manifest);
            assert_reads_back(&source, manifest);
            count += 1;
        }
    }
    for entry in fs::read_dir(root.join("manifests/valid")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let Loaded { source, manifest, .. } = manifest::load("clinic.yaml", &bytes, None);
        let mut manifest = manifest.unwrap();
        without_arguments(&mut manifest);
        assert_reads_back(&source, manifest);
        count += 1;
    }
    assert!(count > 15);
}

/// Arguments of commands are masked, and so is `client.pem`, which could be a `client_id`.
fn without_arguments(manifest: &mut Manifest) {
    use manifest::{AccuroConnection, Api, OceanConnection, QueryValue, SecretRef};
    fn mask(secret: &mut SecretRef) {
        if let SecretRef::Command(words) = secret {
            words.iter_mut().skip(1).for_each(|word| "••••".clone_into(word));
        }
    }
    let each = |api: &mut Api| {
        mask(&mut api.client_id);
        mask(&mut api.client_secret);
        api.headers.values_mut().for_each(mask);
        if let Some(certificate) = &mut api.client_certificate
            && certificate.certificate_file == "client.pem"
        {
            "••••".clone_into(&mut certificate.certificate_file);
        }
        for value in api.query.values_mut() {
            if let QueryValue::Secret(secret) = value {
                mask(secret);
            }
        }
    };
    if let AccuroConnection::Api(api) = &mut manifest.connections.accuro {
        each(api);
    }
    if let OceanConnection::Api(api) = &mut manifest.connections.ocean {
        each(api);
    }
}

#[test]
fn odd_texts_read_back() {
    for text in
        ["no", "017", "a: b", "x #y", "'", "\\", "é\u{202e}\u{e0041}", "• \t", "- a", "*a", "~"]
    {
        let clinic = CLINIC.replace("\"Mill: Pond\"", &Value::from(text).to_string());
        let mut fleet = Fleet::of(FLEET, &[("mill-pond", clinic.into_bytes())]);
        let Loaded { source, manifest, findings } = fleet.clinics.remove(0);
        let mut manifest = manifest.unwrap_or_else(|| panic!("{text:?}: {findings:#?}"));
        assert_eq!(manifest.clinic.name, text);
        without_arguments(&mut manifest);
        assert_reads_back(&source, manifest);
        let yaml = explain(&source).to_yaml();
        assert!(yaml.lines().count() > 20 && !yaml.contains('\u{202e}'), "{yaml}");
    }
}

#[test]
fn programs_get_the_same_values_as_json() {
    let values = serde_json::to_value(explain(&mill_pond().source).values()).unwrap();
    let at = |path: &str| {
        let found = values.as_array().unwrap().iter().find(|value| value["path"] == path);
        found.unwrap_or_else(|| panic!("{path}")).clone()
    };
    let origin = |layer: &str, file: &str, line: u32, column: u32| json!({"layer": layer, "file": file, "line": line, "column": column});
    let own = at("safety.max_revocations");
    assert_eq!(
        (own["value"].clone(), own["origin"].clone()),
        (json!(3), origin("clinic", "clinics/mill-pond.yaml", 6, 20))
    );
    let inherited = at("accuro.connection.api.client_id.env");
    assert_eq!(inherited["value"], "MILL_POND_CLIENT");
    assert_eq!(inherited["origin"], origin("fleet", "fleet.yaml", 9, 26));
    let built_in = at("users[0].name");
    assert_eq!(built_in["value"], "OceanAPIMILLPOND");
    assert_eq!(
        built_in["origin"],
        json!({"layer": "built-in", "file": null, "line": null, "column": null})
    );
    assert_eq!(at("accuro.connection.api.client_secret.command[0]")["value"], "vault");
    assert_eq!(at("accuro.connection.api.client_secret.command[2]")["value"], "••••");
}

fn program() -> Program {
    let program = Program::with_manifest(
        "version: 1\nclinic: {id: alone}\naccuro: {tenant: ALONE, connection: {embedded: {world: w.yaml}}}\n\
         ocean: {site: \"1\", connection: {embedded: {}}}\nusers: [{profile: ocean, all_offices: true}]\n",
    );
    fs::create_dir(program.folder().join("clinics")).unwrap();
    fs::write(program.folder().join("fleet.yaml"), FLEET).unwrap();
    fs::write(program.folder().join("clinics/mill-pond.yaml"), CLINIC).unwrap();
    program
}

#[test]
fn the_program_explains_a_clinic_of_a_fleet_or_alone() {
    let program = program();
    let of_fleet = program.run(&["explain", "mill-pond"]);
    assert_eq!((of_fleet.code, of_fleet.stderr.as_str()), (0, ""));
    assert_eq!(of_fleet.stdout, explain(&mill_pond().source).to_yaml());
    let json = program.run(&["explain", "--json", "mill-pond", "fleet.yaml"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&json["kind"], &json["format_version"]),
        (&json!("accuroform.explain"), &json!("1.0"))
    );
    assert_eq!(json["clinic"], "mill-pond");
    let alone = program.run(&["explain", "alone", "clinic.yaml"]);
    assert_eq!(alone.code, 0);
    assert!(alone.stdout.contains("# clinic.yaml:2\n"), "{}", alone.stdout);
}

#[test]
fn a_clinic_that_is_not_there_is_an_error() {
    let program = program();
    for arguments in
        [["explain", "mil-pond", "fleet.yaml"], ["explain", "mill-pond", "clinic.yaml"]]
    {
        let ended = program.run(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
        assert!(ended.stderr.contains("error[R004]"), "{}", ended.stderr);
    }
    assert!(program.run(&["explain", "mil-pond"]).stderr.contains("did you mean `mill-pond`?"));
    let unread = program.run(&["explain", "mill-pond", "nowhere.yaml"]);
    assert!(unread.code == 1 && unread.stderr.contains("error[M001]"), "{unread:?}");
}
