//! The plan of a fleet as people read it, and its sum.

use std::collections::BTreeSet;
use std::path::Path;

use super::plan::{ClinicPlan, MemberPlan};
use super::subject::SelectedFleet;
use crate::cli::events::{self, FleetPlanned, Told};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::plan::{Plan, Refusal, Summary};
use crate::report::{self, Folded, WEIGHTY, escape};
use crate::rollout::Shard;
use crate::rollout::bundle::{Entry, Unplanned};

/// The most findings of one clinic that are listed.
const FINDINGS: usize = 5;

/// The plans of a fleet, summed up as they come.
pub(in crate::cli) struct FleetSummary {
    folded: Folded,
    /// Clinics that could not be read whole, with why; then the lines of all others. By id.
    unread: Vec<(String, String)>,
    lines: Vec<(String, String)>,
    sum: Summary,
    /// How many clinics have changes, of those that were read.
    changed: usize,
    owed: usize,
    /// Whether an apply would refuse the plan of any clinic, and with it all.
    stands: bool,
    worst: Ranked,
}

/// What was planned.
pub(in crate::cli) struct Title {
    pub(in crate::cli) fleet: String,
    pub(in crate::cli) selection: String,
    pub(in crate::cli) shard: Option<Shard>,
    pub(in crate::cli) clinics: usize,
}

impl Title {
    pub(in crate::cli) fn of(fleet: &SelectedFleet) -> Self {
        let SelectedFleet { file, selection, selected: _, members } = fleet;
        Self {
            fleet: file.fleet.name.clone(),
            selection: selection.to_string(),
            shard: selection.shard,
            clinics: members.len(),
        }
    }
}

/// How a fleet's plan ends, worst first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Ranked {
    #[default]
    Nothing,
    Changes,
    Refused,
    Error,
    Unread,
}

impl FleetSummary {
    pub(in crate::cli) fn new() -> Self {
        Self {
            folded: Folded::new(BTreeSet::from(WEIGHTY)),
            unread: Vec::new(),
            lines: Vec::new(),
            sum: Summary::default(),
            changed: 0,
            owed: 0,
            stands: false,
            worst: Ranked::Nothing,
        }
    }

    /// Adds a clinic.
    pub(in crate::cli) fn add(&mut self, planned: &MemberPlan) {
        let MemberPlan { clinic, result } = planned;
        match result {
            Ok(ClinicPlan { plan, refusals, sealed, owed }) => {
                self.owed += usize::from(*owed);
                self.plan(clinic, plan, (refusals, &sealed.digest));
            }
            Err(failure) => {
                let words = self::failure(failure);
                self.is(match failure.exit {
                    Exit::Refused => Ranked::Refused,
                    Exit::Done
                    | Exit::Error
                    | Exit::Changes
                    | Exit::Findings
                    | Exit::Incomplete
                    | Exit::NotVerified
                    | Exit::Locked
                    | Exit::Unread => Ranked::Unread,
                });
                self.unread.push((clinic.clone(), words));
            }
        }
    }

    /// Adds a clinic that could not be read.
    pub(in crate::cli) fn unread(&mut self, clinic: &str, words: String) {
        self.is(Ranked::Unread);
        self.unread.push((clinic.to_owned(), words));
    }

    /// Adds what a bundle has of a clinic.
    pub(in crate::cli) fn entry(&mut self, clinic: &str, entry: &Entry) {
        match entry {
            Entry::Planned { plan, digest, refusals } => {
                self.plan(clinic, plan, (refusals, digest));
            }
            Entry::Unplanned(Unplanned { clinic: _, code, message, exit_code }) => {
                let is_refused = *exit_code == Exit::Refused.code();
                self.is(if is_refused { Ranked::Refused } else { Ranked::Unread });
                self.unread.push((clinic.to_owned(), format!("[{code}] {}", escape(message))));
            }
        }
    }

