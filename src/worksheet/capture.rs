//! A capture: a sheet that somebody read at the screen, and when. A sheet alone is none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::csv::bare;
use super::dates::stamp;
use super::fault::Fault;
use super::sheet::{Expectation, Reading, Sheet, sheet};
use super::table::Table;
use super::template;
use crate::diagnostic::Code;
use crate::live::{Directory, Look};
use crate::model::{Cells, RowKey, sha256};

/// What was read, by whom and when. A row that is not in it was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The clinic's id.
    pub clinic: String,
    /// The name of the Accuro instance.
    pub tenant: String,
    /// When the screen was read, or the earliest that it can have been.
    pub at: Timestamp,
    /// Who read it.
    pub by: String,
    /// What was read of each user's grid.
    pub grids: BTreeMap<String, BTreeMap<RowKey, Cells>>,
    /// The rows of it that were read before, and not again.
    pub kept: BTreeMap<(String, RowKey), Look>,
}

/// What a capture is opened against.
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// What its lines may speak of.
    pub expected: Expectation<'a>,
}

impl Capture {
    /// What the lines of a sheet say.
    pub fn grids_of(sheet: &Sheet) -> BTreeMap<String, BTreeMap<RowKey, Cells>> {
        let mut grids: BTreeMap<String, BTreeMap<RowKey, Cells>> = BTreeMap::new();
        for line in &sheet.lines {
            if let Reading::Read(cells) = line.reading {
                grids.entry(line.user.clone()).or_default().insert(line.key, cells);
            }
        }
        grids
    }

    /// Which lines of a sheet say that they were read before, and not again.
    pub fn kept_of(sheet: &Sheet) -> BTreeMap<(String, RowKey), Look> {
        let lines = sheet.lines.iter().filter(|line| line.reading != Reading::Unread);
        lines.filter_map(|line| Some(((line.user.clone(), line.key), line.kept.clone()?))).collect()
    }

    /// How many rows were read.
    pub fn rows(&self) -> usize {
        self.grids.values().map(BTreeMap::len).sum()
    }

    /// Stands for what the capture says, whatever a spreadsheet makes of its file.
    pub fn digest(&self) -> String {
        let Self { clinic, tenant, at, by, grids, kept } = self;
        let mut text = format!("{clinic:?} {tenant:?} {at} {by:?}\n");
        for (user, rows) in grids.iter().filter(|(_, rows)| !rows.is_empty()) {
            for (key, cells) in rows {
                let RowKey { office, provider } = key;
                // Writing to a string cannot fail.
                let _infallible = write!(text, "{user:?} {office} {provider}");
                for (_, level) in cells.columns().iter() {
                    let _infallible = write!(text, " {level}");
                }
                let until = cells.until().map(|until| until.to_string()).unwrap_or_default();
                let _infallible = write!(text, " {until}");
                if let Some(Look { at, by }) = kept.get(&(user.clone(), *key)) {
                    let _infallible = write!(text, " {at} {by:?}");
                }
                text.push('\n');
            }
        }
        sha256(text.as_bytes())
    }

    /// The rows of the capture's file: every line of the directory, so that what was not read shows.
    pub fn rows_of(
        &self,
        directory: &Directory,
        users: &[String],
        zone: &TimeZone,
    ) -> Vec<Vec<String>> {
        let at = stamp(self.at, zone);
        let line = |name: &str, says: &str| vec![name.to_owned(), says.to_owned()];
        let mut rows = vec![
            line(template::TITLE, "capture"),
            line("Clinic", &self.clinic),
            line("Tenant", &self.tenant),
            line("Captured at", &at),
            line("Captured by", &self.by),
            line("Tool", concat!("accuroform ", env!("CARGO_PKG_VERSION"))),
            line("Digest", &self.digest()),
            Vec::new(),
        ];
        let read = |user: &str, key| {
            let cells = self.grids.get(user).and_then(|rows| rows.get(&key))?;
            let kept = self.kept.get(&(user.to_owned(), key));
            Some((*cells, kept.map(|look| [stamp(look.at, zone), look.by.clone()])))
        };
        let has_kept = !self.kept.is_empty();
        rows.extend(template::lines((directory, users, has_kept), |_, _| true, read));
        rows
    }
}

