//! Many clinics behind one address: whose call it is, what they share, and what they do not.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use accuroform::sim::{
    Credentials, Faults, Generate, GenerateFleet, Serving, SimError, SimFleet, World,
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::program::{Ended, Program};
use super::sim_client::{client, key, send};

const GRID: &str = "/rest/v1/permissions/users/77/grid";

/// Three clinics of two rows, and a client that has no token yet.
struct Many {
    fleet: SimFleet,
    serving: Serving,
    client: Client,
    tenants: Vec<String>,
}

fn size(clinics: u32) -> GenerateFleet {
    GenerateFleet { clinics, each: Generate { offices: 1, providers: 2, seed: 7 } }
}

async fn start(faults: &str) -> Many {
    let tenants = size(3).worlds().map(|world| world.tenant).collect();
    let faults = Faults::parse(faults).unwrap();
    let fleet = SimFleet::open(size(3).worlds()).unwrap().with_faults(&faults).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let serving = fleet.serve(any, &Credentials::new("clinic", "hunter2")).await.unwrap();
    Many { fleet, serving, client: client(), tenants }
}

impl Many {
    fn request(&self, method: Method, target: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{target}", self.serving.url()))
    }

    /// A token request; `query` with its question mark.
    async fn ask_token(&self, query: &str) -> (u16, Value) {
        let request = self
            .request(Method::POST, &format!("/oauth/token{query}"))
            .basic_auth("clinic", Some("hunter2"))
            .form(&[("grant_type", "client_credentials")]);
        send(request).await
    }

    async fn token(&self, tenant: &str) -> String {
        let (status, body) = self.ask_token(&format!("?tenant={tenant}")).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str, query: &str, token: &str) -> (u16, Value) {
        send(self.request(Method::GET, &format!("{path}{query}")).bearer_auth(token)).await
    }

    async fn grid(&self, tenant: &str, token: &str) -> Value {
        let (status, page) = self.get(GRID, &format!("?tenant={tenant}"), token).await;
        assert_eq!(status, 200, "{page}");
        page["rows"].clone()
    }
}

#[tokio::test]
async fn a_call_is_answered_by_the_clinic_whose_tenant_it_names() {
    let many = start("").await;
    for (world, tenant) in size(3).worlds().zip(&many.tenants) {
        let token = many.token(tenant).await;
        let query = format!("?tenant={tenant}&userName=OceanAPI{tenant}");
        let (status, users) = many.get("/rest/v1/permissions/users", &query, &token).await;
        assert_eq!((status, users.as_array().unwrap().len()), (200, 1), "{users}");
        let path = "/rest/v1/providers/offices/1";
        let (_, providers) = many.get(path, &format!("?tenant={tenant}"), &token).await;
        let ids = providers.as_array().unwrap().iter().map(|one| one["providerId"].as_u64());
        let expected = world.providers.iter().map(|provider| Some(provider.id));
        assert!(ids.eq(expected), "{tenant}: {providers}");
        let site = format!("/cloud-connect/sites/{}", world.ocean.unwrap().site);
        let (status, body) = many.get(&site, &format!("?tenant={tenant}"), &token).await;
        assert_eq!((status, &body["emrUser"]), (200, &json!(format!("OceanAPI{tenant}"))));
    }
}

#[tokio::test]
async fn a_tenant_that_is_missing_unknown_or_named_twice_is_refused_by_every_call() {
    let many = start("").await;
    let known = &many.tenants[0];
    let token = many.token(known).await;
    for (query, expected) in [
        (String::new(), (422, "query-parameter-required")),
        ("?uuid=1".to_owned(), (422, "query-parameter-required")),
        ("?tenant=".to_owned(), (404, "tenant-not-found")),
        ("?tenant=NOBODY".to_owned(), (404, "tenant-not-found")),
        (format!("?tenant={}", known.to_lowercase()), (404, "tenant-not-found")),
        (format!("?tenant={known}&tenant={known}"), (422, "invalid-query")),
        (format!("?tenant={known}&uuid=1"), (422, "unknown-query-parameter")),
    ] {
        let of_token = many.ask_token(&query).await;
        for (status, body) in [of_token, many.get("/rest/v1/offices", &query, &token).await] {
            assert_eq!((status, body["error"].as_str().unwrap()), expected, "{query}");
            assert!(body["message"].is_string(), "{body}");
        }
    }
}

#[tokio::test]
async fn a_write_to_one_clinic_is_not_seen_in_another_and_its_token_is_not_good_there() {
    let many = start("").await;
    let [one, other] = [&many.tenants[0], &many.tenants[1]];
    let (token, token_of_other) = (many.token(one).await, many.token(other).await);
    let untouched = many.grid(other, &token_of_other).await;
    let world = size(3).worlds().next().unwrap();
    let provider = world.providers[0].id;
    let before = many.grid(one, &token).await;
    let row = before.as_array().unwrap().iter().find(|row| row["providerId"] == provider);
    let levels = |level: &str| {
        let names = "patient scheduling billing inbox emr labs reporting visible prescribeFor";
        names.split(' ').map(|name| (name.to_owned(), json!(level))).collect::<Value>()
    };
    let write = json!({"rows": [{
        "officeId": 1, "providerId": provider, "accessUntil": null, "columns": levels("read-only"),
        "expectedRevision": row.map_or(Value::Null, |row| row["revision"].clone()),
    }]});
    let target = format!("{GRID}?tenant={one}");
    let patch = |token: &str, target: &str, number| {
        let key = key(number);
        let request = many.request(Method::PATCH, target);
        send(request.bearer_auth(token).header("idempotency-key", key).json(&write))
    };
    let (status, refusal) = patch(&token_of_other, &target, 1).await;
    assert_eq!((status, refusal["error"].as_str()), (401, Some("token-unknown")));
    assert_eq!(many.grid(one, &token).await, before);
    let (status, answer) = patch(&token, &target, 2).await;
    assert_eq!(status, 200, "{answer}");
    assert_ne!(many.grid(one, &token).await, before);
    assert_eq!(many.grid(other, &token_of_other).await, untouched);
    let writes = |tenant: &str| many.fleet.clinic(tenant).unwrap().write_log().unwrap().len();
    assert_eq!((writes(one), writes(other)), (1, 0));
}

