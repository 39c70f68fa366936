//! The arguments of `explain` and `schema`, as clap reads them.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The clinic, by its id
    #[arg(value_name = "SUBJECT")]
    pub(super) subject: String,
    /// The fleet's manifest, or the clinic's own
    #[arg(default_value = "fleet.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// Print the values as JSON
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
