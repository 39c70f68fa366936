//! What is answered, without a socket: strictness, atomicity, idempotency, paging, syncs.

mod access;
mod grid;
mod patch;
mod sync;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Context, Request, handle};
use crate::sim::credentials::Credentials;
use crate::sim::state::{Contents, State, Write};
use crate::sim::world::World;

const WORLD: &str = "
version: 1
tenant: T
token: {lifetime_seconds: 60}
offices: [{id: 1, name: Main}, {id: 2, name: Walk-in}, {id: 3, name: Closed, active: false}]
providers:
  - {id: 10, first: Anita, last: Singh, offices: [1, 2, 3], appointments: [{in_days: 0, count: 5}]}
  - {id: 11, first: Marc, last: Roy, offices: [1], appointments: [{in_days: 0, count: 3}]}
  - {id: 12, first: Wei, last: Li, offices: [1], selected: false, appointments: [{in_days: 0, count: 3}]}
  - {id: 13, first: No, last: Body, offices: [1]}
users:
  - id: 77
    name: OceanAPIT
    grid:
      - {office: 1, provider: [11, 12, 13], full: [patient, scheduling, visible]}
      - {office: 1, provider: 10, full: [patient], revision: 9}
      - {office: 2, provider: 10}
  - {id: 78, name: oceanapit, active: false}
ocean: {site: '4021', emr_user: OceanAPIT, full_sync_seconds: 2, recent_sync_seconds: 1}
";

/// A clinic whose time only moves when it is told to.
struct Clinic {
    state: State,
    now: Timestamp,
    token: String,
    writes: Vec<Write>,
}

impl Clinic {
    fn new(world: &str) -> Self {
        let now = "2026-11-20T14:00:00Z".parse().unwrap();
        let world = Arc::new(World::parse(world).unwrap());
        let contents = Contents::seed(&world, now);
        let mut clinic = Self {
            state: State::new(world, contents),
            now,
            token: String::new(),
            writes: Vec::new(),
        };
        clinic.log_in();
        clinic
    }

    fn log_in(&mut self) {
        let (status, body) = self.ask_token("id:secret", "grant_type=client_credentials");
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    fn ask_token(&mut self, pair: &str, form: &str) -> (u16, Value) {
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        self.send(
            Method::POST,
            "/oauth/token",
            &[
                ("authorization", &format!("Basic {basic}")),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            form,
        )
    }

    fn send(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, Value) {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let request = Request {
            method,
            path: path.to_owned(),
            query,
            headers: map,
            body: body.as_bytes().to_vec(),
        };
        let context = Context {
            now: self.now,
            random: [7; 32],
            client: Credentials::new("id", "secret").digest(),
        };
        let handled = handle(&self.state, &request, &context);
        self.writes.extend(handled.changes.writes.iter().cloned());
        self.state.apply(handled.changes);
        let Answer { status, body, .. } = handled.answer;
        let body: Value = serde_json::from_str(&body).unwrap();
        if status >= 400 {
            assert!(body["error"].is_string(), "{body}");
        }
        (status, body)
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        self.send(Method::GET, target, &[("authorization", &bearer)], "")
    }

    fn post_sync(&mut self, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(Method::POST, "/cloud-connect/sites/4021/sync", &headers, body)
    }

    fn patch_with(&mut self, key: &str, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json; charset=utf-8"),
            ("idempotency-key", key),
        ];
        self.send(Method::PATCH, GRID, &headers, body)
    }

    /// A batch with a key of its own.
    fn patch(&mut self, rows: &[Value]) -> (u16, Value) {
        let number = 1000 + self.state.contents.kept.len();
        self.patch_with(&key(number), &json!({"rows": rows}).to_string())
    }

    fn wait(&mut self, milliseconds: i64) {
        self.now += SignedDuration::from_millis(milliseconds);
    }

    fn page(&mut self) -> Vec<u64> {
        let (_, body) = self.get("/cloud-connect/sites/4021/providers");
        let on_page = |one: &&Value| one["onPatientsPage"] == json!(true);
        let list = body.as_array().unwrap().clone();
        list.iter().filter(on_page).map(|one| one["providerId"].as_u64().unwrap()).collect()
    }
}

const GRID: &str = "/rest/v1/permissions/users/77/grid";

fn key(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Patient, Scheduling and Visible at `level`.
fn row(office: u64, provider: u64, expected: Option<u64>, level: &str) -> Value {
    json!({
        "officeId": office, "providerId": provider, "expectedRevision": expected,
        "accessUntil": null,
        "columns": {
            "patient": level, "scheduling": level, "billing": "none", "inbox": "none",
            "emr": "none", "labs": "none", "reporting": "none", "visible": level,
            "prescribeFor": "none",
        },
    })
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or(""))
}
