//! A clinic whose Accuro does with each write what a test tells it to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use accuroform::apply::{Applied, Apply, Happening};
use accuroform::approval::{Consent, approve};
use accuroform::desired::desired;
use accuroform::journal::{Event, Journal, Outcome, Record};
use accuroform::live::fetch;
use accuroform::manifest;
use accuroform::model::{Clock, RowKey};
use accuroform::plan::file::seal;
use accuroform::plan::{Inputs, ManifestRef, Plan, Targets, plan};
use accuroform::state::State;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::stand_in::{Bridge, PATCH_GRID, Reply, Seen, StandIn, TOKEN_CALL, settings, token};

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
users: [{profile: ocean, all_offices: true}]
";

/// The grid of user 77 in an Accuro with one office.
#[derive(Default)]
pub(crate) struct Grid {
    pub(crate) rows: BTreeMap<u64, Value>,
    pub(crate) answers: BTreeMap<String, (u16, Value)>,
}

pub(crate) fn columns(level: &str) -> Value {
    json!({"patient": level, "scheduling": level, "billing": level, "inbox": level, "emr": level,
        "labs": level, "reporting": level, "visible": level, "prescribeFor": level})
}

pub(crate) fn row(provider: u64, revision: u64, columns: &Value) -> Value {
    json!({"officeId": 1, "providerId": provider, "revision": revision, "accessUntil": null,
        "columns": columns})
}

impl Grid {
    /// What the contract says about a write, with its memory of keys.
    pub(crate) fn patch(&mut self, seen: &Seen) -> (u16, Value) {
        let key = seen.header("idempotency-key").unwrap().to_owned();
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let body = seen.json();
        let rows = body["rows"].as_array().unwrap();
        assert!((1..=500).contains(&rows.len()));
        let provider = |row: &Value| row["providerId"].as_u64().unwrap();
        let revision = |now: Option<&Value>| now.map_or(Value::Null, |now| now["revision"].clone());
        let moved: Vec<Value> = rows
            .iter()
            .filter(|row| row["expectedRevision"] != revision(self.rows.get(&provider(row))))
            .filter_map(|row| self.rows.get(&provider(row)).cloned())
            .collect();
        let answer = if moved.is_empty() {
            let written: Vec<Value> = rows
                .iter()
                .map(|write| {
                    let next = write["expectedRevision"].as_u64().unwrap_or(0) + 1;
                    let row = row(provider(write), next, &write["columns"]);
                    self.rows.insert(provider(write), row.clone());
                    row
                })
                .collect();
            (200, json!({"rows": written}))
        } else {
            (409, json!({"error": "revision-conflict", "rows": moved}))
        };
        self.answers.insert(key, answer.clone());
        answer
    }

    /// Whether the provider's row grants anything.
    fn grants(&self, provider: u64) -> bool {
        self.rows.get(&provider).is_some_and(|row| row["columns"] != columns("none"))
    }
}

/// What happens to a write: the grid, the request, how many writes came before.
pub(crate) type Patch = Box<dyn Fn(&mut Grid, &Seen) -> Reply + Send + Sync>;

pub(crate) fn as_the_contract_says(grid: &mut Grid, seen: &Seen) -> Reply {
    let (status, body) = grid.patch(seen);
    Reply::json(status, &body)
}

pub(crate) struct Clinic {
    pub(crate) server: StandIn,
    pub(crate) bridge: Bridge,
    pub(crate) grid: Arc<Mutex<Grid>>,
    pub(crate) folder: TempDir,
    pub(crate) stop: CancellationToken,
    pub(crate) plan: Plan,
    pub(crate) run: &'static str,
}

