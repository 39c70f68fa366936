//! What must be true of every stream of events, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use accuroform::journal::{Event, Outcome, Record, RowOutcome};
use accuroform::model::is_unsafe;
use serde_json::Value;

/// A row, by its user's name, its office and its provider.
pub(crate) type Place = (String, u64, u64);

/// How a row may end, and the key of its count.
const ENDS: [(&str, &str); 6] = [
    ("apply_complete", "done"),
    ("apply_already_true", "already_true"),
    ("apply_held", "held"),
    ("apply_refused", "refused"),
    ("apply_errored", "errored"),
    ("apply_not_reached", "not_reached"),
];

const MEANINGS: [&str; 9] = [
    "done",
    "error",
    "changes",
    "findings",
    "incomplete",
    "refused",
    "not_verified",
    "locked",
    "unread",
];

pub(crate) fn schema_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events.schema.json")
}

/// The schema, and that no field is there which it does not describe.
static CLOSED: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let text = std::fs::read_to_string(schema_file()).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    let events: BTreeSet<String> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    schema["unevaluatedProperties"] = false.into();
    for (name, definition) in schema["$defs"].as_object_mut().unwrap() {
        if definition.get("properties").is_some() && !events.contains(name) {
            definition["additionalProperties"] = false.into();
        }
    }
    jsonschema::validator_for(&schema).unwrap()
});

/// The events of a run that came to its end.
pub(crate) struct Events(Vec<Value>);

impl Events {
    /// Reads a whole standard output, and holds it against every law.
    #[track_caller]
    pub(crate) fn of(stdout: &str, code: i32) -> Self {
        assert!(stdout.ends_with('\n'), "{stdout}");
        assert!(!stdout.contains(|one| one != '\n' && is_unsafe(one)), "{stdout}");
        let events: Vec<Value> = stdout.lines().map(event).collect();
        let kinds: Vec<&str> = events.iter().map(|event| word(event, "type")).collect();
        let is_at = |kind| kinds.iter().enumerate().filter(move |(_, one)| **one == kind);
        assert_eq!(is_at("version").map(|(at, _)| at).collect::<Vec<_>>(), [0], "{kinds:?}");
        let last: Vec<usize> = is_at("outcome").map(|(at, _)| at).collect();
        assert_eq!(last, [kinds.len() - 1], "{kinds:?}");
        let outcome = &events[kinds.len() - 1];
        assert_eq!(outcome["exit_code"].as_i64(), Some(i64::from(code)), "{outcome}");
        assert_eq!(outcome["outcome"], MEANINGS[usize::try_from(code).unwrap()]);
        let all = Self(events);
        all.every_row_has_one_end();
        all.nothing_comes_too_early();
        all
    }

    /// Reads what a process printed that was killed: whole lines, and none that says how it ended.
    #[track_caller]
    pub(crate) fn cut_off(stdout: &str) -> Self {
        let whole = &stdout[..stdout.rfind('\n').map_or(0, |end| end + 1)];
        let all = Self(whole.lines().map(event).collect());
        assert!(all.all("outcome").is_empty());
        all.every_row_has_one_end();
        all.nothing_comes_too_early();
        all
    }

