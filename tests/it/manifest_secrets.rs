//! A secret that was written into a manifest by mistake is shown nowhere, wherever it stands.

use accuroform::manifest::{self, Loaded};
use accuroform::report;
use jiff::civil::date;

/// What is looked for in everything that can be shown.
pub(crate) const CANARY: &str = "hunter2canary";

/// How a secret can look: some mean something else in YAML.
const SHAPES: [&str; 12] = [
    "hunter2canary",
    "\"hunter2canary\"",
    "'hunter2canary'",
    "&hunter2canary",
    "*hunter2canary",
    "!hunter2canary",
    "x #hunter2canary",
    "x # hunter2canary",
    "hunter2canary: x",
    "%hunter2canary",
    "|hunter2canary",
    "fi hunter2canary\"'",
];

/// Where in an `api` connection a secret can be by mistake; `§` is the secret.
pub(crate) const IN_API: &[&str] = &[
    "client_id: §",
    "client_secret: §",
    "client_id: {env: §}",
    "client_id: {env: ID, value: §}",
    "client_secret: {§}",
    "client_secret: {file: {env: §}}",
    "client_secret: {vault: §}",
    "client_secret: {fileXhunter2canary: §}",
    "client_secret: [§]",
    "client_secret: [a, [§]]",
    "client_secret: {command: §}",
    "client_secret:\n        - §",
    "client_secret:\n        env: A\n        # §",
    "client_secret:\n        # §\n        env: A",
    "client_secret: # §\n        env: A",
    "client_secret: &a §",
    "client_secret: !secret §",
    "client_secret: |\n        hunter2canary\n        hunter2canary",
    "client_secret: >-\n        first\n\n        hunter2canary\n",
    "client_secret: \"first\n        hunter2canary\"",
    "client_secret: first\n        hunter2canary",
    "? client_secret\n      : §",
    "\"client_secret\": §",
    "client_secret §",
    "client_secret=§",
    "client_secret:§",
    "{client_secret: §",
    "client_secert: §",
    "clientSecret: §",
    "CLIENT-SECRET: §",
    "password: §",
    "passwd: §",
    "pwd: §",
    "token: §",
    "api_key: §",
    "apikey: §",
    "accessKey: §",
    "bearer: §",
    "authorization: Bearer §",
    "credentials: {user: me, pass: §}",
    "oauth: {deep: [{secret: §}]}",
    "headers: §",
    "headers: {X-Key: §}",
    "headers: {X-Key: {value: §}}",
    "headers: {X-Key §}",
    "headers: {X-Key=§}",
    "headers: [\"X-Key: hunter2canary\"]",
    "headers: {Authorization: Bearer §}",
    "headers:\n        X-Other: §",
    "headers:\n        X-Other:\n          - §",
    "header: {X-Other: §}",
    "query: §",
    "query: {uuid: §}",
    "query: {uuid: {values: §}}",
    "query: {uuid=hunter2canary: {env: A}}",
    "query: \"uuid=hunter2canary\"",
    "query: [uuid=hunter2canary]",
    "url: https://hunter2canary@bridge.example.org",
    "url: https://me:hunter2canary@bridge.example.org/x",
    "url: https://bridge.example.org?token=hunter2canary",
    "url: https://bridge.example.org/x?y#hunter2canary",
    "url: https://bridge.example.org#hunter2canary",
    "url: me:hunter2canary@bridge.example.org",
    "url: \"https://me:hunter2canary@bridge.example.org",
    "url: [https://me:hunter2canary@bridge.example.org]",
    "url https://me:hunter2canary@bridge.example.org",
    "ur: https://me:hunter2canary@bridge.example.org",
    "ca_file: https://me:hunter2canary@bridge.example.org",
    "paths: {grid: https://me:hunter2canary@bridge.example.org}",
    "token_path: https://me:hunter2canary@bridge.example.org",
    "scope: Bearer hunter2canary",
    "concurrency: client_secret=hunter2canary",
    "# client_secret: §",
    "# the old one was §",
    "concurrency: 8 # the old one was §",
];

/// Where a secret can be outside of the connection.
pub(crate) const ELSEWHERE: &[&str] = &[
    "client_secret: §",
    "password: §",
    "extra: {nested: {token: §}}",
    "extra: &anchor §\nclient_secret: *anchor",
    "extra: &anchor {a: §}\nclient_secret: *anchor",
    "client_secret: one\nclient_secret: §",
    "client_secret: §\nclient_secret: two",
    "safety: {max_revocations: 1, client_secret: §}",
    "extra: {token: &t hunter2canary}\nsafety: {max_revocations: *t}",
    "extra: {token: &t hunter2canary}\nsafety: {protected_columns: [*t]}",
    "extra: {token: &t hunter2canary}\nsafety: {own_user: *t, protected_offices: [*t, {name: *t}, {name: *t}]}",
    "extra: {token: &t hunter2canary}\nprofiles: {front: {columns: {emr: *t}, user_name: *t}}",
    "safety: client_secret=§",
    "safety: [password §]",
    "<<: {client_secret: §}",
    "--- \nclient_secret: §",
    "client_secret: § }",
    "client_secret: \"§\\q\"",
    "client_secret: §\n\tpassword: §",
    "\tclient_secret: §",
    "api: {client_secret:\nhunter2canary, x: [}",
    "client_secret:\n- hunter2canary\n- [}",
    "client_secret: |\n  a\n\n  hunter2canary\n]",
];

