//! What the pipelines of `examples/ci` run in: a copy of the example, a bridge with an account that reads and
//! one that writes, and what GitHub and GitLab put around a step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use accuroform::sim::{Credentials, Serving, Sim, World};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::program::Ended;

/// The two accounts of the bridge: client id and secret.
pub(crate) const READER: [&str; 2] = ["read-only-account", "secret-of-the-reader"];
pub(crate) const WRITER: [&str; 2] = ["writing-account", "secret-of-the-writer"];

/// A folder with the example, a clinic behind a bridge, and the programs of a runner.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    bridge: Arc<Bridge>,
    _serving: Serving,
}

struct Bridge {
    clinic: String,
    http: reqwest::Client,
    /// Who wrote, by method and path.
    writes: Mutex<Vec<String>>,
}

impl Bridge {
    /// Passes a request on to the clinic; who may only read has no other method.
    async fn answer(&self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let account = parts.headers["authorization"].to_str().unwrap().to_owned();
        let basic = |[id, secret]: [&str; 2]| {
            format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
        };
        let is_token = parts.uri.path() == "/oauth/token";
        let writer = account == basic(WRITER) || account == "Bearer w";
        if !writer && account != basic(READER) && account != "Bearer r" {
            return say(401, "{}".to_owned());
        }
        if is_token {
            let token = if writer { "w" } else { "r" };
            return say(
                200,
                format!(
                    "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":600}}"
                ),
            );
        }
        if parts.method != axum::http::Method::GET {
            if !writer {
                return say(403, "{\"error\":\"read-only account\"}".to_owned());
            }
            self.writes.lock().unwrap().push(format!("{} {}", parts.method, parts.uri.path()));
        }
        let token = self.http.post(format!("{}/oauth/token", self.clinic));
        let form = [("grant_type", "client_credentials")];
        let token = token.basic_auth("clinic", Some("secret")).form(&form);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        let mut call =
            self.http.request(parts.method, format!("{}{}", self.clinic, parts.uri)).body(body);
        for name in ["content-type", "idempotency-key", "accept"] {
            if let Some(value) = parts.headers.get(name) {
                call = call.header(name, value);
            }
        }
        let answer =
            call.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
        let status = answer.status().as_u16();
        say(status, answer.text().await.unwrap())
    }
}

fn say(status: u16, body: String) -> Response<Body> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    answer.body(Body::from(body)).unwrap()
}

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name)
}

/// Serves `answer` at an address of its own.
pub(crate) async fn serve<F>(
    answer: impl Fn(Request) -> F + Clone + Send + Sync + 'static,
) -> String
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

impl Scene {
    pub(crate) async fn new() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let world = include_str!("../../examples/quickstart/world.yaml");
        let mut world: World = World::parse(world).unwrap();
        if let Some(ocean) = &mut world.ocean {
            ocean.full_sync_seconds = 0.01;
        }
        let sim = Sim::open(world, None).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let serving = sim.serve(any, Credentials::new("clinic", "secret")).await.unwrap();
        let bridge = Arc::new(Bridge {
            clinic: serving.url(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            writes: Mutex::default(),
        });
        let answers = Arc::clone(&bridge);
        let url = serve(move |request: Request| {
            let bridge = Arc::clone(&answers);
            async move { bridge.answer(request).await }
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let manifest = fs::read_to_string(example("clinic.yaml")).unwrap();
        assert!(manifest.contains("https://bridge.example.org"));
        let manifest = manifest.replace("https://bridge.example.org", &url);
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::write(folder.path().join("work/clinic.yaml"), manifest).unwrap();
        let program = folder.path().join("bin/accuroform");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_accuroform"), program).unwrap();
        Self { folder, bridge, _serving: serving }
    }

    /// A file of the working copy.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// The writes that came, since the last look.
    pub(crate) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.bridge.writes.lock().unwrap())
    }

    /// Runs a script as the CI systems do: the first command that fails ends it.
    pub(crate) fn run(
        &self,
        options: &str,
        script: &str,
        variables: &BTreeMap<String, String>,
    ) -> Ended {
        let path = format!("{}/bin:/usr/bin:/bin", self.folder.path().display());
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", options, "-c", script])
            .current_dir(self.path(""))
            .env_clear()
            .envs(variables)
            .env("PATH", path)
            .env("USER", "ci")
            .stdin(Stdio::null());
        tokio::task::block_in_place(|| Ended::of(command.output().unwrap()))
    }
}

/// A file of the example as data.
pub(crate) fn yaml(name: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(example(name)).unwrap()).unwrap()
}
