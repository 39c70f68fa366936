//! The arguments of commands that are about files alone: `init`, `validate`, `fmt`, `policy`, `sim`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::args_fleet::SelectArgs;
use super::args_surface::SurfaceArgs;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder to write into
    #[arg(default_value = ".", value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// The clinic that is there: a bridge's URL or a world file; `import` then writes its users
    #[arg(long, value_name = "URL|WORLD", conflicts_with = "url")]
    pub(super) from: Option<String>,
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
    /// Write a pipeline for this CI system, too: at the root of the repository, if there is one
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
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
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

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Run the tests of policies, and the policies against example plans
    #[command(after_help = "\
Rules named test_… in packages of the manifest's policies and of files named *_test.rego beside them must
hold. Each plan is judged as an apply would judge it.

Exit codes: 0 all tests hold and no plan is denied, 3 not so.

Examples:
  accuroform policy test                          the tests of clinic.yaml's policies
  accuroform policy test clinic.yaml plan.json    and whether they deny this plan
  accuroform policy test --json fleet.yaml")]
    Test(PolicyTestArgs),
}

#[derive(Debug, Args)]
pub(super) struct PolicyTestArgs {
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// Saved plans, or what `plan --json` printed
    #[arg(value_name = "PLAN")]
    pub(super) plans: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["world", "generate"])))]
pub(super) struct SimArgs {
    /// The world file to serve
    #[arg(long, value_name = "FILE")]
    pub(super) world: Option<PathBuf>,
    /// Where to listen: a loopback address; port 0, the default, chooses a free one
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
    /// Where to keep the state; default: .accuroform/ beside the world file
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    pub(super) store: Option<PathBuf>,
    /// Faults to play, instead of those in the world file (docs/simulator.md)
    #[arg(long, value_name = "FILE")]
    pub(super) faults: Option<PathBuf>,
    /// Print a realistic world: offices=4,providers=25,seed=7; with clinics=1000 serve so many
    #[arg(long, value_name = "SPEC")]
    pub(super) generate: Option<String>,
    /// With clinics=…: write a fleet of manifests there, to plan against what is served
    #[arg(long, value_name = "DIR", requires = "generate")]
    pub(super) fleet: Option<PathBuf>,
    /// With clinics=…: log requests to standard error, as a server of one world does
    #[arg(long, requires = "generate")]
    pub(super) log: bool,
}
