//! A secret that was written into a fleet's manifests by mistake is shown nowhere, wherever it stands
//! and whichever file holds it.

use accuroform::manifest::{self, explain};
use accuroform::report;

use super::fleet_files::Fleet;
use super::manifest_secrets::{CANARY, ELSEWHERE, IN_API, shapes};

const CLINIC: &str = "\
version: 1
clinic: {id: alder}
accuro: {tenant: ALDER}
ocean: {site: \"4001\", connection: {embedded: {}}}
users: [{profile: ocaen, all_offices: true}]
";

const DEFAULTS: &str = "defaults:\n  accuro:\n    connection:\n      embedded: {world: w.yaml}\n";

fn fleet(body: &str) -> String {
    format!("version: 1\nfleet: {{id: grove}}\nclinics: [clinics/*.yaml]\n{body}")
}

/// The settings of a bridge in the defaults; they are one step further to the right there.
fn in_defaults(settings: &str) -> String {
    let settings = settings.replace("\n      ", "\n        ");
    fleet(&format!(
        "defaults:\n  accuro:\n    connection:\n      api:\n        requests_per_second: 3\n        {settings}\n\
         rollout: {{pause: {{between_waves: often}}}}\n"
    ))
}

fn in_clinic(settings: &str) -> String {
    CLINIC.replace(
        "accuro: {tenant: ALDER}",
        &format!(
            "accuro:\n  tenant: ALDER\n  connection:\n    api:\n      requests_per_second: 3\n      {settings}"
        ),
    )
}

/// Everything that anybody can come to see of a fleet's manifests.
fn everything(fleet: &str, clinic: &str, with_references: bool) -> Vec<(&'static str, String)> {
    let read = Fleet::of(fleet, &[("alder", clinic.as_bytes().to_vec())]);
    let own = &read.loaded;
    let mut shown = vec![
        ("the fleet", own.source.text().to_owned()),
        ("the report of the fleet", report::render(&own.source.files(), &own.findings, false)),
        (
            "the JSON of the fleet",
            serde_json::to_string(&report::findings(&own.source.files(), &own.findings)).unwrap(),
        ),
        ("Debug of the fleet", format!("{own:?}")),
    ];
    for clinic in &read.clinics {
        let files = clinic.source.files();
        shown.push(("both texts", files.iter().map(|file| file.text).collect()));
        shown.push(("the report", report::render(&files, &clinic.findings, false)));
        shown.push(("Debug", format!("{clinic:?}{:#?}", clinic.source)));
        if with_references {
            let explained = explain(&clinic.source);
            shown.push(("the explanation", explained.to_yaml()));
            shown.push(("its JSON", serde_json::to_string(&explained.values()).unwrap()));
        }
    }
    shown
}

#[track_caller]
fn assert_no_leak(documents: impl IntoIterator<Item = (String, String, bool)>) {
    let mut leaks = Vec::new();
    let mut count = 0;
    for (fleet, clinic, with_references) in documents {
        count += 1;
        for (what, shown) in everything(&fleet, &clinic, with_references) {
            if let Some(line) = shown.lines().find(|line| line.to_lowercase().contains(CANARY)) {
                let written = fleet.lines().chain(clinic.lines());
                let written = written.filter(|line| line.to_lowercase().contains(CANARY));
                leaks.push(format!(
                    "{what}: {}, of {:?}",
                    line.trim(),
                    written.collect::<Vec<_>>()
                ));
            }
        }
    }
    assert!(count > 100);
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}

/// The name of a variable is no secret, and is explained.
fn is_reference(template: &str) -> bool {
    template == "client_id: {env: §}"
}

#[test]
fn a_secret_in_the_defaults_is_shown_nowhere() {
    assert_no_leak(IN_API.iter().flat_map(|template| {
        shapes(template)
            .map(|text| (in_defaults(&text), CLINIC.to_owned(), !is_reference(template)))
    }));
    // What the checks let through is inherited.
    assert_no_leak(IN_API.iter().flat_map(|template| {
        shapes(template).map(|text| {
            let fleet = in_defaults(&text).replace("often", "10m");
            (fleet, CLINIC.to_owned(), !is_reference(template))
        })
    }));
}

#[test]
fn a_secret_elsewhere_in_a_fleet_is_shown_nowhere() {
    let settings = || ELSEWHERE.iter().flat_map(|template| shapes(template));
    assert_no_leak(settings().map(|text| (fleet(&text), CLINIC.to_owned(), true)));
    assert_no_leak(
        settings().map(|text| (fleet(&format!("{DEFAULTS}{text}\n")), CLINIC.to_owned(), true)),
    );
}

#[test]
fn a_secret_in_a_clinic_of_a_fleet_is_shown_nowhere() {
    assert_no_leak(IN_API.iter().flat_map(|template| {
        shapes(template).map(|text| (fleet(DEFAULTS), in_clinic(&text), !is_reference(template)))
    }));
    assert_no_leak(
        ELSEWHERE.iter().flat_map(|template| shapes(template)).map(|text| {
            (fleet(DEFAULTS), CLINIC.replace("users:", &format!("{text}\nusers:")), true)
        }),
    );
}

#[test]
fn a_masked_value_is_masked_behind_its_alias() {
    let clinic = format!(
        "{CLINIC}safety: {{own_user: &own \"client_secret: {CANARY}\"}}\nprofiles: {{own: {{columns: {{emr: full}}, reason: *own}}}}\n"
    );
    let read = Fleet::of(fleet(DEFAULTS), &[("alder", clinic.into_bytes())]);
    let yaml = explain(&read.clinics[0].source).to_yaml();
    assert!(!yaml.contains(CANARY), "{yaml}");
    assert_eq!(yaml.matches("••••").count(), 2, "{yaml}");
}

#[test]
fn a_sound_reference_is_explained() {
    let fleet = in_defaults("client_id: {env: hunter2canary}").replace("often", "10m");
    let clinic = manifest::load_fleet("fleet.yaml", fleet.as_bytes());
    assert!(clinic.fleet.is_some(), "{:#?}", clinic.findings);
    let read = Fleet::of(fleet, &[("alder", CLINIC.as_bytes().to_vec())]);
    assert!(explain(&read.clinics[0].source).to_yaml().contains("env: hunter2canary"));
}
