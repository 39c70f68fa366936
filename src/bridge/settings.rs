//! What a client needs to know, with every secret already read.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use crate::model::Endpoint;

/// Which service a connection speaks to; named in every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The Accuro EMR.
    Accuro,
    /// Ocean Cloud Connect.
    Ocean,
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accuro => "Accuro",
            Self::Ocean => "Ocean",
        })
    }
}

/// The settings of one connection.
#[derive(Debug)]
pub struct Settings {
    /// The service behind it.
    pub service: Service,
    /// Base address; the contract's paths are appended to its path.
    pub url: Url,
    /// OAuth client id.
    pub client_id: SecretString,
    /// OAuth client secret.
    pub client_secret: SecretString,
    /// Query parameters of every call, the token call included.
    pub query: Vec<(String, SecretString)>,
    /// Extra headers of every call, the token call included.
    pub headers: Vec<(String, SecretString)>,
    /// OAuth scope.
    pub scope: Option<String>,
    /// Path templates that differ from the contract's.
    pub paths: BTreeMap<Endpoint, String>,
    /// Extra certificate authorities, PEM.
    pub ca: Option<Vec<u8>>,
    /// The certificate that is shown to the service and its key, PEM one after the other.
    pub identity: Option<SecretString>,
    /// The most calls at the same time.
    pub concurrency: usize,
    /// The most calls a second.
    pub requests_per_second: Option<u32>,
    /// Time and size limits.
    pub limits: Limits,
}

/// The limits that the client enforces on every call.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// For a whole answer, from the first byte sent to the last byte read.
    pub answer: Duration,
    /// For a call with all its retries and waits.
    pub total: Duration,
    /// The first wait before a retry; it doubles from there.
    pub backoff: Duration,
    /// How often a call is tried again.
    pub retries: usize,
    /// The largest body that is read, in bytes, after decompression.
    pub body: usize,
}

impl Default for Limits {
    /// The contract's numbers: 10 s to connect, 30 s for an answer, 16 MiB a body.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            total: Duration::from_mins(2),
            backoff: Duration::from_millis(200),
            retries: 4,
            body: 16 * 1024 * 1024,
        }
    }
}