#[tokio::test]
async fn faults_are_counted_over_the_calls_to_all_clinics() {
    let many = start("- {every: 4, status: 503}\n").await;
    let mut statuses = Vec::new();
    for tenant in many.tenants.iter().cycle().take(12) {
        statuses.push(many.ask_token(&format!("?tenant={tenant}")).await.0);
    }
    // No clinic was asked more than four times, and each got a fault of the server's count.
    let hit = (1..=12).filter(|call| statuses[call - 1] == 503).collect::<Vec<_>>();
    assert_eq!(hit, [4, 8, 12], "{statuses:?}");
    let faulted: BTreeSet<String> = many
        .serving
        .requests()
        .into_iter()
        .filter(|request| request.fault.is_some())
        .map(|request| request.query.unwrap())
        .collect();
    let expected = many.tenants.iter().map(|tenant| format!("tenant={tenant}"));
    assert_eq!(faulted, expected.collect());
}

#[tokio::test]
async fn a_percentage_of_faults_is_one_of_all_calls() {
    let many = start("- random: {seed: 1, percent: 10, of: [status_503]}\n").await;
    let mut refused = 0;
    for tenant in many.tenants.iter().cycle().take(300) {
        refused += u32::from(many.ask_token(&format!("?tenant={tenant}")).await.0 == 503);
    }
    assert!((15..50).contains(&refused), "{refused} of 300 at 10 percent");
}

/// The requests come in one piece over one connection, because so many are slow one by one.
#[tokio::test]
async fn a_server_of_many_remembers_the_last_ten_thousand_requests_and_counts_them_all() {
    const SENT: u64 = 10_050;
    let many = start("").await;
    let address = many.serving.address;
    let answers = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let sender = std::thread::spawn(move || {
            let requests: String = (1..SENT)
                .map(|n| format!("GET /{n} HTTP/1.1\r\nhost: sim\r\n\r\n"))
                .chain(["GET /last HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n".to_owned()])
                .collect();
            writer.write_all(requests.as_bytes()).unwrap();
        });
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        sender.join().unwrap();
        answers
    });
    let answers = answers.await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 422").count(), 10_050);
    let remembered = many.serving.requests();
    assert_eq!(remembered.len(), 10_000);
    assert_eq!((remembered[0].sequence, remembered[0].path.as_str()), (51, "/51"));
    assert_eq!((remembered[9_999].sequence, remembered[9_999].status), (SENT, Some(422)));
}

#[test]
fn worlds_that_cannot_be_told_apart_or_have_faults_of_their_own_are_refused() {
    let world = |seed| World::generate(&Generate { offices: 1, providers: 1, seed });
    let error = SimFleet::open([world(1), world(2), world(1)]).unwrap_err();
    assert!(matches!(error, SimError::TenantTwice { .. }), "{error}");
    let mut faulty = world(3);
    faulty.faults = Faults::parse("- {status: 503}\n").unwrap();
    let error = SimFleet::open([world(1), faulty]).unwrap_err();
    assert!(matches!(error, SimError::FaultsOfOne { .. }), "{error}");
    let script = Faults::parse("- {on: office_providers, office: 2, status: 503}\n").unwrap();
    let fleet = SimFleet::open([world(1)]).unwrap();
    let error = fleet.with_faults(&script).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("there is no office 2"), "{source}");
}

#[tokio::test]
async fn a_clinic_among_many_is_planned_and_applied_and_the_others_stay_as_they_are() {
    let many = start("").await;
    let tenant = &many.tenants[1];
    let site = size(3).worlds().nth(1).unwrap().ocean.unwrap().site;
    let program = Program::with_manifest(format!(
        "version: 1\nclinic: {{id: clinic-0002}}\naccuro:\n  tenant: {tenant}\n  connection:\n    \
         api: &bridge\n      url: {}\n      client_id: {{env: SIM_ID}}\n      \
         client_secret: {{env: SIM_SECRET}}\n      query: {{tenant: {{env: SIM_TENANT}}}}\n\
         ocean: {{site: \"{site}\", connection: {{api: *bridge}}}}\n\
         users: [{{profile: ocean, all_offices: true}}]\n",
        many.serving.url()
    ));
    let run = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        command.env("SIM_ID", "clinic").env("SIM_SECRET", "hunter2").env("SIM_TENANT", tenant);
        tokio::task::spawn_blocking(move || Ended::of(command.output().unwrap()))
    };
    let applied = run(&["apply", "-auto-approve"]).await.unwrap();
    assert_eq!(applied.code, 0, "{}", applied.everything());
    let again = run(&["plan", "-detailed-exitcode"]).await.unwrap();
    assert_eq!(again.code, 0, "{}", again.everything());
    for other in &many.tenants {
        let writes = many.fleet.clinic(other).unwrap().write_log().unwrap();
        assert_eq!(!writes.is_empty(), other == tenant, "{other}: {writes:?}");
    }
}
