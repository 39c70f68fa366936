//! The arguments of commands that tell of a grid: `drift` and `review`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args_fleet::SelectArgs;
use super::args_surface::SurfaceArgs;

/// What `drift --help` ends with.
pub(super) const DRIFT_HELP: &str = "\
What was last applied is what the journal says. Changes that others made, what the manifest still
wants, and rows of which both is true are three lists; `drift.ignore` in the manifest names changes
that are known (docs/operating.md).

Exit codes: 0 nobody changed anything that is not ignored, 2 somebody did, 8 unread parts.

Examples:
  accuroform drift                          of clinic.yaml's clinic
  accuroform drift --format markdown        as a comment for reviewers
  accuroform drift --json fleet.yaml        the clinics of a fleet, a document each";

/// What `review --help` ends with.
pub(super) const REVIEW_HELP: &str = "\
It tells what the grid holds, never what a person can see. Since when is what the journal knows;
nothing is claimed of the time before its records. More: docs/operating.md

Examples:
  accuroform review                                   the grid of each office, then what is found
  accuroform review --expiring 60d                    with access that ends within 60 days
  accuroform review --format html > review.html       a page to filter and to print
  accuroform review --format csv fleet.yaml > all.csv the rows of every clinic of a fleet";

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
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Which access ends soon: within so many days from the clinic's today on
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    pub(super) expiring: u16,
    /// Print the review in this format
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: ReviewFormat,
}

/// The forms of `review` by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReviewFormat {
    /// The grid of each office, then what there is to say
    Human,
    /// A line a row, for spreadsheets
    Csv,
    /// A self-contained page
    Html,
}

/// `30d`, or days alone.
fn days(text: &str) -> Result<u16, String> {
    let number = text.strip_suffix('d').unwrap_or(text).parse::<u16>().ok();
    number.filter(|days| *days <= 3660).ok_or_else(|| "write 30d; at most 3660d".to_owned())
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