impl Clinic {
    /// A clinic with providers 1 to `providers`, none of whom has a row, and its plan.
    pub(crate) async fn new(
        providers: u64,
        patch: impl Fn(&mut Grid, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with(providers, CancellationToken::new(), Box::new(patch), |_| None).await
    }

    /// `lookup` answers a read of the grid in place of the grid.
    pub(crate) async fn with(
        providers: u64,
        stop: CancellationToken,
        patch: Patch,
        lookup: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let grid = Arc::new(Mutex::new(Grid::default()));
        let shared = Arc::clone(&grid);
        let listed: Value = (1..=providers)
            .map(|id| json!({"providerId": id, "firstName": "A", "lastName": format!("P{id}")}))
            .collect();
        let server = StandIn::start(move |seen| match seen.call().as_str() {
            TOKEN_CALL => token("t"),
            "GET /rest/v1/offices" => Reply::wire(200, "offices.json"),
            "GET /rest/v1/providers/offices/1" => Reply::json(200, &listed),
            "GET /rest/v1/permissions/users" => Reply::wire(200, "users.json"),
            PATCH_GRID => patch(&mut shared.lock().unwrap(), seen),
            _ => lookup(seen).unwrap_or_else(|| {
                let grid = shared.lock().unwrap();
                let granted = grid.rows.iter().filter(|(id, _)| grid.grants(**id));
                let rows: Vec<&Value> = granted.map(|(_, row)| row).collect();
                Reply::json(200, &json!({"rows": rows, "nextCursor": null}))
            }),
        });
        let mut settings = settings(&server.url());
        settings.limits.body = 1024 * 1024;
        let bridge = Bridge::with(settings);
        let plan = plan_of(&bridge).await;
        assert_eq!(plan.users[0].changes.len() as u64, providers);
        let folder = tempfile::tempdir().unwrap();
        Self { server, bridge, grid, folder, stop, plan, run: "run-1" }
    }

    /// Somebody else writes a row after the plan was made.
    pub(crate) fn somebody_writes(&self, provider: u64, level: &str) {
        let row = row(provider, 7, &columns(level));
        self.grid.lock().unwrap().rows.insert(provider, row);
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Applies the plan. Whatever happens, every planned row has exactly one outcome, in order.
    pub(crate) async fn apply(&self) -> Applied {
        let digest = seal(&self.plan, &[]).unwrap().digest;
        let approved = approve(&self.plan, &digest, &[], Consent::unsigned(None)).unwrap();
        let clock = Clock(|| Timestamp::UNIX_EPOCH);
        let (mut journal, _) =
            Journal::open(&State::folder(self.journal()), "lakeside", self.run, clock).unwrap();
        let (reader, writer) = (&self.bridge.reader, &self.bridge.writer);
        let apply = Apply { reader, writer, journal: &mut journal, stop: &self.stop };
        let (mut settled, mut begun, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        let tell = &mut |happening: Happening<'_>| match happening {
            Happening::Sending { rows, .. } => begun.extend_from_slice(rows),
            Happening::Ended(row) => ended.push(row.clone()),
            Happening::At(progress) => settled.push(progress.settled),
        };
        let applied = apply.run(&approved, tell).await;
        assert!(begun.is_sorted() && begun.iter().collect::<BTreeSet<_>>().len() == begun.len());
        // Each row's end is said once, as it is reported.
        ended.sort_by_key(|row| row.key);
        assert_eq!(ended, applied.outcomes);
        let planned: Vec<RowKey> = self.plan.users[0].changes.iter().map(|row| row.key).collect();
        let told: Vec<RowKey> = applied.outcomes.iter().map(|row| row.key).collect();
        assert_eq!(told, planned);
        assert!(settled.is_sorted());
        self.assert_journal(&applied);
        applied
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        Journal::read(&State::folder(self.journal()), "lakeside").unwrap().records
    }

    /// A record before and one after each batch, with the key and the rows that were sent, and in
    /// the end the same outcome for each row that was sent.
    fn assert_journal(&self, applied: &Applied) {
        let records = self.records();
        let mut outcomes = BTreeMap::new();
        for (at, pair) in records.chunks(2).enumerate() {
            let [before, after] = pair else { panic!("a batch has one record: {pair:?}") };
            let Event::BatchStarted { batch, key, rows, .. } = &before.event else {
                panic!("{before:?}")
            };
            let Event::BatchEnded { batch: ended, outcomes: told } = &after.event else {
                panic!("{after:?}")
            };
            assert_eq!((*batch, *ended), (at + 1, at + 1));
            for sent in self.sent(key) {
                assert_eq!(sent.len(), rows.len());
                let providers = sent.iter().map(|row| row["providerId"].as_u64().unwrap());
                assert!(providers.eq(rows.iter().map(|row| row.key.provider.0)));
            }
            for row in told {
                assert!(outcomes.insert(row.key, row.outcome.clone()).is_none(), "{row:?}");
            }
        }
        for row in &applied.outcomes {
            let known = outcomes.remove(&row.key).unwrap_or(Outcome::NotReached);
            assert_eq!(known, row.outcome, "{:?}", row.key);
        }
        assert!(outcomes.is_empty());
    }

    /// The rows of each request with this key.
    fn sent(&self, key: &str) -> Vec<Vec<Value>> {
        let calls = self.server.calls(PATCH_GRID).into_iter();
        let calls = calls.filter(|seen| seen.header("idempotency-key") == Some(key));
        calls.map(|seen| seen.json()["rows"].as_array().unwrap().clone()).collect()
    }

    /// The sizes of the batches as they were sent, retries included.
    pub(crate) fn batches(&self) -> Vec<usize> {
        let calls = self.server.calls(PATCH_GRID);
        calls.iter().map(|seen| seen.json()["rows"].as_array().unwrap().len()).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let calls = self.server.calls(PATCH_GRID);
        calls.iter().map(|seen| seen.header("idempotency-key").unwrap().to_owned()).collect()
    }

    pub(crate) fn granted(&self) -> usize {
        let grid = self.grid.lock().unwrap();
        grid.rows.keys().filter(|id| grid.grants(**id)).count()
    }

    /// How often the grid was read.
    pub(crate) fn lookups(&self) -> usize {
        self.server.calls(super::stand_in::GET_GRID).len() - 1
    }
}

pub(crate) async fn plan_of(bridge: &Bridge) -> Plan {
    let loaded = manifest::load("clinic.yaml", MANIFEST.as_bytes(), Some(date(2026, 11, 23)));
    let manifest = loaded.manifest.unwrap();
    let live = fetch(&bridge.reader, &["OceanAPILAKESIDE".to_owned()]).await.unwrap();
    plan(Inputs {
        clinic: "lakeside",
        tenant: "LAKESIDE",
        site: "4021",
        manifest: &ManifestRef::default(),
        desired: &desired(&manifest, &live),
        live: &live,
        targets: &Targets::default(),
    })
}
