//! The arguments of `history`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args_fleet::SelectArgs;

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(subcommand)]
    pub(super) command: Option<HistoryCommand>,
    /// The manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Print the runs as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum HistoryCommand {
    /// Show the rows of one run: what they were, what they became, and why
    #[command(after_help = "\
Examples:
  accuroform history show 20260105T090000Z-0123456789abcdef
  accuroform history show --json 20260105T09 lakeside.yaml")]
    Show(HistoryShowArgs),
    /// Check that no record of the journal was edited, removed, moved or inserted
    #[command(after_help = "\
Missing last records, and records that were all written anew, leave no trace in the journal itself.
Keep the head that this prints elsewhere; --head finds it again in a journal that only grew.

Exit codes: 0 sound, 1 not sound.

Examples:
  accuroform history verify
  accuroform history verify --head sha256:1f0c…")]
    Verify(HistoryVerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct HistoryShowArgs {
    /// The run, or a beginning of its id that no other run has
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// The manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Print the run as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct HistoryVerifyArgs {
    /// The manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// A head that was printed before and kept elsewhere: the journal must contain it
    #[arg(long, value_name = "DIGEST")]
    pub(super) head: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}
