//! The lines of a sheet: what somebody ticked off the screen, and what nobody read.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::csv::bare;
use super::dates;
use super::fault::Fault;
use super::headings::{Heading, Headings};
use super::place::SheetPlace;
use super::table::{Cell, Table};
use super::words::{Mark, mark, yes};
use crate::diagnostic::{Code, did_you_mean};
use crate::live::{Directory, Look, Office, Providers};
use crate::model::{
    Cells, Column, Columns, Level, OfficeId, PersonName, ProviderId, RowKey, Until, fold,
};

pub(super) const USER: &str = "User";
pub(super) const OFFICE: &str = "Office";
pub(super) const OFFICE_ID: &str = "Office ID";
pub(super) const PROVIDER: &str = "Provider";
pub(super) const PROVIDER_ID: &str = "Provider ID";
pub(super) const UNTIL: &str = "Access Until";
pub(super) const READ: &str = "Read";
pub(super) const READ_AT: &str = "Row read at";
pub(super) const READ_BY: &str = "Row read by";

/// The lines above a sheet, as [`super::headings::norm`] has them.
const HEAD: [&str; 10] = [
    "accuroform",
    "clinic",
    "tenant",
    "user",
    "madeat",
    "readat",
    "readby",
    "capturedat",
    "capturedby",
    "digest",
];

/// The headings of a sheet in the order in which a template has them.
pub(super) fn known() -> Vec<Heading> {
    let mut known = vec![
        Heading::optional(USER, &["emruser", "username"]),
        Heading::optional(OFFICE, &["officename"]),
        Heading::optional(OFFICE_ID, &[]),
        Heading::needed(PROVIDER, &["providername"]),
        Heading::optional(PROVIDER_ID, &[]),
    ];
    known.extend(Column::ALL.map(|column| Heading::needed(column.title(), &[])));
    known.push(Heading::needed(UNTIL, &["until", "accessuntildate"]));
    known.push(Heading::optional(READ, &["wasread", "seen"]));
    known.extend([Heading::optional(READ_AT, &[]), Heading::optional(READ_BY, &[])]);
    known
}

/// What a sheet may speak of.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The offices and their providers.
    pub directory: &'a Directory,
    /// The users of the manifest.
    pub users: &'a [String],
}

/// A sheet after every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The lines above the headings: a name, what it says and the row.
    pub head: BTreeMap<String, (String, usize)>,
    /// The lines, in the order of the file; each row of a grid once.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The user whose grid it is in, as the manifest writes it.
    pub user: String,
    /// Where it is.
    pub key: RowKey,
    /// What was read.
    pub reading: Reading,
    /// When and by whom, where that was before the rest of the sheet.
    pub kept: Option<Look>,
    /// The line of the file.
    pub place: SheetPlace,
}

/// What somebody read of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The row is this.
    Read(Cells),
    /// Nothing: the line is blank, says so, or has a `?`.
    Unread,
}

/// Reads a sheet. A line with a mark in one of the nine columns was read, and its blank cells are not
/// ticked. Any other line was not read, unless `Read` says yes.
pub fn sheet(table: &Table, expected: Expectation<'_>) -> Result<Sheet, Vec<Fault>> {
    let mut faults = Vec::new();
    let Some(headings) = Headings::find(table, PROVIDER, &known(), &mut faults) else {
        return Err(faults);
    };
    if !faults.is_empty() {
        // A column that nobody knows the place of would look like one with nothing ticked.
        return Err(faults);
    }
    let head = headings.above(table, &HEAD, &mut faults);
    let mut reading = Lines { table, headings: &headings, expected, faults, has_said: false };
    let user = head.get("user").map(|(user, row)| (user.as_str(), table.place(*row, 1)));
    let mut seen: BTreeMap<(String, RowKey), SheetPlace> = BTreeMap::new();
    let mut lines = Vec::new();
    for row in headings.rows(table) {
        let Some(line) = reading.line(row, user.as_ref()) else { continue };
        if let Some(first) = seen.insert((line.user.clone(), line.key), line.place.clone()) {
            let message = format!("{first} speaks of the same row");
            let hint = "keep the line that is true";
            reading.faults.push(Fault::new(Code::SheetTwice, line.place, message, hint));
            continue;
        }
        lines.push(line);
    }
    if reading.faults.is_empty() { Ok(Sheet { head, lines }) } else { Err(reading.faults) }
}

