//! What a clinic is at in a rollout. It follows from how its apply ended and from nothing else.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::version::{VERSION, known};

/// How far a clinic is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its turn has not come.
    Waiting,
    /// Its apply was begun; nobody has said yet how it ended.
    Running,
    /// Everything is as planned, and the verification says so.
    Verified,
    /// There was nothing to do.
    Unchanged,
    /// What is left is asked of people: rows that nothing else can write, or the sync, until it is attested
    /// and verified.
    Asked,
    /// Every row is written; the sync or the verification did not succeed.
    Applied,
    /// Rows were left alone because somebody else changed them; all others are written.
    Held,
    /// Rows failed or were not reached, or a part of the clinic could not be read.
    Incomplete,
    /// Nothing was written: it could not be reached, is locked, or its manifest is at fault.
    Failed,
    /// Nothing was written: a limit, a policy, or a plan that is stale.
    Refused,
}

/// What became of the planned rows of a clinic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowCounts {
    /// As planned now, already true ones included.
    pub done: u64,
    /// Left alone because they moved.
    pub held: u64,
    /// Refused, or the answer was lost.
    pub failed: u64,
    /// Never sent.
    pub not_reached: u64,
    /// Planned.
    pub rows: u64,
}

/// A clinic in a rollout, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClinicState {
    /// The version of this form.
    #[serde(deserialize_with = "known")]
    v: u32,
    /// The clinic.
    pub clinic: String,
    /// Its wave.
    pub wave: String,
    /// What it is at.
    pub stage: Stage,
    /// What became of its rows.
    pub counts: RowCounts,
    /// The run in its journal.
    pub run: Option<String>,
    /// The code of what went wrong.
    pub code: Option<String>,
    /// What went wrong, in words.
    pub message: Option<String>,
    /// Since when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

impl Stage {
    /// The stage after an apply that ended with this exit code and these counts. Where the two
    /// disagree, the worse is believed; a code that no apply has is a failure.
    pub const fn after(exit_code: u8, counts: &RowCounts) -> Self {
        let RowCounts { done, held, failed, not_reached, rows } = *counts;
        let open = failed > 0 || not_reached > 0 || done.saturating_add(held) < rows;
        // The answer to a failed row may be lost: nobody can say that it was not written.
        let touched = done > 0 || failed > 0;
        match exit_code {
            0 | 6 if open => Self::Incomplete,
            0 | 6 if held > 0 => Self::Held,
            0 if rows == 0 => Self::Unchanged,
            0 => Self::Verified,
            4 if open || held == 0 => Self::Incomplete,
            4 => Self::Held,
            5 if !touched => Self::Refused,
            6 => Self::Applied,
            8 => Self::Incomplete,
            _ if touched => Self::Incomplete,
            _ => Self::Failed,
        }
    }

    /// Whether the clinic is as planned and nothing is left to do.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Verified | Self::Unchanged)
    }

    /// Whether it is not known yet how the clinic ends.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Whether the clinic counts among the failed ones.
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::Incomplete | Self::Failed | Self::Refused)
    }
}

impl ClinicState {
    /// A clinic whose turn has not come. `rows` are planned for it.
    pub fn waiting(clinic: &str, wave: &str, rows: u64, at: Timestamp) -> Self {
        Self {
            v: VERSION,
            clinic: clinic.to_owned(),
            wave: wave.to_owned(),
            stage: Stage::Waiting,
            counts: RowCounts { rows, not_reached: rows, ..RowCounts::default() },
            run: None,
            code: None,
            message: None,
            at,
        }
    }
}
