//! What the program does with the world around it: readers, proxies, logs.

use serde_json::json;

use super::program::{Ended, Program};
use super::stand_in::{
    GET_GRID, Reply, Script, Seen, StandIn, TOKEN, TOKEN_CALL, assert_no_secret, token,
};

const OFFICES: &str = "GET /rest/v1/offices";
const PROVIDERS: &str = "GET /rest/v1/providers/offices/1";
const USERS: &str = "GET /rest/v1/permissions/users";

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let server = StandIn::scripted(Script::contract());
    let program = Program::for_bridge(server.address);
    for arguments in [&["plan"][..], &["plan", "-json"], &["schema"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program.command(arguments).stdout(writer).output().unwrap();
        let ended = Ended::of(output);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("error"), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_proxy_of_the_environment_never_hears_of_calls_to_this_machine() {
    let server = StandIn::scripted(Script::contract());
    let proxy = StandIn::start(|_| Reply::refusal(502, "proxied"));
    let program = Program::for_bridge(server.address);
    let mut command = program.command(&["plan"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    {
        command.env(name, proxy.url());
    }
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(proxy.seen().is_empty());
    assert_eq!(server.calls(OFFICES).len(), 1);
}

#[test]
fn the_fullest_log_shows_no_secret() {
    let hostile = |seen: &Seen| {
        let all = format!("{:?} {} {}", seen.headers, seen.path, seen.raw_query);
        match seen.call().as_str() {
            TOKEN_CALL => token(&format!("{}{}", TOKEN, seen.nth)),
            OFFICES if seen.nth == 0 => Reply::json(503, &json!({"error": all, "message": all})),
            OFFICES => Reply::wire(200, "offices.json"),
            PROVIDERS => Reply::wire(200, "providers.json"),
            USERS => Reply::wire(200, "users.json"),
            GET_GRID => Reply::wire(200, "grid.page.last.json"),
            _ => Reply::text(500, &all),
        }
    };
    let server = StandIn::start(hostile);
    let program = Program::for_bridge(server.address);
    for arguments in [&["plan"][..], &["apply", "-auto-approve"], &["sync"], &["verify"]] {
        let output = program.command(arguments).env("ACCUROFORM_LOG", "trace").output().unwrap();
        let ended = Ended::of(output);
        assert!(ended.stderr.contains("DEBUG"), "{arguments:?}: {}", ended.stderr);
        assert_no_secret(&ended.everything());
        assert!(!ended.everything().contains("canary"), "{}", ended.everything());
    }
    // Nor does the journal.
    for entry in std::fs::read_dir(program.state()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn the_log_escapes_what_a_server_says() {
    let evil = Reply::text(503, "evil \u{1b}[31m \u{202e} \u{9b}");
    let script = Script::contract().on(OFFICES, [evil.with("retry-after", "0")]);
    let server = StandIn::scripted(script);
    let program = Program::for_bridge(server.address);
    let output = program.command(&["plan"]).env("ACCUROFORM_LOG", "trace").output().unwrap();
    let ended = Ended::of(output);
    assert!(ended.stderr.contains("trying again"), "{}", ended.stderr);
    assert!(ended.stderr.contains("evil"), "{}", ended.stderr);
    let raw = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!ended.everything().contains(raw), "{:?}", ended.stderr);
}
