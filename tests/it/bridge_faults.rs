//! Everything that a server, or what stands in front of it, can do wrong.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use accuroform::bridge::{BridgeError, Cause, Limits, Mode, RowWrite, Written};
use accuroform::live::fetch;
use accuroform::model::{Cells, Columns, Level, OfficeId, ProviderId, RowKey, UserId};
use accuroform::ocean::{self, Watch};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::sim_client::{key, wire};
use super::stand_in::{
    Bridge, GET_GRID, PATCH_GRID, Reply, SECRET, Script, Seen, StandIn, TOKEN, TOKEN_CALL,
    assert_no_secret, limits, settings, token,
};

const OFFICES: &str = "GET /rest/v1/offices";
const SITE: &str = "GET /cloud-connect/sites/4021";
const START: &str = "POST /cloud-connect/sites/4021/sync";

fn row(provider: u64) -> RowWrite {
    let key = RowKey { office: OfficeId(1), provider: ProviderId(provider) };
    let cells = Cells::new(Columns::from_fn(|_| Level::Full), None);
    RowWrite { key, expected: None, cells }
}

/// Asks for the offices, which are answered so.
async fn offices(replies: impl IntoIterator<Item = Reply>) -> (StandIn, Result<(), BridgeError>) {
    let server = StandIn::scripted(Script::contract().on(OFFICES, replies));
    let result = Bridge::to(&server).reader.offices().await;
    (server, result.map(drop))
}

/// The error of asking for the offices, checked for what every error must be.
async fn offices_fail(replies: impl IntoIterator<Item = Reply>) -> (StandIn, BridgeError) {
    let (server, result) = offices(replies).await;
    let error = result.unwrap_err();
    assert_sound(&error, &server.address.to_string());
    (server, error)
}

fn assert_sound(error: &BridgeError, address: &str) {
    let words = error.to_string();
    assert!(words.starts_with("cannot "), "{words}");
    assert!(words.contains(&format!("(Accuro at {address})")), "{words}");
    assert!(words.chars().count() < 500, "{words}");
    assert!(!error.hint().is_empty() && !error.hint().ends_with('.'), "{}", error.hint());
    assert_no_secret(&format!("{words}\n{error:?}\n{}", error.hint()));
}

/// An address that nobody listens on.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn a_server_that_is_down_is_named_with_what_to_check() {
    let address = nobody();
    let bridge = Bridge::with(settings(&format!("http://{address}")));
    let error = bridge.reader.offices().await.unwrap_err();
    assert_sound(&error, &address);
    assert_eq!(error.code(), "C001");
    assert!(error.to_string().starts_with("cannot get a token"), "{error}");
    assert!(error.to_string().contains("no connection: "), "{error}");
    assert!(error.hint().contains("is running"), "{}", error.hint());
}

#[tokio::test]
async fn the_wrong_scheme_is_hinted_at_in_both_directions() {
    let plain = StandIn::scripted(Script::contract());
    let bridge = Bridge::with(settings(&format!("https://{}", plain.address)));
    let error = bridge.reader.offices().await.unwrap_err();
    assert_sound(&error, &plain.address.to_string());
    assert_eq!(error.code(), "C001");
    assert!(error.hint().contains("speaks the scheme written there"), "{}", error.hint());
    assert!(plain.seen().is_empty());

    // What a TLS server says to a plain request: the alert "unexpected message".
    let alert = Reply::Bytes(vec![0x15, 3, 3, 0, 2, 2, 10]);
    let tls = StandIn::start(move |_| alert.clone());
    let error = Bridge::to(&tls).reader.offices().await.unwrap_err();
    assert_sound(&error, &tls.address.to_string());
    assert_eq!(error.code(), "C001");
    assert!(error.hint().contains("speaks the scheme written there"), "{}", error.hint());
}

#[tokio::test]
async fn a_401_gets_one_new_token_and_one_more_try() {
    let (server, result) =
        offices([Reply::refusal(401, "token-expired"), Reply::wire(200, "offices.json")]).await;
    result.unwrap();
    let calls: Vec<String> = server.seen().iter().map(Seen::call).collect();
    assert_eq!(calls, [TOKEN_CALL, OFFICES, TOKEN_CALL, OFFICES]);
    let used = |at: usize| server.calls(OFFICES)[at].header("authorization").unwrap().to_owned();
    assert_eq!(used(0), format!("Bearer {TOKEN}1"));
    assert_eq!(used(1), format!("Bearer {TOKEN}2"));
}

