//! What the clients of many clinics share: connections, and the limits of each host.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Settings, http};

/// The shared side of clients. A default one shares connections and limits nothing.
#[derive(Debug, Default)]
pub struct Traffic {
    limits: HostLimits,
    pools: Mutex<BTreeMap<PoolKey, reqwest::Client>>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
}

/// The limits of each host, over every clinic behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostLimits {
    /// The most calls at the same time; `None`: no limit.
    pub calls: Option<usize>,
    /// The most calls a second; `None`: no limit.
    pub calls_per_second: Option<u32>,
}

/// What two connections must have in common to be one: all that is settled before a request.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PoolKey {
    loopback: bool,
    ca: Option<Vec<u8>>,
    connect: Duration,
    answer: Duration,
}

/// The gate of one host.
#[derive(Debug, Default)]
pub(super) struct Host {
    calls: Option<Arc<Semaphore>>,
    pace: Option<DefaultDirectRateLimiter>,
}

impl Traffic {
    /// Shares connections within these limits.
    pub fn limited(limits: HostLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The HTTP client for these settings. Whoever shows a certificate of its own gets its own.
    pub(super) fn client(&self, settings: &Settings) -> Result<reqwest::Client, String> {
        if settings.identity.is_some() {
            return http::client(settings);
        }
        let key = PoolKey {
            loopback: http::must_be_safe(&settings.url)?,
            ca: settings.ca.clone(),
            connect: settings.limits.connect,
            answer: settings.limits.answer,
        };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = pools.get(&key) {
            return Ok(client.clone());
        }
        let client = http::client(settings)?;
        pools.insert(key, client.clone());
        Ok(client)
    }

    /// The gate of the host of these settings.
    pub(super) fn host(&self, settings: &Settings) -> Arc<Host> {
        let name = settings.url.host_str().unwrap_or_default();
        let port = settings.url.port_or_known_default().unwrap_or_default();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(format!("{name}:{port}")).or_insert_with(|| {
            let HostLimits { calls, calls_per_second } = self.limits;
            Arc::new(Host {
                calls: calls.map(|calls| Arc::new(Semaphore::new(calls.max(1)))),
                pace: calls_per_second.and_then(paced),
            })
        });
        Arc::clone(host)
    }
}

impl Host {
    /// Waits until one more call may be sent; the call lasts as long as what this gives.
    pub(super) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let permit = match &self.calls {
            // An error means that the gate was closed, which nobody does.
            Some(calls) => Arc::clone(calls).acquire_owned().await.ok(),
            None => None,
        };
        if let Some(pace) = &self.pace {
            pace.until_ready().await;
        }
        permit
    }
}

/// So many a second, evenly.
pub(super) fn paced(rate: u32) -> Option<DefaultDirectRateLimiter> {
    let quota = Quota::per_second(NonZeroU32::new(rate)?).allow_burst(NonZeroU32::MIN);
    Some(RateLimiter::direct(quota))
}
