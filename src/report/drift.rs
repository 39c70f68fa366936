//! What differs from what was last applied, as people and programs read it.

use serde_json::{Value, json};

use super::cut::{Cut, Item};
use super::drift_fleet::DriftCounts;
use super::escape::escape;
use super::markup::{markdown as safe, name};
use super::table::count;
use crate::desired::IgnoredRow;
use crate::finding::{Drift, DriftRow, Fact, IgnoredChange, Kind, place, sentence, unread_part};
use crate::journal::RunRef;
use crate::model::{Cells, Names};
use crate::plan::Plan;

/// A clinic's drift with the plan that it was compared with.
#[derive(Debug, Clone, Copy)]
pub struct DriftReport<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// What differs.
    pub drift: &'a Drift,
    /// What an apply would do, and what could not be read.
    pub plan: &'a Plan,
}

/// A line of a list, and what is said below it.
struct Line {
    text: String,
    note: Option<String>,
}

impl DriftReport<'_> {
    /// The lists as text, then the counts.
    pub fn text(self) -> String {
        let mut lines = Vec::new();
        for (heading, found) in self.lists() {
            lines.push(format!("{}:", sentence(&heading)));
            for Line { text, note } in found {
                lines.push(format!("  {}", escape(&text)));
                lines.extend(note.map(|note| format!("      {}", escape(&note))));
            }
            lines.push(String::new());
        }
        lines.push(self.summary());
        lines.join("\n") + "\n"
    }

    /// The lists as Markdown for a comment or a job summary, in at most `limit` bytes.
    pub fn markdown(self, limit: usize) -> String {
        let mut cut = Cut::new(limit);
        let of_marker = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let marker: String = self.clinic.chars().filter(of_marker).collect();
        cut.line(&format!("<!-- accuroform drift {marker} -->"));
        cut.line(&format!("### Drift of {}\n", name(self.clinic)));
        cut.line(&format!("{}\n", safe(&self.summary())));
        for (heading, items) in self.items() {
            let start = format!("**{}**\n", safe(&heading));
            cut.section((&start, ""), "row", &items);
        }
        cut.finish("`accuroform drift` prints all of it.")
    }

    /// The lists in Markdown, each with its heading.
    pub(super) fn items(self) -> Vec<(String, Vec<Item>)> {
        let item = |Line { text, note }: Line| {
            let note = note.map(|note| format!("<br>{}", safe(&note))).unwrap_or_default();
            Item::one(format!("- {}{note}", name(&text)))
        };
        let lists = self.lists().into_iter();
        lists
            .map(|(heading, found)| (sentence(&heading), found.into_iter().map(item).collect()))
            .collect()
    }

    /// How many rows differ.
    pub(super) fn counts(self) -> DriftCounts {
        let Drift { changed_outside, pending, both, .. } = self.drift;
        DriftCounts {
            changed_outside: changed_outside.len(),
            pending: pending.len(),
            both: both.len(),
            unread: self.plan.unread.len(),
        }
    }

    /// The lists that hold anything, each with its heading.
    fn lists(self) -> Vec<(String, Vec<Line>)> {
        let Drift { changed_outside, pending, both, ignored, expired, .. } = self.drift;
        let unread = self.plan.unread.iter().map(|unread| Line {
            text: unread_part(&unread.part, &self.plan.names),
            note: Some(unread.reason.clone()),
        });
        let rows = |rows: &[DriftRow]| rows.iter().map(|row| self.line(row)).collect();
        let ignored = ignored.iter().map(|IgnoredChange { row, reason, until }| Line {
            text: self.line(row).text,
            note: Some(format!("until {until}: {reason}")),
        });
        let expired = expired.iter().map(|IgnoredRow { key, columns: _, reason, until }| Line {
            text: place(&self.plan.names, *key),
            note: Some(format!("until {until}: {reason}")),
        });
        let lists = [
            (Kind::Unread, unread.collect()),
            (Kind::ChangedOutside, rows(changed_outside)),
            (Kind::ChangedAndPending, rows(both)),
            (Kind::Pending, rows(pending)),
            (Kind::IgnoredDrift, ignored.collect()),
            (Kind::IgnoreExpired, expired.collect()),
        ];
        let lists = lists.into_iter().filter(|(_, lines): &(Kind, Vec<Line>)| !lines.is_empty());
        lists.map(|(kind, lines)| (kind.heading().to_owned(), lines)).collect()
    }

    fn line(self, DriftRow { finding, last }: &DriftRow) -> Line {
        let address = self.plan.names.address(self.clinic, &finding.user, finding.key);
        let note = last
            .as_ref()
            .map(|RunRef { at, run, who }| format!("last applied {at} by {who} in {run}"));
        Line { text: format!("{address}: {}", finding.fact.words()), note }
    }

    /// `Drift: 2 rows changed outside, 1 of which …`, or that there is none.
    pub fn summary(self) -> String {
        let Drift {
            changed_outside,
            pending,
            both,
            ignored,
            expired: _,
            adopted,
            as_applied,
            never_applied,
            unmanaged,
        } = self.drift;
        let changed = changed_outside.len() + both.len();
        let part = if self.plan.is_complete() { "" } else { " in what could be read" };
        let mut words = Vec::new();
        if changed == 0 {
            words.push(format!("No drift{part}"));
        } else {
            let both = match both.len() {
                0 => String::new(),
                both => format!(", {both} of which the manifest wants otherwise"),
            };
            words.push(format!("Drift{part}: {} changed outside{both}", count(changed, "row")));
        }
        if !ignored.is_empty() {
            words.push(format!("{} ignored by the manifest", count(ignored.len(), "change")));
        }
        if !pending.is_empty() {
            words.push(format!("{} pending from the manifest", count(pending.len(), "row")));
        }
        if *adopted > 0 {
            let rows = count(*adopted, "row");
            words.push(format!("{rows} changed outside to what the manifest says now"));
        }
        words.push(format!("{} as applied", count(*as_applied, "row")));
        if *never_applied > 0 {
            words.push(format!("{never_applied} never applied from here"));
        }
        if *unmanaged > 0 {
            let rows = count(*unmanaged, "recorded row");
            words.push(format!("{rows} of users whom the manifest does not manage"));
        }
        format!("{}.", words.join("; "))
    }

    /// The document for programs.
    pub fn json(self, exit_code: u8) -> Value {
        let Drift {
            changed_outside,
            pending,
            both,
            ignored,
            expired,
            adopted,
            as_applied,
            never_applied,
            unmanaged,
        } = self.drift;
        let rows =
            |rows: &[DriftRow]| -> Vec<Value> { rows.iter().map(|row| self.row(row)).collect() };
        let ignored = ignored.iter().map(|IgnoredChange { row, reason, until }| {
            json!({
                "code": Kind::IgnoredDrift.code(),
                "reason": reason,
                "until": until,
                "row": self.row(row),
            })
        });
        let expired = expired.iter().map(|IgnoredRow { key, columns, reason, until }| {
            json!({
                "code": Kind::IgnoreExpired.code(),
                "office_id": key.office,
                "provider_id": key.provider,
                "columns": columns,
                "reason": reason,
                "until": until,
            })
        });
        json!({
            "kind": "accuroform.drift",
            "format_version": "1.0",
            "clinic": self.clinic,
            "changed_outside": rows(changed_outside),
            "pending": rows(pending),
            "both": rows(both),
            "ignored": ignored.collect::<Vec<_>>(),
            "expired": expired.collect::<Vec<_>>(),
            "unread": self.plan.unread,
            "counts": {
                "changed_outside": changed_outside.len(),
                "pending": pending.len(),
                "both": both.len(),
                "adopted": adopted,
                "as_applied": as_applied,
                "never_applied": never_applied,
                "unmanaged": unmanaged,
            },
            "exit_code": exit_code,
        })
    }

    fn row(self, DriftRow { finding, last }: &DriftRow) -> Value {
        let (applied, holds, wants) = contents(finding.fact);
        let Names { offices, providers } = &self.plan.names;
        json!({
            "code": finding.fact.kind().code(),
            "address": self.plan.names.address(self.clinic, &finding.user, finding.key),
            "user": finding.user,
            "office_id": finding.key.office,
            "office": offices.get(&finding.key.office),
            "provider_id": finding.key.provider,
            "provider": providers.get(&finding.key.provider),
            "applied": applied,
            "live": holds,
            "wanted": wants,
            "last_applied": last.as_ref().map(|RunRef { at, run, who }| {
                json!({"run": run, "at": at, "who": who})
            }),
        })
    }
}

/// What was last applied, where somebody changed it; what is there; what is wanted, where that differs.
fn contents(fact: Fact) -> (Option<Cells>, Option<Cells>, Option<Cells>) {
    match fact {
        Fact::ChangedOutside { applied, holds } => (Some(applied), Some(holds), None),
        Fact::Pending { holds, wants } => (None, Some(holds), Some(wants)),
        Fact::ChangedAndPending { applied, holds, wants } => {
            (Some(applied), Some(holds), Some(wants))
        }
        Fact::Lacks { holds, says } | Fact::Excess { holds, says } => {
            (None, Some(holds), Some(says))
        }
        Fact::Uncovered | Fact::Ends(_) | Fact::EndsSoon(_) | Fact::Ended(_) => (None, None, None),
    }
}
