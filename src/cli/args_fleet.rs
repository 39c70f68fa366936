//! The arguments that are about fleets: which clinics, and the commands `plan merge`, `fleet` and
//! `rollout`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::args_surface::SurfaceArgs;
use crate::rollout::{MatrixFormat, ShardChoice};

/// Which clinics of a fleet are meant.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Clinics of a fleet")]
pub(super) struct SelectArgs {
    /// This clinic alone (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(super) clinic: Vec<String>,
    /// Clinics with this tag (may be repeated)
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// No clinic with this tag (may be repeated)
    #[arg(long, value_name = "TAG")]
    pub(super) exclude_tag: Vec<String>,
    /// The clinics of this shard: 3/16; `auto` or auto/16 takes it from the CI system
    #[arg(long, value_name = "SHARD")]
    pub(super) shard: Option<ShardChoice>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    /// Join the bundles of all shards of a fleet into one
    #[command(after_help = "\
The bundles come in any order; the result is the same bytes as a plan of the whole fleet. A shard that
is missing is an error.

Example:
  accuroform plan merge -out all.bundle shard-*.bundle")]
    Merge(MergeArgs),
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The bundles of the shards
    #[arg(required = true, value_name = "BUNDLE")]
    pub(super) bundles: Vec<PathBuf>,
    /// Where to write the bundle of all
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum FleetCommand {
    /// Print the shards that hold clinics, as the matrix of a CI system
    #[command(after_help = "\
Examples:
  accuroform fleet matrix --format github --shards 16
  accuroform fleet matrix --format gitlab --shards 16 --tag ontario fleet.yaml")]
    Matrix(MatrixArgs),
}

#[derive(Debug, Args)]
pub(super) struct MatrixArgs {
    /// The fleet manifest
    #[arg(default_value = "fleet.yaml", value_name = "FLEET")]
    pub(super) manifest: PathBuf,
    /// Whose form
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Into how many shards the fleet is cut
    #[arg(long, value_name = "N")]
    pub(super) shards: u32,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// Whose form a matrix has.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// One line of JSON for GitHub Actions
    Github,
    /// YAML for GitLab CI
    Gitlab,
}

impl From<Format> for MatrixFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Github => Self::Github,
            Format::Gitlab => Self::Gitlab,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum RolloutCommand {
    /// Show the waves of a rollout and what each clinic is at
    #[command(after_help = "\
Examples:
  accuroform rollout status                       the last rollout of fleet.yaml
  accuroform rollout status 20260105T09 fleet.yaml")]
    Status(RolloutArgs),
    /// Make the plans that take a rollout back, for every clinic that it wrote to
    #[command(after_help = "\
The plans are saved as a bundle and applied like any other, in the fleet's waves. Without
a name it is the last rollout that is no undo itself.

Example:
  accuroform rollout undo 20260105T09 fleet.yaml -out undo.bundle
  accuroform apply undo.bundle")]
    Undo(RolloutUndoArgs),
}

/// Which rollout.
#[derive(Debug, Args)]
pub(super) struct RolloutArgs {
    /// The rollout, or a beginning of its id that no other has; default: the last
    #[arg(value_name = "ROLLOUT")]
    pub(super) rollout: Option<String>,
    /// The fleet manifest; default: fleet.yaml
    #[arg(value_name = "FLEET")]
    pub(super) manifest: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RolloutUndoArgs {
    #[command(flatten)]
    pub(super) which: RolloutArgs,
    /// Where to save the bundle of the plans
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Who makes the plans: kept in them, and this person's own approval does not count
    #[arg(long, value_name = "NAME", env = "ACCUROFORM_PLANNER", hide_env_values = true)]
    pub(super) planner: Option<String>,
}
