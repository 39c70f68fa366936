//! The arguments of `sync`, `verify`, `status` and `worklist`, and those by which a person says what was done.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::{SelectArgs, SurfaceArgs, WaitArgs, duration};
use crate::report::WorklistForm;

/// What `sync --help` ends with.
pub(super) const SYNC_HELP: &str = "\
With `ocean.connection: attest` it prints the steps of a full sync for a Site Admin, who attests it
then. A sync that was begun before the last write does not count.

Examples:
  accuroform sync
  accuroform sync --sync-timeout 5m
  accuroform sync --attest --by 'Jane Roy' --at 14:05
  accuroform sync fleet.yaml                 the syncs of all clinics that wait, in one list";

/// What `verify --help` ends with.
pub(super) const VERIFY_HELP: &str = "\
With `ocean.connection: attest` it lists who is expected on the Patients page; a person attests who is
there.

Examples:
  accuroform verify
  accuroform verify --json clinic.yaml
  accuroform verify --attest --by 'Bo Roy'
  accuroform verify --attest --by 'Bo Roy' --missing 'Singh, Anita'";

/// What `status --help` ends with.
pub(super) const STATUS_HELP: &str = "\
It takes no lock and changes nothing. Exit codes: 0 nothing waits, 2 something does, 6 a sync does,
8 a part could not be read.

Examples:
  accuroform status
  accuroform status fleet.yaml --expiring 60d
  accuroform status --plan plan.json      also whose approvals a saved plan needs";

/// What `worklist --help` ends with.
pub(super) const WORKLIST_HELP: &str = "\
Where nothing can write the grid, `apply` hands its rows out to people. This shows what is left of them, and
ticks them off. What is ticked is attested, and verified only when the grid is read again. A saved plan is
judged and approved as by an apply, and handed out.

Examples:
  accuroform worklist                                   what is left, as a checklist
  accuroform worklist --tick --by 'Jane Roy'            row by row; stop with q, go on later
  accuroform worklist fleet.yaml --format html > lists.html
  accuroform worklist plan.json                         hand out a saved plan";

/// What a person says of a sync.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where a person is asked for the sync")]
pub(super) struct AttestArgs {
    /// Say that the sync that was asked for is complete, instead of asking for it
    #[arg(long, requires = "by")]
    pub(super) attest: bool,
    /// Who says it: kept in the journal
    #[arg(long, value_name = "NAME", requires = "attest")]
    pub(super) by: Option<String>,
    /// When the sync was begun, in the clinic's time zone unless another is written; default: now
    #[arg(long, value_name = "TIME", requires = "attest")]
    pub(super) at: Option<String>,
}

/// How people are asked for rows that nothing can write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where people set the rows")]
pub(super) struct ByHandArgs {
    /// Write the list to this file, in the form of its ending: .html, .md, .csv or .txt (may be repeated);
    /// default: a page beside the manifest
    #[arg(long, value_name = "FILE")]
    pub(super) worklist: Vec<PathBuf>,
    /// Tick the rows off at once, one after the other
    #[arg(long, requires = "by", conflicts_with = "json")]
    pub(super) tick: bool,
    /// Who clicks: kept in the journal
    #[arg(long, value_name = "NAME", requires = "tick")]
    pub(super) by: Option<String>,
}

/// What a person says of the Patients page.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where a person is asked for the sync")]
pub(super) struct ConfirmArgs {
    /// Say that everybody who is expected is on the Patients page, but for --missing
    #[arg(long, requires = "by")]
    pub(super) attest: bool,
    /// Who says it: kept in the journal
    #[arg(long, value_name = "NAME", requires = "attest")]
    pub(super) by: Option<String>,
    /// A provider who is not there, by name or id (may be repeated)
    #[arg(long, value_name = "PROVIDER", requires = "attest")]
    pub(super) missing: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) attest: AttestArgs,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) confirm: ConfirmArgs,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// A saved plan of the clinic whose approvals are counted (may be repeated)
    #[arg(long, value_name = "PLAN")]
    pub(super) plan: Vec<PathBuf>,
    /// Name grants that end within this time
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    pub(super) expiring: i32,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// `30d`, or days alone.
fn days(text: &str) -> Result<i32, String> {
    let number = text.strip_suffix('d').unwrap_or(text).parse::<u16>();
    number.map(i32::from).map_err(|_| "write 30d".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct WorklistArgs {
    /// A manifest or a fleet manifest, for what is left of lists that were handed out; or a saved plan,
    /// to hand out its rows
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST|PLAN")]
    pub(super) input: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// The manifest of a saved plan, if it is not where it was
    #[arg(long, value_name = "MANIFEST")]
    pub(super) manifest: Option<PathBuf>,
    /// A signed approval of the plan (may be repeated); default: PLAN.approval-*.json
    #[arg(long, value_name = "FILE")]
    pub(super) approval: Vec<PathBuf>,
    /// Hand it out although a mass-change limit refuses the plan; names the plan by its digest
    #[arg(long, value_name = "DIGEST")]
    pub(super) allow_mass_change: Option<String>,
    /// Print the list in this form
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "tick")]
    pub(super) format: WorklistFormat,
    /// Tick the rows off, one after the other
    #[arg(long, requires = "by")]
    pub(super) tick: bool,
    /// Who clicks: kept in the journal
    #[arg(long, value_name = "NAME", requires = "tick")]
    pub(super) by: Option<String>,
    /// Wait this long for an apply of the clinic to end
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration, env = "ACCUROFORM_LOCK_TIMEOUT", hide_env_values = true)]
    pub(super) lock_timeout: Duration,
}

/// The forms of a worklist by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorklistFormat {
    /// A checklist
    Text,
    /// For a ticket
    Markdown,
    /// A line a row, for a sheet
    Csv,
    /// A page to print
    Html,
}

impl From<WorklistFormat> for WorklistForm {
    fn from(format: WorklistFormat) -> Self {
        match format {
            WorklistFormat::Text => Self::Text,
            WorklistFormat::Markdown => Self::Markdown,
            WorklistFormat::Csv => Self::Csv,
            WorklistFormat::Html => Self::Html,
        }
    }
}
