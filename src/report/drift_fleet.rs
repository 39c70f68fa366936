//! What differs at the clinics of a fleet, in one text for reviewers: the sums, who was not read, then the rows
//! clinic by clinic.

use std::collections::BTreeMap;

use super::cut::{Cut, Item};
use super::drift::DriftReport;
use super::markdown_parts::{details, problem_lines, short};
use super::markup::{markdown as safe, name};
use super::review::Problem;
use super::table::count;

/// How many rows differ, by how they do, and how many parts nobody knows of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DriftCounts {
    pub(super) changed_outside: usize,
    pub(super) pending: usize,
    pub(super) both: usize,
    /// Parts that were not read; of a fleet, clinics that were not, too.
    pub(super) unread: usize,
}

/// What differs at one clinic of a fleet.
#[derive(Debug, Clone)]
pub struct ClinicDrift {
    clinic: String,
    counts: DriftCounts,
    words: String,
    lists: Vec<(String, Vec<Item>)>,
}

impl ClinicDrift {
    /// Of its report.
    pub fn of(report: DriftReport<'_>) -> Self {
        Self {
            clinic: report.clinic.to_owned(),
            counts: report.counts(),
            words: report.summary(),
            lists: report.items(),
        }
    }

    /// What others changed comes first, then what nobody knows.
    fn rank(&self) -> u8 {
        let DriftCounts { changed_outside, pending: _, both, unread } = self.counts;
        if changed_outside + both > 0 {
            0
        } else if unread > 0 {
            1
        } else {
            2
        }
    }
}

/// What differs at the clinics of a fleet, in whatever order they are added.
#[derive(Debug, Clone)]
pub(super) struct FleetDrift {
    id: String,
    clinics: BTreeMap<String, ClinicDrift>,
    not_read: BTreeMap<String, Problem>,
}

impl FleetDrift {
    /// Nothing is known of any clinic yet.
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), clinics: BTreeMap::new(), not_read: BTreeMap::new() }
    }

    /// Adds a clinic.
    pub(super) fn add(&mut self, drift: ClinicDrift) {
        self.clinics.insert(drift.clinic.clone(), drift);
    }

    /// Adds a clinic that could not be read.
    pub(super) fn not_read(&mut self, clinic: &str, problem: Problem) {
        self.not_read.insert(clinic.to_owned(), problem);
    }

    /// How many clinics there are.
    pub(super) fn clinics(&self) -> usize {
        self.clinics.len() + self.not_read.len()
    }

    /// The sums.
    pub(super) fn counts(&self) -> DriftCounts {
        let mut sum = DriftCounts { unread: self.not_read.len(), ..DriftCounts::default() };
        for ClinicDrift { counts, .. } in self.clinics.values() {
            sum.changed_outside += counts.changed_outside;
            sum.pending += counts.pending;
            sum.both += counts.both;
            sum.unread += counts.unread;
        }
        sum
    }

    /// The sums in a line.
    pub(super) fn words(&self) -> String {
        let DriftCounts { changed_outside, pending, both, unread } = self.counts();
        let changed = self.clinics.values().filter(|clinic| clinic.rank() == 0).count();
        let not_read = match unread {
            0 => String::new(),
            parts => format!("; {} not read", count(parts, "part")),
        };
        format!(
            "Drift of {}: {changed} with changes from outside; {} changed outside, {both} of which the \
             manifests want otherwise; {pending} pending from the manifests{not_read}.",
            count(self.clinics(), "clinic"),
            count(changed_outside + both, "row"),
        )
    }

    /// All of it in at most `limit` bytes.
    pub(super) fn markdown(&self, limit: usize) -> String {
        let mut cut = Cut::new(limit);
        let of_marker = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let marker: String = self.id.chars().filter(of_marker).collect();
        cut.line(&format!("<!-- accuroform drift fleet {marker} -->"));
        cut.line(&format!("### Drift of fleet {}\n", short(&self.id)));
        cut.line(&format!("{}\n", safe(&self.words())));
        let not_read: Vec<Problem> = self.not_read.values().cloned().collect();
        problem_lines(&not_read, &mut cut);
        let mut ranked: Vec<&ClinicDrift> = self.clinics.values().collect();
        ranked.sort_by_key(|clinic| clinic.rank());
        for ClinicDrift { clinic, lists, .. } in ranked {
            for (heading, items) in lists {
                let start = format!("**{}: {}**\n", name(clinic), safe(heading));
                cut.section((&start, ""), "row", items);
            }
        }
        let of_clinic = |(clinic, words): (&String, &str)| {
            Item::one(format!("- {}: {}", name(clinic), safe(words)))
        };
        let read = self.clinics.iter().map(|(clinic, drift)| (clinic, drift.words.as_str()));
        let not_read = self.not_read.iter().map(|(clinic, why)| (clinic, why.message.as_str()));
        let all: BTreeMap<&String, &str> = read.chain(not_read).collect();
        let lines: Vec<Item> = all.into_iter().map(of_clinic).collect();
        let title = format!("All {}", count(self.clinics(), "clinic"));
        details(&title, "clinic", &lines, &mut cut);
        cut.finish("`accuroform drift FLEET --clinic ID` prints all of a clinic.")
    }
}
