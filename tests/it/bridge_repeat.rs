//! What is sent again and what is not, how soon, and how much at a time.

use std::time::{Duration, Instant};

use accuroform::bridge::Mode;
use accuroform::live::fetch;
use accuroform::model::UserId;
use accuroform::ocean::{self, Watch};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::bridge_faults::{
    OFFICES, SITE, START, directory, offices, offices_fail, providers_of, row,
};
use super::sim_client::{key, wire};
use super::stand_in::{
    Bridge, PATCH_GRID, Reply, Script, Seen, StandIn, TOKEN_CALL, settings, token,
};

#[tokio::test]
async fn a_busy_service_is_asked_again_a_few_times() {
    for status in [429, 502, 503, 504] {
        let (server, result) =
            offices([Reply::refusal(status, "busy"), Reply::wire(200, "offices.json")]).await;
        result.unwrap();
        assert_eq!(server.calls(OFFICES).len(), 2);
        let (server, error) = offices_fail([Reply::refusal(status, "busy")]).await;
        assert_eq!((error.code(), server.calls(OFFICES).len()), ("C007", 5));
        assert_eq!(server.calls(TOKEN_CALL).len(), 1);
    }
}

#[tokio::test]
async fn retry_after_is_the_least_wait_in_seconds_or_as_a_date() {
    let ok = Reply::wire(200, "offices.json");
    let busy = Reply::refusal(429, "busy").with("retry-after", "1");
    let begun = Instant::now();
    offices([busy, ok.clone()]).await.1.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));

    let begun = Instant::now();
    let at = Timestamp::now() + SignedDuration::from_secs(2);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let busy = Reply::refusal(503, "busy").with("retry-after", &date);
    offices([busy, ok]).await.1.unwrap();
    // The date is in whole seconds, so it is more than one second away.
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let date = Timestamp::now() + SignedDuration::from_hours(1);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for wait in ["61", "3600", "18446744073709551615", &date] {
        let busy = Reply::refusal(503, "busy").with("retry-after", wait);
        let (server, error) = offices_fail([busy]).await;
        assert_eq!(server.calls(OFFICES).len(), 1, "{wait}");
        assert!(error.hint().contains("asks to wait"), "{}", error.hint());
    }
    // What cannot be understood is as if it were not there.
    let busy = Reply::refusal(503, "busy").with("retry-after", "in a while");
    assert_eq!(offices_fail([busy]).await.0.calls(OFFICES).len(), 5);
}

