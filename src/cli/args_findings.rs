//! The arguments of commands that tell of a grid: `drift` and `review`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args_fleet::SelectArgs;

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Print the result as JSON
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
    /// Print the result in this format
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<DriftFormat>,
    /// The most bytes of --format markdown
    #[arg(
        long,
        value_name = "BYTES",
        requires = "format",
        default_value_t = 65_536,
        value_parser = clap::value_parser!(u32).range(32_768..=16_777_216)
    )]
    pub(super) limit: u32,
}

/// The forms of `drift` by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DriftFormat {
    /// As without this
    Human,
    /// As --json
    Json,
    /// For a comment or a job summary
    Markdown,
}