/// Opens a capture. Whoever edits one by hand keeps its date, so that is refused.
pub fn open(table: &Table, what: Open<'_>) -> Result<Capture, Vec<Fault>> {
    let Open { clinic, tenant, expected } = what;
    let sheet = sheet(table, expected)?;
    let says = |name: &str| sheet.head.get(name).map(|(text, _)| text.as_str()).unwrap_or_default();
    let place = |name: &str| {
        let row = sheet.head.get(name).map(|(_, row)| *row);
        row.map_or_else(|| table.line(0), |row| table.place(row, 1))
    };
    let capture = "run `accuroform capture` on the sheet that was filled in, which dates it";
    if says("accuroform") != "capture" {
        let message = "the file is not a capture: nobody said when the screen was read";
        return Err(vec![Fault::new(Code::SheetHead, place("accuroform"), message, capture)]);
    }
    belongs(&sheet, table, what)?;
    let at = says("capturedat").parse::<Timestamp>();
    let by = says("capturedby").to_owned();
    let (Ok(at), false) = (at, by.is_empty()) else {
        let message = "the capture does not say when it was made, and by whom";
        return Err(vec![Fault::new(Code::SheetHead, place("capturedat"), message, capture)]);
    };
    let (clinic, tenant) = (clinic.to_owned(), tenant.to_owned());
    let (grids, kept) = (Capture::grids_of(&sheet), Capture::kept_of(&sheet));
    let mut found = Capture { clinic, tenant, at, by, grids, kept };
    if found.digest() != says("digest") {
        // A workbook that was made of CSV shows the apostrophe that keeps a name from being a formula.
        found.by = bare(&found.by).to_owned();
        for look in found.kept.values_mut() {
            look.by = bare(&look.by).to_owned();
        }
    }
    if found.digest() != says("digest") {
        let message = "the capture was changed after it was made, and its date was not";
        let hint = format!("{capture}: `accuroform capture {} --at TIME`", table.file);
        return Err(vec![Fault::new(Code::CaptureChanged, place("digest"), message, hint)]);
    }
    Ok(found)
}

/// Refuses a sheet that says that it is another clinic's.
pub(super) fn belongs(sheet: &Sheet, table: &Table, what: Open<'_>) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    for (name, expected) in [("clinic", what.clinic), ("tenant", what.tenant)] {
        let Some((says, row)) = sheet.head.get(name) else { continue };
        if says != expected {
            let message =
                format!("the sheet is of the {name} `{says}`, the manifest of `{expected}`");
            let hint = "name the manifest of this sheet with --manifest";
            faults.push(Fault::new(Code::SheetOther, table.place(*row, 1), message, hint));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

impl Sheet {
    /// Refuses a sheet of another clinic.
    pub fn must_belong(&self, table: &Table, what: Open<'_>) -> Result<(), Vec<Fault>> {
        belongs(self, table, what)
    }

    /// What a line above the sheet says, such as `readat`; `None` where it says nothing.
    pub fn says(&self, name: &str) -> Option<&str> {
        self.head.get(name).map(|(text, _)| text.as_str()).filter(|text| !text.is_empty())
    }

    /// That a line above the sheet cannot be used.
    pub fn head_fault(&self, table: &Table, name: &str, message: &str, hint: &str) -> Fault {
        let row = self.head.get(name).map(|(_, row)| *row);
        let place = row.map_or_else(|| table.line(0), |row| table.place(row, 1));
        Fault::new(Code::SheetHead, place, message, hint)
    }

    /// The lines that nobody read, as warnings at their places.
    pub fn unread(&self, directory: &Directory) -> Vec<Fault> {
        let names = directory.names();
        let unread = self.lines.iter().filter(|line| line.reading == Reading::Unread);
        unread
            .map(|line| {
                let provider = names.provider(line.key.provider);
                let office = names.office(line.key.office);
                let message = format!("{provider} in {office} was not read");
                let hint = "fill the line in; where nothing is ticked, write yes under Read";
                Fault::new(Code::LineUnread, line.place.clone(), message, hint).warning()
            })
            .collect()
    }
}
