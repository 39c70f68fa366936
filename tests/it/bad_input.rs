//! What the program says of bad input and of bad servers: `bad_input.md` is the whole table.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it bad_input` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use accuroform::journal::Journal;
use accuroform::model::Clock;
use accuroform::state::State;
use jiff::Timestamp;
use serde_json::json;

use super::program::{Ended, Program, manifest};
use super::sim_client::wire;
use super::stand_in::{GET_GRID, PATCH_GRID, Reply, Script, StandIn, TOKEN_CALL, assert_no_secret};

const OFFICES: &str = "GET /rest/v1/offices";
const PROVIDERS: &str = "GET /rest/v1/providers/offices/1";
const USERS: &str = "GET /rest/v1/permissions/users";

/// One line of the table.
struct Case {
    input: &'static str,
    code: i32,
    /// What the message must hold.
    parts: Vec<&'static str>,
    run: Box<dyn Fn() -> (String, Ended) + Send>,
}

/// The address that stands for the server in messages, and how the program ended.
type Run = (String, Ended);

fn case(
    input: &'static str,
    code: i32,
    parts: &[&'static str],
    run: impl Fn() -> Run + Send + 'static,
) -> Case {
    Case { input, code, parts: parts.to_vec(), run: Box::new(run) }
}

/// A plan of a file as it is.
fn file(input: &'static str, name: &'static str, parts: &[&'static str]) -> Case {
    case(input, 1, parts, move || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/invalid");
        let bytes = std::fs::read(folder.join(name)).unwrap();
        (String::new(), Program::with_manifest(bytes).run(&["plan"]))
    })
}

/// A plan over a bridge that answers so.
fn bridge(input: &'static str, code: i32, parts: &[&'static str], script: Script) -> Case {
    command(input, code, parts, &["plan"], script)
}

fn command(
    input: &'static str,
    code: i32,
    parts: &[&'static str],
    arguments: &'static [&'static str],
    script: Script,
) -> Case {
    case(input, code, parts, move || {
        let server = StandIn::scripted(script.clone());
        let ended = Program::for_bridge(server.address).run(arguments);
        (server.address.to_string(), ended)
    })
}

/// A plan of another manifest over a bridge.
fn other(
    input: &'static str,
    code: i32,
    parts: &[&'static str],
    change: (&'static str, &'static str),
    script: Script,
) -> Case {
    case(input, code, parts, move || {
        let server = StandIn::scripted(script.clone());
        let text = manifest(&server.url());
        assert!(text.contains(change.0));
        let program = Program::with_manifest(text.replace(change.0, change.1));
        (server.address.to_string(), program.run(&["plan"]))
    })
}

fn contract() -> Script {
    Script::contract()
}

/// The script with one call answered otherwise.
fn but(call: &str, reply: Reply) -> Script {
    contract().on(call, [reply])
}

/// A plan whose client secret is read elsewhere.
fn secret(input: &'static str, parts: &[&'static str], from: &'static str) -> Case {
    case(input, 1, parts, move || {
        let text = manifest("http://127.0.0.1:1").replace("{env: BRIDGE_SECRET}", from);
        (String::new(), run_with_path(&Program::with_manifest(text)))
    })
}

/// Runs a plan that may start programs.
fn run_with_path(program: &Program) -> Ended {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ended::of(program.command(&["plan"]).env("PATH", path).output().unwrap())
}

/// A plan whose connection names a certificate file, which may be there.
fn with_ca(content: Option<&str>) -> Run {
    let text = manifest("https://127.0.0.1:1");
    let text = text.replace("scope: permissions", "ca_file: ca.pem");
    let program = Program::with_manifest(text);
    if let Some(content) = content {
        std::fs::write(program.folder().join("ca.pem"), content).unwrap();
    }
    (String::new(), program.run(&["plan"]))
}

