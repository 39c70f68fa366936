//! The token: renewed once, and in nobody's sight; nor is any other secret.

use accuroform::bridge::{BridgeError, Mode};
use accuroform::live::fetch;
use accuroform::model::UserId;
use serde_json::json;

use super::bridge_faults::{
    OFFICES, START, assert_sound, directory, offices, offices_fail, providers_of, row,
};
use super::sim_client::key;
use super::stand_in::{
    Bridge, Reply, SECRET, Script, Seen, StandIn, TOKEN, TOKEN_CALL, assert_no_secret, settings,
    token,
};

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
pub(crate) async fn token_fails(reply: Reply) -> (StandIn, BridgeError) {
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
