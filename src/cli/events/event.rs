//! The types of events. What is written here is read by other people's programs: see `line::VERSION`
//! before anything is changed.

use schemars::JsonSchema;
use serde::Serialize;

use super::fleet::{
    ClinicComplete, ClinicPlanned, ClinicStart, ClinicUnread, FleetPlanned, RolloutEnd,
    RolloutStart, WaveStart,
};
use super::rows::{
    Difference, PlannedChange, PlannedExcess, PlannedHeld, Row, RowHeld, RowReason, RowStart,
};
use crate::cli::exit::Exit;
use crate::diagnostic::Severity;
use crate::model::Cells;
use crate::ocean::{Appearance, Expected};
use crate::plan::{HeldRow, Summary, Targets, Unread, UnreadPart};
use crate::report::{Place, RelatedPlace};

/// What happened, by its type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::cli) enum Event {
    /// The first line: who speaks.
    Version(Version),
    /// A finding, a warning, or why the command ended.
    Diagnostic(Diagnostic),
    /// A row that an apply of the plan writes.
    PlannedChange(Box<PlannedChange>),
    /// A row that grants more than the manifest says and is left alone.
    PlannedExcess(Box<PlannedExcess>),
    /// A row that an undo leaves alone from the start.
    PlannedHeld(Box<PlannedHeld>),
    /// A part of the clinic that could not be read: nothing is planned for it.
    PlannedUnread(PlannedUnread),
    /// The plan in numbers; every event about its rows came before.
    ChangeSummary(Box<ChangeSummary>),
    /// What the change of the manifest since a commit asks for (`--against-git`).
    AgainstGit(AgainstGit),
    /// A limit or a policy that refuses the plan.
    Refusal(Refusal),
    /// The plan was saved (`-out`).
    PlanSaved(PlanSaved),
    /// A row is about to be sent.
    ApplyStart(RowStart),
    /// How far the apply is.
    ApplyProgress(ApplyProgress),
    /// A row was written: the server says so, or the grid shows it.
    ApplyComplete(Row),
    /// A row was as planned before it was written.
    ApplyAlreadyTrue(Row),
    /// A row was left alone, because somebody else changed it.
    ApplyHeld(Box<RowHeld>),
    /// A row was refused by the server: it was certainly not written.
    ApplyRefused(RowReason),
    /// A row whose answer was lost and that the grid does not show as planned: it may have been written.
    ApplyErrored(RowReason),
    /// A row that was not written, because the apply ended before its turn.
    ApplyNotReached(Row),
    /// A row that nothing can write: it is asked of a person, and not done.
    ApplyAsked(Row),
    /// What became of the rows, in numbers.
    ApplySummary(ApplySummary),
    /// Ocean is about to be asked for a sync.
    SyncStart(SyncStart),
    /// What is waited for.
    SyncProgress(SyncProgress),
    /// The sync is complete.
    SyncComplete(SyncComplete),
    /// The sync is not complete.
    SyncErrored(Ended),
    /// The sync waits for a person: to be done, or to be attested and verified.
    SyncAsked(Ended),
    /// The clinic was read again: whether it is as planned, and who appears on the Patients page.
    VerifyComplete(Box<VerifyComplete>),
    /// The clinic could not be read again.
    VerifyErrored(Ended),
    /// A clinic of a fleet was planned.
    ClinicPlanned(Box<ClinicPlanned>),
    /// A clinic of a fleet could not be planned.
    ClinicUnread(ClinicUnread),
    /// The whole fleet was planned.
    FleetPlanned(FleetPlanned),
    /// A rollout begins, or goes on.
    RolloutStart(RolloutStart),
    /// A wave of a rollout begins.
    WaveStart(WaveStart),
    /// The turn of a clinic begins.
    ClinicStart(ClinicStart),
    /// The turn of a clinic ended.
    ClinicComplete(Box<ClinicComplete>),
    /// A rollout ended.
    RolloutEnd(RolloutEnd),
    /// The last line: how the command ended.
    Outcome(Outcome),
}

/// Who speaks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Version {
    /// The version of the program.
    pub(super) accuroform: String,
    /// The version of the events: a later minor number adds, a later major number breaks.
    pub(super) events: String,
}

/// A finding, a warning, or why the command ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Diagnostic {
    /// How bad it is.
    pub(super) severity: Severity,
    /// The stable code, where there is one (docs/errors.md).
    pub(super) code: Option<String>,
    /// What is wrong, on what.
    pub(super) summary: String,
    /// What to do next.
    pub(super) hint: Option<String>,
    /// Where in a manifest.
    pub(super) range: Option<Place>,
    /// Places that explain it.
    pub(super) related: Vec<RelatedPlace>,
}

/// A part of the clinic that could not be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct PlannedUnread {
    /// What it is.
    pub(super) part: UnreadPart,
    /// Why.
    pub(super) reason: String,
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum Operation {
    /// It is shown.
    Plan,
    /// It is applied.
    Apply,
    /// It is applied, and takes a run back.
    Undo,
}

/// The plan in numbers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ChangeSummary {
    /// What it was made for.
    pub(super) operation: Operation,
    /// The digest of the plan.
    pub(super) digest: String,
    /// The digest of the manifest.
    pub(super) manifest_digest: String,
    /// Who says that they made it.
    pub(super) planner: Option<String>,
    /// The run that it takes back.
    pub(super) undoes: Option<String>,
    /// What it is limited to.
    pub(super) targets: Targets,
    /// The counts.
    pub(super) changes: Summary,
    /// Whether everything was read.
    pub(super) complete: bool,
    /// How many findings stand in the way of an apply.
    pub(super) errors: usize,
    /// How many limits and policies refuse it.
    pub(super) refusals: usize,
    /// Whether a sync is owed from before.
    pub(super) sync_owed: bool,
}

