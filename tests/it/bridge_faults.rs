//! Everything that a server, or what stands in front of it, can do wrong.

use std::net::TcpListener;
use std::time::Duration;

use accuroform::bridge::{BridgeError, Cause, Limits, Mode, RowWrite, Settings, Written};
use accuroform::model::{Cells, Columns, Level, OfficeId, ProviderId, RowKey, UserId};
use serde_json::{Value, json};

use super::bridge_token::token_fails;
use super::sim_client::{key, wire};
use super::stand_in::{
    Bridge, GET_GRID, PATCH_GRID, Reply, Script, StandIn, TOKEN_CALL, assert_no_secret, limits,
    settings, token,
};

pub(crate) const OFFICES: &str = "GET /rest/v1/offices";
pub(crate) const SITE: &str = "GET /cloud-connect/sites/4021";
pub(crate) const START: &str = "POST /cloud-connect/sites/4021/sync";

pub(crate) fn row(provider: u64) -> RowWrite {
    let key = RowKey { office: OfficeId(1), provider: ProviderId(provider) };
    let cells = Cells::new(Columns::from_fn(|_| Level::Full), None);
    RowWrite { key, expected: None, cells }
}

/// Asks for the offices, which are answered so.
pub(crate) async fn offices(
    replies: impl IntoIterator<Item = Reply>,
) -> (StandIn, Result<(), BridgeError>) {
    let server = StandIn::scripted(Script::contract().on(OFFICES, replies));
    let result = Bridge::to(&server).reader.offices().await;
    (server, result.map(drop))
}

/// The error of asking for the offices, checked for what every error must be.
pub(crate) async fn offices_fail(
    replies: impl IntoIterator<Item = Reply>,
) -> (StandIn, BridgeError) {
    let (server, result) = offices(replies).await;
    let error = result.unwrap_err();
    assert_sound(&error, &server.address.to_string());
    (server, error)
}

pub(crate) fn assert_sound(error: &BridgeError, address: &str) {
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
    assert!(error.to_string().contains("no secure connection: "), "{error}");
    assert!(error.hint().contains("a port that speaks TLS"), "{}", error.hint());
    assert!(plain.seen().is_empty());

    let tls = StandIn::secured(Script::contract());
    let error = Bridge::to(&tls).reader.offices().await.unwrap_err();
    assert_sound(&error, &tls.address.to_string());
    assert_eq!(error.code(), "C001");
    assert!(error.hint().contains("speaks the scheme written there"), "{}", error.hint());
    assert!(tls.seen().is_empty());
}

#[tokio::test]
async fn a_certificate_is_believed_when_its_authority_is_known_and_its_name_is_right() {
    let server = StandIn::secured(Script::contract());
    let secured = |host: &str, ca: Option<&[u8]>| {
        let url = format!("https://{host}:{}", server.address.port());
        let ca = ca.map(<[u8]>::to_vec);
        Bridge::with(Settings { ca, ..settings(&url) }).reader
    };
    let ours: &[u8] = include_bytes!("../tls/ca.pem");
    secured("127.0.0.1", Some(ours)).offices().await.unwrap();
    assert_eq!(server.calls(OFFICES).len(), 1);

    let other_name = secured("localhost", Some(ours)).offices().await.unwrap_err();
    let unknown = secured("127.0.0.1", None).offices().await.unwrap_err();
    for error in [other_name, unknown] {
        assert_eq!(error.code(), "C001");
        assert!(
            error.to_string().contains("no secure connection: invalid peer certificate: "),
            "{error}"
        );
        assert!(error.hint().contains("ca_file"), "{}", error.hint());
    }
    assert_eq!(server.calls(OFFICES).len(), 1);
}

/// A directory of so many offices, each with one provider.
pub(crate) fn directory(offices: u64) -> Script {
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

pub(crate) fn providers_of(office: u64) -> String {
    format!("GET /rest/v1/providers/offices/{office}")
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
    assert!(server.calls(OFFICES).len() <= 2);
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