pub(crate) fn shapes(template: &str) -> impl Iterator<Item = String> {
    SHAPES.iter().map(move |shape| template.replace('§', shape))
}

fn with_api(settings: &str) -> String {
    format!(
        "version: 1\nclinic: {{id: lakeside}}\naccuro:\n  tenant: LAKESIDE\n  connection:\n    api:\n      \
         requests_per_second: 3\n      {settings}\nocean: {{site: \"4021\", connection: {{embedded: {{}}}}}}\n\
         users: [{{profile: ocean, all_offices: true}}]\n"
    )
}

fn with_top(settings: &str) -> String {
    format!(
        "version: 1\nclinic: {{id: lakeside}}\n{settings}\naccuro: {{tenant: LAKESIDE}}\n\
         users: [{{profile: ocaen, all_offices: true}}]\n"
    )
}

fn load(bytes: &[u8]) -> Loaded {
    manifest::load("clinic.yaml", bytes, Some(date(2026, 11, 23)))
}

/// Everything that a user, a log or a program can come to see of a manifest.
fn everything(loaded: &Loaded) -> Vec<(&'static str, String)> {
    let Loaded { source, manifest, findings } = loaded;
    let json = report::findings(&source.files(), findings);
    vec![
        ("the text", source.text().to_owned()),
        ("the report", report::render(&source.files(), findings, false)),
        ("the coloured report", report::render(&source.files(), findings, true)),
        ("the JSON", serde_json::to_string(&json).unwrap()),
        ("Debug", format!("{loaded:?}{source:#?}{manifest:#?}{findings:#?}")),
    ]
}

fn leaks(bytes: &[u8]) -> Vec<String> {
    let loaded = load(bytes);
    everything(&loaded)
        .into_iter()
        .filter(|(_, shown)| shown.to_lowercase().contains(CANARY))
        .map(|(what, shown)| {
            let line = shown.lines().find(|line| line.to_lowercase().contains(CANARY));
            let line = line.unwrap_or_default().trim();
            let written = String::from_utf8_lossy(bytes);
            let written = written.lines().find(|line| line.to_lowercase().contains(CANARY));
            format!("{what}: {line:?}, of {:?}", written.unwrap_or_default().trim())
        })
        .collect()
}

#[track_caller]
fn assert_no_leak(documents: impl IntoIterator<Item = Vec<u8>>) {
    let leaks: Vec<String> = documents.into_iter().flat_map(|bytes| leaks(&bytes)).collect();
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}

fn documents() -> impl Iterator<Item = String> {
    let api = IN_API.iter().flat_map(|template| shapes(template)).map(|text| with_api(&text));
    let top = ELSEWHERE.iter().flat_map(|template| shapes(template)).map(|text| with_top(&text));
    api.chain(top)
}

#[test]
fn a_secret_in_the_wrong_place_is_shown_nowhere() {
    assert_no_leak(documents().map(String::into_bytes));
}

#[test]
fn a_secret_in_a_file_that_is_no_yaml_is_shown_nowhere() {
    assert_no_leak(documents().map(|text| format!("{text}]\n").into_bytes()));
    assert_no_leak(documents().map(|text| format!("broken: [\n{text}").into_bytes()));
    assert_no_leak(documents().map(|text| text.replace("      ", "\t").into_bytes()));
}

#[test]
fn a_secret_before_bytes_that_are_not_utf_8_is_shown_nowhere() {
    assert_no_leak(documents().map(|text| [text.as_bytes(), b"name: \xff\n"].concat()));
    assert_no_leak(documents().map(|text| {
        let at = text.find(CANARY).unwrap() + CANARY.len();
        [&text.as_bytes()[..at], b"\xff", &text.as_bytes()[at..]].concat()
    }));
}

#[test]
fn a_secret_in_windows_line_ends_is_shown_nowhere() {
    assert_no_leak(documents().map(|text| text.replace('\n', "\r\n").into_bytes()));
    assert_no_leak(documents().map(|text| text.replace('\n', "\r").into_bytes()));
}

#[test]
fn the_debug_form_of_a_sound_manifest_shows_no_reference() {
    let text = with_api(
        "url: https://bridge.example.org\n      client_id: {env: hunter2canary}\n      \
         client_secret: {command: [echo, hunter2canary]}\n      \
         headers: {X-Key: {file: hunter2canary}}\n      query: {uuid: {value: hunter2canary}}",
    )
    .replace(
        "{embedded: {}}",
        "{api: {url: \"https://x\", client_id: {env: A}, client_secret: {env: B}}}",
    );
    let loaded = load(text.as_bytes());
    assert!(loaded.manifest.is_some(), "{:#?}", loaded.findings);
    assert_no_leak([text.into_bytes()]);
}

#[test]
fn what_is_no_secret_is_still_shown() {
    let text = with_top("safety: {max_revocations: \"many\"}");
    let loaded = load(text.as_bytes());
    let rendered = report::render(&loaded.source.files(), &loaded.findings, false);
    assert!(rendered.contains("max_revocations: \"many\""), "{rendered}");
    assert!(rendered.contains("profile: ocaen"), "{rendered}");
    assert!(!rendered.contains('•'), "{rendered}");
}
