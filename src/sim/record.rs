//! What was asked of the simulator, in order. Never a token, a secret, a body, or the value of a
//! query parameter that is not the contract's own.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, Method};
use jiff::Timestamp;

use super::faults::FaultKind;
use super::handle::redact;

/// One request, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Counts the requests of this server, from 1, in the order of their arrival.
    pub sequence: u64,
    /// The method.
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query; the values of parameters that are not the contract's own are `***`.
    pub query: Option<String>,
    /// The Idempotency-Key header.
    pub idempotency_key: Option<String>,
    /// The status of the answer; `None` while there is none, if the client went away first, or if
    /// a fault reset the connection instead.
    pub status: Option<u16>,
    /// What went wrong with it by the fault script.
    pub fault: Option<FaultKind>,
    /// Whether it wrote rows or started a sync, whatever its sender got to know of that. An answer
    /// that is repeated for an idempotency key commits nothing again.
    pub committed: bool,
    /// When the request's head arrived.
    pub at: Timestamp,
}

impl fmt::Display for Recorded {
    /// One log line, without control characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sequence,
            method,
            path,
            query,
            idempotency_key,
            status,
            fault,
            committed: _, // the write log tells it
            at,
        } = self;
        write!(f, "{at:.3} #{sequence} {method} {}", path.escape_default())?;
        if let Some(query) = query {
            write!(f, "?{}", query.escape_default())?;
        }
        match status {
            Some(status) => write!(f, " -> {status}")?,
            None => write!(f, " -> no answer")?,
        }
        if let Some(key) = idempotency_key {
            write!(f, " (key {key})")?;
        }
        match fault {
            Some(fault) => write!(f, " (fault {fault})"),
            None => Ok(()),
        }
    }
}

/// Is called with every request once it has its answer.
pub(super) type Observer = Arc<dyn Fn(&Recorded) + Send + Sync>;

/// The record of one server.
pub(super) struct Record {
    entries: Mutex<Entries>,
    observer: Option<Observer>,
    /// How many requests are remembered; a long-lived simulator forgets the oldest.
    remembered: usize,
}

#[derive(Default)]
struct Entries {
    last: u64,
    /// The last ones, without gaps.
    kept: VecDeque<Recorded>,
}

impl Entries {
    fn change<T>(&mut self, sequence: u64, change: impl FnOnce(&mut Recorded) -> T) -> Option<T> {
        let first = self.kept.front()?.sequence;
        let at = usize::try_from(sequence.checked_sub(first)?).ok()?;
        self.kept.get_mut(at).map(change)
    }
}

impl Record {
    pub(super) fn new(observer: Option<Observer>, remembered: usize) -> Self {
        Self { entries: Mutex::default(), observer, remembered }
    }

    /// Notes the arrival of a request and gives its sequence number.
    pub(super) fn begin(
        &self,
        method: &Method,
        (path, query): (&str, Option<&str>),
        headers: &HeaderMap,
        at: Timestamp,
    ) -> u64 {
        let entry = Recorded {
            sequence: 0,
            method: method.to_string(),
            path: path.to_owned(),
            query: query.map(redact),
            idempotency_key: key(headers),
            status: None,
            fault: None,
            committed: false,
            at,
        };
        let mut entries = self.entries();
        entries.last = entries.last.saturating_add(1);
        let sequence = entries.last;
        if entries.kept.len() >= self.remembered {
            entries.kept.pop_front();
        }
        entries.kept.push_back(Recorded { sequence, ..entry });
        sequence
    }

    /// Notes what goes wrong with a request.
    pub(super) fn faulted(&self, sequence: u64, fault: FaultKind) {
        self.entries().change(sequence, |entry| entry.fault = Some(fault));
    }

    /// Notes that a request wrote rows or started a sync.
    pub(super) fn committed(&self, sequence: u64) {
        self.entries().change(sequence, |entry| entry.committed = true);
    }

    /// Notes what a request was answered, if it was.
    pub(super) fn finish(&self, sequence: u64, status: Option<u16>) {
        let recorded = self.entries().change(sequence, |entry| {
            entry.status = status;
            self.observer.as_ref().map(|observer| (entry.clone(), observer))
        });
        if let Some((recorded, observer)) = recorded.flatten() {
            observer(&recorded);
        }
    }

    pub(super) fn all(&self) -> Vec<Recorded> {
        self.entries().kept.iter().cloned().collect()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Entries are whole after every statement, so a panic elsewhere leaves them good.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key, if it looks like one: what else is sent there by mistake may be a secret.
fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key")?.to_str().ok()?;
    let shape = key.len() <= 36 && key.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    shape.then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_tells_what_was_asked_and_no_secret() {
        let record = Record::new(None, 1);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer abc".parse().unwrap());
        headers.insert("idempotency-key", "3f2b8c1e-0000-4000-8000-000000000001".parse().unwrap());
        let at = "2026-11-20T14:00:00.25Z".parse().unwrap();
        let sequence = record.begin(&Method::PATCH, ("/rest", Some("uuid=secret")), &headers, at);
        assert_eq!(record.all()[0].status, None);
        record.faulted(sequence, FaultKind::AfterWrite);
        record.finish(sequence, Some(200));
        assert_eq!(
            record.all()[0].to_string(),
            "2026-11-20T14:00:00.250Z #1 PATCH /rest?uuid=*** -> 200 \
             (key 3f2b8c1e-0000-4000-8000-000000000001) (fault after_write)"
        );
    }

    #[test]
    fn the_oldest_requests_are_forgotten_and_the_others_still_get_their_answers() {
        let record = Record::new(None, 3);
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        for path in ["/1", "/2", "/3", "/4", "/5"] {
            record.begin(&Method::GET, (path, None), &HeaderMap::new(), at);
        }
        for sequence in [1, 3, 5] {
            record.finish(sequence, Some(200));
        }
        let kept: Vec<_> = record.all().iter().map(|one| (one.path.clone(), one.status)).collect();
        let kept: Vec<_> = kept.iter().map(|(path, status)| (path.as_str(), *status)).collect();
        assert_eq!(kept, [("/3", Some(200)), ("/4", None), ("/5", Some(200))]);
    }
}
