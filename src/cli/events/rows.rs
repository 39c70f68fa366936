//! Events about one row of the grid.

use schemars::JsonSchema;
use serde::Serialize;

use crate::journal::Hold;
use crate::model::{Cells, Column, OfficeId, ProviderId, Revision, RowKey, Until};
use crate::plan::{Action, HeldReason, Plan};

/// A row of the grid.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Row {
    /// Clinic, user, office and provider in names: the same in every event about the row.
    pub(super) address: String,
    /// The user whose grid it is in.
    pub(super) user: String,
    /// The office.
    pub(super) office_id: OfficeId,
    /// The provider.
    pub(super) provider_id: ProviderId,
}

impl Row {
    /// A row of a plan.
    pub(in crate::cli) fn of(plan: &Plan, user: &str, key: RowKey) -> Self {
        let RowKey { office, provider } = key;
        Self {
            address: plan.names.address(&plan.clinic, user, key),
            user: user.to_owned(),
            office_id: office,
            provider_id: provider,
        }
    }
}

/// A row that an apply of the plan writes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct PlannedChange {
    #[serde(flatten)]
    pub(super) row: Row,
    /// What happens to it.
    pub(super) action: Action,
    /// What it grants now.
    pub(super) before: Cells,
    /// What it will grant.
    pub(super) after: Cells,
    /// The columns that change.
    pub(super) columns: Vec<Column>,
    /// The date on which the access will end; `null`: none.
    pub(super) until: Option<Until>,
    /// The revision it was read at; `null`: it is absent.
    pub(super) revision: Option<Revision>,
    /// Why, and where the manifest says so; `null` where that is not known.
    pub(super) rule: Option<RuleAt>,
}

/// Why a row is planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RuleAt {
    /// `exact`, `profile`, `override` or `undo`.
    pub(super) why: String,
    /// The name of the profile, or the run that is taken back.
    pub(super) of: Option<String>,
    /// The manifest's own reason.
    pub(super) reason: Option<String>,
    /// The file of the deciding entry; `null` where no entry decides.
    pub(super) file: Option<String>,
    /// Its line, from 1.
    pub(super) line: Option<usize>,
    /// Its column in characters, from 1.
    pub(super) column: Option<usize>,
}

/// A row that grants more than the manifest says and is left alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct PlannedExcess {
    #[serde(flatten)]
    pub(super) row: Row,
    /// What it grants once the plan is applied.
    pub(super) holds: Cells,
    /// What the manifest says.
    pub(super) says: Cells,
}

/// A row that an undo leaves alone from the start.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct PlannedHeld {
    #[serde(flatten)]
    pub(super) row: Row,
    /// What the run that is taken back left there.
    pub(super) was: Cells,
    /// What it grants now; `null`: the grid is none of this manifest's.
    pub(super) is: Option<Cells>,
    /// Why it is left alone.
    pub(super) reason: HeldReason,
}

/// A row that is about to be sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RowStart {
    #[serde(flatten)]
    pub(super) row: Row,
    /// The batch that it is sent with, from 1, as the journal counts them.
    pub(super) batch: usize,
}

/// A row that was left alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RowHeld {
    #[serde(flatten)]
    pub(super) row: Row,
    /// Why.
    pub(super) hold: Hold,
}

/// A row that is not as planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct RowReason {
    #[serde(flatten)]
    pub(super) row: Row,
    /// Why.
    pub(super) reason: String,
}

/// A row that is not what was planned when it was read again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Difference {
    #[serde(flatten)]
    pub(super) row: Row,
    /// What a new plan does to it.
    pub(super) action: Action,
    /// What it grants now.
    pub(super) before: Cells,
    /// What it should grant.
    pub(super) after: Cells,
}
