//! What was found and done, in one place.

use std::collections::BTreeSet;

use super::annotation::Annotations;
use super::notes;
use super::waiting::Waiting;
use crate::journal::{Outcome, RowOutcome};
use crate::ocean::{SyncError, Synced};
use crate::plan::{Plan, Summary};
use crate::report::diagnostics::Finding;
use crate::report::document::{Document, document};
use crate::report::drift::DriftReport;
use crate::report::drift_fleet::{ClinicDrift, DriftCounts, FleetDrift};
use crate::report::fold::WEIGHTY;
use crate::report::fold_pattern::escalates;
use crate::report::junit::Junit;
use crate::report::markdown_fleet::FleetMarkdown;
use crate::report::outcome::outcomes;
use crate::report::plan::summary_line;
use crate::report::review::{NotPlanned, Problem, ProblemKind, Review};
use crate::report::terraform::GitlabTerraform;

/// What a command found and did, as far as it got.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The most bytes of the plan as Markdown.
    pub(super) limit: usize,
    /// Whether what the manifest asks for is annotated, too.
    asks: bool,
    /// What was planned; `None`: nothing was.
    pub(super) planned: Option<Planned>,
    /// What an apply became; `None`: nothing was applied.
    pub(super) applied: Option<Outcomes>,
    /// What a verification that wrote nothing found.
    pub(super) verified: Option<bool>,
    /// What differs from what was last applied; `None`: nobody looked.
    pub(super) drifted: Option<Drifted>,
    /// Whether a sync is owed from before; `None`: nobody looked.
    pub(super) sync_owed: Option<bool>,
    pub(super) digest: Option<String>,
    pub(super) path: Option<String>,
    /// What people are waited for.
    pub(super) waiting: Vec<Waiting>,
    /// What the manifests themselves have; `None`: nobody looked for it alone, or found nothing.
    pub(super) found: Option<Vec<Problem>>,
    /// What the command could not do.
    pub(super) failed: Option<Problem>,
    pub(super) annotations: Annotations,
    pub(super) junit: Junit,
}

/// The sum of what was planned.
#[derive(Debug, Clone, Default)]
pub(super) struct Planned {
    pub(super) sum: Summary,
    /// Rows of which a weighty column rises or is held for longer.
    pub(super) dangerous: usize,
    /// Parts that were not read; of a fleet, clinics that were not planned, too.
    pub(super) unread: usize,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) refused: usize,
    /// The sum in a line.
    pub(super) words: String,
    pub(super) widget: GitlabTerraform,
    /// The plan for reviewers.
    pub(super) text: Text,
}

/// The sum of what differs from what was last applied.
#[derive(Debug, Clone)]
pub(super) enum Drifted {
    /// Of the one clinic that the command is about.
    One {
        counts: DriftCounts,
        /// The sum in a line.
        words: String,
        /// All of it for reviewers.
        text: String,
    },
    /// Of the clinics of a fleet.
    Fleet(FleetDrift),
}

impl Drifted {
    pub(super) fn counts(&self) -> DriftCounts {
        match self {
            Self::One { counts, .. } => *counts,
            Self::Fleet(fleet) => fleet.counts(),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::One { words, .. } => words.clone(),
            Self::Fleet(fleet) => fleet.words(),
        }
    }

    /// All of it in at most `limit` bytes.
    pub(super) fn text(&self, limit: usize) -> String {
        match self {
            Self::One { text, .. } => text.clone(),
            Self::Fleet(fleet) => fleet.markdown(limit),
        }
    }
}

/// Why a clinic of a fleet was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRead {
    /// The code of the failure, if it has one.
    pub code: Option<&'static str>,
    /// Why, as it was reported.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// A plan for reviewers.
#[derive(Debug, Clone, Default)]
pub(super) enum Text {
    #[default]
    None,
    One(String),
    Fleet {
        clinics: usize,
        id: String,
        markdown: Box<FleetMarkdown>,
    },
}