    /// Those of one type, in order.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|event| event["type"] == kind).collect()
    }

    /// The only one of its type.
    #[track_caller]
    pub(crate) fn one(&self, kind: &str) -> &Value {
        let [one] = self.all(kind)[..] else { panic!("{kind}: {:?}", self.kinds()) };
        one
    }

    /// The types in their order, each with how many follow each other.
    pub(crate) fn kinds(&self) -> Vec<(&str, usize)> {
        let kinds: Vec<&str> = self.0.iter().map(|event| word(event, "type")).collect();
        kinds.chunk_by(|one, two| one == two).map(|same| (same[0], same.len())).collect()
    }

    /// How many there are of each type.
    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for event in &self.0 {
            *counts.entry(word(event, "type")).or_default() += 1;
        }
        counts
    }

    /// The rows of one type.
    pub(crate) fn rows(&self, kind: &str) -> BTreeSet<Place> {
        let rows: Vec<Place> = self.all(kind).into_iter().map(place).collect();
        let set: BTreeSet<Place> = rows.iter().cloned().collect();
        assert_eq!(rows.len(), set.len(), "{kind}: said twice");
        set
    }

    /// The rows by how they ended; whatever happened, none has two ends.
    pub(crate) fn ends(&self) -> BTreeMap<Place, &'static str> {
        let mut ends = BTreeMap::new();
        for (kind, _) in ENDS {
            for row in self.rows(kind) {
                let before = ends.insert(row.clone(), kind);
                assert_eq!(before, None, "{row:?}: {kind}");
            }
        }
        ends
    }

    /// Where an apply came to its end, each row of its plan has an end, and no other row has one.
    fn every_row_has_one_end(&self) {
        let ends = self.ends();
        let started = self.rows("apply_start");
        for (row, end) in &ends {
            let sent = matches!(*end, "apply_complete" | "apply_refused" | "apply_errored");
            assert!(!sent || started.contains(row), "{row:?}: {end} and never begun");
        }
        let [summary] = self.all("apply_summary")[..] else { return };
        let planned = &self.rows("planned_change") | &self.rows("planned_held");
        assert_eq!(ends.keys().cloned().collect::<BTreeSet<_>>(), planned);
        for (kind, key) in ENDS {
            let count = ends.values().filter(|end| **end == kind).count();
            assert_eq!(summary["counts"][key], count, "{key}");
        }
    }

    /// Plan, rows, summary, sync and verification follow each other.
    fn nothing_comes_too_early(&self) {
        let rank = |event: &Value| match word(event, "type") {
            "planned_change" | "planned_excess" | "planned_held" | "planned_unread" => Some(0),
            "change_summary" => Some(1),
            "against_git" | "refusal" => Some(2),
            "apply_summary" => Some(4),
            "sync_start" | "sync_progress" => Some(5),
            "sync_complete" | "sync_errored" => Some(6),
            "verify_complete" | "verify_errored" => Some(7),
            kind if kind.starts_with("apply_") => Some(3),
            _ => None,
        };
        let is_of_one =
            self.all("clinic_planned").is_empty() && self.all("rollout_start").is_empty();
        assert!(!is_of_one || self.0.iter().filter_map(rank).is_sorted(), "{:#?}", self.kinds());
        let mut begun = BTreeSet::new();
        for event in &self.0 {
            match word(event, "type") {
                "apply_start" => assert!(begun.insert(place(event))),
                "apply_complete" => assert!(begun.contains(&place(event)), "{event}"),
                _ => {}
            }
        }
    }

    /// The journal's records of this run say the same of every row that was sent.
    pub(crate) fn agree_with(&self, records: &[Record]) {
        let run = self.one("apply_summary")["run"].as_str().unwrap();
        let of_run = records.iter().filter(|record| record.apply == run);
        let mut sent = BTreeSet::new();
        let mut recorded = BTreeMap::new();
        for record in of_run {
            match &record.event {
                Event::BatchStarted { user, rows, .. } => sent.extend(
                    rows.iter().map(|row| (user.clone(), row.key.office.0, row.key.provider.0)),
                ),
                Event::BatchEnded { outcomes, .. } => {
                    recorded.extend(outcomes.iter().map(|row| (place_of(row), end(&row.outcome))));
                }
                _ => {}
            }
        }
        assert_eq!(self.rows("apply_start"), sent);
        let said = self.ends();
        for (row, end) in &recorded {
            assert_eq!(said.get(row), Some(end), "{row:?}");
        }
        // What has no end in the journal was not written, and is not said to be.
        let others = said.iter().filter(|(row, _)| !recorded.contains_key(*row));
        for (row, end) in others {
            assert!(matches!(*end, "apply_not_reached" | "apply_held"), "{row:?}: {end}");
        }
    }
}

/// The type of event that this outcome is said with.
fn end(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "apply_complete",
        Outcome::AlreadyTrue => "apply_already_true",
        Outcome::Held(_) => "apply_held",
        Outcome::Refused(_) => "apply_refused",
        Outcome::Failed(_) => "apply_errored",
        Outcome::NotReached => "apply_not_reached",
    }
}

fn place_of(row: &RowOutcome) -> Place {
    (row.user.clone(), row.key.office.0, row.key.provider.0)
}

/// One line: valid, and with what every event has.
#[track_caller]
fn event(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    if let Err(error) = CLOSED.validate(&event) {
        panic!("{error} at {}: {event:#}", error.instance_path());
    }
    let message = word(&event, "@message");
    assert!(!message.is_empty() && !message.contains(is_unsafe), "{event}");
    let at: jiff::Timestamp = word(&event, "@timestamp").parse().unwrap();
    assert_eq!(at.to_string(), word(&event, "@timestamp"), "UTC, and one spelling");
    event
}

fn word<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_else(|| panic!("{key}: {event}"))
}

fn place(event: &Value) -> Place {
    let id = |key: &str| event[key].as_u64().unwrap();
    (word(event, "user").to_owned(), id("office_id"), id("provider_id"))
}
