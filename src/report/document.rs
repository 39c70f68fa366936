//! The forms of a plan beside the one that people read on a terminal, by name.

use super::html::page;
use super::junit::Junit;
use super::markdown::markdown;
use super::markdown_fleet::FleetMarkdown;
use super::review::{NotPlanned, Problem, Review};
use super::sarif::Sarif;
use super::terraform::{GitlabTerraform, terraform_json};

/// A form for a reviewer, a tool or a CI system. The same plan gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// For a comment or a job summary, in at most so many bytes.
    Markdown {
        /// The most bytes.
        limit: usize,
    },
    /// Terraform's plan representation, one line.
    TerraformJson,
    /// The counts of GitLab's plan widget.
    GitlabTerraform,
    /// What stands in the way, as a test report.
    Junit,
    /// What stands in the way, for code scanning.
    Sarif,
    /// A self-contained page.
    Html,
}

/// The plan in this form.
pub fn document(document: Document, review: Review<'_>) -> String {
    match document {
        Document::Markdown { limit } => markdown(review, limit),
        Document::TerraformJson => terraform_json(review),
        Document::Html => page(review),
        Document::GitlabTerraform | Document::Junit | Document::Sarif => {
            let mut one = FleetDocument::new(document);
            if let Some(one) = &mut one {
                one.add(review);
            }
            one.map(|one| one.text("", review.digest)).unwrap_or_default()
        }
    }
}

/// A form over the plans of many clinics, which are added in any order.
#[derive(Debug, Clone)]
pub struct FleetDocument(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Markdown(Box<FleetMarkdown>),
    Gitlab(GitlabTerraform),
    Junit(Junit),
    Sarif(Sarif),
}

impl FleetDocument {
    /// The form over no plans yet; `None`: it shows one clinic alone.
    pub fn new(document: Document) -> Option<Self> {
        match document {
            Document::Markdown { limit } => {
                Some(Kind::Markdown(Box::new(FleetMarkdown::new(limit))))
            }
            Document::GitlabTerraform => Some(Kind::Gitlab(GitlabTerraform::default())),
            Document::Junit => Some(Kind::Junit(Junit::default())),
            Document::Sarif => Some(Kind::Sarif(Sarif::default())),
            Document::TerraformJson | Document::Html => None,
        }
        .map(Self)
    }

    /// Adds the plan of one more clinic.
    pub fn add(&mut self, review: Review<'_>) {
        match &mut self.0 {
            Kind::Markdown(markdown) => markdown.add(review),
            Kind::Gitlab(counts) => counts.add(review.plan),
            Kind::Junit(junit) => junit.add(review),
            Kind::Sarif(sarif) => sarif.add(review),
        }
    }

    /// Adds a clinic that could not be planned.
    pub fn not_planned(&mut self, not: &NotPlanned<'_>) {
        match &mut self.0 {
            Kind::Markdown(markdown) => markdown.not_planned(not),
            // The widget knows counts of changes and nothing else.
            Kind::Gitlab(_) => {}
            Kind::Junit(junit) => junit.not_run(not.clinic, &Problem::not_planned(not)),
            Kind::Sarif(sarif) => sarif.not_planned(not),
        }
    }

    /// The text. `fleet` is its id, `digest` stands for its bundle.
    pub fn text(&self, fleet: &str, digest: &str) -> String {
        match &self.0 {
            Kind::Markdown(markdown) => markdown.text(fleet, digest),
            Kind::Gitlab(counts) => counts.text(),
            Kind::Junit(junit) => junit.text(),
            Kind::Sarif(sarif) => sarif.text(),
        }
    }
}