/// What became of the rows of an apply, its sync and its verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// As planned now, those that were so before included.
    pub done: u64,
    /// Left alone, because they moved or the plan says so.
    pub held: u64,
    /// Refused, or the answer was lost.
    pub failed: u64,
    /// Never sent.
    pub not_reached: u64,
    /// How the sync ended; `None`: each clinic has its own.
    pub sync: Option<SyncEnd>,
    /// Whether all is as planned; `None`: nobody could look, or there was nothing to look at.
    pub verified: Option<bool>,
    /// The same in words, a line each, with every row that is not as planned.
    pub lines: Vec<String>,
}

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncEnd {
    /// It is complete.
    Complete,
    /// It failed, was not begun although it was due, or did not end in time.
    NotComplete,
    /// A person is asked for it, and nobody attested it.
    Asked,
    /// A person says that it was done, and nobody verified that.
    Attested,
    /// None was due.
    NotDue,
}

impl SyncEnd {
    /// Of what a sync gave, where one was due.
    pub fn of(sync: Option<&Result<Synced, SyncError>>) -> Self {
        match sync {
            Some(Ok(_)) => Self::Complete,
            Some(Err(SyncError::Asked { .. })) => Self::Asked,
            Some(Err(SyncError::Attested { .. })) => Self::Attested,
            Some(Err(_)) => Self::NotComplete,
            None => Self::NotDue,
        }
    }
}

impl Outcomes {
    /// Of the rows of a plan.
    pub fn of(plan: &Plan, rows: &[RowOutcome], halted: Option<&str>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *match row.outcome {
                Outcome::Done | Outcome::AlreadyTrue => &mut counts.done,
                Outcome::Held(_) => &mut counts.held,
                Outcome::Refused(_) | Outcome::Failed(_) => &mut counts.failed,
                Outcome::NotReached => &mut counts.not_reached,
            } += 1;
        }
        let lines = outcomes(plan, rows, halted).lines().map(str::to_owned).collect();
        Self { lines, ..counts }
    }
}

impl Facts {
    /// None yet. `limit` is the most bytes of the plan as Markdown; `asks`: what the manifest asks for is
    /// annotated at its lines.
    pub fn new(limit: usize, asks: bool) -> Self {
        Self { limit, asks, ..Self::default() }
    }

    /// The plan of the one clinic that the command is about.
    pub fn plan(&mut self, review: Review<'_>) {
        self.digest = Some(review.digest.to_owned());
        let text = document(Document::Markdown { limit: self.limit }, review);
        self.add(review).text = Text::One(text);
    }

