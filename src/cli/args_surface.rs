//! The arguments that say which CI system is told what a command found and did.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Whom to tell, beside those who read the output.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "CI systems (docs/ci.md)")]
pub(super) struct SurfaceArgs {
    /// Write step outputs, the job summary and annotations for GitHub Actions
    #[arg(long, conflicts_with_all = ["gitlab", "ci"])]
    pub(super) github: bool,
    /// Write variables, a plan widget and a test report for GitLab CI
    #[arg(long, conflicts_with = "ci")]
    pub(super) gitlab: bool,
    /// auto: do the one or the other where the environment says that it is there, else nothing
    #[arg(long, value_name = "WHICH")]
    pub(super) ci: Option<Ci>,
    /// Where the files for GitLab go
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "github")]
    pub(super) gitlab_dir: PathBuf,
}

/// How the CI system is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Ci {
    // By `GITHUB_ACTIONS` and `GITLAB_CI`.
    Auto,
}