#[tokio::test]
async fn a_write_is_repeated_with_the_same_key_and_the_same_body() {
    let replies = [
        Reply::Hangup,
        Reply::refusal(503, "busy"),
        Reply::refusal(401, "token-expired"),
        Reply::Hangup,
        Reply::wire(200, "grid.patch.response.json"),
    ];
    let server = StandIn::scripted(Script::contract().on(PATCH_GRID, replies));
    let Bridge { writer, .. } = Bridge::to(&server);
    writer.write(UserId(77), &[row(1042)], &key(1)).await.unwrap();
    writer.write(UserId(77), &[row(1042)], &key(2)).await.unwrap();
    let calls = server.calls(PATCH_GRID);
    assert_eq!(calls.len(), 6);
    let keys: Vec<_> = calls.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    assert!(keys[..5].iter().all(|sent| *sent == key(1)));
    assert_eq!(keys[5], key(2));
    assert!(calls.iter().all(|seen| seen.body == calls[0].body));
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_mean_that_nothing_was_written() {
    for status in [401, 403, 404, 429] {
        let replies = [Reply::Hangup, Reply::refusal(status, "no")];
        let server = StandIn::scripted(Script::contract().on(PATCH_GRID, replies));
        let error =
            Bridge::to(&server).writer.write(UserId(77), &[row(1042)], &key(1)).await.unwrap_err();
        assert!(!error.changed_nothing(), "{error}");
        let server =
            StandIn::scripted(Script::contract().on(PATCH_GRID, [Reply::refusal(status, "no")]));
        let error =
            Bridge::to(&server).writer.write(UserId(77), &[row(1042)], &key(1)).await.unwrap_err();
        assert!(error.changed_nothing(), "{error}");
    }
    // The same when it is the renewed token that cannot be had.
    let script = Script::contract()
        .on(PATCH_GRID, [Reply::Hangup, Reply::refusal(401, "token-expired")])
        .on(TOKEN_CALL, [token("t"), Reply::refusal(401, "invalid_client")]);
    let server = StandIn::scripted(script);
    let write = Bridge::to(&server);
    let error = write.writer.write(UserId(77), &[row(1)], &key(1)).await.unwrap_err();
    assert!(error.code() == "C003" && !error.changed_nothing(), "{error}");
}

#[tokio::test]
async fn the_start_of_a_sync_is_sent_once_whatever_comes_back() {
    let lost = [
        Reply::Hangup,
        Reply::refusal(500, "broken"),
        Reply::refusal(502, "busy"),
        Reply::refusal(503, "busy").with("retry-after", "0"),
        Reply::text(202, "<html>"),
        Reply::json(202, &json!({"unexpected": true})),
        Reply::Bytes(b"HTTP/1.1 202 Accepted\r\ncontent-length: 99\r\n\r\n{".to_vec()),
    ];
    for reply in lost {
        let server = StandIn::scripted(Script::contract().on(START, [reply.clone()]));
        let error = Bridge::to(&server).starter.start("4021", Mode::Full).await.unwrap_err();
        assert!(!error.changed_nothing(), "{reply:?}: {error}");
        assert_eq!(server.calls(START).len(), 1, "{reply:?}");
    }
    // Refused before it was looked at: nothing was begun, so a new token may carry it.
    let replies =
        [Reply::refusal(401, "token-expired"), Reply::wire(202, "sync.start.response.json")];
    let server = StandIn::scripted(Script::contract().on(START, replies));
    Bridge::to(&server).starter.start("4021", Mode::Full).await.unwrap();
    assert_eq!(server.calls(START).len(), 2);
}

fn watch() -> Watch {
    Watch {
        site: "4021".to_owned(),
        mode: Mode::Full,
        timeout: Duration::from_mins(1),
        poll: Duration::from_millis(1),
        stop: CancellationToken::new(),
    }
}

#[tokio::test]
async fn before_a_sync_is_started_again_the_site_is_looked_at() {
    let idle = Reply::wire(200, "site.idle.json");
    let server = StandIn::scripted(
        Script::contract().on(START, [Reply::Hangup, Reply::wire(202, "sync.start.response.json")]),
    );
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let synced = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap();
    assert_eq!((synced.run.as_deref(), synced.origin), (Some("r-8"), ocean::Origin::Ours));
    let calls: Vec<String> = server.seen().iter().map(Seen::call).skip(1).collect();
    let run = format!("{SITE}/sync/r-8");
    assert_eq!(calls, [SITE, START, SITE, SITE, START, run.as_str()]);

    // It was begun although its answer was lost: joined, not begun again.
    let running = Reply::wire(200, "site.running.json");
    let script = Script::contract()
        .on(SITE, [idle.clone(), running])
        .on(START, [Reply::Hangup])
        .on(&format!("{SITE}/sync/r-7"), [Reply::wire(200, "sync.run.succeeded.json")]);
    let server = StandIn::scripted(script);
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let synced = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap();
    assert_eq!((synced.run.as_deref(), synced.origin), (Some("r-7"), ocean::Origin::Unconfirmed));
    assert_eq!(server.calls(START).len(), 1);

    // It was begun and is already over.
    let mut over = wire("site.idle.json");
    over["lastCompleted"]["full"] = json!("2026-11-23T09:00:00Z");
    let script =
        Script::contract().on(SITE, [idle, Reply::json(200, &over)]).on(START, [Reply::Hangup]);
    let server = StandIn::scripted(script);
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let synced = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap();
    assert_eq!((synced.origin, server.calls(START).len()), (ocean::Origin::Unconfirmed, 1));
}

#[tokio::test]
async fn a_start_that_is_always_lost_is_given_up() {
    let server = StandIn::scripted(Script::contract().on(START, [Reply::Hangup]));
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let error = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.code(), "C001");
    assert_eq!(server.calls(START).len(), 3);
    let server = StandIn::scripted(Script::contract().on(START, [Reply::refusal(403, "no-admin")]));
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let error = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap_err();
    assert_eq!((error.code(), server.calls(START).len()), ("C004", 1));
}

#[tokio::test]
async fn no_more_calls_run_side_by_side_than_the_connection_allows() {
    for allowed in [1, 3] {
        let script = (1..=9).fold(directory(9), |script, office| {
            let provider = Reply::wire(200, "providers.json");
            script.on(&providers_of(office), [Reply::Together(allowed, Box::new(provider))])
        });
        let server = StandIn::scripted(script);
        let mut settings = settings(&server.url());
        settings.concurrency = allowed;
        let snapshot = fetch(&Bridge::with(settings).reader, &[]).await.unwrap();
        assert_eq!(snapshot.directory.offices.len(), 9);
        assert_eq!(server.most_waiting(), allowed);
    }
    // Nothing hangs where no call at all is allowed.
    let server = StandIn::scripted(directory(2));
    let mut settings = settings(&server.url());
    settings.concurrency = 0;
    let bridge = Bridge::with(settings);
    assert_eq!(bridge.client.concurrency(), 1);
    fetch(&bridge.reader, &["OceanAPILAKESIDE".to_owned()]).await.unwrap();
    assert_eq!(server.most_waiting(), 1);
}

#[tokio::test]
async fn calls_are_spread_over_time_as_the_connection_says() {
    let server = StandIn::scripted(directory(9));
    let mut settings = settings(&server.url());
    settings.requests_per_second = Some(20);
    let begun = Instant::now();
    fetch(&Bridge::with(settings).reader, &[]).await.unwrap();
    let gaps = u32::try_from(server.seen().len()).unwrap() - 1;
    assert_eq!(gaps, 10);
    // A busy machine only makes it longer.
    assert!(begun.elapsed() + Duration::from_millis(1) >= Duration::from_millis(50) * gaps);
}
