//! Secrets are shown nowhere: the program runs through everything it can do and everything that can
//! go wrong, and then every byte that it printed or kept is searched.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use accuroform::bridge::{Client, Limits, Reader, Service, Settings};
use accuroform::connection::Surroundings;
use accuroform::sim::{Credentials, Serving, Sim, World};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

const ID: &str = "canary-id+zq1x/x y";
const SECRET: &str = "canary&secret<zq2x>";
const TOKEN: &str = "canary.token.zq3x~x";
const QUERY: &str = "canary query/zq4x";
const HEADER: &str = "canary-header \"zq5x\"";
/// A part of each that no escaping changes.
const CANARIES: [&str; 6] = ["zq1x", "zq2x", "zq3x", "zq4x", "zq5x", "Y2FuYXJ5"];

/// What the stand-in does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Passes it on to a simulated clinic.
    Good,
    /// Answers this status and repeats the request in plain text.
    Echo(u16),
    /// The same, with JSON.
    EchoJson(u16),
    /// The same, but for writes alone.
    EchoWrites(u16),
    /// Repeats the request on an HTML page with 200.
    Page,
    /// Answers the token call with this status and the token.
    TokenIn(u16),
    /// A token that no header can carry.
    BrokenToken,
}

/// A bridge between the program and a simulated clinic, with credentials that we know.
struct StandIn {
    mood: Mutex<Mood>,
    clinic: String,
    http: reqwest::Client,
    /// Which secrets arrived: without that, nothing is proven.
    arrived: Mutex<BTreeMap<&'static str, usize>>,
}

impl StandIn {
    fn note(&self, headers: &HeaderMap, query: &str) {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let basic = format!("Basic {}", STANDARD.encode(format!("{ID}:{SECRET}")));
        let seen = [
            ("client", header("authorization") == Some(&basic)),
            ("token", header("authorization") == Some(&format!("Bearer {TOKEN}"))),
            ("header", header("x-subscription-key") == Some(HEADER)),
            ("query", query.contains("uuid=canary+query%2Fzq4x")),
        ];
        let mut arrived = self.arrived.lock().unwrap();
        for (what, _) in seen.iter().filter(|(_, seen)| *seen) {
            *arrived.entry(what).or_default() += 1;
        }
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let query = parts.uri.query().unwrap_or_default();
        self.note(&parts.headers, query);
        let is_token = parts.uri.path() == "/oauth/token";
        let mood = *self.mood.lock().unwrap();
        // As a careless server would: the request as it came, and the values in it decoded.
        let echo = format!(
            "{} {} {:?} values {ID} {SECRET} {TOKEN} {QUERY} {HEADER} {}",
            parts.method,
            parts.uri,
            parts.headers,
            "padding ".repeat(8)
        );
        let json = serde_json::json!({"error": echo, "message": echo, "rows": [], "runId": "r-9"});
        let writes = parts.method != axum::http::Method::GET && !is_token;
        let say = |status: u16, kind: &str, text: String| {
            let answer = Response::builder().status(status).header("content-type", kind);
            answer.body(Body::from(text)).unwrap()
        };
        match mood {
            Mood::Echo(status) => return say(status, "text/plain", echo),
            Mood::EchoJson(status) if !is_token => {
                return say(status, "application/json", json.to_string());
            }
            Mood::EchoWrites(status) if writes => {
                return say(status, "application/json", json.to_string());
            }
            Mood::Page => return say(200, "text/html", format!("<html>{echo}</html>")),
            Mood::TokenIn(status) if is_token => {
                return say(status, "application/json", format!("{{\"access\": \"{TOKEN}\"}}"));
            }
            Mood::BrokenToken if is_token => {
                let text =
                    format!("{{\"access_token\": \"{TOKEN}\\n\", \"token_type\": \"bearer\"}}");
                return say(200, "application/json", text);
            }
            _ => {}
        }
        if is_token {
            let text = format!(
                "{{\"access_token\": \"{TOKEN}\", \"token_type\": \"Bearer\", \"expires_in\": 60}}"
            );
            return say(200, "application/json", text);
        }
        self.pass_on(&parts, body.to_vec()).await
    }

    async fn pass_on(&self, parts: &axum::http::request::Parts, body: Vec<u8>) -> Response<Body> {
        let token = self.http.post(format!("{}/oauth/token", self.clinic));
        let token = token.basic_auth("clinic", Some("secret"));
        let form = [("grant_type", "client_credentials")];
        let token: serde_json::Value =
            token.form(&form).send().await.unwrap().json().await.unwrap();
        let query: Vec<&str> = parts.uri.query().unwrap_or_default().split('&').collect();
        let query: Vec<&str> = query.into_iter().filter(|one| !one.starts_with("uuid")).collect();
        let url = format!("{}{}?{}", self.clinic, parts.uri.path(), query.join("&"));
        let mut call =
            self.http.request(parts.method.clone(), url.trim_end_matches('?')).body(body);
        for name in ["content-type", "idempotency-key", "accept"] {
            if let Some(value) = parts.headers.get(name) {
                call = call.header(name, value);
            }
        }
        let token = token["access_token"].as_str().unwrap();
        let answer = call.bearer_auth(token).send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        let answer = Response::builder().status(status).header("content-type", "application/json");
        answer.body(Body::from(body)).unwrap()
    }
}

