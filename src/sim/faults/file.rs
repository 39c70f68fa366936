//! The file types of a fault script: a list of plain structs, so that a mistake keeps its place.

use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use jiff::civil::Date;

use super::check;
use super::kind::FaultKind;
use crate::sim::date;
use crate::sim::sync::Mode;

/// A fault script: the list under `faults:` of a world file, or in a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults {
    pub(super) list: Vec<Fault>,
}

/// Why a text is not a fault script.
#[derive(Debug, Error)]
pub enum FaultsError {
    /// It is not YAML of this shape.
    #[error("cannot read the fault script; it is a list, as under `faults:` in docs/simulator.md")]
    Syntax(#[source] serde_yaml::Error),
    /// It has the shape but makes no sense; every mistake that was found.
    #[error("the fault script does not hold together:\n  {}", mistakes.join("\n  "))]
    Mistakes {
        /// One line each.
        mistakes: Vec<String>,
    },
}

impl Faults {
    /// Reads a fault script. Ids are compared with a world when it is given to a simulator.
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        // A file with nothing but comments is a script without faults.
        let list: Option<Vec<Fault>> = serde_yaml::from_str(text).map_err(FaultsError::Syntax)?;
        let faults = Self { list: list.unwrap_or_default() };
        let mistakes = check::mistakes(&faults, None);
        if mistakes.is_empty() { Ok(faults) } else { Err(FaultsError::Mistakes { mistakes }) }
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What does not make sense, one line each; with a directory also ids that it does not have.
    pub(in crate::sim) fn mistakes(&self, directory: Option<&check::Directory>) -> Vec<String> {
        check::mistakes(self, directory)
    }
}

/// One fault: what it is matched with, at which of the matching calls, and exactly one action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    #[serde(default)]
    pub(super) on: Endpoint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) office: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Page>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nth: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) every: Option<u64>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_after: Option<RetryAfterText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_at: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delay: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delay_answer: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reset: Option<Reset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<BodyFault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redirect: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expire_tokens: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) concurrent_writer: Option<OtherWriter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sync: Option<SyncFault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) random: Option<RandomMix>,
}

/// A call of the contract by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sim) enum Endpoint {
    #[default]
    Any,
    Token,
    Offices,
    OfficeProviders,
    Users,
    GridRead,
    GridWrite,
    Site,
    SyncStart,
    SyncRun,
    SiteProviders,
}

/// Which pages of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sim) enum Page {
    /// The one that is asked for without a cursor.
    First,
    /// Those that are asked for with one.
    Later,
}

/// When the connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reset {
    Before,
    AfterWrite,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyFault {
    Truncated,
    CutJson,
    Huge,
    Slow,
    NotJson,
}

/// What is wrong with a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SyncFault {
    Fail,
    Hang,
    AlreadyRunning,
    StartedByOther,
}

/// A row that somebody else writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherWriter {
    pub(super) user: u64,
    pub(super) office: u64,
    pub(super) provider: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) full: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) read_only: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional")]
    pub(super) until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bump: Option<bool>,
}

/// A seeded mix of faults over the matching calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RandomMix {
    pub(super) seed: u64,
    pub(super) percent: f64,
    pub(super) of: Vec<FaultKind>,
    /// How long a `delay` or `delay_answer` of the mix is.
    #[serde(default = "short")]
    pub(super) delay: f64,
}

const fn short() -> f64 {
    0.05
}

/// A number of seconds, or a text that is sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RetryAfterText(pub(super) String);

impl Serialize for RetryAfterText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse() {
            Ok(seconds) => serializer.serialize_u64(seconds),
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}

/// Written by hand because an untagged enum would lose the line of a mistake.
impl<'de> Deserialize<'de> for RetryAfterText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = RetryAfterText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of seconds, or an HTTP date as text")
            }

            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<RetryAfterText, E> {
                Ok(RetryAfterText(seconds.to_string()))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RetryAfterText, E> {
                Ok(RetryAfterText(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
