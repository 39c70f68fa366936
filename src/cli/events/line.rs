//! What every event has, and the stream that they are lines of.

use schemars::JsonSchema;
use serde::Serialize;

use super::event::{Event, Version};
use crate::model::Clock;
use crate::report::escape;

/// The version of the events: `MAJOR.MINOR`. The minor number moves when a type or a field is added, the
/// major one when something is removed, renamed or means something else.
pub(super) const VERSION: &str = "1.3";

const MODULE: &str = "accuroform.ui";

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something is not as it should be.
    Error,
}

impl Level {
    /// `info` for what is as it should be.
    pub(super) const fn error_unless(is_good: bool) -> Self {
        if is_good { Self::Info } else { Self::Error }
    }
}

/// Something that happened.
pub(in crate::cli) struct Told {
    pub(super) level: Level,
    pub(super) message: String,
    /// Of which clinic, where the stream is of several.
    pub(super) clinic: Option<String>,
    pub(super) event: Event,
}

impl Told {
    pub(super) fn new(level: Level, message: impl Into<String>, event: Event) -> Self {
        Self { level, message: message.into(), clinic: None, event }
    }

    pub(super) fn info(message: impl Into<String>, event: Event) -> Self {
        Self::new(Level::Info, message, event)
    }

    /// The same, of this clinic.
    #[must_use]
    pub(in crate::cli) fn of(mut self, clinic: &str) -> Self {
        self.clinic = Some(clinic.to_owned());
        self
    }
}

/// One line of `plan --json`, `apply --json` and `undo --json`. `type` says which fields it has besides
/// these. Ignore types and fields that you do not know: a later minor version adds some.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(super) struct Line<'a> {
    /// How much it matters.
    #[serde(rename = "@level")]
    level: Level,
    /// What happened, for people. Its words may change in any version.
    #[serde(rename = "@message")]
    message: &'a str,
    /// Always `accuroform.ui`.
    #[serde(rename = "@module")]
    #[schemars(extend("const" = MODULE))]
    module: &'a str,
    /// When, in UTC (RFC 3339).
    #[serde(rename = "@timestamp")]
    #[schemars(extend("format" = "date-time"))]
    timestamp: String,
    /// The clinic that it is of; left out where it is of none or of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    clinic: Option<&'a str>,
    #[serde(flatten)]
    event: &'a Event,
}

/// A stream of events.
#[derive(Debug)]
pub(in crate::cli) struct Stream {
    clock: Clock,
    clinic: Option<String>,
}

impl Stream {
    /// A stream, and its first event.
    pub(in crate::cli) fn begin(clock: Clock) -> (Self, Told) {
        let program = env!("CARGO_PKG_VERSION");
        let version = Version { accuroform: program.to_owned(), events: VERSION.to_owned() };
        let told = Told::info(format!("accuroform {program}"), Event::Version(version));
        (Self { clock, clinic: None }, told)
    }

    /// What is told from here on is of this clinic, unless it says otherwise.
    pub(in crate::cli) fn about(&mut self, clinic: &str) {
        self.clinic = Some(clinic.to_owned());
    }

    /// An event as a line.
    pub(in crate::cli) fn line(&self, told: &Told) -> String {
        let Told { level, message, clinic, event } = told;
        let line = Line {
            level: *level,
            message: &escape(message),
            module: MODULE,
            timestamp: self.clock.now().to_string(),
            clinic: clinic.as_deref().or(self.clinic.as_deref()),
            event,
        };
        // Every type of event is plain data with text as keys, so this cannot fail.
        serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default()
    }
}
