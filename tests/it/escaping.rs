//! Foreign text never reaches a terminal raw: names, reasons, error bodies, run ids, messages and
//! paths with control, bidirectional and invisible characters, in every form of output.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use serde_json::{Value, json};

/// ESC and CSI, BEL, line breaks, tab, NEL, C1 CSI, DEL, right-to-left override, isolate, zero-width
/// space, line separator, tag.
pub(crate) const EVIL: &str =
    "\u{1b}[31m\u{7}\n\r\t\u{85}\u{9b}2J\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}\u{e0041}z";

pub(crate) fn is_raw(character: char) -> bool {
    character != '\n' && character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(character, '\u{feff}' | '\u{61c}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}

/// Runs the program and holds both streams against the rule.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("ACCUROFORM_LOG", "debug")
        .env("ID", "x")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    for stream in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(stream).unwrap();
        let raw = text.lines().find(|line| line.contains(is_raw));
        assert_eq!(raw, None, "{arguments:?}");
        // No line of ours begins with foreign text that a line break set free.
        assert!(!text.contains("\nz"), "{arguments:?}: {text}");
    }
    output
}

fn ran(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(folder, arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let story = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}\n{story}");
    text
}

/// A text as YAML and JSON both read it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = Value::from(text).to_string();
    for raw in text.chars().filter(|character| is_raw(*character) && !character.is_ascii_control())
    {
        let escape = match u32::from(raw) {
            code @ 0..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        };
        quoted = quoted.replace(raw, &escape);
    }
    quoted.replace('\u{7f}', "\\u007f")
}