fn manifest_cases() -> Vec<Case> {
    vec![
        case("missing file", 1, &["error[M001]: cannot read the manifest missing.yaml"], || {
            (String::new(), Program::with_manifest("").run(&["plan", "missing.yaml"]))
        }),
        file("empty file", "empty.yaml", &["error[M003]", "clinic.yaml"]),
        file("not UTF-8", "not_utf8.yaml", &["error[M002]", "clinic.yaml"]),
        file("tab indentation", "tab_indentation.yaml", &["error[M004]", "tab"]),
        file("repeated key", "repeated_key.yaml", &["error[M006]"]),
        file("`<<`", "merge_key.yaml", &["error[M007]", "<<"]),
        file("alias bomb", "alias_bomb.yaml", &["error[M005]"]),
        file("unknown field", "unknown_field.yaml", &["error[M009]"]),
        file("literal secret", "literal_secret.yaml", &["error[M"]),
        case("missing env variable", 1, &["error[C012]", "BRIDGE_SECRET is not set"], || {
            let program = Program::with_manifest(manifest("http://127.0.0.1:1"));
            let output = program.command(&["plan"]).env_remove("BRIDGE_SECRET").output();
            (String::new(), Ended::of(output.unwrap()))
        }),
        secret("missing secret file", &["C012", "the file secret.txt"], "{file: secret.txt}"),
        secret(
            "secret command that fails",
            &["C012", "the command false ended with"],
            "{command: [\"false\"]}",
        ),
        secret(
            "no such secret command",
            &["C012", "the command no-such-program"],
            "{command: [no-such-program, canary]}",
        ),
        secret("empty secret", &["C012", "/dev/null gives no text"], "{file: /dev/null}"),
        case("missing ca_file", 1, &["error[C013]", "cannot read ca.pem"], || with_ca(None)),
        case("ca_file without a certificate", 1, &["error[C011]", "ca_file"], || {
            with_ca(Some("not a certificate"))
        }),
        case("http to another machine", 1, &["error[M", "clinic.yaml:7"], || {
            let text = manifest("http://bridge.example.org");
            (String::new(), Program::with_manifest(text).run(&["plan"]))
        }),
    ]
}

fn name_cases() -> Vec<Case> {
    let office = ("all_offices: true", "offices: [{name: Main Stret, all_providers: true}]");
    let twins = json!([
        {"providerId": 1, "firstName": "Anita", "lastName": "Singh"},
        {"providerId": 2, "firstName": "Anita", "lastName": "Singh"},
    ]);
    let twin = (
        "all_offices: true",
        "offices: [{id: 1, providers: [{name: \"Singh, Anita\", columns: {labs: full}}]}]",
    );
    let desk = json!([{"userId": 77, "userName": "FrontDesk", "active": true}]);
    let inactive = json!([{"userId": 77, "userName": "OceanAPILAKESIDE", "active": false}]);
    let two = json!([
        {"userId": 77, "userName": "OceanAPILakeside", "active": true},
        {"userId": 78, "userName": "OceanApiLakeside", "active": true},
    ]);
    let desk_user = ("- profile: ocean", "- name: FrontDesk\n    profile: ocean");
    let users = |body| but(USERS, Reply::json(200, &body));
    vec![
        other(
            "unknown office",
            1,
            &["error[N001]", "did you mean `Main Street`?"],
            office,
            contract(),
        ),
        other(
            "ambiguous provider",
            1,
            &["error[N00", "2 providers of office `Main Street` are named", "(1)", "(2)"],
            twin,
            but(PROVIDERS, Reply::json(200, &twins)),
        ),
        other("wrong user", 5, &["error[G004]", "FrontDesk"], desk_user, users(desk)),
        bridge("unknown user", 1, &["error[N007]", "OceanAPILAKESIDE"], users(json!([]))),
        bridge("ambiguous user", 1, &["error[N008]", "OceanAPILAKESIDE"], users(two)),
        bridge("inactive user", 1, &["error[N009]", "OceanAPILAKESIDE"], users(inactive)),
    ]
}

