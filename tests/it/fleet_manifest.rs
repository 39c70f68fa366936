//! What a clinic inherits from its fleet: mappings by key, lists and values as a whole, with the
//! placeholders filled in and the paths led back.

use accuroform::diagnostic::Code;
use accuroform::manifest::{
    self, AccuroConnection, Api, Loaded, Manifest, OceanConnection, Pause, QueryValue, SecretRef,
};
use accuroform::model::{Column, Endpoint, Level};
use std::path::Path;
use std::time::Duration;

use super::fleet_files::Fleet;

const CLINIC: &str = "\
version: 1
clinic: {id: mill-pond, name: Mill Pond}
accuro: {tenant: MILLPOND}
ocean: {site: \"4001\"}
";

fn one(fleet: &str, clinic: &str) -> Loaded {
    let fleet = format!("version: 1\nfleet: {{id: grove}}\nclinics: [clinics/*.yaml]\n{fleet}");
    let mut fleet = Fleet::of(&fleet, &[("mill-pond", clinic.as_bytes().to_vec())]);
    assert!(fleet.loaded.fleet.is_some(), "{:#?}", fleet.loaded.findings);
    fleet.clinics.remove(0)
}

#[track_caller]
fn merged(fleet: &str, clinic: &str) -> Manifest {
    let loaded = one(fleet, clinic);
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.manifest.unwrap()
}

fn api(manifest: &Manifest) -> &Api {
    match &manifest.connections.accuro {
        AccuroConnection::Api(api) => api,
        other => panic!("the clinic has no bridge: {other:?}"),
    }
}

fn everything() -> Fleet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets/valid/everything");
    Fleet::in_folder(&folder)
}

