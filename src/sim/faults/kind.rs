//! The names of faults: in the record of requests, and in the `of` of a random mix.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What went wrong with a call. Prints as a script's `of` names it: `status_503`, `after_write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// This status was answered and nothing was handled.
    Status(u16),
    /// The call was handled later.
    Delay,
    /// The call was handled, and answered later.
    DelayAnswer,
    /// The connection was reset and nothing was handled.
    Reset,
    /// The call was handled, and the connection reset instead of an answer.
    AfterWrite,
    /// The call was handled, and the connection ended in the middle of the body.
    Truncated,
    /// The call was handled, and the body is a whole one with half of the JSON.
    CutJson,
    /// A body that is too large was sent and nothing was handled.
    Huge,
    /// The call was handled, and the body comes one byte a second.
    Slow,
    /// An HTML page was sent with 200 and nothing was handled.
    NotJson,
    /// The call was sent to another host and nothing was handled.
    Redirect,
    /// Every token became unknown, then the call was handled.
    ExpireTokens,
    /// Somebody else wrote a row, then the call was handled.
    ConcurrentWriter,
    /// The run that the call started fails.
    SyncFail,
    /// The run that the call started never ends.
    SyncHang,
    /// Somebody else had a sync running when the call to start one was handled.
    SyncAlreadyRunning,
    /// Somebody else started a sync, then the call was handled.
    SyncStartedByOther,
}

/// Every kind but the statuses.
const NAMES: [(&str, FaultKind); 16] = [
    ("delay", FaultKind::Delay),
    ("delay_answer", FaultKind::DelayAnswer),
    ("reset", FaultKind::Reset),
    ("after_write", FaultKind::AfterWrite),
    ("truncated", FaultKind::Truncated),
    ("cut_json", FaultKind::CutJson),
    ("huge", FaultKind::Huge),
    ("slow", FaultKind::Slow),
    ("not_json", FaultKind::NotJson),
    ("redirect", FaultKind::Redirect),
    ("expire_tokens", FaultKind::ExpireTokens),
    ("concurrent_writer", FaultKind::ConcurrentWriter),
    ("sync_fail", FaultKind::SyncFail),
    ("sync_hang", FaultKind::SyncHang),
    ("sync_already_running", FaultKind::SyncAlreadyRunning),
    ("sync_started_by_other", FaultKind::SyncStartedByOther),
];

/// The statuses that a fault may answer; the ones below are no answers.
pub(super) const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Status(status) = self {
            return write!(f, "status_{status}");
        }
        let name = NAMES.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(status) = text.strip_prefix("status_") {
            let status = status.parse().ok().filter(|status| STATUSES.contains(status));
            return status
                .map(Self::Status)
                .ok_or_else(|| format!("`{text}` is not a fault: a status is 200 to 599"));
        }
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("`{text}` is not a fault; the faults are status_503 and the like, {}", {
                names.join(", ")
            })
        })
    }
}

impl Serialize for FaultKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FaultKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_printed() {
        for (name, kind) in NAMES.into_iter().chain([("status_503", FaultKind::Status(503))]) {
            assert_eq!(kind.to_string(), name);
            assert_eq!(name.parse(), Ok(kind));
        }
        for bad in ["status_99", "status_", "status_6000", "Reset", ""] {
            assert!(bad.parse::<FaultKind>().is_err(), "{bad}");
        }
    }
}
