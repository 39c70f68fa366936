//! Who holds a lock.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::process;
use crate::model::Clock;

/// The version of the lock file; a newer one is refused.
pub(super) const VERSION: u32 = 1;

/// What somebody who asks for the lock says of themselves.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The name of the run, never given twice.
    pub id: String,
    /// `apply` or `sync`.
    pub operation: String,
    /// The account.
    pub who: String,
    /// The host.
    pub host: String,
    /// How long the lock holds without being renewed.
    pub lease: Duration,
    /// Where the time comes from.
    pub clock: Clock,
}

/// The content of a lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The version of the format.
    pub v: u32,
    /// The name of the run.
    pub id: String,
    /// The account.
    pub who: String,
    /// The host.
    pub host: String,
    /// The number of the process on that host.
    pub pid: u32,
    /// What makes the number mean something, where it is known.
    #[serde(default)]
    pub process: Option<Process>,
    /// `apply` or `sync`.
    pub operation: String,
    /// Since when it is held.
    pub created: Timestamp,
    /// When its holder last said that it is alive.
    pub renewed: Timestamp,
    /// After this long without a word the holder is taken for dead.
    pub lease_seconds: u64,
}

/// Which process a number stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Where the number counts.
    pub realm: String,
    /// When the process began, in the system's own measure.
    pub started: u64,
}

/// Why a lock no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Its process ended.
    Dead,
    /// It was not renewed for its lease.
    Silent,
}

impl Holder {
    pub(super) fn new(claim: &Claim) -> Self {
        let Claim { id, operation, who, host, lease, clock } = claim;
        let now = clock.now();
        Self {
            v: VERSION,
            id: id.clone(),
            who: who.clone(),
            host: host.clone(),
            pid: std::process::id(),
            process: process::this(),
            operation: operation.clone(),
            created: now,
            renewed: now,
            lease_seconds: lease.as_secs().max(1),
        }
    }

    /// How long it holds without being renewed.
    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Whether it ended or fell silent, for who only looks, from the host `here`.
    pub fn is_gone(&self, here: &str, now: Timestamp) -> bool {
        self.is_dead(here) || self.is_silent(now)
    }

    /// Whether its process, on the host `here`, certainly ended.
    pub fn is_dead(&self, here: &str) -> bool {
        self.host == here
            && self.process.as_ref().is_some_and(|process| process::is_gone(self.pid, process))
    }

    /// Whether it was not renewed for its lease, by this host's clock.
    pub(super) fn is_silent(&self, now: Timestamp) -> bool {
        Duration::try_from(now.duration_since(self.renewed)).is_ok_and(|age| age > self.lease())
    }
}

impl fmt::Display for Holder {
    /// `apply 20260105T… by ann@front-desk (process 4711), since 2026-01-05T09:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, operation, who, host, pid, created, .. } = self;
        write!(f, "{operation} {id} by {who}@{host} (process {pid}), since {created}")
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dead => "its process ended without removing it",
            Self::Silent => "it was not renewed for its lease",
        })
    }
}
