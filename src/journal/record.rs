//! What a record says.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Cells, ProviderId, Revision, RowKey, UserId};
use crate::plan::{HeldReason, Rule};

/// The newest version of the format that is read and written; a reader refuses a newer one.
pub(super) const VERSION: u32 = 2;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The oldest version of the format that knows the event.
    pub v: u32,
    /// Counts up from 1 without gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The apply it belongs to.
    pub apply: String,
    /// What happened.
    pub event: Event,
    /// The digest of the line before, or of nothing for the first.
    pub previous: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// An apply or a sync was begun.
    Started(Box<Starter>),
    /// Rows are about to be sent.
    BatchStarted {
        /// Counts up from 1 within the apply.
        batch: usize,
        /// The idempotency key it is sent with.
        key: String,
        /// The user whose grid it is.
        user: String,
        /// The user's id.
        user_id: UserId,
        /// The rows.
        rows: Vec<RowRecord>,
    },
    /// What is known of them after the answer.
    BatchEnded {
        /// The batch.
        batch: usize,
        /// One outcome for each row; a row that will be sent again has none yet.
        outcomes: Vec<RowOutcome>,
    },
    /// A sync is about to be asked for.
    SyncStarted {
        /// `full` or `recent`.
        mode: String,
    },
    /// How the sync ended.
    SyncEnded {
        /// Whether it is complete.
        complete: bool,
        /// The run, or why it is not complete.
        detail: String,
    },
    /// What verification found.
    Verified {
        /// Whether the grid is what the manifest says and nobody is missing without a reason.
        correct: bool,
    },
    /// A sync is asked of a person. What was written before it is certain.
    SyncAsked {
        /// The Ocean site.
        site: String,
    },
    /// A person says that a full sync was begun then, and is complete.
    SyncAttested {
        /// Who says it.
        by: String,
        /// When it was begun.
        begun: Timestamp,
    },
    /// A person says who is on the Patients page.
    PageAttested {
        /// Who says it.
        by: String,
        /// Who should be there.
        expected: Vec<ProviderId>,
        /// Who of them is not.
        missing: Vec<MissingRecord>,
    },
    /// Rows of a worklist are asked of a person.
    ClicksAsked {
        /// The digest of the approved plan.
        plan: String,
        /// The user whose grid they are in.
        user: String,
        /// The user's id.
        user_id: UserId,
        /// The rows.
        rows: Vec<RowRecord>,
    },
    /// A person says that rows of a worklist are set on the screen as asked.
    ClicksAttested {
        /// The digest of the plan.
        plan: String,
        /// Who says it.
        by: String,
        /// When it was done.
        at: Timestamp,
        /// Which rows.
        rows: Vec<RowPlace>,
    },
    /// What was read of rows of a worklist after the clicks.
    ClicksSeen {
        /// The digest of the plan.
        plan: String,
        /// What they grant; a row that could not be read is left out.
        rows: Vec<SeenRow>,
    },
    /// The rows of a worklist that nobody set are not asked for any more: no plan has them now.
    ClicksWithdrawn {
        /// The digest of its plan.
        plan: String,
    },
    /// The apply was ended in order.
    Ended {
        /// Rows now as planned, already true ones included.
        done: usize,
        /// Rows left alone because they moved.
        held: usize,
        /// Rows that were refused or whose answer was lost.
        failed: usize,
        /// Rows that were never sent.
        not_reached: usize,
    },
}

impl Event {
    /// The oldest version of the format that knows it.
    pub(super) const fn version(&self) -> u32 {
        match self {
            Self::Started(_)
            | Self::BatchStarted { .. }
            | Self::BatchEnded { .. }
            | Self::SyncStarted { .. }
            | Self::SyncEnded { .. }
            | Self::Verified { .. }
            | Self::Ended { .. } => 1,
            Self::SyncAsked { .. }
            | Self::SyncAttested { .. }
            | Self::PageAttested { .. }
            | Self::ClicksAsked { .. }
            | Self::ClicksAttested { .. }
            | Self::ClicksSeen { .. }
            | Self::ClicksWithdrawn { .. } => 2,
        }
    }
}

/// A provider who is not on the Patients page, as a person says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRecord {
    /// Who it is.
    pub provider_id: ProviderId,
    /// The name with the id, so that a journal can be read without the clinic.
    pub name: String,
}

/// A row by its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowPlace {
    /// The user whose grid it is in.
    pub user: String,
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
}

/// A row with what it grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRow {
    /// Which row.
    #[serde(flatten)]
    pub place: RowPlace,
    /// What it grants.
    pub cells: Cells,
}

/// Who began what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starter {
    /// `apply`, `undo`, `sync`, `verify` or `worklist`.
    pub operation: String,
    /// The run that an undo takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// The rollout that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// The clinic's id.
    pub clinic: String,
    /// The name of the Accuro instance: ids mean something in it alone.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The account that ran the program.
    pub who: String,
    /// The machine it ran on.
    pub host: String,
    /// The CI run, if the environment names one.
    pub ci: Option<String>,
    /// The digest of the manifest.
    pub manifest: String,
    /// The manifest's path as it was typed.
    #[serde(default)]
    pub manifest_path: Option<String>,
    /// The path of the fleet manifest whose defaults the clinic inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet_path: Option<String>,
    /// The commit that was checked out where the manifest is, if that is a repository. It says
    /// nothing about changes that were not committed; the digest does.
    #[serde(default)]
    pub commit: Option<String>,
    /// The digest of the approved plan.
    pub plan: Option<String>,
    /// This program's version.
    pub version: String,
}

/// A row that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRecord {
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
    /// What the directory called the office, so that a journal can be read without the clinic.
    #[serde(default)]
    pub office: Option<String>,
    /// What the directory called the provider.
    #[serde(default)]
    pub provider: Option<String>,
    /// The revision it must have.
    pub expected: Option<Revision>,
    /// What it granted when it was planned.
    pub before: Cells,
    /// What it will grant.
    pub after: Cells,
    /// Why, and where the manifest says so.
    #[serde(default)]
    pub rule: Option<Rule>,
}

/// What became of a planned row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The user whose grid it is in.
    pub user: String,
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one row. Every planned row ends in exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The server says that it was written, or the grid shows it.
    Done,
    /// It was as planned before it was written.
    AlreadyTrue,
    /// It was left alone.
    Held(Hold),
    /// The server refused it: it was certainly not written.
    Refused(String),
    /// Its answer was lost and the grid does not show it, or cannot be read.
    Failed(String),
    /// It was never sent.
    NotReached,
}

/// Why a row was left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Somebody else changed it after it was read.
    Moved {
        /// The revision it was planned against.
        was: Option<Revision>,
        /// The revision it has now.
        is: Option<Revision>,
        /// What it grants now.
        now: Cells,
    },
    /// The plan of an undo left it alone from the start, so it was never sent.
    Unplanned {
        /// What the run that is undone left there.
        was: Cells,
        /// What it grants now, if that was read.
        now: Option<Cells>,
        /// Why.
        reason: HeldReason,
    },
}
