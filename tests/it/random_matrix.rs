//! The random matrix: clinics, manifests, faults and a second writer, all by chance, over a real
//! socket. `ACCUROFORM_MATRIX=full` runs 600 seeds, `ACCUROFORM_MATRIX=seed:7` one; else 60.

use std::net::{Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accuroform::apply::{Applied, Apply};
use accuroform::approval::{Consent, approve};
use accuroform::bridge::{
    Client, GridWriter, Limits, Mode, Reader, RunState, Service, Settings, SyncStarter,
};
use accuroform::desired::desired;
use accuroform::diagnostic::{Code, Severity};
use accuroform::journal::{Journal, Outcome};
use accuroform::live::fetch;
use accuroform::manifest::{self, Manifest};
use accuroform::model::Clock;
use accuroform::ocean::{self, Watch};
use accuroform::plan::file::seal;
use accuroform::plan::{self, Inputs, ManifestRef, Plan, Targets};
use accuroform::sim::{Content, Credentials, Faults, Serving, Sim};
use accuroform::state::State;
use futures_util::FutureExt as _;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::random_clinic::{self, Clinic, Random};
use crate::random_faults;
use crate::random_laws::{Story, Told, unread_is_untouched};

const SOME: u64 = 60;
const FULL: u64 = 600;
/// Runs at the same time: most of a run waits for a socket or a disk.
const TOGETHER: usize = 4;

/// What happened over all runs; a matrix in which nothing happens proves nothing.
#[derive(Debug, Default)]
struct Count {
    /// Seeds that went to their end.
    runs: usize,
    unread_directories: usize,
    plans_with_unread: usize,
    refused: usize,
    applies: usize,
    halted: usize,
    rows: usize,
    done: usize,
    already_true: usize,
    held: usize,
    failed: usize,
    not_reached: usize,
    syncs: usize,
    syncs_not_complete: usize,
    elsewhere: usize,
}

fn seeds() -> Vec<u64> {
    match std::env::var("ACCUROFORM_MATRIX").as_deref() {
        Ok("full") => (0..FULL).collect(),
        Ok(one) => vec![one.strip_prefix("seed:").unwrap().parse().unwrap()],
        Err(_) => (0..SOME).collect(),
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_report_is_true_and_the_next_apply_converges() {
    use futures_util::StreamExt as _;
    drop(rustls::crypto::ring::default_provider().install_default());
    let seeds = seeds();
    let count = Mutex::new(Count::default());
    let failed: Vec<Option<u64>> = futures_util::stream::iter(&seeds)
        .map(|seed| {
            let count = &count;
            async move {
                let run = AssertUnwindSafe(run(*seed, count)).catch_unwind();
                // The panic itself was printed where it arose.
                run.await.is_err().then(|| {
                    eprintln!("the run of seed {seed} failed: ACCUROFORM_MATRIX=seed:{seed}");
                    *seed
                })
            }
        })
        .buffer_unordered(TOGETHER)
        .collect()
        .await;
    let failed: Vec<u64> = failed.into_iter().flatten().collect();
    let count = count.into_inner().unwrap();
    println!("{count:#?}");
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    if seeds.len() > 1 {
        // What depends on who is first, like rows that were already true, is only printed.
        let Count { done, held, failed, halted, .. } = count;
        assert!([done, held, failed, halted].iter().all(|count| *count > 0), "too good weather");
    }
}

/// One seed: a few applies in bad weather, then one in good weather that must converge.
async fn run(seed: u64, count: &Mutex<Count>) {
    let mut random = Random(seed);
    let clinic = random_clinic::clinic(&mut random);
    let script = random_faults::script(&mut random, &clinic);
    let head = "version: 1\nclinic: {id: lakeside}\n\
         accuro: {tenant: RANDOM, connection: {embedded: {world: world.yaml}}}\n\
         ocean: {site: \"4021\", connection: {embedded: {}}}\n";
    let text = format!("{head}{}", clinic.manifest);
    let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
    let manifest =
        loaded.manifest.unwrap_or_else(|| panic!("seed {seed}: {:#?}\n{text}", loaded.findings));
    let state = tempfile::tempdir().unwrap();
    let sim = Sim::open(clinic.world.clone(), None).unwrap();

    let stormy = sim.clone().with_faults(&Faults::parse(&script).unwrap()).unwrap();
    let second = SecondWriter::start(&sim, &clinic, random.clone());
    let mut way = Way::open(second.observe(stormy), &manifest, seed, "storm").await;
    for _ in 0..=random.below(3) {
        way.apply(state.path(), count).await;
    }
    way.close().await;
    second.stop(count).await;

    let mut way = Way::open(sim, &manifest, seed, "calm").await;
    way.converge(state.path()).await;
    way.close().await;
    count.lock().unwrap().runs += 1;
}

/// Somebody else at the grid, who writes at random moments: some requests wake it, and it writes
/// while the client goes on.
struct SecondWriter {
    wake: tokio::sync::mpsc::UnboundedSender<()>,
    work: tokio::task::JoinHandle<usize>,
    gone: Arc<AtomicBool>,
}

impl SecondWriter {
    fn start(sim: &Sim, clinic: &Clinic, mut random: Random) -> Self {
        let (wake, mut woken) = tokio::sync::mpsc::unbounded_channel();
        let (sim, places, palette) = (sim.clone(), clinic.places.clone(), clinic.palette.clone());
        let gone = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&gone);
        let eagerness = *random.pick(&[0, 10, 30, 60]);
        let work = tokio::spawn(async move {
            let mut writes = 0;
            while woken.recv().await.is_some() {
                if places.is_empty() || stop.load(Ordering::Relaxed) {
                    continue;
                }
                while random.percent(eagerness) {
                    let content = if random.percent(20) {
                        Content::Same
                    } else {
                        Content::New(*random.pick(&palette))
                    };
                    sim.write_as_somebody_else(*random.pick(&places), content).unwrap();
                    writes += 1;
                }
            }
            writes
        });
        Self { wake, work, gone }
    }

    /// Lets every answered request of this simulator wake the writer.
    fn observe(&self, sim: Sim) -> Sim {
        let wake = self.wake.clone();
        // After the end nobody listens any more.
        sim.observed_by(move |_| wake.send(()).unwrap_or_default())
    }

    async fn stop(self, count: &Mutex<Count>) {
        let Self { wake, work, gone } = self;
        gone.store(true, Ordering::Relaxed);
        drop(wake);
        count.lock().unwrap().elsewhere += work.await.unwrap();
    }
}

/// A simulated clinic behind a socket, and the way of an apply to it.
pub(crate) struct Way<'a> {
    sim: Sim,
    pub(crate) serving: Serving,
    manifest: &'a Manifest,
    reader: Reader,
    writer: GridWriter,
    starter: SyncStarter,
    /// Names the runs; a name is never given twice.
    name: String,
    runs: usize,
}

impl<'a> Way<'a> {
    pub(crate) async fn open(sim: Sim, manifest: &'a Manifest, seed: u64, weather: &str) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let serving = sim.serve(listen, Credentials::new("clinic", "secret")).await.unwrap();
        let client = |service| Arc::new(Client::new(settings(service, &serving)).unwrap());
        let (accuro, ocean) = (client(Service::Accuro), client(Service::Ocean));
        Self {
            reader: Reader::new(Arc::clone(&accuro)),
            writer: GridWriter::new(accuro),
            starter: SyncStarter::new(ocean),
            name: format!("{seed}-{weather}"),
            runs: 0,
            sim,
            serving,
            manifest,
        }
    }

    /// Ends the server, and with it whoever watches its requests.
    pub(crate) async fn close(self) {
        self.serving.shutdown().await;
    }

    /// Reads and plans; `None` when the list of offices cannot be read.
    pub(crate) async fn plan(&self) -> Option<Plan> {
        let users: Vec<String> = self.manifest.users.iter().map(|user| user.name.clone()).collect();
        let live = fetch(&self.reader, &users).await.ok()?;
        let desired = desired(self.manifest, &live);
        let plan = plan::plan(Inputs {
            clinic: "lakeside",
            tenant: "RANDOM",
            site: "4021",
            manifest: &ManifestRef::default(),
            desired: &desired,
            live: &live,
            targets: &Targets::default(),
        });
        assert_eq!(plan::check_against(&plan, &desired, &live), []);
        unread_is_untouched(&plan);
        Some(plan)
    }

    /// Plans and applies once, holds the result against the laws, and syncs.
    async fn apply(&mut self, state: &Path, count: &Mutex<Count>) {
        let seen = self.sim.write_log().unwrap().len();
        let Some(plan) = self.plan().await else {
            count.lock().unwrap().unread_directories += 1;
            return;
        };
        count.lock().unwrap().plans_with_unread += usize::from(!plan.is_complete());
        if Self::manifest_is_refused(&plan) {
            count.lock().unwrap().refused += 1;
            return;
        }
        let applied = self.run(&plan, state, seen).await;
        Self::counted(&applied, count);
        if !self.sync().await {
            count.lock().unwrap().syncs_not_complete += 1;
        }
        count.lock().unwrap().syncs += 1;
    }

    /// Applies a plan and holds what happened against the laws. `seen`: the length of the write
    /// log before the plan was read.
    pub(crate) async fn run(&mut self, plan: &Plan, state: &Path, seen: usize) -> Applied {
        self.runs += 1;
        let name = format!("{}-{}", self.name, self.runs);
        let clock = Clock(jiff::Timestamp::now);
        let (mut journal, earlier) =
            Journal::open(&State::folder(state), "lakeside", &name, clock).unwrap();
        assert!(!earlier.torn);
        let digest = seal(plan, &[]).unwrap().digest;
        let approved = approve(plan, &digest, &[], Consent::unsigned(None)).unwrap();
        let stop = CancellationToken::new();
        let apply = Apply {
            reader: &self.reader,
            writer: &self.writer,
            journal: &mut journal,
            stop: &stop,
        };
        let mut told = Told::default();
        let applied = apply.run(&approved, &mut |happening| told.take(&happening)).await;
        drop(journal);
        let records = Journal::read(&State::folder(state), "lakeside").unwrap().records;
        let records = &records[earlier.records.len()..];
        assert!(records.iter().all(|record| record.apply == name));
        let log = self.sim.write_log().unwrap();
        let log = &log[seen..];
        Story { plan, applied: &applied, told: &told, records, log }.check();
        applied
    }

    fn counted(applied: &Applied, count: &Mutex<Count>) {
        let mut count = count.lock().unwrap();
        count.applies += 1;
        count.halted += usize::from(applied.halted.is_some());
        count.rows += applied.outcomes.len();
        for row in &applied.outcomes {
            *match row.outcome {
                Outcome::Done => &mut count.done,
                Outcome::AlreadyTrue => &mut count.already_true,
                Outcome::Held(_) => &mut count.held,
                Outcome::Refused(_) | Outcome::Failed(_) => &mut count.failed,
                Outcome::NotReached => &mut count.not_reached,
            } += 1;
        }
    }

    /// Syncs; a sync that is said to be complete is complete.
    async fn sync(&self) -> bool {
        let watch = Watch {
            site: "4021".to_owned(),
            mode: Mode::Full,
            timeout: Duration::from_secs(3),
            poll: Duration::from_millis(3),
            stop: CancellationToken::new(),
        };
        let synced = ocean::sync(&self.reader, &self.starter, &watch, &mut |_| ()).await;
        let Ok(synced) = synced else { return false };
        // Asked past the faults.
        let honest = self.sim.clone().with_faults(&Faults::default()).unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let serving = honest.serve(listen, Credentials::new("clinic", "secret")).await.unwrap();
        let reader =
            Reader::new(Arc::new(Client::new(settings(Service::Ocean, &serving)).unwrap()));
        match synced.run {
            Some(run) => {
                let run = reader.sync_run("4021", &run).await.unwrap();
                assert_eq!((run.mode, run.state), (Mode::Full, RunState::Succeeded));
            }
            None => assert!(reader.site("4021").await.unwrap().last_full.is_some()),
        }
        serving.shutdown().await;
        true
    }

    /// Whether the plan has errors: in these clinics only users that cannot sign in and directories
    /// without an active office.
    fn manifest_is_refused(plan: &Plan) -> bool {
        let mut errors = plan.findings.iter().filter(|finding| finding.severity == Severity::Error);
        assert!(
            errors.all(|error| [Code::InactiveUser, Code::NoOffice].contains(&error.code)),
            "{:?}",
            plan.findings
        );
        let digest = seal(plan, &[]).unwrap().digest;
        let refused = plan.errors() > 0;
        assert_eq!(approve(plan, &digest, &[], Consent::unsigned(None)).is_err(), refused);
        refused
    }

    /// Without faults and without anybody else, one apply makes everything as planned.
    async fn converge(&mut self, state: &Path) {
        let seen = self.sim.write_log().unwrap().len();
        let plan = self.plan().await.unwrap();
        assert!(plan.is_complete(), "{:?}", plan.unread);
        if Self::manifest_is_refused(&plan) {
            return;
        }
        let applied = self.run(&plan, state, seen).await;
        assert!(applied.is_whole(), "{:?}", applied.outcomes);
        assert_eq!(applied.count(|outcome| *outcome == Outcome::Done), applied.outcomes.len());
        let after = self.plan().await.unwrap();
        assert!(after.is_empty(), "{:?}", after.users);
        assert!(self.sync().await, "the sync in good weather");
    }
}

pub(crate) fn settings(service: Service, serving: &Serving) -> Settings {
    Settings {
        service,
        url: serving.url().parse().unwrap(),
        client_id: SecretString::from("clinic"),
        client_secret: SecretString::from("secret"),
        query: Vec::new(),
        headers: Vec::new(),
        scope: None,
        paths: std::collections::BTreeMap::new(),
        identity: None,
        ca: None,
        concurrency: 4,
        requests_per_second: None,
        limits: Limits {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            total: Duration::from_secs(20),
            backoff: Duration::from_millis(1),
            retries: 3,
            body: 128 * 1024,
        },
    }
}
