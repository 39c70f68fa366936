//! The arguments of commands that are about files alone: `init`, `validate`, `fmt`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder to write into
    #[arg(default_value = ".", value_name = "DIR")]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) own: OwnClinic,
}

/// What a manifest of one's own says.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "A clinic of your own")]
pub(super) struct OwnClinic {
    /// The clinic's id: `a` to `z`, `0` to `9` and `-`
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
    /// The name that people know; default: the id
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The tenant id of its Accuro instance
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    /// The number of its Ocean site
    #[arg(long, value_name = "NUMBER")]
    pub(super) site: Option<String>,
    /// Its IANA time zone; default: UTC
    #[arg(long, value_name = "ZONE")]
    pub(super) timezone: Option<String>,
    /// Where the bridge to Accuro and Ocean is
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Write a pipeline for this CI system, too
    #[arg(long, value_name = "SYSTEM")]
    pub(super) ci: Option<CiSystem>,
}

/// Whose pipeline is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CiSystem {
    /// `.github/workflows/accuroform.yml`
    Github,
    /// `.gitlab-ci.yml`
    Gitlab,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// The manifests
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifests: Vec<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FmtArgs {
    /// Manifests and fleet manifests
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifests: Vec<PathBuf>,
    /// Write nothing; exit 3 if a file is not in canonical form
    #[arg(long)]
    pub(super) check: bool,
    /// Print what changes, with secrets masked
    #[arg(long)]
    pub(super) diff: bool,
}
