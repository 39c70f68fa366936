//! What a client sees of each fault on its connection, and what the clinic then holds.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use accuroform::sim::{FaultKind, Recorded};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::sim_client::{CONTRACT_WORLD, Clinic, key, wire};

const GRID: &str = "/rest/v1/permissions/users/77/grid";
const OFFICES: &str = "/rest/v1/offices";

/// The clinic of the contract with these faults, and a client that repeats and follows nothing.
pub(crate) async fn clinic(faults: &str) -> Clinic {
    let mut clinic = Clinic::start(&format!("{CONTRACT_WORLD}faults:\n{faults}\n"), None).await;
    clinic.client = bare();
    clinic
}

fn bare() -> Client {
    Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

async fn get(clinic: &Clinic, target: &str) -> reqwest::Result<Response> {
    clinic.request(Method::GET, target).send().await
}

async fn patch(clinic: &Clinic, number: u32) -> reqwest::Result<Response> {
    let body = wire("grid.patch.request.json");
    let request = clinic.request(Method::PATCH, GRID).header("idempotency-key", key(number));
    request.json(&body).send().await
}

pub(crate) fn last(clinic: &Clinic) -> Recorded {
    clinic.serving.requests().pop().unwrap()
}

pub(crate) fn written(clinic: &Clinic) -> usize {
    clinic.sim.write_log().unwrap().len()
}

/// Whether the connection was reset, and not just closed.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind() == ErrorKind::ConnectionReset;
        }
        source = inner.source();
    }
    false
}

#[tokio::test]
async fn a_status_is_answered_instead_of_handling_the_call() {
    let clinic = clinic(
        "- {on: grid_write, nth: 1, status: 503, retry_after: 3}\n\
         - {on: grid_write, nth: 2, status: 429, retry_after: 'Fri, 20 Nov 2026 14:00:00 GMT'}\n\
         - {on: grid_write, nth: 3, status: 429, retry_at: 60}\n\
         - {on: grid_write, nth: 4, status: 500, text: '<h1>down</h1>'}\n\
         - {on: grid_write, nth: 5, status: 200, text: '{\"rows\": 1}'}",
    )
    .await;
    let busy = patch(&clinic, 1).await.unwrap();
    assert_eq!(busy.status(), 503);
    assert_eq!(busy.headers()["retry-after"], "3");
    assert_eq!(busy.json::<Value>().await.unwrap()["error"], "fault");
    assert_eq!(last(&clinic).fault, Some(FaultKind::Status(503)));
    assert!(last(&clinic).to_string().ends_with("(fault status_503)"), "{}", last(&clinic));

    let dated = patch(&clinic, 1).await.unwrap();
    assert_eq!(dated.headers()["retry-after"], "Fri, 20 Nov 2026 14:00:00 GMT");
    let soon = patch(&clinic, 1).await.unwrap();
    let at = soon.headers()["retry-after"].to_str().unwrap().to_owned();
    let at = jiff::fmt::rfc2822::parse(&at.replace("GMT", "+0000")).unwrap().timestamp();
    let wait = at.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((50..=60).contains(&wait), "{wait}");

    let page = patch(&clinic, 1).await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(page.text().await.unwrap(), "<h1>down</h1>");
    let odd = patch(&clinic, 1).await.unwrap();
    assert_eq!((odd.status().as_u16(), odd.text().await.unwrap().as_str()), (200, "{\"rows\": 1}"));

    assert_eq!(written(&clinic), 0);
    let request = patch(&clinic, 1).await.unwrap();
    assert_eq!(request.status(), 200);
    assert_eq!((last(&clinic).fault, last(&clinic).committed, written(&clinic)), (None, true, 1));
}

#[tokio::test]
async fn a_delayed_call_holds_up_nobody_else() {
    let clinic = clinic("- {on: offices, nth: 1, delay: 0.4}").await;
    let start = Instant::now();
    let (slow, quick) = tokio::join!(
        async {
            let response = get(&clinic, OFFICES).await.unwrap();
            (response.status().as_u16(), start.elapsed())
        },
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let response = get(&clinic, GRID).await.unwrap();
            (response.status().as_u16(), start.elapsed())
        }
    );
    assert_eq!((slow.0, quick.0), (200, 200));
    assert!(slow.1 >= Duration::from_millis(400), "{:?}", slow.1);
    assert!(quick.1 < slow.1, "{:?}", quick.1);
}

#[tokio::test]
async fn a_client_that_gives_up_was_heard_if_only_the_answer_was_late() {
    for (fault, commits) in [("delay", false), ("delay_answer", true)] {
        let mut clinic = clinic(&format!("- {{on: grid_write, {fault}: 0.8}}")).await;
        let short = Duration::from_millis(300);
        clinic.client = Client::builder().no_proxy().timeout(short).build().unwrap();
        assert!(patch(&clinic, 1).await.unwrap_err().is_timeout());
        // Long enough for a call that was only put off.
        tokio::time::sleep(Duration::from_millis(if commits { 0 } else { 700 })).await;
        assert_eq!(written(&clinic), usize::from(commits), "{fault}");
        assert_eq!((last(&clinic).status, last(&clinic).committed), (None, commits), "{fault}");
    }
}