/// The stand-in behind a socket.
async fn stand_in() -> (Arc<StandIn>, String, Serving) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut world: World =
        World::parse(include_str!("../../examples/quickstart/world.yaml")).unwrap();
    if let Some(ocean) = &mut world.ocean {
        ocean.full_sync_seconds = 0.01;
    }
    let sim = Sim::open(world, None).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let serving = sim.serve(any, Credentials::new("clinic", "secret")).await.unwrap();
    let stand_in = Arc::new(StandIn {
        mood: Mutex::new(Mood::Good),
        clinic: serving.url(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        arrived: Mutex::default(),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Arc::clone(&stand_in);
    let router = axum::Router::new().fallback(move |request: Request| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (stand_in, url, serving)
}

/// Everything that the program said.
#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    codes: BTreeMap<i32, usize>,
}

impl Said {
    /// Runs the program in `folder`, with the most talkative settings.
    async fn run(&mut self, folder: &Path, arguments: &[&str], missing: bool) -> i32 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(folder).stdin(Stdio::null()).env_clear();
        command.env("ACCUROFORM_LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        // What CI systems are told is kept beside the rest.
        command.env("GITHUB_OUTPUT", "github-output").env("GITHUB_STEP_SUMMARY", "github-summary");
        if !missing {
            command.env("CANARY_ID", ID).env("CANARY_HEADER", HEADER);
        }
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        self.hear(&[output.stdout, output.stderr].concat(), arguments);
        let code = output.status.code().unwrap();
        assert_ne!(code, 101, "{arguments:?} panicked");
        *self.codes.entry(code).or_default() += 1;
        code
    }

    /// Searches what was said, and keeps it.
    fn hear(&mut self, bytes: &[u8], what: impl std::fmt::Debug) {
        let text = String::from_utf8_lossy(bytes);
        for canary in CANARIES {
            let found = text.lines().find(|line| line.contains(canary));
            assert_eq!(found, None, "a canary sang: {what:?}");
        }
        self.bytes.extend(bytes);
    }

    /// Adds every file below `folder` but the secret itself.
    fn keep(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.keep(&path);
            } else if !path.ends_with("secret.txt") && !path.ends_with("say.sh") {
                self.hear(&std::fs::read(&path).unwrap(), &path);
            }
        }
    }
}

