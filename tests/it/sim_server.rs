//! The record of requests, many clients at once, and writers that race.

use std::sync::{Arc, Mutex};

use accuroform::sim::{Credentials, Generate, Sim, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::sim_client::{CONTRACT_WORLD, Clinic, client, key, send, wire};

const GRID: &str = "/rest/v1/permissions/users/77/grid";

#[tokio::test]
async fn requests_are_recorded_in_order_without_secrets() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    clinic.get(&format!("{GRID}?pageSize=5")).await;
    clinic.get("/rest/v1/offices?uuid=top-secret").await;
    clinic.patch(&key(1), &wire("grid.patch.request.json")).await;
    let requests = clinic.serving.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|one| (one.sequence, one.method.as_str(), one.path.as_str(), one.status.unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "POST", "/oauth/token", 200),
            (2, "GET", GRID, 200),
            (3, "GET", "/rest/v1/offices", 422),
            (4, "PATCH", GRID, 200),
        ]
    );
    assert_eq!(requests[1].query.as_deref(), Some("pageSize=5"));
    assert_eq!(requests[3].idempotency_key, Some(key(1)));
    let everything = format!("{requests:?}");
    for secret in ["hunter2", "top-secret", "Bearer", "Basic"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

#[tokio::test]
async fn an_observer_sees_every_request_with_its_status() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let sim = Sim::open(World::parse(CONTRACT_WORLD).unwrap(), None)
        .unwrap()
        .observed_by(move |recorded| sink.lock().unwrap().push(recorded.to_string()));
    let any = "127.0.0.1:0".parse().unwrap();
    let serving = sim.serve(any, Credentials::random().unwrap()).await.unwrap();
    send(client().get(format!("{}/rest/v1/offices", serving.url()))).await;
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("#1 GET /rest/v1/offices -> 401"), "{}", lines[0]);
}

#[tokio::test]
async fn of_writers_that_race_for_a_revision_one_wins() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    let body = wire("grid.patch.request.json");
    let keys: Vec<String> = (0..20).map(key).collect();
    let answers =
        futures_util::future::join_all(keys.iter().map(|key| clinic.patch(key, &body))).await;
    let won = answers.iter().filter(|(status, _)| *status == 200).count();
    let lost = answers.iter().filter(|(status, _)| *status == 409).count();
    assert_eq!((won, lost), (1, 19));
    assert_eq!(clinic.sim.write_log().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_sent_twice_at_once_is_written_once() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    let body = wire("grid.patch.request.json");
    let same = key(1);
    let answers = futures_util::future::join_all((0..20).map(|_| clinic.patch(&same, &body))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 200));
    assert_eq!(clinic.sim.write_log().unwrap().len(), 1);
}

#[tokio::test]
async fn a_large_generated_grid_is_read_in_pages_and_written_in_batches() {
    let generate: Generate = "offices=14,providers=100,seed=7".parse().unwrap();
    let world = World::generate(&generate);
    let site = format!("/cloud-connect/sites/{}", world.ocean.as_ref().unwrap().site);
    let mut text = world.to_yaml().unwrap();
    text.push_str("token: {scope: permissions}\n");
    let clinic = Clinic::start(&text, None).await;
    let rows = read_grid(&clinic).await;
    assert!((1100..1400).contains(&rows.len()), "{} rows", rows.len());

    let mut number = 0;
    for batch in rows.chunks(500) {
        let writes: Vec<Value> = batch
            .iter()
            .map(|row| {
                let mut write = row.clone();
                let write_fields = write.as_object_mut().unwrap();
                let revision = write_fields.remove("revision").unwrap();
                write_fields.insert("expectedRevision".to_owned(), revision);
                write["columns"]["reporting"] = json!("read-only");
                write
            })
            .collect();
        number += 1;
        let (status, answer) = clinic.patch(&key(number), &json!({"rows": writes})).await;
        assert_eq!(status, 200, "{answer}");
    }
    let again = read_grid(&clinic).await;
    assert_eq!(again.len(), rows.len());
    assert!(again.iter().all(|row| row["columns"]["reporting"] == "read-only"));
    assert_eq!(clinic.sim.write_log().unwrap().len(), rows.len());
    let (status, providers) = clinic.get(&format!("{site}/providers")).await;
    assert_eq!(status, 200);
    assert_eq!(providers.as_array().unwrap().len(), world.providers.len());
}

/// Every row, over as many pages as it takes.
async fn read_grid(clinic: &Clinic) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut target = GRID.to_owned();
    loop {
        let (status, page) = send(clinic.request(Method::GET, &target)).await;
        assert_eq!(status, 200, "{page}");
        rows.extend(page["rows"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(cursor) => target = format!("{GRID}?pageSize=500&cursor={cursor}"),
            None => return rows,
        }
    }
}