fn server_cases() -> Vec<Case> {
    let offices = |reply| but(OFFICES, reply);
    let listing = "cannot list the offices (Accuro at HOST): ";
    let listed = |input, parts: &[&'static str], reply| {
        let parts: Vec<_> = [listing].into_iter().chain(parts.iter().copied()).collect();
        bridge(input, 1, &parts, offices(reply))
    };
    vec![
        case("server down", 1, &["error[C001]", "cannot get a token", "is running"], || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            (address.to_string(), Program::for_bridge(address).run(&["plan"]))
        }),
        case("TLS to a plain port", 1, &["error[C001]", "a port that speaks TLS"], || {
            let server = StandIn::scripted(contract());
            let text = manifest(&format!("https://{}", server.address));
            (server.address.to_string(), Program::with_manifest(text).run(&["plan"]))
        }),
        bridge(
            "401 for the token",
            1,
            &["error[C003]", "cannot get a token", "invalid_client", "client_secret"],
            but(TOKEN_CALL, Reply::json(401, &json!({"error": "invalid_client"}))),
        ),
        listed(
            "401",
            &["error[C003]", "unknown or expired, or the account lacks"],
            Reply::refusal(401, "no"),
        ),
        listed("403", &["error[C004]"], Reply::refusal(403, "no")),
        listed("404", &["error[C005]", "paths"], Reply::refusal(404, "no")),
        listed("409", &["error[C007]"], Reply::refusal(409, "no")),
        listed("422", &["error[C007]"], Reply::refusal(422, "no")),
        listed("429", &["error[C007]", "requests_per_second"], Reply::refusal(429, "busy")),
        listed(
            "429, Retry-After an hour",
            &["error[C007]", "asks to wait 3600 s"],
            Reply::refusal(429, "busy").with("retry-after", "3600"),
        ),
        listed("500", &["error[C007]", "log"], Reply::refusal(500, "broken")),
        listed("503", &["error[C007]", "busy"], Reply::refusal(503, "busy")),
        listed("302", &["error[C006]", "never followed"], Reply::text(302, "")),
        listed("HTML", &["error[C009]", "Sign in"], Reply::text(200, "<html>\n<h1>Sign in</h1>")),
        listed("truncated JSON", &["error[C009]", "EOF"], Reply::text(200, "[{\"officeId\": 1")),
        listed("endless body", &["error[C008]", "16777216 bytes"], Reply::Endless),
        bridge(
            "500 for the providers",
            8,
            &["! Not read", "cannot list the providers of office 1"],
            but(PROVIDERS, Reply::refusal(500, "broken")),
        ),
        bridge(
            "500 for the grid",
            8,
            &["! Not read", "cannot read page 1 of the grid of user 77"],
            but(GET_GRID, Reply::refusal(500, "broken")),
        ),
    ]
}

fn apply_cases() -> Vec<Case> {
    const APPLY: &[&str] = &["apply", "-auto-approve"];
    let patch = |reply| but(PATCH_GRID, reply);
    let mut moved = wire("grid.patch.conflict.json");
    let planned = json!({"rows": moved["rows"], "nextCursor": null});
    let planned = Reply::json(200, &planned);
    moved["rows"][0]["columns"]["billing"] = json!("read-only");
    let start = "POST /cloud-connect/sites/4021/sync";
    let site = "GET /cloud-connect/sites/4021";
    vec![
        command("409 for a write", 4, &["1 held"], APPLY, patch(Reply::json(409, &moved))),
        command(
            "422 for a write",
            4,
            &["refused: invalid-row", "1 failed"],
            APPLY,
            patch(Reply::refusal(422, "invalid-row")),
        ),
        command(
            "403 for a write",
            4,
            &["403: the account lacks", "1 failed"],
            APPLY,
            patch(Reply::refusal(403, "no")),
        ),
        command(
            "500 for a write",
            4,
            &["not there when last read", "1 failed"],
            APPLY,
            patch(Reply::refusal(500, "no")),
        ),
        command(
            "409, but as planned",
            0,
            &["1 already true", "Sync: run r-8 complete"],
            APPLY,
            patch(Reply::wire(409, "grid.patch.conflict.json"))
                .on(GET_GRID, [Reply::wire(200, "grid.page.last.json"), planned]),
        ),
        command(
            "403 for the sync",
            6,
            &["error[C004]", "cannot start the full sync of Ocean site 4021", "Site Admin"],
            APPLY,
            but(start, Reply::refusal(403, "no")),
        ),
        command(
            "404 for the site",
            1,
            &["error[C005]", "cannot read the state of Ocean site 4021", "ocean.site"],
            APPLY,
            but(site, Reply::refusal(404, "no")),
        ),
        command(
            "nobody approves",
            1,
            &["not approved; nothing was written"],
            &["apply"],
            contract(),
        ),
        case("locked journal", 7, &["error[J002]", "another process writes the journal"], || {
            let server = StandIn::scripted(contract());
            let program = Program::for_bridge(server.address);
            let clock = Clock(|| Timestamp::UNIX_EPOCH);
            let held =
                Journal::open(&State::folder(program.state()), "lakeside", "other", clock).unwrap();
            let ended = program.run(APPLY);
            drop(held);
            assert!(server.seen().is_empty());
            (server.address.to_string(), ended)
        }),
    ]
}