struct Lines<'a> {
    table: &'a Table,
    headings: &'a Headings,
    expected: Expectation<'a>,
    faults: Vec<Fault>,
    /// Whether the user above the sheet was found wrong.
    has_said: bool,
}

impl Lines<'_> {
    fn text(&self, row: usize, title: &str) -> String {
        self.headings.text(self.table, row, title)
    }

    fn place(&self, row: usize, title: &str) -> SheetPlace {
        match self.headings.column(title) {
            Some(column) => self.table.place(row, column),
            None => self.table.line(row),
        }
    }

    fn wrong(&mut self, code: Code, place: SheetPlace, message: String, hint: impl Into<String>) {
        self.faults.push(Fault::new(code, place, message, hint));
    }

    /// A line with all its faults; `None` where it has some.
    fn line(&mut self, row: usize, above: Option<&(&str, SheetPlace)>) -> Option<Line> {
        let user = self.user(row, above);
        let key = self.key(row);
        let reading = self.reading(row);
        let kept = self.kept(row);
        let place = self.table.line(row);
        Some(Line { user: user?, key: key?, reading: reading?, kept: kept.ok()?, place })
    }

    fn user(&mut self, row: usize, above: Option<&(&str, SheetPlace)>) -> Option<String> {
        let written = self.text(row, USER);
        let (written, place) = match above {
            Some((user, place)) if written.is_empty() => ((*user).to_owned(), place.clone()),
            Some(_) | None => (written, self.place(row, USER)),
        };
        let users = self.expected.users;
        let is_it = |user: &&String| [fold(&written), fold(bare(&written))].contains(&fold(user));
        let found = users.iter().find(is_it).cloned();
        if found.is_none() {
            let (message, hint) = if written.is_empty() {
                let message = "the line does not say whose grid it is in".to_owned();
                (message, "write the user that is chosen at the screen".to_owned())
            } else {
                let near = did_you_mean(&written, users.iter().map(String::as_str));
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`? be sure that it is that user"),
                    None => format!("the manifest manages {}", users.join(", ")),
                };
                (format!("the manifest does not manage the user `{written}`"), hint)
            };
            // The user above the sheet is said once.
            let is_said =
                place.row < self.headings.row && std::mem::replace(&mut self.has_said, true);
            if !is_said {
                self.wrong(Code::SheetUser, place, message, hint);
            }
        }
        found
    }

    fn key(&mut self, row: usize) -> Option<RowKey> {
        let directory = self.expected.directory;
        let offices: BTreeMap<u64, &Office> =
            directory.offices.iter().map(|(id, office)| (id.0, office)).collect();
        let wanted = Wanted {
            titles: [OFFICE, OFFICE_ID],
            code: Code::SheetOffice,
            ids: offices.keys().copied().collect(),
            at: "the directory",
        };
        let office = OfficeId(self.one(row, &wanted, |id, name| {
            let office = offices.get(&id);
            office.is_some_and(|one| name.is_none_or(|name| fold(&one.name) == fold(name)))
        })?);
        let found = directory.offices.get(&office)?;
        let nobody = BTreeMap::new();
        let people: &BTreeMap<ProviderId, PersonName> = match &found.providers {
            Providers::Read(people) => people,
            Providers::Unread(_) => &nobody,
        };
        let wanted = Wanted {
            titles: [PROVIDER, PROVIDER_ID],
            code: Code::SheetProvider,
            ids: people.keys().map(|id| id.0).collect(),
            at: &found.name,
        };
        let provider = self.one(row, &wanted, |id, name| {
            people.get(&ProviderId(id)).is_some_and(|person| {
                name.is_none_or(|name| person.matches(name) || fold(name) == fold(&person.listed()))
            })
        })?;
        Some(RowKey { office, provider: ProviderId(provider) })
    }

    /// The one id that a line means by its name, its id or both.
    fn one(
        &mut self,
        row: usize,
        wanted: &Wanted<'_>,
        is: impl Fn(u64, Option<&str>) -> bool,
    ) -> Option<u64> {
        let Wanted { titles: [title, id_title], code, ids, at } = wanted;
        let (name, id) = (self.text(row, title), self.text(row, id_title));
        // A workbook that was made of CSV shows the apostrophe that keeps a name from being a formula.
        let is = |id, name: Option<&str>| {
            is(id, name) || name.is_some_and(|name| is(id, Some(bare(name))))
        };
        let what = title.to_lowercase();
        let name = Some(name.as_str()).filter(|name| !name.is_empty());
        if !id.is_empty() {
            let found = id.parse::<u64>().ok().filter(|id| is(*id, None));
            if found.is_none() {
                let message = format!("{at} has no {what} {id}");
                self.wrong(*code, self.place(row, id_title), message, DIRECTORY);
            } else if found.is_some_and(|id| !is(id, name)) {
                let message = format!("the {what} {id} has another name in the directory");
                let hint = "mend the name or the id, so that they are one";
                self.wrong(*code, self.place(row, title), message, hint);
                return None;
            }
            return found;
        }
        let place = self.place(row, title);
        let Some(name) = name else {
            let hint = format!("write the {what}'s name or id");
            self.wrong(*code, place, format!("the line names no {what}"), hint);
            return None;
        };
        let found: Vec<u64> = ids.iter().copied().filter(|id| is(*id, Some(name))).collect();
        match found.as_slice() {
            [one] => return Some(*one),
            [] => self.wrong(*code, place, format!("{at} has no {what} `{name}`"), DIRECTORY),
            several => {
                let message = format!("{} {what}s are called `{name}`", several.len());
                let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
                let hint = format!("write the id of one: {}", ids.join(", "));
                self.wrong(*code, place, message, hint);
            }
        }
        None
    }

    fn reading(&mut self, row: usize) -> Option<Reading> {
        let before = self.faults.len();
        let mut columns = Columns::NONE;
        let mut unclear = false;
        let mut is_marked = false;
        for column in Column::ALL {
            let text = self.text(row, column.title());
            if text.is_empty() {
                continue;
            }
            is_marked = true;
            match mark(&text) {
                Some(Mark::Level(level)) => columns = columns.with(column, level),
                Some(Mark::Unclear) => unclear = true,
                None => {
                    let place = self.place(row, column.title());
                    self.wrong(Code::SheetLevel, place, format!("`{text}` is not a level"), LEVELS);
                }
            }
        }
        let until = self.until(row);
        let said = self.text(row, READ);
        let read = yes(&said);
        if read.is_none() && !said.is_empty() && said != "?" {
            let place = self.place(row, READ);
            let hint = "write yes where the line was read, no where it was not";
            self.wrong(Code::SheetRead, place, format!("`{said}` is neither yes nor no"), hint);
        }
        if self.faults.len() > before {
            return None;
        }
        let was_read = !unclear && said != "?" && read.unwrap_or(is_marked);
        Some(if was_read { Reading::Read(Cells::new(columns, until)) } else { Reading::Unread })
    }

    /// When a row was read that was read before the rest of the sheet; an error: what it says is none, and
    /// that is said.
    fn kept(&mut self, row: usize) -> Result<Option<Look>, ()> {
        let (at, by) = (self.text(row, READ_AT), self.text(row, READ_BY));
        if at.is_empty() && by.is_empty() {
            return Ok(None);
        }
        match at.parse::<Timestamp>() {
            Ok(at) if !by.is_empty() => Ok(Some(Look { at, by })),
            Ok(_) | Err(_) => {
                let message = "the line does not say when the row was read, and by whom".to_owned();
                let hint = "empty both cells where the row was read with the rest of the sheet";
                self.wrong(Code::SheetRead, self.place(row, READ_AT), message, hint);
                Err(())
            }
        }
    }

    fn until(&mut self, row: usize) -> Option<Until> {
        let column = self.headings.column(UNTIL)?;
        let cell = self.table.cell(row, column)?.clone();
        let text = cell.text();
        let is_none = matches!(mark(&text), Some(Mark::Level(Level::None)));
        let date = match cell {
            Cell::Moment(moment) if moment.time() == jiff::civil::Time::midnight() => {
                Ok(moment.date())
            }
            Cell::Text(_) if is_none => return None,
            Cell::Text(_) | Cell::Moment(_) => dates::date(&text),
        };
        date.map(Until)
            .map_err(|(message, hint)| {
                self.wrong(Code::SheetDate, self.table.place(row, column), message, hint);
            })
            .ok()
    }
}

/// What a line must name one of.
struct Wanted<'a> {
    /// The headings of its name and of its id.
    titles: [&'static str; 2],
    code: Code,
    ids: Vec<u64>,
    /// Where it would be listed.
    at: &'a str,
}

const DIRECTORY: &str = "mend the line, or add it to the directory if the screen shows it";
const LEVELS: &str = "write full, read-only or none; x, ✓ and yes are full, ro is read-only, - is none, \
                      ? is unread";
