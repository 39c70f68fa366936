//! The arguments of `import`, as clap reads them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args_fleet::SelectArgs;
use crate::manifest::Management;

/// What the help says at its end.
pub(super) const HELP: &str = "\
Everything but `users` and `profiles` stays byte for byte. The result is planned before it is
written, and must change nothing, additive or exact. What a fleet's defaults say stays inherited.

Examples:
  accuroform import                         print clinic.yaml with what is granted now
  accuroform import -out clinic.yaml        fill a manifest in that has no users yet
  accuroform import -out clinic.yaml --force
                                            replace its users and profiles
  accuroform import --fleet --force         fleet.yaml: every clinic's file, in place
  accuroform import fleet.yaml --tag ontario -out adopted
                                            into another folder";

#[derive(Debug, Clone, Args)]
pub(super) struct ImportArgs {
    /// The manifest, or a fleet manifest; default: clinic.yaml, with --fleet fleet.yaml
    #[arg(value_name = "MANIFEST")]
    pub(super) manifest: Option<PathBuf>,
    /// Every selected clinic of a fleet
    #[arg(long)]
    pub(super) fleet: bool,
    /// Write to this file; for a fleet, write the clinics' files below this folder. Default: print
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Overwrite what is there; without --out, the manifest itself
    #[arg(long)]
    pub(super) force: bool,
    /// Import this EMR user (may be repeated), the others stay as they are written; default: all of the
    /// manifest
    #[arg(long, value_name = "NAME")]
    pub(super) user: Vec<String>,
    /// How the users shall be managed; default: as the manifest says, additive where it does not
    #[arg(long, value_name = "HOW")]
    pub(super) management: Option<How>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// How a user is managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum How {
    /// What is not written stays, and is reported
    Additive,
    /// What is not written is revoked
    Exact,
}

impl From<How> for Management {
    fn from(how: How) -> Self {
        match how {
            How::Additive => Self::Additive,
            How::Exact => Self::Exact,
        }
    }
}
