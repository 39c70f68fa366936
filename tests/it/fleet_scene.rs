//! A fleet behind one bridge on a real socket, and the program in its folder. Every clinic lacks three
//! rows, which all have the same ids everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use accuroform::sim::{
    Columns, Credentials, Faults, Recorded, Serving, Sim, SimFleet, World, Write, Written,
};
use serde_json::Value;
use tempfile::TempDir;

use super::program::Ended;

/// How many rows a plan of an untouched clinic grants.
pub(crate) const ROWS: usize = 3;

const WORLD: &str = "\
version: 1
tenant: {TENANT}
offices: [{id: 1, name: North}]
providers:
  - {id: 1, first: Ann, last: One, offices: [1], appointments: [{in_days: 0, count: 3}]}
  - {id: 2, first: Bob, last: Two, offices: [1], appointments: [{in_days: 0, count: 3}]}
  - {id: 3, first: Cem, last: Three, offices: [1], appointments: [{in_days: 0, count: 3}]}
users: [{id: 77, name: OceanAPI{TENANT}}]
ocean: {site: \"{site}\", emr_user: OceanAPI{TENANT}, full_sync_seconds: 0.001}
";

const FLEET: &str = "\
version: 1
fleet: {id: shore, name: Shore Health}
clinics: [clinics/*.yaml]
defaults:
  clinic: {timezone: UTC}
  accuro:
    connection: &bridge
      api:
        url: \"{url}\"
        client_id: {env: ID}
        client_secret: {env: SECRET}
        query: {tenant: {value: \"{tenant}\"}}
  ocean: {connection: *bridge}
  users: [{profile: ocean, all_offices: true}]
";

const WAVES: &str = "\
rollout:
  waves: [{name: canary, tags: [canary]}, {name: second, tags: [second]}, {name: rest}]
";

/// A fleet that is being made up.
pub(crate) struct Shore {
    clinics: Vec<(&'static str, String)>,
    defaults: String,
    rollout: String,
    faults: String,
    credentials: (&'static str, &'static str),
    connection: Vec<(&'static str, &'static str)>,
    worlds: BTreeMap<String, (String, String)>,
    manifests: BTreeMap<String, String>,
}

impl Shore {
    /// Clinics by id, each with its tags: `ash canary`.
    pub(crate) fn new(clinics: &[&'static str]) -> Self {
        let clinic = |words: &&'static str| {
            let (id, tags) = words.split_once(' ').unwrap_or((words, ""));
            (id, tags.replace(' ', ", "))
        };
        Self {
            clinics: clinics.iter().map(clinic).collect(),
            defaults: String::new(),
            rollout: WAVES.to_owned(),
            faults: String::new(),
            credentials: ("clinic", "hunter2"),
            connection: Vec::new(),
            worlds: BTreeMap::new(),
            manifests: BTreeMap::new(),
        }
    }

    /// The usual fleet: one canary, two in the second wave, two in the last.
    pub(crate) fn usual() -> Self {
        Self::new(&["ash canary", "birch second", "cedar second", "dogwood", "elm"])
    }

    /// More of `rollout`, each line indented by two.
    pub(crate) fn rollout(mut self, text: &str) -> Self {
        self.rollout.push_str(text);
        self
    }

    /// A rollout without the usual waves.
    pub(crate) fn without_waves(mut self) -> Self {
        "rollout:\n".clone_into(&mut self.rollout);
        self
    }

    /// More of `defaults`, each line indented by two.
    pub(crate) fn defaults(mut self, text: &str) -> Self {
        self.defaults.push_str(text);
        self
    }

    /// A fault script for the whole bridge.
    pub(crate) fn faults(mut self, text: &str) -> Self {
        self.faults.push_str(text);
        self
    }

    /// Other credentials, and where the connection of the defaults has them from.
    pub(crate) fn credentials(
        mut self,
        id: &'static str,
        secret: &'static str,
        connection: &[(&'static str, &'static str)],
    ) -> Self {
        (self.credentials, self.connection) = ((id, secret), connection.to_vec());
        self
    }

    /// Replaces a part of a clinic's world.
    pub(crate) fn world(mut self, id: &str, from: &str, to: &str) -> Self {
        self.worlds.insert(id.to_owned(), (from.to_owned(), to.to_owned()));
        self
    }

    /// Takes this for what follows the clinic's own line of its manifest.
    pub(crate) fn manifest(mut self, id: &str, text: &str) -> Self {
        self.manifests.insert(id.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn open(self) -> Scene {
        let Self { clinics, defaults, rollout, faults, credentials, connection, worlds, manifests } =
            self;
        let tenants = clinics.iter().enumerate().map(|(at, (id, _))| (*id, tenant(id), 4100 + at));
        let opened = tenants.clone().map(|(id, tenant, site)| {
            let mut text = WORLD.replace("{TENANT}", &tenant).replace("{site}", &site.to_string());
            if let Some((from, to)) = worlds.get(id) {
                assert!(text.contains(from), "{from}");
                text = text.replace(from, to);
            }
            World::parse(&text).unwrap()
        });
        let fleet = SimFleet::open(opened).unwrap();
        let fleet = fleet.with_faults(&Faults::parse(&faults).unwrap()).unwrap();
        let serving = serve(&fleet, credentials);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("clinics")).unwrap();
        let scene = Scene { fleet, serving, folder, credentials };
        let shared = connection.iter().fold(FLEET.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let shared = shared.replace("{url}", &scene.serving.url());
        scene.write("fleet.yaml", &format!("{shared}{defaults}{rollout}"));
        for ((id, tenant, site), (_, tags)) in tenants.zip(&clinics) {
            let own = format!("accuro: {{tenant: {tenant}}}\nocean: {{site: \"{site}\"}}\n");
            let own = manifests.get(id).map_or(own, |text| {
                text.replace("{tenant}", &tenant).replace("{site}", &site.to_string())
            });
            let clinic = format!("version: 1\nclinic: {{id: {id}, tags: [{tags}]}}\n{own}");
            scene.write(&format!("clinics/{id}.yaml"), &clinic);
        }
        scene
    }
}

fn serve(fleet: &SimFleet, (id, secret): (&str, &str)) -> Serving {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    runtime.block_on(fleet.serve(any, &Credentials::new(id, secret))).unwrap()
}

/// Which tenant a clinic is.
fn tenant(id: &str) -> String {
    id.to_uppercase()
}

/// A fleet that is there.
pub(crate) struct Scene {
    pub(crate) fleet: SimFleet,
    pub(crate) serving: Serving,
    folder: TempDir,
    credentials: (&'static str, &'static str),
}

impl Scene {
    /// The same clinics at another address.
    pub(crate) fn serve(&self) -> Serving {
        serve(&self.fleet, self.credentials)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Replaces a part of a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, &text.replace(from, to));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("ID", "clinic").env("SECRET", "hunter2").env("USER", "ben");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// Runs, and holds the exit code.
    #[track_caller]
    pub(crate) fn ran(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    /// The simulated clinic.
    pub(crate) fn clinic(&self, id: &str) -> &Sim {
        self.fleet.clinic(&tenant(id)).unwrap()
    }

    /// What we wrote to a clinic, in order.
    pub(crate) fn written(&self, id: &str) -> Vec<Write> {
        let log = self.clinic(id).write_log().unwrap();
        log.into_iter().filter(|write| write.idempotency_key.is_some()).collect()
    }

    /// The clinics of `ids` that we wrote to.
    pub(crate) fn written_to<'a>(&self, ids: &[&'a str]) -> Vec<&'a str> {
        ids.iter().copied().filter(|id| !self.written(id).is_empty()).collect()
    }

    /// Every row of the clinic is written once, with what the profile grants.
    #[track_caller]
    pub(crate) fn must_be_written_once(&self, id: &str) {
        let log = self.written(id);
        let rows: BTreeSet<_> = log.iter().map(|write| (write.office, write.provider)).collect();
        assert_eq!((log.len(), rows.len()), (ROWS, ROWS), "{id}: {log:?}");
        for write in log {
            let columns = serde_json::to_value(write.after.columns).unwrap();
            assert_eq!(columns["patient"], "full", "{id}");
            assert_eq!(columns["inbox"], "none", "{id}");
        }
    }

    /// Whatever was written to the clinic, every row is what it was in the beginning.
    #[track_caller]
    pub(crate) fn must_be_as_before(&self, id: &str) {
        let mut rows = BTreeMap::new();
        for write in self.clinic(id).write_log().unwrap() {
            let place = (write.user, write.office, write.provider);
            let nothing = Written { columns: Columns::NONE, until: None };
            let before = write.before.unwrap_or(nothing);
            rows.entry(place).or_insert((before, nothing)).1 = write.after;
        }
        assert!(!rows.is_empty(), "{id} was never written");
        for (place, (first, last)) in rows {
            assert_eq!(first, last, "{id}: {place:?}");
        }
    }

    /// Where the record of requests is now.
    pub(crate) fn mark(&self) -> u64 {
        self.serving.requests().last().map_or(0, |last| last.sequence)
    }

    /// The requests after `mark`, by clinic.
    pub(crate) fn calls_since(&self, mark: u64) -> BTreeMap<String, Vec<Recorded>> {
        let mut calls: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
        for call in self.serving.requests().into_iter().filter(|call| call.sequence > mark) {
            let query = call.query.clone().unwrap_or_default();
            let tenant = query.split('&').find_map(|pair| pair.strip_prefix("tenant=")).unwrap();
            calls.entry(tenant.to_lowercase()).or_default().push(call);
        }
        calls
    }

    /// The last rollout as `rollout status --json` has it.
    pub(crate) fn status(&self) -> Value {
        let ended = self.ran(&["rollout", "status", "fleet.yaml", "--json"], 0);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    pub(crate) fn rollout(&self) -> String {
        self.status()["rollout"]["id"].as_str().unwrap().to_owned()
    }

    /// What each clinic of the last rollout is at; whoever had no turn is not there.
    pub(crate) fn stages(&self) -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let status = self.status();
        let clinics = status["clinics"].as_array().unwrap().iter();
        clinics.map(|clinic| (word(&clinic["clinic"]), word(&clinic["stage"]))).collect()
    }

    /// Goes on with the last rollout.
    pub(crate) fn resume(&self) -> Ended {
        self.run(&["apply", "--resume", &self.rollout(), "fleet.yaml"])
    }
}

/// Pairs as they are easily written.
pub(crate) fn pairs(words: &[(&str, &str)]) -> Vec<(String, String)> {
    words.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}
