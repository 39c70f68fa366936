//! The arguments of `sync` and `verify`, and those by which a person says what was done.

use std::path::PathBuf;

use clap::Args;

use super::args::{SelectArgs, WaitArgs};

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
    pub(super) attest: AttestArgs,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) confirm: ConfirmArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}
