//! `directory.csv`: the offices and their providers, with ids of Accuro or with numbers of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::headings::{Heading, Headings};
use super::table::Table;
use super::words::yes;
use crate::diagnostic::Code;
use crate::live::{Directory, Office, Providers};
use crate::model::{OfficeId, PersonName, ProviderId, fold};

pub(super) const OFFICE: &str = "Office";
pub(super) const OFFICE_ID: &str = "Office ID";
const ACTIVE: &str = "Active";
pub(super) const PROVIDER: &str = "Provider";
pub(super) const PROVIDER_ID: &str = "Provider ID";

pub(super) const KNOWN: [Heading; 5] = [
    Heading::needed(OFFICE, &["officename"]),
    Heading::optional(OFFICE_ID, &[]),
    Heading::optional(ACTIVE, &["officeactive", "inuse"]),
    Heading::needed(PROVIDER, &["providername"]),
    Heading::optional(PROVIDER_ID, &[]),
];

/// What stands for "nobody works here": an office without a name in this column was not listed yet.
pub(super) const NOBODY: &str = "-";

/// A directory as a file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFile {
    /// The offices and their providers.
    pub directory: Directory,
    /// How many offices and providers the file has no id for: they were numbered here.
    pub numbered: usize,
    /// Its lines.
    pub lines: Vec<DirectoryLine>,
}

/// A line of a directory, and whom it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryLine {
    /// The row of the file, from 0.
    pub row: usize,
    /// Its office.
    pub office: OfficeId,
    /// Its provider; `None`: nobody, or nobody yet.
    pub provider: Option<ProviderId>,
}

/// One line of the file.
struct Entry {
    row: usize,
    office: String,
    office_id: Option<u64>,
    active: Option<bool>,
    provider: String,
    provider_id: Option<u64>,
}

/// Reads a directory. What has no id is numbered from one above the highest id of its kind on, in the
/// order of the file: without ids the names must be unique, and one name is one person.
pub fn directory(table: &Table) -> Result<DirectoryFile, Vec<Fault>> {
    let mut faults = Vec::new();
    let Some(headings) = Headings::find(table, PROVIDER, &KNOWN, &mut faults) else {
        return Err(faults);
    };
    let entries: Vec<Entry> =
        headings.rows(table).filter_map(|row| entry(table, &headings, row, &mut faults)).collect();
    let mut reading =
        Reading { table, headings: &headings, faults, numbered: 0, lines: Vec::new() };
    let directory = reading.directory(&entries);
    let Reading { faults, numbered, lines, .. } = reading;
    if faults.is_empty() { Ok(DirectoryFile { directory, numbered, lines }) } else { Err(faults) }
}

fn entry(table: &Table, headings: &Headings, row: usize, faults: &mut Vec<Fault>) -> Option<Entry> {
    // A name is one line, whatever its cell has.
    let text = |title| {
        let text = headings.text(table, row, title);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let place = |title| table.place(row, headings.column(title).unwrap_or_default());
    let mut wrong = |title, message: String, hint: &str| {
        faults.push(Fault::new(Code::DirectoryLine, place(title), message, hint));
    };
    let mut id = |title| {
        let written = text(title);
        let id = written.parse::<u64>().ok().filter(|id| (1..1 << 53).contains(id));
        if id.is_none() && !written.is_empty() {
            wrong(title, format!("`{written}` is not an id"), "write a whole number from 1 on");
        }
        id
    };
    let (office_id, provider_id) = (id(OFFICE_ID), id(PROVIDER_ID));
    let written = text(ACTIVE);
    let active = yes(&written);
    if active.is_none() && !written.is_empty() {
        wrong(ACTIVE, format!("`{written}` is neither yes nor no"), "write yes or no");
    }
    let (office, provider) = (text(OFFICE), text(PROVIDER));
    if office.is_empty() {
        wrong(OFFICE, "the line names no office".to_owned(), "write the office's name");
        return None;
    }
    Some(Entry { row, office, office_id, active, provider, provider_id })
}

struct Reading<'a> {
    table: &'a Table,
    headings: &'a Headings,
    faults: Vec<Fault>,
    numbered: usize,
    lines: Vec<DirectoryLine>,
}

