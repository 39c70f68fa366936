//! The plan as a value.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target::Targets;
use crate::desired::Rule;
use crate::diagnostic::{Diagnostic, Layer, Severity};
use crate::model::{Cells, Names, OfficeId, ProviderId, Revision, RowKey, Until, UserId};

/// Everything that one apply would do, and what it would leave alone and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The clinic's id.
    pub clinic: String,
    /// The name of the Accuro instance.
    pub tenant: String,
    /// The Ocean site.
    pub site: String,
    /// The manifest that was planned.
    pub manifest: ManifestRef,
    /// Who says that they made it; left out of the file where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planner: Option<String>,
    /// The run that it takes back; left out of the file where the manifest was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// Rows and columns that the plan was limited to.
    pub targets: Targets,
    /// One part for each user whose grid was read, in manifest order.
    pub users: Vec<UserPlan>,
    /// What could not be read: nothing is planned for it.
    pub unread: Vec<Unread>,
    /// Rows of the run that are not taken back, ordered by user and key; left out of the file where
    /// there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldRow>,
    /// Names that could not be resolved, and warnings.
    pub findings: Vec<Diagnostic>,
    /// What the directory calls the ids in this plan.
    pub names: Names,
}

/// Which manifest a plan was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRef {
    /// The path of the clinic's file as it was typed.
    pub path: String,
    /// The path of the fleet manifest whose defaults the clinic inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<String>,
    /// `sha256:` and the digest of its bytes, or of both files.
    pub digest: String,
}

impl ManifestRef {
    /// The path of one of the manifest's files.
    pub fn file(&self, layer: Layer) -> &str {
        match layer {
            Layer::Clinic => &self.path,
            Layer::Fleet => self.fleet.as_deref().unwrap_or(&self.path),
        }
    }
}

/// The part of a plan about one user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserPlan {
    /// The user's name.
    pub name: String,
    /// The user.
    pub id: UserId,
    /// The pattern that the profile expects the name to match.
    pub name_pattern: Option<String>,
    /// Whether what the manifest does not write is revoked.
    pub exact: bool,
    /// The rules that decided the rows.
    pub rules: Vec<Rule>,
    /// The changes, ordered by key.
    pub changes: Vec<Change>,
    /// Rows that keep more than the manifest says, ordered by key.
    pub excess: Vec<Excess>,
    /// Rows of the directory that no rule speaks of, ordered by key.
    pub uncovered: Vec<RowKey>,
    /// Rows whose access ends on a date once the plan is applied, ordered by date.
    pub ends: Vec<(Until, RowKey)>,
    /// Rows that the manifest covers and that stay as they are.
    pub unchanged: usize,
    /// Rows whose change the targets leave out or cut.
    pub untargeted: usize,
    /// Rows that grant something now, by office: what the guards measure against.
    pub existing: BTreeMap<OfficeId, usize>,
}

/// What happens to a row.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It only rises.
    Grant,
    /// It only falls.
    Revoke,
    /// Some of both, or its date moves.
    Change,
}

impl Action {
    /// The action between two contents; `None` when they are the same.
    pub fn between(before: Cells, after: Cells) -> Option<Self> {
        match (after.count_above(before), before.count_above(after)) {
            (0, 0) => None,
            _ if before.until_differs(after) => Some(Self::Change),
            (_, 0) => Some(Self::Grant),
            (0, _) => Some(Self::Revoke),
            _ => Some(Self::Change),
        }
    }

    /// The name in files: `grant`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Change => "change",
        }
    }
}

/// One row that will be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
    /// What it grants now.
    pub before: Cells,
    /// What it will grant.
    pub after: Cells,
    /// The revision it was read at; `None`: it is absent.
    pub revision: Option<Revision>,
    /// What happens to it.
    pub action: Action,
    /// Index into [`UserPlan::rules`].
    pub rule: u32,
}