const EMBEDDED: &str = "\
defaults:
  accuro: {connection: {embedded: {world: \"worlds/{id}.yaml\"}}}
  ocean: {connection: {embedded: {}}}
  users: [{profile: ocean, all_offices: true}]
";

const BRIDGE: &str = "\
defaults:
  accuro:
    connection: &bridge
      api:
        url: https://bridge.example.org/{id}
        client_id: {env: \"{ID}_CLIENT\"}
        client_secret: {env: \"{TENANT}_SECRET\"}
        query: {tenant: {value: \"{tenant}\"}, uuid: {env: UUID}}
        headers: {X-Key: {file: key}}
        concurrency: 4
  ocean: {sync: recent, connection: *bridge}
  users: [{profile: ocean, all_offices: true}]
";

#[test]
fn a_clinic_that_writes_little_inherits_the_rest() {
    let manifest = merged(EMBEDDED, CLINIC);
    assert_eq!(manifest.clinic.name, "Mill Pond");
    assert_eq!(manifest.users[0].name, "OceanAPIMILLPOND");
    let world = "../worlds/mill-pond.yaml".to_owned();
    assert_eq!(manifest.connections.accuro, AccuroConnection::Embedded { world });
    assert_eq!(manifest.connections.ocean, OceanConnection::Embedded);
}

#[test]
fn mappings_are_merged_and_lists_and_values_replaced() {
    let fleet = format!(
        "{EMBEDDED}  clinic: {{tags: [ontario, rural], timezone: America/Toronto}}\n  \
         profiles: {{desk: {{columns: {{patient: full, labs: full}}}}, other: {{columns: {{emr: full}}}}}}\n  \
         safety: {{max_revocations: 9, max_revoked_rows_percent: 9}}\n"
    );
    let clinic = format!(
        "{}users: [{{name: A, profile: desk, all_offices: true}}]\n\
         profiles: {{desk: {{columns: {{labs: none}}}}}}\nsafety: {{max_revocations: 4}}\n",
        CLINIC.replace("name: Mill Pond", "tags: [canary]")
    );
    let manifest = merged(&fleet, &clinic);
    assert_eq!(manifest.clinic.tags, ["canary"], "a list is replaced");
    assert_eq!(manifest.clinic.timezone, "America/Toronto");
    assert_eq!(manifest.users.len(), 1, "a list is replaced, not added to");
    let columns = manifest.users[0].grant.columns;
    let granted: Vec<Column> =
        Column::ALL.into_iter().filter(|column| columns.get(*column) != Level::None).collect();
    assert_eq!(granted, [Column::Patient], "a profile is a mapping, and its columns are");
    assert_eq!(manifest.safety.max_revocations, 4);
    assert_eq!(manifest.safety.max_revoked_rows_percent, 9);
}

#[test]
fn a_bridge_is_merged_by_key_and_its_secrets_are_replaced() {
    let clinic = CLINIC.replace(
        "{tenant: MILLPOND}",
        "{tenant: MILLPOND, connection: {api: {concurrency: 2, client_secret: {command: [get]}, \
         query: {uuid: {value: \"7\"}}, headers: {X-Other: {env: OTHER}}}}}",
    );
    let manifest = merged(BRIDGE, &clinic);
    let api = api(&manifest);
    assert_eq!(api.url, "https://bridge.example.org/mill-pond");
    assert_eq!(api.concurrency, 2);
    assert_eq!(api.client_id, SecretRef::Env("MILL_POND_CLIENT".to_owned()));
    assert_eq!(api.client_secret, SecretRef::Command(vec!["get".to_owned()]));
    assert_eq!(api.query["tenant"], QueryValue::Value("MILLPOND".to_owned()));
    assert_eq!(api.query["uuid"], QueryValue::Value("7".to_owned()));
    assert_eq!(api.headers["X-Key"], SecretRef::File("../key".to_owned()));
    assert_eq!(api.headers["X-Other"], SecretRef::Env("OTHER".to_owned()));
    let OceanConnection::Api(ocean) = &manifest.connections.ocean else { panic!() };
    assert_eq!(ocean.client_secret, SecretRef::Env("MILLPOND_SECRET".to_owned()));
    assert_eq!(ocean.concurrency, 4, "the alias is a value of its own");
}

#[test]
fn another_connection_replaces_the_whole_of_the_inherited_one() {
    let clinic = CLINIC
        .replace(
            "{tenant: MILLPOND}",
            "{tenant: MILLPOND, connection: {embedded: {world: w.yaml}}}",
        )
        .replace("\"4001\"}", "\"4001\", connection: {embedded: {}}}");
    let manifest = merged(BRIDGE, &clinic);
    let world = "w.yaml".to_owned();
    assert_eq!(manifest.connections.accuro, AccuroConnection::Embedded { world }, "its own path");
    assert_eq!(manifest.connections.ocean, OceanConnection::Embedded);
    assert_eq!(manifest.ocean.sync, manifest::SyncMode::Recent, "beside it, all is inherited");
}

#[test]
fn paths_lead_from_the_file_that_they_are_written_in() {
    let fleet = everything();
    let manifest = fleet.clinics[0].manifest.as_ref().unwrap();
    let api = api(manifest);
    assert_eq!(api.ca_file.as_deref(), Some("../ca.pem"));
    let certificate = api.client_certificate.as_ref().unwrap();
    assert_eq!(certificate.certificate_file, "../certs/alder.pem");
    assert_eq!(certificate.key, SecretRef::File("../certs/alder.key".to_owned()));
    assert_eq!(api.headers["X-Subscription-Key"], SecretRef::File("/run/secrets/key".to_owned()));
    let uuid = QueryValue::Secret(SecretRef::File("../uuids/ALDER".to_owned()));
    assert_eq!(api.query["uuid"], uuid);
    let command = ["vault", "read", "clinics/alder"].map(str::to_owned).to_vec();
    assert_eq!(api.client_secret, SecretRef::Command(command), "arguments are no paths");
    assert_eq!(api.paths[&Endpoint::Site], "/sites/{site}", "a placeholder of the bridge stays");
}

#[test]
fn the_clinics_of_a_fleet_in_their_own_folder_need_no_way_back() {
    let fleet = format!("version: 1\nfleet: {{id: grove}}\nclinics: [a.yaml]\n{EMBEDDED}");
    let (_, layer) = manifest::load_fleet("fleet.yaml", fleet.as_bytes()).fleet.unwrap();
    let loaded = layer.clinic("a.yaml", CLINIC.as_bytes(), "", None);
    let world = "worlds/mill-pond.yaml".to_owned();
    assert_eq!(loaded.manifest.unwrap().connections.accuro, AccuroConnection::Embedded { world });
}

#[test]
fn a_limit_is_made_tighter_by_a_clinic() {
    let fleet = everything();
    let safety = |at: usize| fleet.clinics[at].manifest.as_ref().unwrap().safety.clone();
    let (inherited, tighter) = (safety(0), safety(1));
    assert_eq!((inherited.max_revocations, inherited.max_revocations_per_office), (10, 5));
    assert_eq!((tighter.max_revocations, tighter.max_revocations_per_office), (10, 0));
    assert_eq!((inherited.max_revoked_rows_percent, tighter.max_revoked_rows_percent), (20, 10));
    assert_eq!((inherited.max_changed_rows_percent, tighter.max_changed_rows_percent), (50, 49));
    assert_eq!((inherited.protected_columns.len(), tighter.protected_columns.len()), (2, 3));
    assert_eq!((inherited.protected_providers.len(), tighter.protected_providers.len()), (2, 3));
    assert_eq!((inherited.protected_offices.len(), tighter.protected_offices.len()), (1, 2));
    let approvals = |safety: manifest::Safety| safety.approvals.unwrap();
    let (inherited, tighter) = (approvals(inherited), approvals(tighter));
    assert_eq!((inherited.keys.len(), tighter.keys.len()), (2, 1));
    assert!(inherited.not_the_planner && tighter.not_the_planner);
}

/// Where the fleet writes nothing, what is built in holds for its clinics; what nobody limits, a
/// clinic may limit as it likes.
#[test]
fn a_clinic_loosens_nothing_that_its_fleet_does_not_write() {
    let of = |safety: &str, fleet: &str| {
        let loaded = one(
            &format!("{EMBEDDED}  safety: {{max_changed_rows_percent: 10{fleet}}}\n"),
            &format!("{CLINIC}safety: {{{safety}}}\n"),
        );
        loaded.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>()
    };
    for (looser, fleet) in [
        ("max_revocations: 26", ""),
        ("max_revoked_rows_percent: 31", ""),
        ("max_revocations_per_office: 26", ""),
        ("max_revocations_per_office: 6", ", max_revocations: 5"),
        ("allow_empty: true", ""),
        ("four_eyes: false", ", four_eyes: true"),
        ("protected_columns: [prescribe_for, inbox]", ""),
    ] {
        assert_eq!(of(looser, fleet), ["M040"], "{looser}{fleet}");
    }
    for (tight, fleet) in [
        ("max_revocations: 25", ""),
        ("max_revocations: 900", ", max_revocations: 900"),
        ("max_revocations_per_office: 5", ", max_revocations: 5"),
        ("allow_empty: True", ", allow_empty: true"),
        ("four_eyes: true", ""),
        ("four_eyes: false", ""),
        ("protected_columns: [inbox]", ", protected_columns: [inbox]"),
        ("own_user: Me, protected_offices: [{id: 1}]", ""),
    ] {
        assert_eq!(of(tight, fleet), [""; 0], "{tight}{fleet}");
    }
}

/// YAML writes true and false in three ways each; ids win over the names beside them.
#[test]
fn a_limit_is_compared_by_what_it_means() {
    let looser = |fleet: &str, clinic: &str| {
        let loaded = one(
            &format!("{EMBEDDED}  safety: {{{fleet}}}\n"),
            &format!("{CLINIC}safety: {{{clinic}}}\n"),
        );
        loaded.findings.iter().filter(|finding| finding.code == Code::Looser).count()
    };
    for no in ["false", "False", "FALSE"] {
        assert_eq!(looser(&format!("allow_empty: {no}"), "allow_empty: True"), 1, "{no}");
        assert_eq!(looser("allow_empty: false", &format!("allow_empty: {no}")), 0, "{no}");
    }
    assert_eq!(looser("allow_empty: true", "allow_empty: false"), 0);
    assert_eq!(looser("max_revocations: 5", "max_revocations: 5"), 0);
    assert_eq!(looser("max_revocations: 0", "max_revocations: 1"), 1);
    let providers = |entries: &str| format!("protected_providers: [{entries}]");
    let is_looser = |fleet, clinic| looser(&providers(fleet), &providers(clinic)) == 1;
    assert!(!is_looser("{id: 7, name: A}", "{id: 7}"));
    assert!(is_looser("{id: 7, name: A}", "{name: A}"), "a name may come to mean somebody else");
    assert!(!is_looser("{name: \"Ångström, É\"}", "{name: \"ångström,  é\"}, {id: 1}"));
    assert!(is_looser("{id: 7}, {id: 8}", "{id: 7}"));
}

#[test]
fn the_fleets_state_is_the_clinics_unless_it_names_another() {
    let fleet = everything();
    let state = |at: usize| {
        fleet.clinics[at].manifest.as_ref().unwrap().state.as_ref().map(ToString::to_string)
    };
    assert_eq!(state(0).as_deref(), Some("s3://grove-state/accuroform"));
    assert_eq!(state(1).as_deref(), Some("file:///srv/birch"));
}

#[test]
fn limits_and_the_rollout_have_defaults() {
    let plain = Fleet::of("version: 1\nfleet: {id: grove}\nclinics: [a.yaml]\n", &[]);
    let (plain, _) = plain.loaded.fleet.unwrap();
    assert_eq!((plain.name.as_str(), plain.limits.clinics), ("grove", 16));
    assert_eq!(
        (plain.limits.calls_per_host, plain.limits.requests_per_second_per_host),
        (None, None)
    );
    assert_eq!((plain.rollout.max_parallel, plain.rollout.max_parallel_syncs), (4, 4));
    assert_eq!(plain.rollout.waves.len(), 1);
    assert_eq!((plain.rollout.pause, plain.state), (Pause::None, None));
    let stop = plain.rollout.stop_on;
    assert_eq!((stop.failed_clinics, stop.verify_failures, stop.held_rows_percent), (1, 1, 5));
    let (written, _) = everything().loaded.fleet.unwrap();
    assert_eq!((written.limits.clinics, written.limits.calls_per_host), (8, Some(32)));
    assert_eq!((written.rollout.max_parallel, written.rollout.max_parallel_syncs), (3, 2));
    assert_eq!(written.rollout.pause, Pause::For(Duration::from_mins(10)));
    assert_eq!(written.rollout.waves[1].percent, Some(50));
    assert_eq!(written.rollout.stop_on.held_rows_percent, 10);
}

#[test]
fn a_fleet_manifest_is_known_by_its_keys() {
    for text in ["fleet: {}", "clinics: []", "\u{feff}fleet: {id: a}"] {
        assert!(manifest::is_fleet(text.as_bytes()), "{text}");
    }
    // What cannot be read to its end is one by its first column, so that its fault is said as such.
    for text in ["clinics: [", "clinics: []\n---\nfleet: {}", "version: 1\nfleet: {\n"] {
        assert!(manifest::is_fleet(text.as_bytes()), "{text}");
    }
    for text in ["", "version: 1", CLINIC, "- clinics", "clinic: [", " clinics: ["] {
        assert!(!manifest::is_fleet(text.as_bytes()), "{text}");
    }
    assert!(!manifest::is_fleet(b"clinics: [\xff]"));
}
