//! Who holds what, as people read it on a terminal: a grid for each office, then what there is to say.

use std::collections::BTreeMap;

use super::escape::escape;
use super::plan::{HEADINGS, by_office, section, short};
use super::table::{Table, count, wrap};
use crate::finding::{
    Access, AccessRow, Finding, Kind, Uneven, UserAccess, sentence, unread_heading_of, unread_part,
};
use crate::model::{Column, OfficeId};

/// How wide lists of names run.
const WIDTH: usize = 96;

/// Said wherever a review is shown.
pub(super) const GRID_ALONE: &str = "This is what the grid holds, never what a person can see: roles, Feature Access and Open Providers \
    decide too.";

/// Who holds what in a clinic.
#[derive(Debug, Clone, Copy)]
pub struct AccessReport<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name that people know.
    pub name: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// The manifest's path.
    pub manifest: &'a str,
    /// Who holds what.
    pub access: &'a Access,
}

/// What of a user there is to say, in the order in which it is told.
pub(super) const TOLD: [Kind; 5] =
    [Kind::Ended, Kind::EndsSoon, Kind::Excess, Kind::Lacks, Kind::Uncovered];

impl AccessReport<'_> {
    /// The grids, the findings and the counts as text.
    pub fn text(self) -> String {
        let Self { clinic, name: _, tenant, manifest: _, access } = self;
        let head = format!("Access review of {clinic} (tenant {tenant}) on {}.", access.today);
        let mut lines = vec![escape(&head).into_owned(), GRID_ALONE.to_owned(), String::new()];
        for unread in &access.unread {
            let what = unread_part(&unread.part, &access.names);
            lines.push(format!("! {}: {}", sentence(&unread_heading_of()), escape(&what)));
            lines.push(format!("    {}", escape(&unread.reason)));
            lines.push(String::new());
        }
        for user in &access.users {
            lines.push(escape(&user.name).into_owned());
            lines.push(String::new());
            for (office, rows) in offices(user) {
                let name = access.names.office(office);
                lines.push(format!("{} ({office})", escape(&name)));
                lines.extend(self.grid(&rows));
                lines.push(String::new());
            }
            for (heading, body) in self.sections(user) {
                section(&mut lines, &heading, body);
            }
        }
        lines.push(self.summary());
        lines.join("\n") + "\n"
    }

    /// The rows of an office that grant something; the others by name.
    fn grid(self, rows: &[&AccessRow]) -> Vec<String> {
        let names = &self.access.names;
        let (granting, nothing): (Vec<&&AccessRow>, Vec<&&AccessRow>) =
            rows.iter().partition(|row| !row.holds.is_nothing());
        let mut table = Table::new();
        let (one, two): (Vec<&str>, Vec<&str>) = HEADINGS.into_iter().unzip();
        for (names, last) in [(one, ["Access", "Holds"]), (two, ["Until", "since"])] {
            let cells = [""].into_iter().chain(names).chain(last);
            table.row(cells.map(str::to_owned));
        }
        for row in &granting {
            let mut cells = vec![format!("  {}", escape(&names.provider(row.key.provider)))];
            cells.extend(Column::ALL.map(|c| short(row.holds.columns().get(c)).to_owned()));
            cells.push(row.holds.until().map(|until| until.to_string()).unwrap_or_default());
            cells.push(row.since.words.clone());
            cells.push(flags(row));
            table.row(cells);
        }
        let mut lines = if granting.is_empty() { Vec::new() } else { table.lines() };
        if !nothing.is_empty() {
            let names: Vec<String> = nothing
                .iter()
                .map(|row| escape(&names.provider(row.key.provider)).into_owned())
                .collect();
            let verb = if names.len() == 1 { "holds" } else { "hold" };
            lines.push(format!("  {} {verb} nothing here:", count(names.len(), "provider")));
            lines.extend(wrap(&names, WIDTH).into_iter().map(|line| format!("      {line}")));
        }
        lines
    }

    /// What there is to say of a user's rows, each list with its heading.
    pub(super) fn sections(self, user: &UserAccess) -> Vec<(String, Vec<String>)> {
        let names = &self.access.names;
        let list = |kind: Kind| {
            let found = user.findings(kind);
            let lines = if kind == Kind::Uncovered {
                by_office(names, found.iter().map(|finding| finding.key))
            } else {
                found.iter().map(|finding: &Finding| finding.line(names)).collect()
            };
            (self.heading(kind), lines)
        };
        let mut sections: Vec<(String, Vec<String>)> = TOLD.into_iter().map(list).collect();
        let uneven = user.uneven.iter().map(|uneven: &Uneven| uneven.line(names));
        sections.push((Kind::Uneven.heading().to_owned(), uneven.collect()));
        sections.retain(|(_, lines)| !lines.is_empty());
        sections
    }

    fn heading(self, kind: Kind) -> String {
        if kind == Kind::EndsSoon {
            format!("{}, by {}", kind.heading(), self.access.soon)
        } else {
            kind.heading().to_owned()
        }
    }

    /// `Review: 7 rows of 1 user grant access; 1 with excess, …`
    pub fn summary(self) -> String {
        let rows = || self.access.users.iter().flat_map(|user| &user.rows);
        let granting = rows().filter(|row| !row.holds.is_nothing()).count();
        let of = |kind: Kind| rows().filter(|row| row.kinds().contains(&kind)).count();
        let uneven: usize = self.access.users.iter().map(|user| user.uneven.len()).sum();
        let part = if self.access.unread.is_empty() { "" } else { " in what could be read" };
        format!(
            "Review{part}: {} of {} grant something; {} above the manifest, {} below, {} uncovered, {} ending by {}, {} ended, {} uneven.",
            count(granting, "row"),
            count(self.access.users.len(), "user"),
            of(Kind::Excess),
            of(Kind::Lacks),
            of(Kind::Uncovered),
            of(Kind::EndsSoon),
            self.access.soon,
            of(Kind::Ended),
            count(uneven, "provider"),
        )
    }
}

/// The rows by office.
pub(super) fn offices(user: &UserAccess) -> BTreeMap<OfficeId, Vec<&AccessRow>> {
    let mut offices: BTreeMap<OfficeId, Vec<&AccessRow>> = BTreeMap::new();
    for row in &user.rows {
        offices.entry(row.key.office).or_default().push(row);
    }
    offices
}

/// The kinds of what there is to say of a row, for people and programs.
pub(super) fn flags(row: &AccessRow) -> String {
    row.kinds().iter().map(|kind| kind.key()).collect::<Vec<_>>().join(", ")
}