#[tokio::test]
async fn a_second_401_reports_both_meanings() {
    let (server, error) = offices_fail([Reply::refusal(401, "no")]).await;
    assert_eq!(error.code(), "C003");
    let words = error.to_string();
    assert!(words.contains("unknown or expired, or the account lacks permission"), "{words}");
    assert!(words.starts_with("cannot list the offices"), "{words}");
    assert_eq!((server.calls(TOKEN_CALL).len(), server.calls(OFFICES).len()), (2, 2));
    assert!(error.changed_nothing());
}

/// A directory of so many offices, each with one provider.
fn directory(offices: u64) -> Script {
    let list: Value =
        (1..=offices).map(|id| json!({"officeId": id, "name": format!("Office {id}")})).collect();
    (1..=offices).fold(
        Script::contract().on(OFFICES, [Reply::json(200, &list)]),
        |script, office| {
            let provider = json!([{"providerId": office, "firstName": "A", "lastName": "B"}]);
            script.on(&providers_of(office), [Reply::json(200, &provider)])
        },
    )
}

fn providers_of(office: u64) -> String {
    format!("GET /rest/v1/providers/offices/{office}")
}

#[tokio::test]
async fn calls_that_are_refused_side_by_side_renew_the_token_once() {
    let script = (1..=4).fold(directory(4), |script, office| {
        let refused = Reply::Together(4, Box::new(Reply::refusal(401, "token-expired")));
        script.on(&providers_of(office), [refused, Reply::wire(200, "providers.json")])
    });
    let server = StandIn::scripted(script);
    let snapshot = fetch(&Bridge::to(&server).reader, &[]).await.unwrap();
    assert_eq!(snapshot.directory.names().providers.len(), 1);
    assert_eq!(server.most_waiting(), 4);
    assert_eq!(server.calls(TOKEN_CALL).len(), 2);
    for office in 1..=4 {
        let calls = server.calls(&providers_of(office));
        let tokens: Vec<_> = calls.iter().map(|seen| seen.header("authorization")).collect();
        let first_then_second = [1, 2].map(|number| format!("Bearer {TOKEN}{number}"));
        assert_eq!(tokens, first_then_second.each_ref().map(|token| Some(token.as_str())));
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_not_after_a_refusal() {
    let spent = json!({"access_token": "short", "token_type": "bearer", "expires_in": 0});
    let script = Script::contract().on(TOKEN_CALL, [Reply::json(200, &spent), token("long")]);
    let server = StandIn::scripted(script);
    let Bridge { reader, .. } = Bridge::to(&server);
    for _ in 0..3 {
        reader.offices().await.unwrap();
    }
    let used: Vec<String> = server
        .calls(OFFICES)
        .iter()
        .map(|seen| seen.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(used, ["Bearer short", "Bearer long", "Bearer long"]);
    assert_eq!(server.calls(TOKEN_CALL).len(), 2);
}

/// The error when the token call is answered so.
async fn token_fails(reply: Reply) -> (StandIn, BridgeError) {
    let server = StandIn::scripted(Script::contract().on(TOKEN_CALL, [reply]));
    let error = Bridge::to(&server).reader.offices().await.unwrap_err();
    assert_sound(&error, &server.address.to_string());
    assert!(error.to_string().starts_with("cannot get a token"), "{error}");
    assert!(!format!("{error} {error:?}").contains("body-canary"), "{error}");
    assert!(server.calls(OFFICES).is_empty());
    (server, error)
}

#[tokio::test]
async fn a_refused_token_call_names_the_credentials_and_never_its_answer() {
    for status in [400, 401, 403] {
        let body = json!({"error": "invalid_client", "error_description": "body-canary"});
        let (server, error) = token_fails(Reply::json(status, &body)).await;
        assert_eq!(error.code(), "C003");
        let expected = format!(
            "{status}: the client id, the client secret or the scope is refused: invalid_client"
        );
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert!(error.hint().contains("client_secret"), "{}", error.hint());
        assert_eq!(server.calls(TOKEN_CALL).len(), 1);
    }
    let (server, error) = token_fails(Reply::text(500, "<html>body-canary</html>")).await;
    assert_eq!((error.code(), server.calls(TOKEN_CALL).len()), ("C007", 1));
    let (server, error) = token_fails(Reply::text(503, "body-canary")).await;
    assert_eq!((error.code(), server.calls(TOKEN_CALL).len()), ("C007", 5));
    let not_tokens = [
        Reply::text(200, "<html>body-canary</html>"),
        Reply::json(200, &json!({"token": "body-canary", "token_type": "Bearer"})),
        Reply::json(200, &json!({"access_token": "body-canary"})),
        Reply::json(200, &json!({"access_token": "body-canary", "token_type": "mac"})),
        Reply::json(200, &json!({"access_token": "body-canary\nx", "token_type": "Bearer"})),
        Reply::json(200, &json!({"access_token": "", "token_type": "Bearer"})),
        Reply::json(200, &json!(["body-canary"])),
    ];
    for reply in not_tokens {
        assert_eq!(token_fails(reply).await.1.code(), "C010");
    }
}

#[tokio::test]
async fn a_busy_token_call_is_tried_again_and_the_call_behind_it_once() {
    let busy = [Reply::refusal(503, "busy"), Reply::refusal(429, "busy"), token("t")];
    let server = StandIn::scripted(Script::contract().on(TOKEN_CALL, busy));
    Bridge::to(&server).starter.start("4021", Mode::Full).await.unwrap();
    assert_eq!((server.calls(TOKEN_CALL).len(), server.calls(START).len()), (3, 1));
}

#[tokio::test]
async fn refusals_are_told_apart_and_not_repeated() {
    for (status, code) in [
        (400, "C007"),
        (403, "C004"),
        (404, "C005"),
        (409, "C007"),
        (410, "C007"),
        (422, "C007"),
        (500, "C007"),
        (501, "C007"),
    ] {
        let (server, error) = offices_fail([Reply::refusal(status, "some-code")]).await;
        assert_eq!(error.code(), code);
        assert_eq!(server.calls(OFFICES).len(), 1, "{status}");
        let words = error.to_string();
        assert!(words.contains(&format!("): {status}")), "{words}");
        assert!(words.ends_with("some-code: as the test wants it"), "{words}");
    }
}

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
async fn a_success_that_is_not_json_is_cut_and_shown() {
    let page = format!("<html>\n\n  <title>Sign in</title> {}", "x".repeat(5000));
    let (_, error) = offices_fail([Reply::text(200, &page)]).await;
    assert_eq!(error.code(), "C009");
    assert!(error.to_string().contains("“<html> <title>Sign in</title> xxx"), "{error}");
    assert!(error.hint().contains("not a page in front of it"), "{}", error.hint());

    let (_, error) = offices_fail([Reply::text(200, r#"[{"officeId": 1, "na"#)]).await;
    assert_eq!(error.code(), "C009");
    let (_, error) = offices_fail([Reply::text(200, "")]).await;
    assert_eq!(error.code(), "C009");
    let (_, error) = offices_fail([Reply::text(204, "")]).await;
    assert_eq!(error.code(), "C009");
    let (_, error) = offices_fail([Reply::text(200, "[] trailing")]).await;
    assert_eq!(error.code(), "C009");
    let (_, error) = offices_fail([Reply::Answer(200, Vec::new(), vec![0xff; 4000])]).await;
    assert_eq!(error.code(), "C009");
}

#[tokio::test]
async fn words_of_the_server_are_cut_wherever_they_are_repeated() {
    let long = "x".repeat(100_000);
    for body in [json!({"error": long, "message": long}), json!({"error": "e", "message": long})] {
        offices_fail([Reply::json(500, &body)]).await;
    }
    let mut roomy = settings("http://127.0.0.1:1");
    roomy.limits = Limits { body: 1024 * 1024, ..limits() };
    let mut grid = wire("grid.page.last.json");
    grid["rows"][0]["accessUntil"] = json!(long);
    let mut levels = wire("grid.page.last.json");
    levels["rows"][0]["columns"]["labs"] = json!(long);
    let failed = json!({"runId": "r-8", "mode": "full", "state": "failed", "message": long});
    let invalid = json!({"error": "invalid-row", "message": long});
    let script = Script::contract()
        .on(GET_GRID, [Reply::json(200, &grid), Reply::json(200, &levels)])
        .on(OFFICES, [Reply::json(200, &json!([{"officeId": long}]))])
        .on("GET /cloud-connect/sites/4021/sync/r-8", [Reply::json(200, &failed)])
        .on(PATCH_GRID, [Reply::json(422, &invalid)]);
    let server = StandIn::scripted(script);
    roomy.url = server.url().parse().unwrap();
    let Bridge { reader, writer, .. } = Bridge::with(roomy);
    for error in [
        reader.offices().await.unwrap_err(),
        reader.grid(UserId(77)).await.unwrap_err(),
        reader.grid(UserId(77)).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "C010");
        assert_sound(&error, &server.address.to_string());
    }
    let run = format!("{:?}", reader.sync_run("4021", "r-8").await.unwrap());
    assert!(run.contains('…') && run.len() < 500, "{run}");
    let written = writer.write(UserId(77), &[row(1)], &key(1)).await.unwrap();
    let Written::Invalid { message, .. } = written else { panic!("{written:?}") };
    assert!(message.starts_with("invalid-row: xxx") && message.len() < 500, "{message}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_to_its_end() {
    let (server, error) = offices_fail([Reply::Endless]).await;
    assert_eq!(error.code(), "C008");
    assert!(error.to_string().ends_with("the answer is larger than 65536 bytes"), "{error}");
    assert_eq!(server.calls(OFFICES).len(), 1);
    // Exactly the limit is read.
    let filled = format!("[{}]", " ".repeat(64 * 1024 - 2));
    offices([Reply::text(200, &filled)]).await.1.unwrap();
    let (_, error) = offices_fail([Reply::text(200, &format!("{filled} "))]).await;
    assert_eq!(error.code(), "C008");
}

/// 256 KiB of spaces in 300 bytes.
const BOMB: &str = "H4sIAAAAAAACA+3BMQEAAADCoCrrn9LbDkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAALwBNKAvkgAABAA=";

#[tokio::test]
async fn a_compressed_body_is_measured_as_it_unpacks() {
    use base64::Engine as _;
    let bomb = base64::engine::general_purpose::STANDARD.decode(BOMB).unwrap();
    assert!(bomb.len() < 1024);
    let reply = Reply::Answer(200, vec![("content-encoding", "gzip".to_owned())], bomb);
    let (server, error) = offices_fail([reply]).await;
    assert_eq!(error.code(), "C008");
    assert!(server.seen()[0].header("accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn a_body_that_stops_ends_in_a_timeout() {
    let server = StandIn::scripted(Script::contract().on(OFFICES, [Reply::Stall]));
    let mut impatient = settings(&server.url());
    impatient.limits = Limits { answer: Duration::from_secs(1), retries: 1, ..limits() };
    let error = Bridge::with(impatient).reader.offices().await.unwrap_err();
    assert_sound(&error, &server.address.to_string());
    assert_eq!(error.code(), "C002", "{error}");
    assert!(error.to_string().ends_with("no full answer within 1 s"), "{error}");
    assert_eq!(server.calls(OFFICES).len(), 2);
}

#[tokio::test]
async fn a_redirect_is_never_followed_and_no_other_host_hears_of_it() {
    let other = StandIn::start(|_| Reply::wire(200, "offices.json"));
    for status in [301, 302, 303, 307, 308] {
        let there = |path: &str| {
            Reply::text(status, "").with("location", &format!("{}{path}", other.url()))
        };
        let (server, error) = offices_fail([there("/rest/v1/offices")]).await;
        assert_eq!((error.code(), server.calls(OFFICES).len()), ("C006", 1));
        let (_, error) = token_fails(there("/oauth/token")).await;
        assert_eq!(error.code(), "C006");

        let script = Script::contract().on(PATCH_GRID, [there("/")]).on(START, [there("/")]);
        let server = StandIn::scripted(script);
        let Bridge { writer, starter, .. } = Bridge::to(&server);
        let error = writer.write(UserId(77), &[row(1)], &key(1)).await.unwrap_err();
        assert!(error.code() == "C006" && error.changed_nothing());
        let error = starter.start("4021", Mode::Full).await.unwrap_err();
        assert!(error.code() == "C006" && error.changed_nothing());
        assert_eq!(server.calls(PATCH_GRID).len() + server.calls(START).len(), 2);
    }
    assert!(other.seen().is_empty());
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
    assert_eq!((synced.run.as_deref(), synced.joined), (Some("r-8"), false));
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
    assert_eq!((synced.run.as_deref(), synced.joined), (Some("r-7"), true));
    assert_eq!(server.calls(START).len(), 1);

    // It was begun and is already over.
    let mut over = wire("site.idle.json");
    over["lastCompleted"]["full"] = json!("2026-11-23T09:00:00Z");
    let script =
        Script::contract().on(SITE, [idle, Reply::json(200, &over)]).on(START, [Reply::Hangup]);
    let server = StandIn::scripted(script);
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let synced = ocean::sync(&reader, &starter, &watch(), &mut |_| {}).await.unwrap();
    assert!(synced.joined && server.calls(START).len() == 1);
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
async fn a_grid_that_repeats_itself_or_never_ends_is_refused_whole() {
    let page =
        |cursor: Value, rows: Value| Reply::json(200, &json!({"rows": rows, "nextCursor": cursor}));
    let one = wire("grid.page.json")["rows"].clone();
    let cases = [
        (
            vec![page(json!("C"), json!([])), page(json!("C"), json!([]))],
            "the same page came twice",
        ),
        (
            vec![page(json!("C"), one.clone()), page(json!(null), one)],
            "the row of office 1 and provider 1042 came twice",
        ),
    ];
    for (pages, problem) in cases {
        let server = StandIn::scripted(Script::contract().on(GET_GRID, pages));
        let error = Bridge::to(&server).reader.grid(UserId(77)).await.unwrap_err();
        assert_sound(&error, &server.address.to_string());
        assert!(error.code() == "C010" && error.to_string().ends_with(problem), "{error}");
    }
    let server = StandIn::start(|seen| match seen.call().as_str() {
        TOKEN_CALL => token("t"),
        _ => Reply::json(200, &json!({"rows": [], "nextCursor": seen.nth.to_string()})),
    });
    let error = Bridge::to(&server).reader.grid(UserId(77)).await.unwrap_err();
    assert!(error.to_string().ends_with("it has more than 2000 pages"), "{error}");
}

#[tokio::test]
async fn a_grid_whose_later_page_fails_is_no_grid() {
    let pages = [Reply::wire(200, "grid.page.json"), Reply::refusal(500, "broken")];
    let server = StandIn::scripted(Script::contract().on(GET_GRID, pages));
    let error = Bridge::to(&server).reader.grid(UserId(77)).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot read page 2 of the grid of user 77"), "{error}");
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

/// Answers with everything that it was asked, as debug pages of gateways do.
fn echo(status: u16) -> impl Fn(&Seen) -> Reply {
    move |seen| {
        let Seen { method, path, raw_query, headers, body, nth } = seen;
        if seen.call() == TOKEN_CALL && status != 599 {
            return token(&format!("{TOKEN}{}", nth + 1));
        }
        let body = String::from_utf8_lossy(body);
        let text = format!("{headers:?} {method} {path}?{raw_query} {body}");
        match status {
            200 | 599 => Reply::text(status, &text),
            _ => Reply::json(status, &json!({"error": text, "message": text})),
        }
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_request_gives_no_secret_away() {
    for status in [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503, 599] {
        let server = StandIn::start(echo(status));
        let Bridge { reader, writer, starter, client } = Bridge::to(&server);
        let error = reader.offices().await.unwrap_err();
        let words = [
            format!("{error} {error:?} {}", error.hint()),
            format!("{:?}", reader.grid(UserId(77)).await),
            format!("{:?}", writer.write(UserId(77), &[row(1)], &key(1)).await),
            format!("{:?}", starter.start("4021", Mode::Full).await),
            format!("{client:?} {reader:?} {writer:?} {starter:?}"),
        ]
        .join("\n");
        assert_no_secret(&words);
        assert!(!words.contains("canary"), "{words}");
    }
}

#[tokio::test]
async fn settings_show_no_secret_when_they_are_printed() {
    let printed = format!("{:?}", settings("http://127.0.0.1:1"));
    assert_no_secret(&printed);
    assert!(!printed.contains("canary"), "{printed}");
    assert!(printed.contains("127.0.0.1") && !printed.contains(SECRET));
}

#[tokio::test]
async fn what_is_said_of_each_fault() {
    let faults = [
        Reply::Hangup,
        Reply::refusal(401, "token-expired"),
        Reply::refusal(403, "not-permitted"),
        Reply::refusal(404, "no-such-path"),
        Reply::refusal(409, "revision-conflict"),
        Reply::text(500, "<html><h1>Internal \u{1b}[31m Error</h1></html>"),
        Reply::refusal(503, "busy").with("retry-after", "300"),
        Reply::text(302, ""),
        Reply::Endless,
        Reply::text(200, "<html><h1>Sign in</h1></html>"),
        Reply::text(200, r#"[{"officeId": 1"#),
        Reply::text(200, r#"[{"name": "Main Street"}]"#),
    ];
    let mut said = Vec::new();
    for fault in faults {
        let (server, error) = offices_fail([fault]).await;
        assert_no_secret(&error.to_string());
        assert!(!matches!(*error.cause, Cause::Settings(_)), "{error}");
        let words = error.to_string().replace(&server.address.to_string(), "HOST");
        said.push(format!("[{}] {words}\n  hint: {}", error.code(), error.hint()));
    }
    insta::assert_snapshot!(said.join("\n").replace('\u{1b}', "ESC"), @r##"
    [C001] cannot list the offices (Accuro at HOST): the connection broke: connection closed before message completed
      hint: check that the Accuro bridge is running, that `url` is right and speaks the scheme written there
    [C003] cannot list the offices (Accuro at HOST): 401: the token is unknown or expired, or the account lacks permission: token-expired: as the test wants it
      hint: check client_id, client_secret and scope of the Accuro connection, and ask the vendor whether the account may make this call
    [C004] cannot list the offices (Accuro at HOST): 403: the account lacks permission: not-permitted: as the test wants it
      hint: give the bridge account the permission to make this call
    [C005] cannot list the offices (Accuro at HOST): 404: not found: no-such-path: as the test wants it
      hint: check `url` and `paths` of the Accuro connection
    [C007] cannot list the offices (Accuro at HOST): 409: revision-conflict: as the test wants it
      hint: look into the Accuro bridge's log, then run the command again
    [C007] cannot list the offices (Accuro at HOST): 500: “<html><h1>Internal ESC[31m Error</h1></html>”
      hint: look into the Accuro bridge's log, then run the command again
    [C007] cannot list the offices (Accuro at HOST): 503: busy: as the test wants it
      hint: the service asks to wait 300 s; run the command again after that
    [C006] cannot list the offices (Accuro at HOST): 302: answered with a redirect, which is never followed
      hint: write the final address as `url`; a token is never sent to a second host
    [C008] cannot list the offices (Accuro at HOST): the answer is larger than 65536 bytes
      hint: check that `url` is the Accuro bridge and not a page in front of it
    [C009] cannot list the offices (Accuro at HOST): 200, but the body is not JSON: expected value at line 1 column 1: “<html><h1>Sign in</h1></html>”
      hint: check that `url` is the Accuro bridge and not a page in front of it
    [C009] cannot list the offices (Accuro at HOST): 200, but the body is not JSON: EOF while parsing an object at line 1 column 15: “[{"officeId": 1”
      hint: check that `url` is the Accuro bridge and not a page in front of it
    [C010] cannot list the offices (Accuro at HOST): 200, but the answer is not what the contract says: missing field `officeId` at line 1 column 24
      hint: check that `url` is the Accuro bridge and not a page in front of it
    "##);
}
