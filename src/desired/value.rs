//! The desired rows as values.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Layer};
use crate::model::{Cells, OfficeId, ProviderId, RowKey, UserId};

/// What the manifest wants of one clinic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// The users that were found, in manifest order.
    pub users: Vec<DesiredUser>,
    /// Rows that no apply may change.
    pub protected: Protected,
    /// Names that could not be resolved, and what else is worth knowing about them.
    pub findings: Vec<Diagnostic>,
}

/// Rows that no apply may change, by office and by provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    /// All rows of these offices.
    pub offices: BTreeSet<OfficeId>,
    /// All rows of these providers, in every office.
    pub providers: BTreeSet<ProviderId>,
}

/// What the manifest wants of one user's grid.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredUser {
    /// The user's name as the manifest writes it.
    pub name: String,
    /// The user.
    pub id: UserId,
    /// The pattern that the profile expects the name to match.
    pub name_pattern: Option<String>,
    /// Whether what the manifest does not write is revoked.
    pub exact: bool,
    /// The rules that decided the rows; the first stands for what no rule writes.
    pub rules: Vec<Rule>,
    /// The rows, ordered by key.
    pub rows: Vec<DesiredRow>,
    /// The offices that a rule names: under exact management their other rows are revoked.
    pub managed: BTreeSet<OfficeId>,
    /// The managed offices of which a rule covers every provider: a row of somebody whom the
    /// directory does not list there may be covered too, so it is never revoked.
    pub whole: BTreeSet<OfficeId>,
    /// Rows of the directory that no rule speaks of, ordered by key.
    pub uncovered: Vec<RowKey>,
}

/// One desired row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DesiredRow {
    /// Where it is.
    pub key: RowKey,
    /// What it must grant.
    pub cells: Cells,
    /// Index into [`DesiredUser::rules`].
    pub rule: u32,
}

/// Why a row is wanted, and where the manifest says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// Which kind of rule decided.
    pub why: Why,
    /// The manifest's own reason.
    pub reason: Option<String>,
    /// The file of the deciding entry.
    #[serde(default, skip_serializing_if = "Layer::is_clinic")]
    pub layer: Layer,
    /// Line of the deciding entry, from 1; 0 where no entry decides.
    pub line: usize,
    /// Column of the deciding entry, from 1; 0 where no entry decides.
    pub column: usize,
}

/// Which kind of rule decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Exact management: no rule writes it.
    Exact,
    /// The named profile.
    Profile(String),
    /// An override over the named profile.
    Override(String),
    /// No rule of the manifest: the named run is taken back.
    Undo(String),
}
