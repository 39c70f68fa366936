//! The arguments of `capture`, as clap reads them.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::worksheet::{ExpectedColumns, Only};

/// The end of its help.
pub(super) const CAPTURE_HELP: &str = "\
For clinics whose Accuro connection is `worksheet`: no bridge is there, and somebody reads the grid at the
Manage Security screen. A blank line of a sheet is unread, never empty: write yes under Read where nothing
is ticked. See docs/worksheet.md.

Examples:
  accuroform capture --template               write a sheet to fill in, as CSV and XLSX
  accuroform capture grid-to-fill.xlsx --by 'Jane Roy' --at '2026-01-05 09:00'
                                              make it the capture that plans are made from
  accuroform capture --office 'Main Street'   be asked instead, one key a cell
  accuroform capture --show                   what the last capture holds, and how long it is good
  accuroform capture --template --worklist    a sheet of the rows that people were asked to set; then
  accuroform capture grid-to-fill.xlsx --keep keep the rest as it was read before
  accuroform capture --template --ocean-users users.csv --ocean-columns 'provider=Full name'
                                              say who of a list of Ocean's users is not in the directory";

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("how").args(["file", "template", "show"])))]
pub(super) struct CaptureArgs {
    /// A sheet that was filled in, CSV or XLSX
    #[arg(value_name = "SHEET")]
    pub(super) file: Option<PathBuf>,
    /// Write a sheet to fill in, and nothing else
    #[arg(long)]
    pub(super) template: bool,
    /// The manifest, or a fleet manifest
    #[arg(long, default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// The clinic of a fleet
    #[arg(long, value_name = "ID")]
    pub(super) clinic: Option<String>,
    /// This office alone (may be repeated)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "show"])]
    pub(super) office: Vec<String>,
    /// Where to write the sheet, without .csv and .xlsx; default: the capture's name and -to-fill
    #[arg(long, value_name = "PATH", requires = "template")]
    pub(super) out: Option<PathBuf>,
    /// Who read the screen; default: what the sheet says, else the account's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["template", "show"])]
    pub(super) by: Option<String>,
    /// When the screen was read: `now` or 2026-01-05 09:00; default: what the sheet says, else when its
    /// template was made
    #[arg(long, value_name = "TIME", requires = "file")]
    pub(super) at: Option<String>,
    #[command(flatten)]
    pub(super) again: AgainArgs,
    /// Begin a new capture, whatever the last one holds
    #[arg(long, conflicts_with_all = ["how", "worklist"])]
    pub(super) restart: bool,
    #[command(flatten)]
    pub(super) told: ToldArgs,
    #[command(flatten)]
    pub(super) ocean: OceanArgs,
}

/// How the rows are captured that people set.
#[derive(Debug, Args)]
pub(super) struct AgainArgs {
    /// Only the rows that people were asked to set: of a sheet to fill in, or of what is asked
    #[arg(long, conflicts_with_all = ["file", "show", "office"])]
    pub(super) worklist: bool,
    /// Keep what the last capture says of rows that this sheet leaves out; they keep their own time
    #[arg(long, requires = "file")]
    pub(super) keep: bool,
}

/// How a capture is told.
#[derive(Debug, Args)]
pub(super) struct ToldArgs {
    /// Say what the capture holds and how long it is good, and write nothing
    #[arg(long)]
    pub(super) show: bool,
    /// Print what was done, found and refused as one JSON document; asks nothing, so that alone it is --show
    #[arg(long, conflicts_with = "restart")]
    pub(super) json: bool,
}

/// Whom another system expects.
#[derive(Debug, Args)]
pub(super) struct OceanArgs {
    /// A list of Ocean's users, CSV or XLSX: providers of it that the directory lacks are named
    #[arg(long, value_name = "FILE")]
    pub(super) ocean_users: Option<PathBuf>,
    /// Which of its headings hold the name: provider=HEADING, or surname=HEADING,first=HEADING
    #[arg(long, value_name = "MAP", default_value = "provider=Name", requires = "ocean_users")]
    pub(super) ocean_columns: ExpectedColumns,
    /// Only its lines that say this: 'Role=Provider' (may be repeated: of one heading any, of several all)
    #[arg(long, value_name = "HEADING=VALUE", requires = "ocean_users")]
    pub(super) ocean_only: Vec<Only>,
    /// Add those to this office of the directory
    #[arg(long, value_name = "OFFICE", requires_all = ["template", "ocean_users"])]
    pub(super) add_to: Option<String>,
}
