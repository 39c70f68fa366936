//! The arguments that say in which form a plan is printed.

use clap::{Args, ValueEnum};

use crate::report::Document;

/// In which form a plan is printed.
#[derive(Debug, Clone, Args)]
pub(super) struct FormArgs {
    /// Print the plan as JSON
    #[arg(long, conflicts_with = "diff")]
    pub(super) json: bool,
    /// Print a unified diff of the planned rows
    #[arg(long)]
    pub(super) diff: bool,
}

/// In which form a plan that is made is printed, and what happens to it.
#[derive(Debug, Clone, Args)]
pub(super) struct RunFormArgs {
    /// Print what happens as events, one JSON object a line (docs/events.md)
    #[arg(long, conflicts_with = "diff")]
    pub(super) json: bool,
    /// Print a unified diff of the planned rows
    #[arg(long)]
    pub(super) diff: bool,
}

impl RunFormArgs {
    /// The form of the plan, where it is printed as one.
    pub(super) const fn of_plan(&self) -> FormArgs {
        let Self { json: _, diff } = *self;
        FormArgs { json: false, diff }
    }
}

/// For whom a plan is printed.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct FormatArgs {
    /// Print the plan in this format (docs/formats.md)
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["json", "diff"])]
    pub(super) format: Option<Format>,
    /// The most bytes of --format markdown: 65536 for a comment on GitHub, 1048576 for its job summary,
    /// 1000000 for a comment on GitLab
    #[arg(
        long,
        value_name = "BYTES",
        requires = "format",
        default_value_t = 65_536,
        value_parser = clap::value_parser!(u32).range(32_768..=16_777_216)
    )]
    pub(super) limit: u32,
}

/// The formats by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The grid, as without this
    Human,
    /// The plan as it is saved, escaped
    Json,
    /// For a comment or a job summary
    Markdown,
    /// Terraform's plan representation, one line
    TerraformJson,
    /// The counts of GitLab's plan widget
    GitlabTerraform,
    /// Findings and refusals as a test report
    Junit,
    /// Findings and refusals for code scanning, at their lines of the manifest
    Sarif,
    /// A self-contained page
    Html,
}

impl FormatArgs {
    /// What is to be printed: one of the two forms with flags of their own, or a document.
    pub(super) fn over(&self, form: &FormArgs) -> (FormArgs, Option<Document>) {
        let Self { format, limit } = self;
        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
        let mut form = form.clone();
        let document = match format {
            None | Some(Format::Human) => None,
            Some(Format::Json) => {
                form.json = true;
                None
            }
            Some(Format::Markdown) => Some(Document::Markdown { limit }),
            Some(Format::TerraformJson) => Some(Document::TerraformJson),
            Some(Format::GitlabTerraform) => Some(Document::GitlabTerraform),
            Some(Format::Junit) => Some(Document::Junit),
            Some(Format::Sarif) => Some(Document::Sarif),
            Some(Format::Html) => Some(Document::Html),
        };
        (form, document)
    }
}