    fn plan(&mut self, clinic: &str, plan: &Plan, (refusals, digest): (&[Refusal], &str)) {
        self.folded.add(plan);
        self.sum += plan.summary();
        if !plan.is_empty() {
            self.is(Ranked::Changes);
        }
        let mut words = vec![report::summary_line(plan)];
        words.extend(findings(plan));
        words.extend(refused(plan, refusals, digest));
        self.stands |= !in_the_way(clinic, plan, refusals).is_empty();
        if !refusals.is_empty() {
            self.is(Ranked::Refused);
        }
        if plan.errors() > 0 {
            self.is(Ranked::Error);
        }
        if plan.is_complete() {
            self.changed += usize::from(!plan.is_empty());
            self.lines.push((clinic.to_owned(), words.join("\n")));
        } else {
            self.is(Ranked::Unread);
            words.extend(plan.unread.iter().map(|unread| format!("  {}", escape(&unread.reason))));
            self.unread.push((clinic.to_owned(), words.join("\n")));
        }
    }

    fn is(&mut self, rank: Ranked) {
        self.worst = self.worst.max(rank);
    }

    /// How the command ends.
    pub(in crate::cli) fn exit(&self, detailed: bool) -> Exit {
        match self.worst {
            Ranked::Unread => Exit::Unread,
            Ranked::Error => Exit::Error,
            Ranked::Refused => Exit::Refused,
            Ranked::Changes if detailed => Exit::Changes,
            Ranked::Changes | Ranked::Nothing => Exit::Done,
        }
    }

    /// Where the bundle of these plans is saved; and what for, unless an apply would refuse it.
    pub(in crate::cli) fn saved(&self, path: &Path, what_for: &str) -> String {
        let path = path.display();
        if self.stands {
            return format!("saved to {path}; it is not applied while what is said above stands");
        }
        format!("saved to {path}; to {what_for}: accuroform apply {path}")
    }

    /// Whether any clinic that could be read has changes.
    pub(in crate::cli) fn has_changes(&self) -> bool {
        self.folded.rows() > 0
    }

    /// Whether a sync is owed anywhere.
    pub(in crate::cli) fn owes_syncs(&self) -> bool {
        self.owed > 0
    }

    /// Prints what could not be read, then a line for each clinic, then the folded sum.
    pub(in crate::cli) fn print(&mut self, title: &Title, printer: &mut Printer) {
        self.unread.sort();
        self.lines.sort();
        let Title { fleet, selection, shard, clinics: total } = title;
        let shard = shard.map(|shard| format!(", shard {shard}")).unwrap_or_default();
        let (name, count) = (escape(fleet), clinics(*total));
        printer.result(&format!("Fleet {name}: {count} ({}{shard})\n\n", escape(selection)));
        for (clinic, words) in &self.unread {
            printer.result(&format!("! not read: {}: {words}\n", escape(clinic)));
        }
        if !self.unread.is_empty() {
            printer.result("\n");
        }
        let width = self.lines.iter().map(|(clinic, _)| clinic.chars().count()).max();
        for (clinic, words) in &self.lines {
            let gap = width.unwrap_or(0).saturating_sub(clinic.chars().count());
            printer.result(&format!("{}{:gap$}  {words}\n", escape(clinic), ""));
        }
        let folded = self.folded.lines();
        if !folded.is_empty() {
            printer.result("\nThe same change in several clinics is one line:\n");
            for line in &folded {
                printer.result(&format!("{}\n", escape(line)));
            }
        }
        printer.result(&format!("\n{}\n", self.sum_line(*total)));
        if self.owed > 0 {
            let (count, verb) = (clinics(self.owed), if self.owed == 1 { "owes" } else { "owe" });
            printer.line(&format!("note: {count} still {verb} a completed and verified sync; `accuroform apply` runs it"));
        }
    }