fn world(faults: &str) -> String {
    let name = quoted(&format!("Main{EVIL}"));
    let person = quoted(&format!("Singh{EVIL}"));
    format!(
        "\
version: 1
tenant: LAKESIDE
offices: [{{id: 1, name: {name}}}, {{id: 2, name: Other}}]
providers:
  - {{id: 1042, first: A, last: {person}, offices: [1, 2], appointments: [{{in_days: 0, count: 1}}]}}
  - {{id: 1043, first: B, last: {person}, offices: [1], selected: false}}
users: [{{id: 77, name: OceanAPILAKESIDE, grid: [{{office: 1, provider: 1043, full: [patient, inbox], until: 2090-01-31}}]}}]
ocean: {{site: \"4021\", emr_user: OceanAPILAKESIDE, full_sync_seconds: 0.01}}
faults:
{faults}"
    )
}

/// A manifest whose own texts hold whatever a manifest may hold.
fn manifest(world: &str, ocean: &str) -> String {
    format!(
        "\
version: 1
clinic: {{id: lakeside, name: Lakeside}}
accuro: {{tenant: LAKESIDE, connection: {{embedded: {{world: {world}}}}}}}
ocean: {{site: \"4021\", connection: {ocean}}}
users: [{{profile: ocean, reason: a test, all_offices: true}}]
"
    )
}

const EMBEDDED: &str = "{embedded: {}}";

#[test]
fn names_and_messages_of_the_clinic_are_printed_escaped_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // The manifest's own path is evil, too.
    let file = format!("clinic{}.yaml", EVIL.replace('\n', ""));
    let fails = format!("- {{on: sync_start, nth: 1, sync: fail, message: {}}}\n", quoted(EVIL));
    std::fs::write(folder.join("world.yaml"), world(&fails)).unwrap();
    std::fs::write(folder.join(&file), manifest("world.yaml", EMBEDDED)).unwrap();
    let plan_file = format!("plan{}", file.replace("yaml", "json"));

    ran(folder, &["validate", &file], 0);
    let human = ran(folder, &["plan", &file, "-out", &plan_file], 0);
    assert!(human.contains(r"Main\u{1b}[31m\u{7}\u{a}"), "{human}");
    let told = ran(folder, &["plan", &file, "--json"], 0);
    assert!(told.contains(r"Main\u001b[31m\u0007\n"), "as data: {told}");
    assert!(told.contains(r"Main\\u{1b}[31m\\u{7}\\u{a}"), "as a message: {told}");
    let json = ran(folder, &["plan", &file, "--format", "json"], 0);
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["plan"]["names"]["offices"]["1"], format!("Main{EVIL}"));
    ran(folder, &["plan", &file, "--diff"], 0);
    ran(folder, &["show", &plan_file], 0);
    ran(folder, &["show", "--diff", &plan_file], 0);
    let imported = ran(folder, &["import", &file], 0);
    assert!(imported.contains(r"# Singh\u{1b}[31m\u{7}\u{a}"), "{imported}");
    ran(folder, &["import", &file, "-out", "imported.yaml"], 0);
    let written = std::fs::read_to_string(folder.join("imported.yaml")).unwrap();
    assert!(!written.contains(is_raw), "a name stays in its comment: {written}");
    ran(folder, &["plan", "imported.yaml", "--detailed-exitcode"], 0);
    let schema = ran(folder, &["schema", "--live", &file], 0);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let names = &schema["$defs"]["Office"]["properties"]["name"]["enum"];
    assert_eq!(names[0], format!("Main{EVIL}"));
    assert_eq!(ran(folder, &["show", "--json", &plan_file], 0), json);
    let saved = std::fs::read_to_string(folder.join(&plan_file)).unwrap();
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(saved, document, "the printed and the saved plan are the same");

    ran(folder, &["verify", &file], 6);
    ran(folder, &["verify", "--json", &file], 6);
    for format in ["human", "json", "markdown"] {
        ran(folder, &["drift", "--format", format, &file], 0);
    }
    for format in ["human", "html"] {
        ran(folder, &["review", "--format", format, &file], 0);
    }
    // What was printed is a plan, too: it may have been redirected into a file.
    std::fs::write(folder.join("printed.json"), &json).unwrap();
    ran(folder, &["apply", "printed.json"], 6);
    // The world's fault meets the first sync of each process.
    ran(folder, &["apply", &file, "-auto-approve", "--json"], 6);
    ran(folder, &["sync", &file], 6);
    ran(folder, &["verify", &file], 6);
}

#[test]
fn a_plan_that_was_changed_by_hand_is_refused_in_either_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("world.yaml"), world("  []\n")).unwrap();
    std::fs::write(folder.join("clinic.yaml"), manifest("world.yaml", EMBEDDED)).unwrap();
    let json = ran(folder, &["plan", "--format", "json"], 0);
    for (at, changed) in [
        json.replacen("\"full\"", "\"read-only\"", 1),
        json.replacen("\\u009b", "\\u009B", 1),
        json.replacen("{\"", "{ \"", 1),
    ]
    .into_iter()
    .enumerate()
    {
        assert_ne!(changed, json, "change {at}");
        std::fs::write(folder.join("plan.json"), changed).unwrap();
        ran(folder, &["apply", "plan.json"], 5);
    }
}