#[tokio::test]
async fn a_reset_loses_the_call_or_only_its_answer() {
    let clinic = clinic(
        "- {on: grid_write, nth: 1, reset: before}\n\
         - {on: grid_write, nth: 2, reset: after_write}\n\
         - {on: sync_start, nth: 1, reset: after_write}",
    )
    .await;
    let error = patch(&clinic, 1).await.unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(written(&clinic), 0);
    let before = last(&clinic);
    assert_eq!((before.fault, before.status), (Some(FaultKind::Reset), None));
    assert!(!before.committed);

    let error = patch(&clinic, 1).await.unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(written(&clinic), 1);
    let after = last(&clinic);
    assert_eq!((after.fault, after.status), (Some(FaultKind::AfterWrite), None));
    assert!(after.committed);

    // The same key gets the lost answer, and nothing is written again.
    let again = patch(&clinic, 1).await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap(), wire("grid.patch.response.json"));
    assert_eq!((written(&clinic), last(&clinic).committed), (1, false));

    let start = clinic.request(Method::POST, "/cloud-connect/sites/4021/sync");
    assert!(is_reset(&start.json(&json!({"mode": "full"})).send().await.unwrap_err()));
    assert!(last(&clinic).committed);
    assert_eq!(clinic.get("/cloud-connect/sites/4021").await.1["runId"], "r-1");
}

#[tokio::test]
async fn a_truncated_body_ends_before_its_length() {
    let clinic = clinic("- {on: grid_write, nth: 1, body: truncated}").await;
    let cut = patch(&clinic, 1).await.unwrap();
    assert_eq!(cut.status(), 200);
    let length = usize::try_from(cut.content_length().unwrap()).unwrap();
    let mut cut = cut;
    let mut received = 0;
    let error = loop {
        match cut.chunk().await {
            Ok(chunk) => received += chunk.expect("the body ended well").len(),
            Err(error) => break error,
        }
    };
    assert_eq!(received, length / 2);
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!((written(&clinic), last(&clinic).committed), (1, true));
    assert_eq!(patch(&clinic, 1).await.unwrap().status(), 200);
}

#[tokio::test]
async fn half_of_the_json_is_a_whole_body() {
    let clinic = clinic("- {on: grid_read, nth: 1, body: cut_json}").await;
    let cut = get(&clinic, GRID).await.unwrap();
    assert_eq!(cut.status(), 200);
    let text = cut.text().await.unwrap();
    assert!(text.starts_with("{\"rows\":[{"), "{text}");
    assert!(serde_json::from_str::<Value>(&text).is_err());
    assert_eq!(clinic.get(GRID).await.1, wire("grid.page.last.json"));
}

#[tokio::test]
async fn a_huge_body_is_as_large_as_the_script_says() {
    let clinic =
        clinic("- {on: offices, nth: 1, body: huge}\n- {on: offices, body: huge, size: 100001}")
            .await;
    for size in [17 << 20, 100_001] {
        let mut response = get(&clinic, OFFICES).await.unwrap();
        assert_eq!(response.content_length(), None);
        let mut received = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            received += chunk.len();
        }
        assert_eq!(received, size);
    }
}

#[tokio::test]
async fn a_slow_body_takes_a_second_a_byte() {
    let clinic = clinic("- {on: offices, nth: 1, body: slow}").await;
    let mut response = get(&clinic, OFFICES).await.unwrap();
    assert!(response.content_length().unwrap() > 10);
    let start = Instant::now();
    assert_eq!(&response.chunk().await.unwrap().unwrap()[..], b"[");
    assert_eq!(&response.chunk().await.unwrap().unwrap()[..], b"{");
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    // Meanwhile others are served.
    assert_eq!(clinic.get(OFFICES).await.0, 200);
}

#[tokio::test]
async fn a_page_and_a_redirect_are_no_answers_of_the_contract() {
    let clinic = clinic(
        "- {on: grid_write, nth: 1, body: not_json}\n\
         - {on: grid_write, nth: 2, redirect: 'https://elsewhere.invalid/grid'}",
    )
    .await;
    let page = patch(&clinic, 1).await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    let moved = patch(&clinic, 1).await.unwrap();
    assert_eq!(moved.status(), 307);
    assert_eq!(moved.headers()["location"], "https://elsewhere.invalid/grid");
    assert_eq!(written(&clinic), 0);
}

#[tokio::test]
async fn expired_tokens_are_unknown_until_a_new_one_is_asked_for() {
    let clinic = clinic("- {on: grid_write, nth: 1, expire_tokens: true}").await;
    let refused = patch(&clinic, 1).await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "token-unknown");
    assert_eq!(patch(&clinic, 1).await.unwrap().status(), 401);
    let (_, token) = clinic.ask_token().await;
    let target = format!("{}{OFFICES}", clinic.serving.url());
    let request = clinic.client.get(target).bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 200);
}