impl Change {
    /// How many cells differ; a date that moves counts as one.
    pub fn cells(&self) -> u32 {
        self.after.count_above(self.before) + self.before.count_above(self.after)
    }
}

/// A row that holds more than the manifest says and is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excess {
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
    /// What it grants once the plan is applied.
    pub holds: Cells,
    /// What the manifest says.
    pub says: Cells,
}

/// A row that an undo leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldRow {
    /// The user whose grid it is in, by the name that the run knew.
    pub user: String,
    /// Where it is.
    #[serde(flatten)]
    pub key: RowKey,
    /// What the run left there.
    pub was: Cells,
    /// What it grants now; `None`: the grid is none of this manifest's.
    pub is: Option<Cells>,
    /// Why it is left alone.
    pub reason: HeldReason,
}

/// Why an undo leaves a row alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HeldReason {
    /// It is neither what the run left nor what was there before.
    Moved,
    /// The manifest does not manage the user, or Accuro has it under another id or not active.
    Unmanaged,
    /// The directory does not list the provider in the office: nobody could see whose row it is.
    Unlisted,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unread {
    /// What it is.
    pub part: UnreadPart,
    /// Why.
    pub reason: String,
}

/// A part of the clinic that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadPart {
    /// The providers of an office.
    Office(OfficeId),
    /// A user or its grid, by the user's name.
    Grid(String),
    /// Rows of one office in a grid that was read otherwise.
    Rows {
        /// The user's name.
        user: String,
        /// The office.
        office_id: OfficeId,
        /// Whose rows.
        provider_ids: BTreeSet<ProviderId>,
    },
}

impl UnreadPart {
    /// Whether a row of this user cannot be known because of it.
    pub fn covers(&self, of_user: &str, key: RowKey) -> bool {
        match self {
            Self::Office(office) => *office == key.office,
            Self::Grid(name) => name == of_user,
            Self::Rows { user, office_id, provider_ids } => {
                user == of_user && *office_id == key.office && provider_ids.contains(&key.provider)
            }
        }
    }
}

/// The counts of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Rows that only rise.
    pub grant: usize,
    /// Rows that only fall.
    pub revoke: usize,
    /// Rows that change both ways or in their date.
    pub change: usize,
    /// Cells that differ, over all rows.
    pub cells: u64,
    /// Covered rows that stay as they are.
    pub unchanged: usize,
    /// Rows that hold more than the manifest says.
    pub excess: usize,
    /// Rows of the directory that no rule speaks of.
    pub uncovered: usize,
}

/// Adds the counts of one more clinic.
impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        let Self { grant, revoke, change, cells, unchanged, excess, uncovered } = other;
        self.grant += grant;
        self.revoke += revoke;
        self.change += change;
        self.cells += cells;
        self.unchanged += unchanged;
        self.excess += excess;
        self.uncovered += uncovered;
    }
}

impl HeldRow {
    /// Whether both speak of the same row.
    pub fn is_at(&self, user: &str, key: RowKey) -> bool {
        self.user == user && self.key == key
    }
}

impl Plan {
    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.users.iter().all(|user| user.changes.is_empty())
    }

    /// Whether it changes this row.
    pub fn has_change(&self, user: &str, key: RowKey) -> bool {
        let is_it =
            |one: &UserPlan| one.name == user && one.changes.iter().any(|change| change.key == key);
        self.users.iter().any(is_it)
    }

    /// How many findings stand in the way of an apply.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// The counts.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for user in &self.users {
            for change in &user.changes {
                *match change.action {
                    Action::Grant => &mut summary.grant,
                    Action::Revoke => &mut summary.revoke,
                    Action::Change => &mut summary.change,
                } += 1;
                summary.cells += u64::from(change.cells());
            }
            summary.unchanged += user.unchanged;
            summary.excess += user.excess.len();
            summary.uncovered += user.uncovered.len();
        }
        summary
    }
}