fn write_manifest(folder: &Path, file: &str, url: &str, more: &str) {
    let text = format!(
        "\
version: 1
clinic: {{id: lakeside, name: Lakeside Family Health}}
accuro:
  tenant: LAKESIDE
  connection: &bridge
    api:
      url: {url}
      client_id: {{env: CANARY_ID}}
      client_secret: {{file: secret.txt}}
      query: {{uuid: {{command: [sh, say.sh]}}}}
      headers: {{X-Subscription-Key: {{env: CANARY_HEADER}}}}
{more}ocean: {{site: \"4021\", connection: *bridge}}
users: [{{profile: ocean, all_offices: true}}]
"
    );
    std::fs::write(folder.join(file), text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_is_printed_or_kept_whatever_the_program_does() {
    let (bridge, url, _serving) = stand_in().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("secret.txt"), format!("{SECRET}\n")).unwrap();
    std::fs::write(folder.join("say.sh"), format!("echo '{QUERY}'\n")).unwrap();
    std::fs::write(folder.join("bad.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
    write_manifest(folder, "clinic.yaml", &url, "");
    write_manifest(folder, "refused.yaml", "http://127.0.0.1:9", "");
    write_manifest(folder, "ca.yaml", &url, "      ca_file: bad.pem\n");
    let mut said = Said::default();

    let mood = |mood| *bridge.mood.lock().unwrap() = mood;
    for status in [400, 401, 403, 404, 409, 422, 500] {
        for echo in [Mood::Echo(status), Mood::EchoJson(status), Mood::EchoWrites(status)] {
            mood(echo);
            let apply = ["apply", "-auto-approve", "--github"];
            for form in [&apply[..], &["apply", "-auto-approve", "--json"]] {
                assert_ne!(said.run(folder, form, false).await, 0, "{echo:?}");
            }
        }
    }
    for bad in [Mood::Page, Mood::TokenIn(200), Mood::TokenIn(400), Mood::BrokenToken] {
        mood(bad);
        let watch = &["watch", "--for", "50ms", "--until", "no-changes"][..];
        for arguments in [
            &["plan", "--github"][..],
            &["plan", "--gitlab"],
            &["verify", "--json"],
            &["sync", "--json"],
            &["import"],
            &["schema", "--live", "clinic.yaml"],
            &["diagnose"],
            watch,
        ] {
            assert_ne!(said.run(folder, arguments, false).await, 0, "{bad:?}");
        }
    }
    mood(Mood::Good);
    assert_eq!(said.run(folder, &["plan", "refused.yaml"], false).await, 1);
    assert_eq!(said.run(folder, &["plan", "ca.yaml"], false).await, 1);
    assert_eq!(said.run(folder, &["plan"], true).await, 1);

    for (arguments, code) in [
        (&["validate", "--json"][..], 0),
        (&["plan", "-out", "plan.json", "--detailed-exitcode", "--github"], 2),
        (&["show", "plan.json", "--gitlab"], 0),
        (&["plan", "--json"], 0),
        (&["plan", "--format", "json"], 0),
        (&["plan", "--diff"], 0),
        (&["show", "plan.json"], 0),
        (&["show", "--json", "plan.json"], 0),
        (&["drift"], 0),
        (&["review", "--format", "html"], 0),
        (&["verify"], 6),
        (&["diagnose"], 3),
        (&["diagnose", "--json"], 3),
        (&["watch", "--until", "changes"], 0),
        (&["apply", "plan.json", "--json"], 0),
        (&["apply", "-auto-approve"], 0),
        (&["apply", "plan.json"], 0),
        (&["sync"], 0),
        (&["drift", "--json"], 0),
        (&["review", "--format", "csv"], 0),
        (&["verify", "--json"], 0),
        (&["import", "-out", "imported.yaml"], 0),
        (&["import"], 0),
        (&["schema", "--live", "clinic.yaml"], 0),
    ] {
        assert_eq!(said.run(folder, arguments, false).await, code, "{arguments:?}");
    }
    said.keep(folder);
    for file in ["github-output", "github-summary", "accuroform.env", "accuroform-junit.xml"] {
        assert!(std::fs::metadata(folder.join(file)).unwrap().len() > 0, "{file}");
    }
    let arrived = bridge.arrived.lock().unwrap();
    assert_eq!(arrived.keys().copied().collect::<Vec<_>>(), ["client", "header", "query", "token"]);
    let log = String::from_utf8_lossy(&said.bytes);
    assert!(
        log.contains("answered") && log.contains("[hidden]"),
        "the log and the echoes were there"
    );
}

#[test]
fn a_comment_beside_what_diagnose_mends_is_not_shown_whatever_ends_the_lines_before() {
    let manifest = "\
# a\r# b\r# c
users:
  - profile: ocean
    all_offices: true
    offices:
      - id: 1
        providers:
          - id: 1201
            # token zq1x-secret
            columns:
              labs: none
version: 1
clinic: {id: lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";
    let world = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: Main Street}]
providers: [{id: 1201, first: Anita, last: Singh, offices: [1]}]
users: [{id: 77, name: OceanAPILAKESIDE}]
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";
    let program = crate::program::Program::with_manifest(manifest);
    std::fs::write(program.folder().join("world.yaml"), world).unwrap();
    for arguments in [&["diagnose", "--provider", "1201"][..], &["diagnose", "--json"]] {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 3, "{}", ended.everything());
        assert!(!ended.everything().contains("zq1x"), "{}", ended.everything());
    }
}

#[test]
fn no_debug_form_shows_a_canary() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let settings = || Settings {
        service: Service::Accuro,
        url: "http://127.0.0.1:9".parse().unwrap(),
        client_id: SecretString::from(ID),
        client_secret: SecretString::from(SECRET),
        query: vec![("uuid".to_owned(), SecretString::from(QUERY))],
        headers: vec![("X-Key".to_owned(), SecretString::from(HEADER))],
        scope: None,
        paths: BTreeMap::new(),
        identity: None,
        ca: None,
        concurrency: 1,
        requests_per_second: None,
        limits: Limits::default(),
    };
    let variables = BTreeMap::from([("A".to_owned(), SECRET.to_owned())]);
    let surroundings =
        Surroundings { variables: variables.into(), folder: std::path::PathBuf::new() };
    let client = Arc::new(Client::new(settings()).unwrap());
    let credentials = Credentials::new("canary-id-zq1x", SECRET);
    let shown = format!(
        "{:#?} {client:#?} {:#?} {surroundings:#?} {credentials:#?}",
        settings(),
        Reader::new(Arc::clone(&client))
    );
    // A simulator's client id is printed when it starts and is no secret.
    let shown = shown.replace("canary-id-zq1x", "");
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}
