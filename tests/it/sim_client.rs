//! A client of the simulator that knows nothing but HTTP, and clinics to point it at.

use std::path::Path;
use std::time::Duration;

use accuroform::sim::{Credentials, Serving, Sim, World};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// The clinic of the contract's examples: Singh, Anita has row 1/1042 at revision 9.
pub(crate) const CONTRACT_WORLD: &str = include_str!("sim_contract_world.yaml");

/// The fixture of this name that both sides of the contract are tested against.
pub(crate) fn wire(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A simulator with a client that has a token.
pub(crate) struct Clinic {
    pub(crate) sim: Sim,
    pub(crate) serving: Serving,
    pub(crate) client: Client,
    token: String,
}

impl Clinic {
    pub(crate) async fn start(world: &str, store: Option<&Path>) -> Self {
        let sim = Sim::open(World::parse(world).unwrap(), store).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let serving = sim.serve(any, Credentials::new("clinic", "hunter2")).await.unwrap();
        let mut clinic = Self { sim, serving, client: client(), token: String::new() };
        let (status, body) = clinic.ask_token().await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().clone_into(&mut clinic.token);
        clinic
    }

    pub(crate) async fn ask_token(&self) -> (u16, Value) {
        let form = std::fs::read_to_string("tests/wire/token.request.form").unwrap();
        let request = self
            .client
            .post(format!("{}/oauth/token", self.serving.url()))
            .basic_auth("clinic", Some("hunter2"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        send(request).await
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{target}", self.serving.url()))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, target: &str) -> (u16, Value) {
        send(self.request(Method::GET, target)).await
    }

    pub(crate) async fn patch(&self, key: &str, body: &Value) -> (u16, Value) {
        let request = self
            .request(Method::PATCH, "/rest/v1/permissions/users/77/grid")
            .header("idempotency-key", key)
            .json(body);
        send(request).await
    }

    pub(crate) async fn sync(&self, body: &Value) -> (u16, Value) {
        send(self.request(Method::POST, "/cloud-connect/sites/4021/sync").json(body)).await
    }

    /// Waits until the site is idle.
    pub(crate) async fn idle(&self) -> Value {
        for tries in 0.. {
            assert!(tries < 500, "the sync did not end");
            let (_, site) = self.get("/cloud-connect/sites/4021").await;
            if site["state"] == "idle" {
                return site;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unreachable!()
    }

    /// The ids of those on the Patients page.
    pub(crate) async fn page(&self) -> Vec<u64> {
        let (_, list) = self.get("/cloud-connect/sites/4021/providers").await;
        list.as_array()
            .unwrap()
            .iter()
            .filter(|one| one["onPatientsPage"] == true)
            .map(|one| one["providerId"].as_u64().unwrap())
            .collect()
    }
}

pub(crate) fn client() -> Client {
    // An error means that another test was first.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap()
}

pub(crate) async fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    (status, response.json().await.unwrap())
}

pub(crate) fn key(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}