    /// What a look at the one clinic found, which wrote nothing. `beside`: what the plan does not say, with its
    /// code; then the plan's own words say too much.
    pub fn looked(&mut self, plan: &Plan, correct: bool, beside: Option<(&'static str, String)>) {
        self.verified = Some(correct);
        self.add(Review { plan, refusals: &[], digest: "" });
        if let Some((code, words)) = beside {
            self.failed(Some(code), &words, None);
            self.planned.get_or_insert_default().words.clear();
        }
    }

    /// What a look at the one clinic found that others changed.
    pub fn drifted(&mut self, report: DriftReport<'_>) {
        let (counts, words) = (report.counts(), report.summary());
        self.drifted = Some(Drifted::One { counts, words, text: report.markdown(self.limit) });
    }

    /// What looks at the clinics of a fleet found that others changed; one that was not read has why.
    pub fn drifted_fleet(
        &mut self,
        id: &str,
        clinics: impl IntoIterator<Item = (String, Result<ClinicDrift, NotRead>)>,
    ) {
        let mut fleet = FleetDrift::new(id);
        for (clinic, drift) in clinics {
            match drift {
                Ok(drift) => fleet.add(drift),
                Err(NotRead { code, message, hint }) => {
                    let message = format!("{clinic} is not read: {message}");
                    let problem = Problem::failure(code, &message, hint.as_deref());
                    self.annotations.add(&clinic, notes::of(&problem));
                    fleet.not_read(&clinic, problem);
                }
            }
        }
        self.drifted = Some(Drifted::Fleet(fleet));
    }

    /// Many plans come: of this fleet.
    pub fn fleet(&mut self, id: &str) {
        let markdown = Box::new(FleetMarkdown::new(self.limit));
        let text = Text::Fleet { clinics: 0, id: id.to_owned(), markdown };
        self.planned.get_or_insert_default().text = text;
    }

    /// The plan of one more clinic of the fleet.
    pub fn member(&mut self, review: Review<'_>) {
        if let Text::Fleet { clinics, markdown, .. } = &mut self.add(review).text {
            *clinics += 1;
            markdown.add(review);
        }
    }

    /// A clinic of the fleet that could not be planned.
    pub fn not_planned(&mut self, not: &NotPlanned<'_>) {
        let problem = Problem::not_planned(not);
        self.annotations.add(not.clinic, notes::of(&problem));
        self.junit.not_run(not.clinic, &problem);
        let planned = self.planned.get_or_insert_default();
        planned.unread += 1;
        if let Text::Fleet { clinics, markdown, .. } = &mut planned.text {
            *clinics += 1;
            markdown.not_planned(not);
        }
    }

    /// The plans of the fleet in a line, and by the digest of their bundle, where one is kept.
    pub fn fleet_planned(&mut self, words: String, digest: Option<&str>) {
        self.planned.get_or_insert_default().words = words;
        self.digest = digest.map(str::to_owned);
    }

    /// Whether a sync is owed from before.
    pub fn owed(&mut self, owed: bool) {
        self.sync_owed = Some(owed);
    }

    /// Where the plan is saved.
    pub fn saved(&mut self, path: &str) {
        self.path = Some(path.to_owned());
    }

    /// What the manifest in a file has.
    pub fn found(&mut self, file: &str, findings: &[Finding]) {
        let problems: Vec<Problem> = findings.iter().map(Problem::in_file).collect();
        for problem in &problems {
            self.annotations.add("", notes::of(problem));
        }
        self.junit.manifest(file, &problems);
        self.found.get_or_insert_default().extend(problems);
    }

    /// What an apply became.
    pub fn applied(&mut self, outcomes: Outcomes) {
        self.applied = Some(outcomes);
    }

    /// What a person is waited for.
    pub fn waits(&mut self, waiting: Waiting) {
        self.annotations.add(&waiting.clinic, waiting.note());
        self.waiting.push(waiting);
    }

    /// Why the command could not do its work.
    pub fn failed(&mut self, code: Option<&str>, message: &str, hint: Option<&str>) {
        let problem = Problem::failure(code, message, hint);
        self.annotations.add("", notes::of(&problem));
        self.junit.not_run("accuroform", &problem);
        self.failed = Some(problem);
    }

    fn add(&mut self, review: Review<'_>) -> &mut Planned {
        let plan = review.plan;
        let problems = review.problems();
        let asked_for = if self.asks { notes::asked_for(plan) } else { Vec::new() };
        for note in problems.iter().map(notes::of).chain(asked_for) {
            self.annotations.add(&plan.clinic, note);
        }
        self.junit.add(review);
        let weighty = BTreeSet::from(WEIGHTY);
        let changes = plan.users.iter().flat_map(|user| &user.changes);
        let count = |kind| problems.iter().filter(|problem| problem.kind == kind).count();
        let planned = self.planned.get_or_insert_default();
        planned.sum += plan.summary();
        planned.dangerous += changes.filter(|change| escalates(change, &weighty)).count();
        planned.unread += count(ProblemKind::Unread);
        planned.errors += count(ProblemKind::Error);
        planned.warnings += count(ProblemKind::Warning);
        planned.refused += count(ProblemKind::Refused);
        planned.words = summary_line(plan);
        planned.widget.add(plan);
        planned
    }
}
