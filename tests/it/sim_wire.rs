//! Every answer has exactly the fields of its fixture, and every fixture request is accepted.

use reqwest::Method;
use serde_json::{Value, json};

use super::sim_client::{CONTRACT_WORLD, Clinic, key, send, wire};

/// The same fields everywhere, with values of the same type; lists are compared by their first
/// elements, null fits everything.
fn assert_shape(place: &str, is: &Value, fixture: &Value) {
    match (is, fixture) {
        (Value::Object(is), Value::Object(fixture)) => {
            let names = |map: &serde_json::Map<String, Value>| {
                map.keys().cloned().collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(names(is), names(fixture), "fields of {place}");
            for (name, value) in is {
                assert_shape(&format!("{place}.{name}"), value, &fixture[name]);
            }
        }
        (Value::Array(is), Value::Array(fixture)) => {
            assert!(!is.is_empty(), "{place} is empty, so it shows no shape");
            for (at, value) in is.iter().enumerate() {
                assert_shape(&format!("{place}[{at}]"), value, &fixture[0]);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (is, fixture) => assert_eq!(
            std::mem::discriminant(is),
            std::mem::discriminant(fixture),
            "{place}: {is} is not of the type of {fixture}"
        ),
    }
}

fn assert_answer(answer: &(u16, Value), status: u16, fixture: &str) {
    assert_eq!(answer.0, status, "{fixture}: {}", answer.1);
    assert_shape(fixture, &answer.1, &wire(fixture));
}

#[tokio::test]
async fn directory_and_grid_answers_are_the_fixtures_to_the_letter() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    assert_answer(&clinic.ask_token().await, 200, "token.response.json");
    assert_eq!(clinic.get("/rest/v1/offices").await.1, wire("offices.json"));
    let (_, providers) = clinic.get("/rest/v1/providers/offices/1").await;
    assert_eq!(providers[0], wire("providers.json")[0]);
    let (_, users) = clinic.get("/rest/v1/permissions/users?userName=oceanapilakeside").await;
    assert_eq!(users, wire("users.json"));
    let grid = "/rest/v1/permissions/users/77/grid";
    assert_eq!(clinic.get(grid).await.1, wire("grid.page.last.json"));

    let write = wire("grid.patch.request.json");
    let written = clinic.patch(&key(1), &write).await;
    assert_eq!(written, (200, wire("grid.patch.response.json")));
    assert_eq!(clinic.patch(&key(1), &write).await, written);
    let conflict = clinic.patch(&key(2), &write).await;
    assert_eq!(conflict, (409, wire("grid.patch.conflict.json")));
    let mut other = write.clone();
    other["rows"][0]["expectedRevision"] = json!(10);
    let mismatch = clinic.patch(&key(1), &other).await;
    assert_eq!(mismatch, (422, wire("grid.patch.idempotency-mismatch.json")));
    other["rows"][0]["providerId"] = json!(9999);
    let invalid = clinic.patch(&key(3), &other).await;
    assert_eq!(invalid, (422, wire("grid.patch.invalid-row.json")));
    let absent = clinic.patch(&key(4), &wire("grid.patch.request.absent.json")).await;
    assert_answer(&absent, 200, "grid.patch.response.json");
    let first = clinic.get(&format!("{grid}?pageSize=1")).await;
    assert_answer(&first, 200, "grid.page.json");
    assert!(first.1["nextCursor"].is_string());
}

#[tokio::test]
async fn cloud_connect_answers_have_the_fixtures_shapes() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    let site = "/cloud-connect/sites/4021";
    assert_answer(&clinic.get(site).await, 200, "site.idle.json");
    assert_answer(&clinic.get(&format!("{site}/providers")).await, 200, "site.providers.json");
    let started = clinic.sync(&wire("sync.start.request.json")).await;
    assert_answer(&started, 202, "sync.start.response.json");
    let running = clinic.get(site).await;
    assert_answer(&running, 200, "site.running.json");
    assert_eq!(running.1["colour"], "green");
    let second = clinic.sync(&wire("sync.start.request.recent.json")).await;
    assert_answer(&second, 409, "sync.start.running.json");
    let run = format!("{site}/sync/{}", started.1["runId"].as_str().unwrap());
    assert_answer(&clinic.get(&run).await, 200, "sync.run.running.json");
    assert_answer(&(200, clinic.idle().await), 200, "site.idle.json");
    let over = clinic.get(&run).await;
    assert_eq!(over.1["state"], "succeeded");
    assert_answer(&over, 200, "sync.run.succeeded.json");
    let recent = clinic.sync(&wire("sync.start.request.recent.json")).await;
    assert_answer(&recent, 202, "sync.start.response.json");
    let (_, providers) = clinic.get(&format!("{site}/providers")).await;
    assert_eq!(providers[0], wire("site.providers.json")[0]);
}

#[tokio::test]
async fn every_refusal_has_the_error_body() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    let url = |target: &str| format!("{}{target}", clinic.serving.url());
    let grid = "/rest/v1/permissions/users/77/grid";
    let refusals = [
        (401, clinic.client.get(url("/rest/v1/offices"))),
        (401, clinic.client.post(url("/oauth/token"))),
        (404, clinic.request(Method::GET, "/nowhere")),
        (405, clinic.request(Method::DELETE, grid)),
        (415, clinic.request(Method::PATCH, grid).body("{}")),
        (422, clinic.request(Method::PATCH, grid).json(&json!({}))),
        (422, clinic.request(Method::GET, "/rest/v1/offices?all=1")),
        (413, clinic.request(Method::PATCH, grid).body(vec![b' '; (4 << 20) + 1])),
    ];
    for (status, request) in refusals {
        let answer = send(request).await;
        assert_answer(&answer, status, "error.json");
        let code = answer.1["error"].as_str().unwrap();
        assert!(code.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()), "{code}");
    }
}
