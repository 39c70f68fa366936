//! The plans of a fleet as Markdown: what could not be planned, the folded sum, then a line for each
//! clinic.

use std::collections::{BTreeMap, BTreeSet};

use super::cut::{Cut, Item};
use super::fold::{Folded, WEIGHTY, counted};
use super::markdown_parts::{details, folded_sections, notes, problem_lines, short};
use super::markup::{markdown as safe, name};
use super::plan::summary_line;
use super::review::{NotPlanned, Problem, Review};
use super::table::count;
use crate::plan::Summary;

/// The plans of a fleet, in whatever order they are added.
#[derive(Debug, Clone)]
pub(super) struct FleetMarkdown {
    limit: usize,
    folded: Folded,
    sum: Summary,
    clinics: BTreeMap<String, (String, Vec<Problem>)>,
    not_planned: usize,
}

impl FleetMarkdown {
    /// The text of no plan yet, of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        let folded = Folded::new(BTreeSet::from(WEIGHTY));
        Self { limit, folded, sum: Summary::default(), clinics: BTreeMap::new(), not_planned: 0 }
    }

    /// Adds the plan of one more clinic.
    pub(super) fn add(&mut self, review: Review<'_>) {
        let plan = review.plan;
        self.folded.add(plan);
        self.sum += plan.summary();
        self.clinics.insert(plan.clinic.clone(), (summary_line(plan), review.problems()));
    }

    /// Adds a clinic that could not be planned.
    pub(super) fn not_planned(&mut self, not: &NotPlanned<'_>) {
        self.not_planned += 1;
        let line = ("Not planned.".to_owned(), vec![Problem::not_planned(not)]);
        self.clinics.insert(not.clinic.to_owned(), line);
    }

    /// The text. `fleet` is its id, `digest` stands for its bundle.
    pub(super) fn text(&self, fleet: &str, digest: &str) -> String {
        let Self { limit, folded, sum, clinics, not_planned } = self;
        let Summary { grant, revoke, change, cells, unchanged, excess: _, uncovered: _ } = *sum;
        let mut cut = Cut::new(*limit);
        let marker: String =
            fleet.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        cut.line(&format!("<!-- accuroform plan fleet {marker} -->"));
        let (changed, total) = (folded.clinics_with_changes(), count(clinics.len(), "clinic"));
        cut.line(&format!(
            "### Plan of fleet {}: {changed} of {total} with changes\n",
            short(fleet)
        ));
        cut.line(&format!(
            "{} to grant, {revoke} to revoke, {change} to change ({}); {unchanged} unchanged. \
             {} not planned.\n",
            count(grant, "row"),
            counted(cells, "cell"),
            count(*not_planned, "clinic"),
        ));
        cut.line(&format!("<sub>Plans {}</sub>\n", short(digest)));
        let mut problems: Vec<Problem> = Vec::new();
        for (clinic, (_, found)) in clinics {
            let of_clinic = |problem: &Problem| {
                let mut problem = problem.clone();
                if !problem.file.is_empty() {
                    problem.message = format!("{clinic}: {}", problem.message);
                }
                problem
            };
            problems.extend(found.iter().map(of_clinic));
        }
        problems.sort_by_key(|problem| problem.kind);
        problem_lines(&problems, &mut cut);
        folded_sections(folded, None, &mut cut);
        let line = |(clinic, (line, _)): (&String, &(String, Vec<Problem>))| {
            Item::one(format!("- {}: {}", name(clinic), safe(line)))
        };
        let lines: Vec<Item> = clinics.iter().map(line).collect();
        details(&format!("All {total}"), "clinic", &lines, &mut cut);
        notes("Findings", "finding", &problems, &mut cut);
        cut.finish(
            "`accuroform show BUNDLE` prints a line for each clinic, with `--clinic ID` its plan.",
        )
    }
}
