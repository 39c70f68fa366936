//! The law of the worksheet: a template that is filled in from a clinic gives the plan that the bridge of
//! the same clinic gives, for random clinics and manifests.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use accuroform::bridge::{Client, Reader, Service};
use accuroform::connection::{Accuro, Asked, Files, read_table};
use accuroform::desired::desired;
use accuroform::live::Snapshot;
use accuroform::manifest::{self, Manifest, Worksheet};
use accuroform::model::{Revision, UserId};
use accuroform::plan::{self, Inputs, ManifestRef, Plan, Targets};
use accuroform::sim::{Credentials, Sim, Which, World};
use accuroform::worksheet::{self, Capture, Expectation, Kind, Template};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::random_clinic::{self, Random};
use super::random_matrix::settings;

const SEEDS: u64 = 60;

#[tokio::test]
async fn a_captured_clinic_is_planned_as_over_its_bridge() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (mut changes, mut empty) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Random(seed);
        let mut clinic = random_clinic::clinic(&mut random);
        for user in &mut clinic.world.users {
            // Whether a user can sign in is not on the sheet.
            user.active = true;
        }
        let head = "version: 1\nclinic: {id: lakeside}\n\
             accuro: {tenant: RANDOM, connection: {worksheet: {file: grid.csv, directory: directory.csv}}}\n\
             ocean: {site: \"4021\", sync: none}\n";
        let text = format!("{head}{}", clinic.manifest);
        let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
        let manifest = loaded.manifest.unwrap_or_else(|| panic!("{seed}: {:?}", loaded.findings));
        let users: Vec<String> = manifest.users.iter().map(|user| user.name.clone()).collect();

        let over_bridge = bridge(&clinic.world, &users).await;
        let captured = captured(&clinic.world, &users, &mut random).await;
        let over_bridge = planned(&manifest, &over_bridge);
        assert_eq!(
            comparable(planned(&manifest, &captured)),
            comparable(over_bridge.clone()),
            "seed {seed}"
        );
        let rows: usize = over_bridge.users.iter().map(|user| user.changes.len()).sum();
        changes += rows;
        empty += usize::from(rows == 0);
    }
    assert!(changes > 100 && empty < 30, "{changes} changes, {empty} empty plans: too easy");
}

async fn bridge(world: &World, users: &[String]) -> Snapshot {
    let sim = Sim::open(world.clone(), None).unwrap();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let serving = sim.serve(listen, Credentials::new("clinic", "secret")).await.unwrap();
    let client = Client::new(settings(Service::Accuro, &serving)).unwrap();
    let accuro = Accuro::Bridge(Reader::new(Arc::new(client)));
    let live = accuro.read(asked(users)).await.unwrap();
    serving.shutdown().await;
    live
}

fn asked(users: &[String]) -> Asked<'_> {
    Asked { clinic: "lakeside", tenant: "RANDOM", users, now: now() }
}

fn now() -> Timestamp {
    "2026-01-05T14:00:00Z".parse().unwrap()
}

/// The way of a person: a directory, a template, what the screen shows, a capture.
async fn captured(world: &World, users: &[String], random: &mut Random) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("directory.csv"), directory(world)).unwrap();
    let table = read_table(&at("directory.csv"), Kind::Directory).unwrap();
    let directory = worksheet::directory(&table).unwrap().directory;
    let zone = TimeZone::UTC;
    let what = Template { clinic: "lakeside", tenant: "RANDOM", users, made: now(), zone: &zone };
    let mut rows = worksheet::template(what, &directory, |_, _| true);
    fill(&mut rows, world, random);
    if random.percent(50) {
        std::fs::write(at("filled"), worksheet::to_csv(&rows)).unwrap();
    } else {
        std::fs::write(at("filled"), worksheet::to_xlsx(&rows, 0).unwrap()).unwrap();
    }
    let table = read_table(&at("filled"), Kind::Grid).unwrap();
    let expected = Expectation { directory: &directory, users };
    let sheet = worksheet::sheet(&table, expected).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let capture = Capture {
        clinic: "lakeside".to_owned(),
        tenant: "RANDOM".to_owned(),
        at: now(),
        by: "Jane Roy".to_owned(),
        grids: Capture::grids_of(&sheet),
        kept: [].into(),
    };
    let rows = capture.rows_of(&directory, users, &zone);
    std::fs::write(at("grid.csv"), worksheet::to_csv(&rows)).unwrap();
    let worksheet = Worksheet {
        file: "grid.csv".to_owned(),
        directory: "directory.csv".to_owned(),
        max_age: Duration::from_hours(24),
    };
    Accuro::Worksheet(Files::of(&worksheet, folder.path())).read(asked(users)).await.unwrap()
}

