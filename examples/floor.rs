//! The bare loop that `accuroform plan` of a fleet is measured against: it fetches and parses the
//! same pages, with nothing of this project's in between, and does nothing with them.
//!
//! ```console
//! accuroform sim --generate clinics=1000,offices=4,providers=25,seed=1 --fleet fleet
//! cargo run --release --example floor -- fleet --concurrency 16
//! ```
//!
//! It prints one line of JSON.
#![expect(clippy::disallowed_methods, reason = "a stopwatch around plain reads")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

/// How many offices of a clinic are asked side by side.
const OFFICES_AT_ONCE: usize = 8;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
struct Manifest {
    accuro: Accuro,
}

#[derive(Deserialize)]
struct Accuro {
    tenant: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Office {
    office_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what a plan needs is parsed, not used")]
struct Provider {
    #[serde(rename = "providerId")]
    id: u64,
    title: Option<String>,
    first_name: String,
    middle_name: Option<String>,
    last_name: String,
    suffix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    rows: Vec<Row>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what a plan needs is parsed, not used")]
struct Row {
    office_id: u64,
    provider_id: u64,
    revision: u64,
    access_until: Option<String>,
    columns: BTreeMap<String, String>,
}

/// Where everything is and what opens it.
struct Bridge {
    client: Client,
    url: String,
    id: String,
    secret: String,
}

#[derive(Default, Serialize)]
struct Sum {
    clinics: u64,
    requests: u64,
    providers: u64,
    rows: u64,
    seconds: f64,
    peak_rss_kib: u64,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.clinics += other.clinics;
        self.requests += other.requests;
        self.providers += other.providers;
        self.rows += other.rows;
    }
}

impl Bridge {
    async fn clinic(&self, tenant: &str) -> Result<Sum, Failure> {
        let token = self
            .client
            .post(format!("{}/oauth/token", self.url))
            .query(&[("tenant", tenant)])
            .basic_auth(&self.id, Some(&self.secret))
            .form(&[("grant_type", "client_credentials")]);
        let Token { access_token } = fetch(token).await?;
        let get = |path: &str| {
            self.client
                .get(format!("{}{path}", self.url))
                .query(&[("tenant", tenant)])
                .bearer_auth(&access_token)
        };
        let mut sum = Sum { clinics: 1, requests: 1, ..Sum::default() };
        let (directory, grid) = tokio::try_join!(directory(&get), grid(&get, tenant))?;
        sum.add(&directory);
        sum.add(&grid);
        Ok(sum)
    }
}

async fn directory(get: &impl Fn(&str) -> RequestBuilder) -> Result<Sum, Failure> {
    let offices: Vec<Office> = fetch(get("/rest/v1/offices")).await?;
    let asked = offices.into_iter().map(|office| {
        fetch::<Vec<Provider>>(get(&format!("/rest/v1/providers/offices/{}", office.office_id)))
    });
    let lists: Vec<Vec<Provider>> =
        stream::iter(asked).buffer_unordered(OFFICES_AT_ONCE).try_collect().await?;
    let providers = lists.iter().map(Vec::len).sum::<usize>();
    Ok(Sum {
        requests: 1 + u64::try_from(lists.len())?,
        providers: u64::try_from(providers)?,
        ..Sum::default()
    })
}

async fn grid(get: &impl Fn(&str) -> RequestBuilder, tenant: &str) -> Result<Sum, Failure> {
    let name = format!("OceanAPI{tenant}");
    let request = get("/rest/v1/permissions/users").query(&[("userName", &name)]);
    let users: Vec<User> = fetch(request).await?;
    let [User { user_id }] = users.as_slice() else {
        return Err(format!("{} users are called {name}", users.len()).into());
    };
    let path = format!("/rest/v1/permissions/users/{user_id}/grid");
    let mut sum = Sum { requests: 1, ..Sum::default() };
    let mut cursor = None;
    loop {
        let mut request = get(&path).query(&[("pageSize", "500")]);
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let Page { rows, next_cursor } = fetch(request).await?;
        sum.requests += 1;
        sum.rows += u64::try_from(rows.len())?;
        if next_cursor.is_none() {
            return Ok(sum);
        }
        cursor = next_cursor;
    }
}

async fn fetch<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Failure> {
    let body = request.send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&body)?)
}

/// The tenants of a fleet, in the order of its clinics.
fn tenants(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder.join("clinics"))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Failure>>()?;
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let Manifest { accuro } = serde_yaml::from_str(&fs::read_to_string(path)?)?;
            Ok(accuro.tenant)
        })
        .collect()
}

fn bridge(folder: &Path) -> Result<Bridge, Failure> {
    let fleet = fs::read_to_string(folder.join("fleet.yaml"))?;
    let url = fleet.lines().find_map(|line| line.trim().strip_prefix("url: "));
    let secret = |name| fs::read_to_string(folder.join(".accuroform/sim").join(name));
    Ok(Bridge {
        client: Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?,
        url: url.ok_or("fleet.yaml names no url")?.to_owned(),
        id: secret("client_id")?,
        secret: secret("client_secret")?,
    })
}

/// Every clinic, `concurrency` of them side by side.
async fn all(bridge: Bridge, tenants: Vec<String>, concurrency: usize) -> Result<Sum, Failure> {
    let bridge = Arc::new(bridge);
    let mut sum = Sum::default();
    let mut running = JoinSet::new();
    for tenant in tenants {
        if running.len() >= concurrency
            && let Some(done) = running.join_next().await
        {
            sum.add(&done??);
        }
        let bridge = Arc::clone(&bridge);
        running.spawn(async move { bridge.clinic(&tenant).await });
    }
    while let Some(done) = running.join_next().await {
        sum.add(&done??);
    }
    Ok(sum)
}

fn peak_rss_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Reads the arguments and prints the line. The bench of fleets runs it, too.
pub(crate) fn main() -> Result<(), Failure> {
    let mut folder = None;
    let mut concurrency = 16;
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--concurrency" {
            let number = arguments.next().and_then(|number| number.to_str()?.parse().ok());
            concurrency = number.filter(|n| *n > 0).ok_or("--concurrency takes a number")?;
        } else {
            folder = Some(PathBuf::from(argument));
        }
    }
    let folder = folder.ok_or("usage: floor DIR [--concurrency N]")?;
    // An error means that a provider is installed already, which is what is wanted.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let start = Instant::now();
    let (bridge, tenants) = (bridge(&folder)?, tenants(&folder)?);
    let mut sum = runtime.block_on(all(bridge, tenants, concurrency))?;
    sum.seconds = start.elapsed().as_secs_f64();
    sum.peak_rss_kib = peak_rss_kib().unwrap_or(0);
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&sum)?)?;
    Ok(())
}
