//! The arguments of `explain` and `schema`, as clap reads them.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
A code is written in capitals, which no clinic's id can have. For a clinic whose id is `column` or `held`, name its
manifest with its extension.

Examples:
  accuroform explain                         list what can be explained
  accuroform explain M012                    what a code means and what to do
  accuroform explain held moved              why a row was left alone
  accuroform explain column visible          what is known of a column, and by whom
  accuroform explain lakeside                the clinic lakeside of fleet.yaml, each value with its origin
  accuroform explain lakeside clinic.yaml    a clinic alone, with what is built in")]
pub(super) struct ExplainArgs {
    /// A code, `held`, `column`, or a clinic by its id; without one, what there is
    #[arg(value_name = "SUBJECT")]
    pub(super) subject: Option<String>,
    /// Which of them, or the manifest of the fleet or the clinic; default: fleet.yaml
    #[arg(value_name = "NAME|MANIFEST")]
    pub(super) name: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    pub(super) which: WhichSchema,
    /// Write them to schemas/manifest.schema.json, schemas/fleet.schema.json and
    /// schemas/events.schema.json
    #[arg(long, conflicts_with_all = ["fleet", "events", "live"])]
    pub(super) write: bool,
    /// Write the schema to this file
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(super) out: Option<PathBuf>,
}

/// Which schema is printed; without either that of a clinic's manifest.
#[derive(Debug, Args)]
pub(super) struct WhichSchema {
    /// The schema of the fleet manifest
    #[arg(long)]
    pub(super) fleet: bool,
    /// The schema of the events that `plan --json`, `apply --json` and `undo --json` print
    #[arg(long, conflicts_with = "fleet")]
    pub(super) events: bool,
    /// Narrow the schema to the offices and providers that this clinic has now
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["fleet", "events"])]
    pub(super) live: Option<PathBuf>,
    /// Of a fleet manifest, this clinic
    #[arg(long, value_name = "ID", requires = "live")]
    pub(super) clinic: Option<String>,
}