/// What the change of the manifest since a commit asks for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct AgainstGit {
    /// The commit as it was typed.
    pub(in crate::cli) r#ref: String,
    /// The commit.
    pub(in crate::cli) commit: String,
    /// Whether the clinic had no manifest then.
    pub(in crate::cli) is_new: bool,
    /// Rows that the change of the manifest asks for.
    pub(in crate::cli) by_change: Vec<AgainstRow>,
    /// Rows that were due before.
    pub(in crate::cli) pending: Vec<AgainstRow>,
    /// Rows that were due before, and that the change of the manifest makes others of.
    pub(in crate::cli) both: Vec<AgainstRow>,
    /// Rows that were due before and are not any more.
    pub(in crate::cli) withdrawn: Vec<AgainstRow>,
}

/// A row under two manifests.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct AgainstRow {
    #[serde(flatten)]
    pub(in crate::cli) row: Row,
    /// What it grants now.
    pub(in crate::cli) live: Cells,
    /// What it would grant under the manifest of then.
    pub(in crate::cli) before: Cells,
    /// What it will grant.
    pub(in crate::cli) after: Cells,
}

/// A limit or a policy that refuses the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Refusal {
    /// The stable code (docs/errors.md).
    pub(super) code: String,
    /// What is refused, and by how much.
    pub(super) summary: String,
    /// How to go on.
    pub(super) hint: String,
    /// The option that applies this very plan all the same, where there is one.
    pub(super) r#override: Option<String>,
    /// The entry of the manifest that it is about, where it is about one.
    pub(super) range: Option<EntryStart>,
}

/// Where an entry of a manifest begins. Line and column count from 1; the column counts characters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct EntryStart {
    /// The file.
    pub(super) file: String,
    /// The line.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
}

/// The plan was saved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct PlanSaved {
    /// The file.
    pub(super) file: String,
    /// The digest of what it holds.
    pub(super) digest: String,
}

/// How far an apply is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ApplyProgress {
    /// Rows that came to their end.
    pub(super) settled: usize,
    /// Rows of the plan.
    pub(super) planned: usize,
}

/// What became of the rows of a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ApplySummary {
    /// The run in the clinic's journal (`accuroform history show`); `null`: there was nothing to write.
    pub(super) run: Option<String>,
    /// The digest of the plan.
    pub(super) plan_digest: String,
    /// The run that was taken back.
    pub(super) undoes: Option<String>,
    /// How many rows ended how.
    pub(super) counts: Counts,
    /// Why it ended before its last row, if it did.
    pub(super) halted: Option<String>,
}

/// How many rows ended how.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct Counts {
    /// `apply_complete`
    pub(super) done: usize,
    /// `apply_already_true`
    pub(super) already_true: usize,
    /// `apply_held`
    pub(super) held: usize,
    /// `apply_refused`
    pub(super) refused: usize,
    /// `apply_errored`
    pub(super) errored: usize,
    /// `apply_not_reached`
    pub(super) not_reached: usize,
    /// `apply_asked`
    pub(super) asked: usize,
}

/// Ocean is about to be asked for a sync.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct SyncStart {
    /// `full` or `recent`.
    pub(super) mode: String,
    /// The Ocean site.
    pub(super) site: String,
}

/// What a sync waits for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct SyncProgress {
    /// What is waited for.
    pub(super) state: SyncState,
    /// The run of the sync.
    pub(super) run: String,
}

/// What a sync waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum SyncState {
    /// A run that began before the last write: another is started after it.
    WaitingForEarlier,
    /// The run that was started.
    Running,
    /// A run that somebody else began after the last write.
    Joined,
    /// A run that began after the last write; the answer to our start was lost.
    Unconfirmed,
}

/// A complete sync.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct SyncComplete {
    /// The run, where it is known.
    pub(super) run: Option<String>,
    /// `ours`, `joined` or `unconfirmed`: who began it. In any case it began after the last write.
    pub(super) origin: String,
}

/// Why something did not succeed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Ended {
    /// The stable code, where there is one (docs/errors.md).
    pub(super) code: Option<String>,
    /// What happened.
    pub(super) summary: String,
    /// What to do next.
    pub(super) hint: Option<String>,
}

/// What verification found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct VerifyComplete {
    /// Whether nothing is left to explain: the grid is right, and nobody is missing without a reason; `null`:
    /// the grid is right, and who is missing only a person can see.
    pub(super) correct: Option<bool>,
    /// Whether the grid was read and is as planned.
    pub(super) grid: bool,
    /// The run that was taken back.
    pub(super) undoes: Option<String>,
    /// Rows of an undo that are left alone.
    pub(super) held: Vec<HeldRow>,
    /// What was looked at.
    pub(super) targets: Targets,
    /// What a new plan would change, in numbers; `null`: no grid was read.
    pub(super) remaining: Option<Summary>,
    /// What a new plan would change, by row.
    pub(super) differences: Vec<Difference>,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
    /// Who is on the Patients page, who is not, and why not; `null` where no sync is managed.
    pub(super) patients_page: Option<Appearance>,
    /// Who should be on the Patients page, where only a person can look; `null` elsewhere.
    pub(super) expected_on_patients_page: Option<Expected>,
}

/// How the command ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct Outcome {
    /// The exit code of the process.
    pub(super) exit_code: u8,
    /// What it means.
    pub(super) outcome: Exit,
}
