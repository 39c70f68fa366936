//! The whole way over a real socket: read, plan, approve, write, sync, verify, and how many calls
//! that takes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use accuroform::apply::{Applied, Apply};
use accuroform::approval::{Consent, approve};
use accuroform::bridge::{Mode, Traffic};
use accuroform::connection::{Opened, Surroundings, open};
use accuroform::desired::desired;
use accuroform::journal::{Journal, Outcome, is_pending, runs};
use accuroform::live::{Grid, Snapshot, fetch};
use accuroform::manifest::{self, Manifest};
use accuroform::model::Clock;
use accuroform::ocean::{self, Progress, Watch};
use accuroform::plan::file::seal;
use accuroform::plan::{self, Inputs, ManifestRef, Plan, Targets};
use accuroform::sim::{Credentials, Generate, Serving, Sim, World};
use accuroform::state::State;
use tokio_util::sync::CancellationToken;

/// A simulated clinic behind a socket, and the connection of a manifest to it.
struct Clinic {
    sim: Sim,
    serving: Serving,
    manifest: Manifest,
    opened: Opened,
}

const USERS: &str = "users: [{profile: ocean, all_offices: true}]";

impl Clinic {
    async fn new(world: World, tenant: &str, users: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let sim = Sim::open(world, None).unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let serving = sim.serve(listen, Credentials::new("clinic", "secret")).await.unwrap();
        let url = serving.url();
        let text = format!(
            "\
version: 1
clinic: {{id: lakeside}}
accuro:
  tenant: {tenant}
  connection: &bridge
    api: {{url: \"{url}\", client_id: {{env: ID}}, client_secret: {{env: SECRET}}}}
ocean: {{site: \"4021\", connection: *bridge}}
{users}
"
        );
        let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
        let manifest = loaded.manifest.unwrap_or_else(|| panic!("{:#?}", loaded.findings));
        let variables = [("ID", "clinic"), ("SECRET", "secret")];
        let variables: BTreeMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let surroundings =
            Surroundings { variables: variables.into(), folder: Path::new("").to_owned() };
        let opened = open(&manifest.connections, &surroundings, &Traffic::default()).await.unwrap();
        Self { sim, serving, manifest, opened }
    }

    async fn generated(offices: u32, providers: u32) -> Self {
        let mut world = World::generate(&Generate { offices, providers, seed: 7 });
        if let Some(ocean) = &mut world.ocean {
            "4021".clone_into(&mut ocean.site);
            ocean.full_sync_seconds = 0.05;
        }
        let tenant = world.tenant.clone();
        Self::new(world, &tenant, USERS).await
    }

    async fn live(&self) -> Snapshot {
        let users: Vec<String> = self.manifest.users.iter().map(|user| user.name.clone()).collect();
        fetch(&self.opened.accuro(), &users).await.unwrap()
    }

    /// Reads and plans; the plan passes the independent checker.
    async fn plan(&self) -> Plan {
        let live = self.live().await;
        let desired = desired(&self.manifest, &live);
        let plan = plan::plan(Inputs {
            clinic: "lakeside",
            tenant: &self.manifest.tenant,
            site: "4021",
            manifest: &ManifestRef::default(),
            desired: &desired,
            live: &live,
            targets: &Targets::default(),
        });
        assert_eq!(plan::check_against(&plan, &desired, &live), []);
        plan
    }

    async fn apply(&self, plan: &Plan, state: &Path) -> Applied {
        let digest = seal(plan, &[]).unwrap().digest;
        let approved = approve(plan, &digest, &[], Consent::unsigned(None)).unwrap();
        let clock = Clock(jiff::Timestamp::now);
        // The name of a run is never given twice: idempotency keys come from it.
        let run = format!("run-{}", self.serving.requests().len());
        let (mut journal, _) =
            Journal::open(&State::folder(state), "lakeside", &run, clock).unwrap();
        let apply = Apply {
            reader: &self.opened.accuro(),
            writer: &self.opened.grid_writer(),
            journal: &mut journal,
            stop: &CancellationToken::new(),
        };
        apply.run(&approved, &mut |_| ()).await
    }

    fn watch(mode: Mode) -> Watch {
        Watch {
            site: "4021".to_owned(),
            mode,
            timeout: Duration::from_secs(20),
            poll: Duration::from_millis(10),
            stop: CancellationToken::new(),
        }
    }

    /// How often each path was asked for, as `METHOD /path`.
    fn asked(&self, what: &str) -> usize {
        let line =
            |request: &accuroform::sim::Recorded| format!("{} {}", request.method, request.path);
        self.serving.requests().iter().filter(|request| line(request).starts_with(what)).count()
    }
}

#[tokio::test]
async fn a_plan_costs_a_token_the_offices_one_call_an_office_the_user_and_a_call_per_500_rows() {
    for (offices, providers, pages) in [(4, 25, 1), (3, 400, 3)] {
        let clinic = Clinic::generated(offices, providers).await;
        // Fill the grid, so that every row is there to be read.
        let state = tempfile::tempdir().unwrap();
        let plan = clinic.plan().await;
        clinic.apply(&plan, state.path()).await;
        let rows = match &clinic.live().await.grids[0].1 {
            Grid::Read { rows, .. } => rows.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(rows.div_ceil(500), pages, "{rows} rows");

        let before = clinic.serving.requests().len();
        clinic.plan().await;
        let calls = clinic.serving.requests().len() - before;
        assert_eq!(calls, 1 + offices as usize + 1 + pages, "the token was there");
        assert_eq!(clinic.asked("POST /oauth/token"), 1);
        assert_eq!(clinic.asked("POST /cloud-connect"), 0);
    }
}

#[tokio::test]
async fn apply_then_plan_is_empty_and_every_row_is_written_once() {
    let clinic = Clinic::generated(3, 300).await;
    let plan = clinic.plan().await;
    assert!(!plan.is_empty());
    let state = tempfile::tempdir().unwrap();
    let applied = clinic.apply(&plan, state.path()).await;
    assert!(applied.is_whole(), "{:?}", applied.halted);
    let changes = plan.users[0].changes.len();
    assert_eq!(applied.count(|outcome| matches!(outcome, Outcome::Done)), changes);
    assert!(clinic.plan().await.is_empty());
    let log = clinic.sim.write_log().unwrap();
    assert_eq!(log.len(), changes);
    assert_eq!(clinic.asked("PATCH"), changes.div_ceil(500));

    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    assert_eq!(records.len(), 2 * changes.div_ceil(500), "before and after each batch");
    assert!(is_pending(&records), "a sync is owed");

    // The same plan again: everything is already true, and nothing is written.
    let again = clinic.apply(&plan, tempfile::tempdir().unwrap().path()).await;
    assert_eq!(again.count(|outcome| matches!(outcome, Outcome::AlreadyTrue)), changes);
    assert_eq!(clinic.sim.write_log().unwrap().len(), changes);
}

#[tokio::test]
async fn what_the_journal_recorded_goes_back_to_what_the_server_had() {
    let clinic = Clinic::generated(3, 300).await;
    let contents = async || match &clinic.live().await.grids[0].1 {
        Grid::Read { rows, .. } => {
            let granted = rows.iter().filter(|row| !row.cells.is_nothing());
            granted.map(|row| (row.key, row.cells)).collect::<BTreeMap<_, _>>()
        }
        other => panic!("{other:?}"),
    };
    let before = contents().await;
    let plan = clinic.plan().await;
    let state = tempfile::tempdir().unwrap();
    clinic.apply(&plan, state.path()).await;
    let records = Journal::read(&State::folder(state.path()), "lakeside").unwrap().records;
    let recorded = runs(&records, None)[0].recorded();
    assert_eq!(recorded.rows.len(), plan.users[0].changes.len());
    assert!(recorded.rows.iter().all(|row| row.certain));

    let live = clinic.live().await;
    let desired = desired(&clinic.manifest, &live);
    let inputs = Inputs {
        clinic: "lakeside",
        tenant: &clinic.manifest.tenant,
        site: "4021",
        manifest: &ManifestRef::default(),
        desired: &desired,
        live: &live,
        targets: &Targets::default(),
    };
    let undo = plan::undo_plan(inputs, &recorded);
    assert_eq!(plan::check_undo(&undo, &recorded, &desired, &live), []);
    let applied = clinic.apply(&undo, state.path()).await;
    assert!(applied.is_whole(), "{:?}", applied.halted);
    assert_eq!(contents().await, before);
    assert!(plan::undo_plan(Inputs { live: &clinic.live().await, ..inputs }, &recorded).is_empty());
}

#[tokio::test]
async fn a_row_that_moved_is_held_and_the_others_are_written() {
    let clinic = Clinic::generated(2, 10).await;
    let plan = clinic.plan().await;
    let mut other = plan.clone();
    // Somebody else writes the first row while the plan is being read.
    other.users[0].changes.truncate(1);
    let first = &mut other.users[0].changes[0];
    first.after = accuroform::model::Cells::new(
        first
            .after
            .columns()
            .with(accuroform::model::Column::Inbox, accuroform::model::Level::Full),
        None,
    );
    clinic.apply(&other, tempfile::tempdir().unwrap().path()).await;
    let applied = clinic.apply(&plan, tempfile::tempdir().unwrap().path()).await;
    let (held, done): (Vec<_>, Vec<_>) =
        applied.outcomes.iter().partition(|row| matches!(row.outcome, Outcome::Held(_)));
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].key, plan.users[0].changes[0].key);
    assert!(done.iter().all(|row| row.outcome == Outcome::Done));
    assert!(!applied.is_whole());
}

#[tokio::test]
async fn an_apply_that_is_stopped_reaches_nothing_more_and_says_so() {
    let clinic = Clinic::generated(2, 10).await;
    let plan = clinic.plan().await;
    let state = tempfile::tempdir().unwrap();
    let digest = seal(&plan, &[]).unwrap().digest;
    let approved = approve(&plan, &digest, &[], Consent::unsigned(None)).unwrap();
    let clock = Clock(jiff::Timestamp::now);
    let (mut journal, _) =
        Journal::open(&State::folder(state.path()), "lakeside", "one", clock).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let apply = Apply {
        reader: &clinic.opened.accuro(),
        writer: &clinic.opened.grid_writer(),
        journal: &mut journal,
        stop: &stop,
    };
    let applied = apply.run(&approved, &mut |_| ()).await;
    assert!(applied.outcomes.iter().all(|row| row.outcome == Outcome::NotReached));
    assert_eq!(applied.halted.as_deref(), Some("interrupted"));
    assert!(clinic.sim.write_log().unwrap().is_empty());
}

#[tokio::test]
async fn a_sync_is_started_watched_and_complete() {
    let clinic = Clinic::generated(2, 5).await;
    let mut told = Vec::new();
    let watch = Clinic::watch(Mode::Full);
    let (reader, starter) = (clinic.opened.ocean().unwrap(), clinic.opened.sync_starter().unwrap());
    let synced = ocean::sync(&reader, &starter, &watch, &mut |p| told.push(p)).await.unwrap();
    assert_eq!(synced.origin, ocean::Origin::Ours);
    assert_eq!(told, [Progress::Running(synced.run.clone().unwrap())]);
    let site = reader.site("4021").await.unwrap();
    assert_eq!((site.running, site.last_full.is_some()), (None, true));
}

#[tokio::test]
async fn a_sync_that_ran_before_is_waited_for_and_another_is_started() {
    let clinic = Clinic::generated(2, 5).await;
    let (reader, starter) = (clinic.opened.ocean().unwrap(), clinic.opened.sync_starter().unwrap());
    let before = match starter.start("4021", Mode::Full).await.unwrap() {
        accuroform::bridge::Started::Run(run) => run,
        other @ accuroform::bridge::Started::Busy(_) => panic!("{other:?}"),
    };
    let mut told = Vec::new();
    let watch = Clinic::watch(Mode::Full);
    let synced = ocean::sync(&reader, &starter, &watch, &mut |p| told.push(p)).await.unwrap();
    let run = synced.run.unwrap();
    assert_ne!(run, before);
    assert_eq!(told.last(), Some(&Progress::Running(run)));
    assert_eq!(told.first(), Some(&Progress::WaitingFor(before)));
}

#[tokio::test]
async fn a_sync_that_does_not_end_in_time_says_so() {
    let mut world = World::generate(&Generate { offices: 1, providers: 3, seed: 1 });
    if let Some(ocean) = &mut world.ocean {
        "4021".clone_into(&mut ocean.site);
        ocean.full_sync_seconds = 600.0;
    }
    let tenant = world.tenant.clone();
    let clinic = Clinic::new(world, &tenant, USERS).await;
    let watch = Watch { timeout: Duration::from_millis(50), ..Clinic::watch(Mode::Full) };
    let (reader, starter) = (clinic.opened.ocean().unwrap(), clinic.opened.sync_starter().unwrap());
    let error = ocean::sync(&reader, &starter, &watch, &mut |_| ()).await.unwrap_err();
    assert_eq!(error.code(), "S002", "{error}");
}