    /// The sum for programs.
    pub(in crate::cli) fn told(&self, total: usize, exit: Exit) -> Told {
        // They come in the order in which they fail.
        let mut unread: Vec<String> =
            self.unread.iter().map(|(clinic, _)| clinic.clone()).collect();
        unread.sort();
        let planned = FleetPlanned {
            clinics: total,
            changed: self.changed,
            unread,
            summary: self.sum,
            folded: self.folded.lines(),
            exit_code: exit.code(),
        };
        events::fleet_planned(self.sum_line(total), planned)
    }

    /// `Plan of 37 clinics: …`
    pub(in crate::cli) fn sum_line(&self, total: usize) -> String {
        let Summary { grant, revoke, change, cells, unchanged, excess: _, uncovered: _ } = self.sum;
        let unread = self.unread.len();
        let without = total.saturating_sub(self.changed + unread);
        format!(
            "Plan of {}: {} with changes, {without} without, {unread} not read; \
             {grant} rows to grant, {revoke} to revoke, {change} to change ({cells} cells); \
             {unchanged} unchanged.",
            clinics(total),
            self.changed,
        )
    }
}

/// `1 clinic`, `37 clinics`.
pub(in crate::cli) fn clinics(count: usize) -> String {
    if count == 1 { "1 clinic".to_owned() } else { format!("{count} clinics") }
}

/// What stands in the way of a clinic's plan, a line each; nothing: it can be applied.
pub(in crate::cli) fn in_the_way(clinic: &str, plan: &Plan, refusals: &[Refusal]) -> Vec<String> {
    let refused = refusals.iter().map(|refusal| {
        let words = report::refused(plan, refusal);
        format!("{clinic}: error[{}]: refused: {words}", refusal.code)
    });
    let unresolved = match plan.errors() {
        0 => None,
        1 => Some(format!("{clinic}: a name of its manifest is not resolved")),
        errors => Some(format!("{clinic}: {errors} names of its manifest are not resolved")),
    };
    refused.chain(unresolved).map(|line| escape(&line).into_owned()).collect()
}

/// What ended the planning of a clinic, in a line and its next step.
fn failure(failure: &Failure) -> String {
    let Failure { code, message, hint, exit: _ } = failure;
    let code = code.map(|code| format!("[{code}] ")).unwrap_or_default();
    let hint = hint.as_ref().map(|hint| format!("\n  hint: {}", escape(hint))).unwrap_or_default();
    format!("{code}{}{hint}", escape(message))
}

/// As a bundle keeps it.
pub(in crate::cli) fn unplanned(clinic: &str, failure: &Failure) -> Unplanned {
    let Failure { code, message, hint: _, exit } = failure;
    let exit = if *exit == Exit::Error { Exit::Unread } else { *exit };
    Unplanned {
        clinic: clinic.to_owned(),
        code: code.unwrap_or("none").to_owned(),
        message: message.clone(),
        exit_code: exit.code(),
    }
}

fn findings(plan: &Plan) -> Vec<String> {
    let shown = plan.findings.iter().take(FINDINGS).map(|finding| {
        let place = finding.span.map_or_else(String::new, |span| {
            format!("{}:{}:{}: ", plan.manifest.file(span.layer), span.line, span.column)
        });
        format!("  {} {}{}", finding.code, escape(&place), escape(&finding.message))
    });
    let more = plan.findings.len().saturating_sub(FINDINGS);
    let more =
        (more > 0).then(|| format!("  and {more} more; name the clinic with --clinic to see all"));
    shown.chain(more).collect()
}

fn refused(plan: &Plan, refusals: &[Refusal], digest: &str) -> Vec<String> {
    let shown = refusals.iter().flat_map(|refusal| {
        let Refusal { code, message: _, hint, overridable: _, at: _ } = refusal;
        [
            format!("  error[{code}]: refused: {}", escape(&report::refused(plan, refusal))),
            format!("  hint: {}", escape(hint)),
        ]
    });
    let named = refusals
        .iter()
        .any(|refusal| refusal.overridable)
        .then(|| format!("  this very plan is named by {}", report::allowance(digest)));
    shown.chain(named).collect()
}