/// The directory as somebody writes it down.
fn directory(world: &World) -> String {
    let mut text = "Office ID,Office,Active,Provider ID,Provider\n".to_owned();
    for office in &world.offices {
        let active = if office.active { "yes" } else { "no" };
        let start = format!("{},{},{active}", office.id, office.name);
        let here = world.providers.iter().filter(|one| one.offices.contains(&office.id));
        let lines: Vec<String> = here
            .map(|one| format!("{start},{},\"{}, {}\"\n", one.id, one.last, one.first))
            .collect();
        if lines.is_empty() {
            text += &format!("{start},,-\n");
        }
        text += &lines.concat();
    }
    text
}

/// Fills a template in from the grids of the world, which is what the screen shows.
fn fill(rows: &mut [Vec<String>], world: &World, random: &mut Random) {
    let start = rows.iter().position(|row| row.first().is_some_and(|cell| cell == "User")).unwrap();
    let titles: Vec<String> =
        rows[start].iter().map(|title| title.to_lowercase().replace(' ', "_")).collect();
    for row in rows[start + 1..].iter_mut().filter(|row| !row.is_empty()) {
        let user = world.users.iter().find(|user| user.name == row[0]).unwrap();
        let id = |cell: &String| Which::one(cell.parse::<u64>().unwrap());
        let (office, provider) = (id(&row[2]), id(&row[4]));
        let entry = user
            .grid
            .iter()
            .rfind(|entry| entry.office == office && entry.provider == provider && !entry.absent);
        for (at, title) in titles.iter().enumerate() {
            let has = |list: &[String]| list.iter().any(|name| name == title);
            let spelling: &[&str] = match entry {
                Some(entry) if has(&entry.full) => &["full", "x", "✓", "Yes"],
                Some(entry) if has(&entry.read_only) => &["read-only", "RO"],
                _ if (5..14).contains(&at) => &["", "none", "-"],
                Some(entry) if title == "access_until" => match entry.until {
                    Some(until) => {
                        let date = until.to_string();
                        row[at] = date;
                        continue;
                    }
                    None => &[""],
                },
                _ if title == "read" => &["yes"],
                _ => continue,
            };
            (*random.pick(spelling)).clone_into(&mut row[at]);
        }
    }
}

fn planned(manifest: &Manifest, live: &Snapshot) -> Plan {
    let desired = desired(manifest, live);
    let plan = plan::plan(Inputs {
        clinic: "lakeside",
        tenant: "RANDOM",
        site: "4021",
        manifest: &ManifestRef::default(),
        desired: &desired,
        live,
        targets: &Targets::default(),
    });
    assert_eq!(plan::check_against(&plan, &desired, live), []);
    plan
}

/// The plan without what no screen shows: the ids of users and the revisions of rows.
fn comparable(mut plan: Plan) -> Plan {
    assert!(plan.is_complete(), "{:?}", plan.unread);
    for (at, user) in plan.users.iter_mut().enumerate() {
        user.id = UserId(at as u64);
        for change in &mut user.changes {
            change.revision = (!change.before.is_nothing()).then_some(Revision(0));
        }
    }
    plan
}
