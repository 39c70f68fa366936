//! A clinic behind a proxy, and real `accuroform` processes that can be ended from outside.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use accuroform::journal::{Journal, Record};
use accuroform::sim::{Write, Written};
use accuroform::state::State;

use super::kill_proxy::Proxy;
use super::sim_client::{self, send};

/// No run in these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(90);

/// Six users with six rows each: six batches.
pub(crate) const ROWS: usize = 36;

/// A place in the grids: user, office, provider.
pub(crate) type Place = (u64, u64, u64);

/// A clinic whose sync takes this long and whose calls meet these faults.
pub(crate) fn world(sync_seconds: f64, faults: &str) -> String {
    let users: String =
        (1..=4).map(|id| format!("  - {{id: {id}, name: {}}}\n", user(id))).collect();
    format!(
        "\
version: 1
tenant: KILL
offices: [{{id: 1, name: North}}, {{id: 2, name: South}}]
providers:
  - {{id: 1, first: Ann, last: One, offices: [1, 2], appointments: [{{in_days: 0, count: 3}}]}}
  - {{id: 2, first: Bob, last: Two, offices: [1, 2], appointments: [{{in_days: 0, count: 3}}]}}
  - {{id: 3, first: Cem, last: Three, offices: [1, 2], appointments: [{{in_days: 0, count: 3}}]}}
users:
{users}  - id: 5
    name: {five}
    grid:
      - {{office: 1, provider: 1, full: [patient, scheduling, visible, inbox], revision: 3}}
      - {{office: 1, provider: 3, full: [patient], revision: 4}}
  - id: 6
    name: {six}
    grid:
      - {{office: 1, provider: 3, full: [patient, visible], until: 2031-01-31, revision: 7}}
ocean: {{site: \"4021\", emr_user: {one}, full_sync_seconds: {sync_seconds}}}
faults: [{faults}]
",
        one = user(1),
        five = user(5),
        six = user(6),
    )
}

/// The name of an EMR user; not all of it is ASCII.
pub(crate) fn user(id: u64) -> String {
    if id == 1 { "OceanAPIKILL".to_owned() } else { format!("OceanAPIZoë{id}") }
}

/// All rows of the first four users, additively; of the last two exactly, with one row revoked.
fn manifest(url: &str) -> String {
    let additive: String = (1..=4)
        .map(|id| format!("  - {{name: {}, profile: ocean, all_offices: true}}\n", user(id)))
        .collect();
    let exact: String = (5..=6)
        .map(|id| {
            format!(
                "  - {{name: {}, profile: ocean, management: exact, offices: [\
                 {{name: North, all_providers: true, except: [{{id: 3}}]}}, \
                 {{name: South, all_providers: true}}]}}\n",
                user(id)
            )
        })
        .collect();
    format!(
        "\
version: 1
clinic: {{id: kill, timezone: UTC}}
accuro:
  tenant: KILL
  connection: &bridge
    api: {{url: \"{url}\", client_id: {{env: ID}}, client_secret: {{env: SECRET}}}}
ocean: {{site: \"4021\", connection: *bridge}}
users:
{additive}{exact}"
    )
}

pub(crate) struct Scene {
    runtime: tokio::runtime::Runtime,
    pub(crate) clinic: sim_client::Clinic,
    pub(crate) proxy: Proxy,
    folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new(world: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clinic = runtime.block_on(sim_client::Clinic::start(world, None));
        let proxy = Proxy::to(clinic.serving.address);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clinic.yaml"), manifest(&proxy.url())).unwrap();
        Self { runtime, clinic, proxy, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // Without links in it, as the system names open files.
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path(".accuroform")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.state().join("kill.journal.jsonl")
    }

    /// What the journal holds; it can always be read.
    pub(crate) fn records(&self) -> Vec<Record> {
        Journal::read(&State::folder(self.state()), "kill").unwrap().records
    }

    /// The rows that we wrote, in order.
    pub(crate) fn written(&self) -> Vec<Write> {
        let log = self.clinic.sim.write_log().unwrap();
        log.into_iter().filter(|write| write.idempotency_key.is_some()).collect()
    }

    /// The Ocean site.
    pub(crate) fn site(&self) -> serde_json::Value {
        self.runtime.block_on(async {
            // A fault may have taken the token that the clinic began with.
            let (_, token) = self.clinic.ask_token().await;
            let token = token["access_token"].as_str().unwrap().to_owned();
            let url = format!("{}/cloud-connect/sites/4021", self.clinic.serving.url());
            let (status, site) = send(self.clinic.client.get(url).bearer_auth(token)).await;
            assert_eq!(status, 200);
            site
        })
    }

    /// `accuroform` with these arguments, in the clinic's folder, with an environment of its own.
    pub(crate) fn accuroform(&self, arguments: &[&str]) -> Command {
        self.through(&[], arguments)
    }

    /// The same, started by another program.
    pub(crate) fn through(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let words: Vec<&str> = [starter, &[env!("CARGO_BIN_EXE_accuroform")], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.path("")).env_clear();
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env("PATH", path).env("ID", "clinic").env("SECRET", "hunter2").env("USER", "Zoë");
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Victim::default().start(self.accuroform(arguments)).end()
    }
}

pub(crate) const APPLY: [&str; 3] = ["apply", "-auto-approve", "clinic.yaml"];

/// A row's final content by its place, from our writes; each row has been written once.
pub(crate) fn by_place(log: &[Write]) -> BTreeMap<Place, Written> {
    let mut rows = BTreeMap::new();
    for write in log {
        let place = (write.user, write.office, write.provider);
        let before = rows.insert(place, write.after);
        assert_eq!(before, None, "{place:?} was written twice");
    }
    rows
}

/// A process that can be ended from any thread.
#[derive(Clone, Default)]
pub(crate) struct Victim(Arc<Mutex<Option<Child>>>);

/// A started process and what it prints.
pub(crate) struct Running {
    victim: Victim,
    output: Receiver<(bool, String)>,
    seen: [String; 2],
    open: usize,
}

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Victim {
    pub(crate) fn start(&self, mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut slot = self.0.lock().unwrap();
        let mut child = command.spawn().unwrap();
        let (lines, output) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let other = lines.clone();
        thread::spawn(move || read_lines(out, false, &other));
        thread::spawn(move || read_lines(err, true, &lines));
        *slot = Some(child);
        drop(slot);
        Running { victim: self.clone(), output, seen: [String::new(), String::new()], open: 2 }
    }

    /// SIGKILL; nothing if it has ended already.
    pub(crate) fn kill(&self) {
        if let Some(child) = self.0.lock().unwrap().as_mut() {
            drop(child.kill());
        }
    }

    /// Any other signal.
    pub(crate) fn signal(&self, name: &str) {
        // It is reaped under this lock alone, so the id is still its own.
        let slot = self.0.lock().unwrap();
        if let Some(child) = slot.as_ref() {
            signal(name, &child.id().to_string());
        }
    }
}

/// Sends a signal with the shell's own `kill`.
pub(crate) fn signal(name: &str, id: &str) {
    let kill = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, id]).output();
    drop(kill.unwrap());
}

fn read_lines(from: impl Read, is_err: bool, to: &mpsc::Sender<(bool, String)>) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        let end = !matches!(from.read_until(b'\n', &mut line), Ok(1..));
        let line = String::from_utf8_lossy(&line).into_owned();
        if to.send((is_err, line)).is_err() || end {
            return;
        }
    }
}

impl Running {
    pub(crate) fn kill(&self) {
        self.victim.kill();
    }

    /// Waits for the next line, which is empty where a stream ends.
    fn line(&mut self) -> (bool, String) {
        let Ok((is_err, line)) = self.output.recv_timeout(PATIENCE) else {
            self.victim.kill();
            panic!("it does not end; it said {:?}", self.seen);
        };
        self.seen[usize::from(is_err)].push_str(&line);
        if line.is_empty() {
            self.open -= 1;
        }
        (is_err, line)
    }

    /// Waits for a line of the story that holds `words`.
    pub(crate) fn until(&mut self, words: &str) {
        assert!(self.counts(words, 1).is_some(), "it never said {words:?} but {:?}", self.seen);
    }

    /// Waits for the line of the story that holds `words` for the `times`th time; none if it ends
    /// before.
    pub(crate) fn counts(&mut self, words: &str, times: usize) -> Option<String> {
        let mut count = 0;
        while self.open > 0 {
            let (is_err, line) = self.line();
            count += usize::from(is_err && line.contains(words));
            if count == times {
                return Some(line);
            }
        }
        None
    }

    /// Waits for its end: nobody holds its output any more.
    pub(crate) fn end(mut self) -> Ended {
        while self.open > 0 {
            self.line();
        }
        let mut child = self.victim.0.lock().unwrap().take().unwrap();
        let status = child.wait().unwrap();
        let [stdout, stderr] = self.seen;
        Ended { status, stdout, stderr }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn must_exit(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
    }
}
