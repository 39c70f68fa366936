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
    #[arg(long, conflicts_with_all = ["fleet", "events"])]
    pub(super) write: bool,
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
}
