//! The JSON bodies of the contract, field for field. Unknown fields of an answer are ignored; a
//! field that decides access must be there.

#![expect(clippy::struct_field_names, reason = "the contract names the fields")]

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::RowWrite;
use crate::model::{
    Cells, Column, Columns, Level, LiveRow, OfficeId, ProviderId, Revision, RowKey,
};

/// Never printed: it holds the token.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
    pub(super) token_type: String,
    /// Seconds.
    #[serde(default)]
    pub(super) expires_in: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Office {
    #[serde(deserialize_with = "exact")]
    pub(super) office_id: u64,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default = "yes")]
    pub(super) active: bool,
}

/// The largest number that JSON carries exactly everywhere; the plan file cannot hold a larger one.
const LARGEST: u64 = (1 << 53) - 1;

/// An id, a revision or a count.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > LARGEST {
        let problem = format!("{number} is larger than 2^53 - 1, so it cannot be kept exactly");
        return Err(D::Error::custom(problem));
    }
    Ok(number)
}

/// The most characters of the name of a run, which becomes a part of a path and of messages.
const NAME: usize = 200;

/// The name of a run; `null` where none is running.
fn run_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<String> = Option::deserialize(deserializer)?;
    let fits = |name: &String| !matches!(name.as_str(), "" | "." | "..") && name.len() <= NAME;
    if name.as_ref().is_some_and(|name| !fits(name)) {
        return Err(D::Error::custom("a runId must be a name of 1 to 200 characters"));
    }
    Ok(name)
}

/// The name of a run that must be there.
fn run_named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    run_name(deserializer)?.ok_or_else(|| D::Error::custom("a runId must be a name"))
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    #[serde(deserialize_with = "exact")]
    pub(super) provider_id: u64,
    #[serde(default)]
    pub(super) first_name: Option<String>,
    #[serde(default)]
    pub(super) last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    #[serde(deserialize_with = "exact")]
    pub(super) user_id: u64,
    pub(super) user_name: String,
    pub(super) active: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GridPage {
    pub(super) rows: Vec<Row>,
    /// Must be there: a page without it may be cut short.
    #[serde(deserialize_with = "present")]
    pub(super) next_cursor: Option<String>,
}

/// `null` or a value; a missing field is an error, because unknown is not absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    #[serde(deserialize_with = "exact")]
    pub(super) office_id: u64,
    #[serde(deserialize_with = "exact")]
    pub(super) provider_id: u64,
    #[serde(deserialize_with = "exact")]
    pub(super) revision: u64,
    #[serde(deserialize_with = "present")]
    pub(super) access_until: Option<String>,
    pub(super) columns: Levels,
}

impl Row {
    /// The row as the rest of the program knows it; `""` and `null` are the same date.
    pub(super) fn to_live(&self) -> Result<LiveRow, String> {
        let until = match self.access_until.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => {
                Some(text.parse().map_err(|error| format!("accessUntil `{text}` is {error}"))?)
            }
        };
        Ok(LiveRow {
            key: RowKey {
                office: OfficeId(self.office_id),
                provider: ProviderId(self.provider_id),
            },
            cells: Cells::new(self.columns.to_columns(), until),
            revision: Revision(self.revision),
        })
    }
}

/// The nine levels; all of them must be there.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Levels {
    patient: WireLevel,
    scheduling: WireLevel,
    billing: WireLevel,
    inbox: WireLevel,
    emr: WireLevel,
    labs: WireLevel,
    reporting: WireLevel,
    visible: WireLevel,
    prescribe_for: WireLevel,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireLevel {
    None,
    ReadOnly,
    Full,
}

impl WireLevel {
    const fn level(self) -> Level {
        match self {
            Self::None => Level::None,
            Self::ReadOnly => Level::ReadOnly,
            Self::Full => Level::Full,
        }
    }

    const fn of(level: Level) -> Self {
        match level {
            Level::None => Self::None,
            Level::ReadOnly => Self::ReadOnly,
            Level::Full => Self::Full,
        }
    }
}

impl Levels {
    fn to_columns(self) -> Columns {
        Columns::from_fn(|column| {
            match column {
                Column::Patient => self.patient,
                Column::Scheduling => self.scheduling,
                Column::Billing => self.billing,
                Column::Inbox => self.inbox,
                Column::Emr => self.emr,
                Column::Labs => self.labs,
                Column::Reporting => self.reporting,
                Column::Visible => self.visible,
                Column::PrescribeFor => self.prescribe_for,
            }
            .level()
        })
    }

    fn of(columns: Columns) -> Self {
        let level = |column| WireLevel::of(columns.get(column));
        Self {
            patient: level(Column::Patient),
            scheduling: level(Column::Scheduling),
            billing: level(Column::Billing),
            inbox: level(Column::Inbox),
            emr: level(Column::Emr),
            labs: level(Column::Labs),
            reporting: level(Column::Reporting),
            visible: level(Column::Visible),
            prescribe_for: level(Column::PrescribeFor),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct GridPatch {
    pub(super) rows: Vec<PatchRow>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatchRow {
    office_id: u64,
    provider_id: u64,
    expected_revision: Option<u64>,
    access_until: Option<String>,
    columns: Levels,
}

impl From<&RowWrite> for PatchRow {
    fn from(row: &RowWrite) -> Self {
        let RowWrite { key, expected, cells } = row;
        Self {
            office_id: key.office.0,
            provider_id: key.provider.0,
            expected_revision: expected.map(|revision| revision.0),
            access_until: cells.until().map(|until| until.to_string()),
            columns: Levels::of(cells.columns()),
        }
    }
}

/// The answer to a batch: the rows as they are now.
#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
}

/// A refused batch; the rows of a conflict are whole, those of an invalid batch name their place.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) error: String,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) rows: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowPlace {
    #[serde(deserialize_with = "exact")]
    pub(super) office_id: u64,
    #[serde(deserialize_with = "exact")]
    pub(super) provider_id: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Site {
    #[serde(default)]
    pub(super) emr_user: Option<String>,
    pub(super) state: SiteState,
    #[serde(default, deserialize_with = "run_name")]
    pub(super) run_id: Option<String>,
    #[serde(default)]
    pub(super) last_completed: LastCompleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SiteState {
    Idle,
    Running,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct LastCompleted {
    #[serde(default)]
    pub(super) full: Option<String>,
    #[serde(default)]
    pub(super) recent: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct StartSync {
    pub(super) mode: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SyncStarted {
    #[serde(deserialize_with = "run_named")]
    pub(super) run_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SyncRun {
    pub(super) mode: RunMode,
    pub(super) state: RunState,
    #[serde(default)]
    pub(super) message: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RunMode {
    Full,
    Recent,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RunState {
    Running,
    Succeeded,
    Failed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SiteProvider {
    #[serde(deserialize_with = "exact")]
    pub(super) provider_id: u64,
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) selected: bool,
    pub(super) on_patients_page: bool,
    #[serde(deserialize_with = "exact")]
    pub(super) appointments: u64,
}
