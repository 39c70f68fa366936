//! A request and an answer as values.

use axum::http::{HeaderMap, Method};
use jiff::Timestamp;
use serde::Serialize;

use crate::sim::credentials::Fingerprint;
use crate::sim::state::Changes;

/// A request that was received in full.
#[derive(Debug)]
pub(in crate::sim) struct Request {
    pub(in crate::sim) method: Method,
    /// As it came, still percent-encoded.
    pub(in crate::sim) path: String,
    pub(in crate::sim) query: Option<String>,
    pub(in crate::sim) headers: HeaderMap,
    pub(in crate::sim) body: Vec<u8>,
}

/// What a handler may not find out by itself.
#[derive(Debug)]
pub(in crate::sim) struct Context {
    pub(in crate::sim) now: Timestamp,
    /// Fresh random bytes, for a token.
    pub(in crate::sim) random: [u8; 32],
    /// The digest of the credentials that the token endpoint accepts.
    pub(in crate::sim) client: Fingerprint,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Answer {
    pub(in crate::sim) status: u16,
    pub(in crate::sim) headers: Vec<(&'static str, &'static str)>,
    /// JSON.
    pub(in crate::sim) body: String,
}

impl Answer {
    /// An answer with this body.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self { status, headers: Vec::new(), body },
            // Plain structs with text keys; there is nothing in them that cannot be written.
            Err(error) => refuse(500, "internal", &error.to_string()),
        }
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A refusal with the contract's error body.
pub(in crate::sim) fn refuse(status: u16, code: &str, message: &str) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: serde_json::json!({"error": code, "message": message}).to_string(),
    }
}

/// An answer and what must be durable before it is given.
#[derive(Debug)]
pub(in crate::sim) struct Handled {
    pub(in crate::sim) answer: Answer,
    pub(in crate::sim) changes: Changes,
}

impl From<Answer> for Handled {
    /// An answer that changes nothing.
    fn from(answer: Answer) -> Self {
        Self { answer, changes: Changes::default() }
    }
}