impl Reading<'_> {
    fn wrong(&mut self, entry: &Entry, (code, title): (Code, &str), message: String, hint: &str) {
        let place = self.table.place(entry.row, self.headings.column(title).unwrap_or_default());
        self.faults.push(Fault::new(code, place, message, hint));
    }

    fn directory(&mut self, entries: &[Entry]) -> Directory {
        let offices = self.office_ids(entries);
        let people = self.provider_ids(entries);
        let mut directory = Directory::default();
        let mut said: BTreeMap<OfficeId, bool> = BTreeMap::new();
        for (entry, (office, person)) in entries.iter().zip(offices.into_iter().zip(people)) {
            let Some(id) = office else { continue };
            self.lines.push(DirectoryLine { row: entry.row, office: id, provider: person });
            if let Some(active) = entry.active
                && *said.entry(id).or_insert(active) != active
            {
                let message = format!("{} is said to be active and not", entry.office);
                self.wrong(entry, (Code::DirectoryLine, ACTIVE), message, "say it once");
            }
            let file = &self.table.file;
            let office = directory.offices.entry(id).or_insert_with(|| Office {
                name: entry.office.clone(),
                active: true,
                providers: Providers::Unread(format!("{file} lists none of its providers")),
            });
            office.active = said.get(&id).copied().unwrap_or(true);
            if entry.provider.is_empty() {
                continue;
            }
            if let Providers::Unread(_) = office.providers {
                office.providers = Providers::Read(BTreeMap::new());
            }
            let (Some(person), Providers::Read(providers)) = (person, &mut office.providers) else {
                continue;
            };
            let before = providers.insert(person, person_name(&entry.provider));
            // An id of two names was said already.
            if before.is_some_and(|before| before.matches(&entry.provider)) {
                let message = format!("{} is listed twice in {}", entry.provider, entry.office);
                let hint = "remove one of the two lines; if they are two people, write their ids";
                self.wrong(entry, (Code::DirectoryLine, PROVIDER), message, hint);
            }
        }
        if directory.offices.is_empty() && self.faults.is_empty() {
            let place = self.table.line(self.headings.row);
            let hint = "write a line for each office and provider, as the screen lists them";
            let message = "the directory lists no office";
            self.faults.push(Fault::new(Code::DirectoryLine, place, message, hint));
        }
        directory
    }

    /// The id of each line's office: the written one, or that of the same name.
    fn office_ids(&mut self, entries: &[Entry]) -> Vec<Option<OfficeId>> {
        let name = |entry: &Entry| fold(&entry.office);
        let known = self.written(entries, OFFICE, name, |entry| entry.office_id);
        let mut numbers = Numbers::above(&known);
        let ids = entries.iter().map(|entry| match entry.office_id {
            Some(id) => Some(id),
            None => match known.get(&name(entry)).map(Vec::as_slice) {
                Some([id]) => Some(*id),
                Some(_) => {
                    let message = format!("several offices are called {}", entry.office);
                    let hint = "write the office's id in this line";
                    self.wrong(entry, (Code::DirectoryId, OFFICE), message, hint);
                    None
                }
                None => Some(numbers.of(name(entry))),
            },
        });
        let ids: Vec<Option<u64>> = ids.collect();
        self.numbered += numbers.given.len();
        ids.into_iter().map(|id| id.map(OfficeId)).collect()
    }

    /// The id of each line's provider. A name is one person's only where nobody of it has an id.
    fn provider_ids(&mut self, entries: &[Entry]) -> Vec<Option<ProviderId>> {
        // "Singh, Anita" and "Anita Singh" are one.
        let name = |entry: &Entry| person_name(&entry.provider).in_order();
        let listed = |entry: &Entry| !entry.provider.is_empty() && entry.provider != NOBODY;
        let known = self
            .written(entries, PROVIDER, name, |entry| entry.provider_id.filter(|_| listed(entry)));
        let mut numbers = Numbers::above(&known);
        let ids = entries.iter().map(|entry| match entry.provider_id {
            Some(id) => {
                if !listed(entry) {
                    let message = "the line has an id and no name".to_owned();
                    let hint = "write the provider's name as the screen shows it";
                    self.wrong(entry, (Code::DirectoryLine, PROVIDER), message, hint);
                }
                Some(id)
            }
            None if !listed(entry) => None,
            None if known.contains_key(&name(entry)) => {
                let message = format!("{} has an id in another line and none here", entry.provider);
                let hint = "write the id here too: another person may have the same name";
                self.wrong(entry, (Code::DirectoryId, PROVIDER), message, hint);
                None
            }
            None => Some(numbers.of(name(entry))),
        });
        let ids: Vec<Option<u64>> = ids.collect();
        self.numbered += numbers.given.len();
        ids.into_iter().map(|id| id.map(ProviderId)).collect()
    }

    /// The written ids by name; an id of two names is a fault.
    fn written(
        &mut self,
        entries: &[Entry],
        title: &str,
        name: impl Fn(&Entry) -> String,
        id: impl Fn(&Entry) -> Option<u64>,
    ) -> BTreeMap<String, Vec<u64>> {
        let mut by_id: BTreeMap<u64, String> = BTreeMap::new();
        let mut by_name: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for entry in entries {
            let Some(id) = id(entry) else { continue };
            let name = name(entry);
            by_name.entry(name.clone()).or_default().insert(id);
            if *by_id.entry(id).or_insert_with(|| name.clone()) != name {
                let message = format!("the id {id} is also that of another name");
                let hint = "mend the id or the name: an id is one office's or provider's alone";
                self.wrong(entry, (Code::DirectoryId, title), message, hint);
            }
        }
        by_name.into_iter().map(|(name, ids)| (name, ids.into_iter().collect())).collect()
    }
}

/// Numbers for what has no id.
struct Numbers {
    next: u64,
    given: BTreeMap<String, u64>,
}

impl Numbers {
    fn above(known: &BTreeMap<String, Vec<u64>>) -> Self {
        let highest = known.values().flatten().max().copied().unwrap_or_default();
        Self { next: highest + 1, given: BTreeMap::new() }
    }

    fn of(&mut self, name: String) -> u64 {
        *self.given.entry(name).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

/// `Singh, Anita` in its two parts.
pub(super) fn person_name(listed: &str) -> PersonName {
    let (last, first) = listed.split_once(',').unwrap_or((listed, ""));
    PersonName { last: last.trim().to_owned(), first: first.trim().to_owned() }
}

/// That a directory has no ids yet: numbers that nobody wrote down could be others tomorrow.
pub fn without_ids(table: &Table, numbered: usize) -> Fault {
    let message = format!("{numbered} offices and providers have no id");
    let hint = "`accuroform capture --template` numbers them once, in the file";
    Fault::new(Code::DirectoryId, table.line(0), message, hint)
}