#[test]
fn errors_and_usage_are_printed_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, fault) in [
        ("one", format!("- {{on: offices, status: 500, text: {}}}\n", quoted(EVIL))),
        ("two", format!("- {{on: grid_read, status: 400, text: {}}}\n", quoted(EVIL))),
        ("three", format!("- {{on: grid_write, status: 500, text: {}}}\n", quoted(EVIL))),
        ("four", format!("- {{on: site_providers, status: 403, text: {}}}\n", quoted(EVIL))),
    ] {
        let (world_file, file) = (format!("{name}.world.yaml"), format!("{name}.yaml"));
        std::fs::write(folder.join(&world_file), world(&fault)).unwrap();
        std::fs::write(folder.join(&file), manifest(&world_file, EMBEDDED)).unwrap();
        for arguments in [
            &["plan", &file][..],
            &["plan", "--json", &file],
            &["apply", "-auto-approve", &file],
            &["apply", "-auto-approve", "--json", &file],
            &["verify", "--json", &file],
            &["import", &file],
            &["schema", "--live", &file],
            &["diagnose", &file],
            &["diagnose", "--json", &file],
            &["watch", "--until", "error", "--for", "50ms", &file],
        ] {
            run(folder, arguments);
        }
    }
    // Whatever the loader says of a manifest that holds them.
    for (at, line) in [
        format!("clinic: {{id: lakeside, name: {}}}", quoted(EVIL)),
        format!("clinic: {{id: {}, name: x}}", quoted(EVIL)),
        format!("{}: 1", quoted(EVIL)),
        format!("clinic: {{id: lakeside}} # {}", EVIL.replace('\n', "")),
        format!("users: [{{profile: {}, reason: {}}}]", quoted(EVIL), quoted(EVIL)),
        "users: [{name: \"a\u{202e}b\u{200b}\", profile: ocean, all_offices: true}]".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("bad{at}.yaml");
        std::fs::write(folder.join(&file), format!("version: 1\n{line}\n")).unwrap();
        ran(folder, &["validate", &file], 3);
        let json = ran(folder, &["validate", "--json", &file], 3);
        serde_json::from_str::<Value>(&json).unwrap();
    }
    let evil = EVIL.replace('\n', "");
    for arguments in [
        &[evil.as_str()][..],
        &["plan", "--no-such", &evil],
        &["plan", &evil],
        &["show", &evil],
        &["apply", &evil, "-auto-approve"],
        &["plan", "three.yaml", "-target", &format!("office:{evil}")],
        &["apply", "three.yaml", "--allow-mass-change", &evil, "-auto-approve"],
        &["--chdir", &evil, "plan"],
        &["sim", "--generate", &evil],
        &["sim", "--world", &evil],
        &["diagnose", "three.yaml", "--provider", &evil],
        &["explain", &format!("A{evil}")],
        &["explain", "held", &evil],
        &["explain", "column", &evil],
    ] {
        let code = run(folder, arguments).status.code();
        assert_ne!(code, Some(101), "{arguments:?}");
        assert_ne!(code, Some(0), "{arguments:?}");
    }
    assert_eq!(run(folder, &["init", &evil]).status.code(), Some(0));
}

/// An Ocean whose run ids, messages and names are evil.
async fn ocean(request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let answer = match path.as_str() {
        "/oauth/token" => json!({"access_token": "t", "token_type": "Bearer"}),
        "/cloud-connect/sites/4021" => json!({"state": "idle", "runId": null}),
        "/cloud-connect/sites/4021/sync" => json!({"runId": EVIL}),
        "/cloud-connect/sites/4021/providers" => json!([
            {"providerId": 1042, "name": EVIL, "selected": true, "onPatientsPage": false,
             "appointments": 3},
            {"providerId": 7, "name": EVIL, "selected": true, "onPatientsPage": true,
             "appointments": 3},
        ]),
        _ => json!({"runId": EVIL, "mode": "full", "state": "failed", "message": EVIL}),
    };
    Response::builder().body(Body::from(answer.to_string())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_ids_and_messages_of_ocean_are_printed_escaped() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(ocean);
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let api = format!(
            "{{api: {{url: \"{url}\", client_id: {{env: ID}}, client_secret: {{env: ID}}}}}}"
        );
        std::fs::write(folder.join("world.yaml"), world("  []\n")).unwrap();
        std::fs::write(folder.join("clinic.yaml"), manifest("world.yaml", &api)).unwrap();
        let text = ran(folder, &["sync"], 6);
        assert!(text.contains("Sync: not complete."), "{text}");
        ran(folder, &["sync", "--json"], 6);
        ran(folder, &["apply", "-auto-approve"], 6);
        ran(folder, &["apply", "-auto-approve", "--json"], 6);
        ran(folder, &["verify"], 6);
        ran(folder, &["verify", "--json"], 6);
        ran(folder, &["diagnose"], 3);
        ran(folder, &["diagnose", "--json"], 3);
    })
    .await
    .unwrap();
}