fn usage_cases() -> Vec<Case> {
    let usage = |input, parts: &[&'static str], arguments: &'static [&'static str]| {
        case(input, 1, parts, move || (String::new(), Program::with_manifest("").run(arguments)))
    };
    vec![
        usage("no command", &["Usage: accuroform"], &[]),
        usage("unknown command", &["error: ", "'paln'"], &["paln"]),
        usage("unknown flag", &["error: ", "--nope"], &["plan", "--nope"]),
        usage(
            "bad duration",
            &["error: ", "write 90s, 30m or 2h"],
            &["apply", "--sync-timeout", "1d"],
        ),
        usage(
            "no such folder",
            &["error[U004]: cannot change to nowhere"],
            &["-chdir=nowhere", "plan"],
        ),
    ]
}

/// The line that says what is wrong, and the line that says what to do.
fn lines(said: &str) -> (String, String) {
    let begins = |line: &&str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let marks = ["error", "! Not read", "lakeside/", "Usage"];
    let first = said.lines().find(|line| begins(line, &marks)).or(said.lines().next());
    let hints = ["hint: ", "help: ", "= hint: ", "  tip: ", "For more"];
    let hint = said.lines().find(|line| begins(&line.trim_start(), &hints));
    (first.unwrap_or_default().to_owned(), hint.unwrap_or_default().trim().to_owned())
}

/// The numbers that differ from system to system.
fn steady(text: &str) -> String {
    match text.split_once("(os error ") {
        None => text.to_owned(),
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}(os error N{after}")
        }
    }
}

fn judged(case: &Case) -> (String, Vec<String>) {
    let Case { input, code, parts, run } = case;
    let (address, ended) = run();
    let said = ended.everything();
    assert_no_secret(&said);
    let said = if address.is_empty() { said } else { said.replace(&address, "HOST") };
    let mut wrong = Vec::new();
    if ended.code != *code {
        wrong.push(format!("{input}: exit {} instead of {code}\n{said}", ended.code));
    }
    for part in parts.iter().filter(|part| !said.contains(**part)) {
        wrong.push(format!("{input}: `{part}` is not in\n{said}"));
    }
    if said.contains('\u{1b}') || said.contains("panicked") {
        wrong.push(format!("{input}: {said}"));
    }
    let (first, hint) = lines(&said);
    let cell = |text: &str| steady(text).replace('|', "\\|");
    (format!("| {input} | {} | {} | {} |", ended.code, cell(&first), cell(&hint)), wrong)
}

#[cfg_attr(not(unix), ignore = "secrets come from programs and devices of Unix")]
#[test]
fn bad_input_ends_with_its_code_and_words_that_help() {
    let cases: Vec<Case> =
        [manifest_cases(), name_cases(), server_cases(), apply_cases(), usage_cases()]
            .into_iter()
            .flatten()
            .collect();
    let judged: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            cases.into_iter().map(|case| scope.spawn(move || judged(&case))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let wrong: Vec<&str> = judged.iter().flat_map(|(_, wrong)| wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));

    let mut table = "| input | exit | says | and then |\n| --- | --- | --- | --- |\n".to_owned();
    for (line, _) in &judged {
        writeln!(table, "{line}").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad_input.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    // Other systems have other words for a missing file and a refused connection.
    if cfg!(target_os = "linux") {
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == table, "tests/it/bad_input.md is not what is said now:\n{table}");
    }
}
