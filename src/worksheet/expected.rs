//! The providers that another system expects, from a list of its users. Which of its columns holds the
//! name is said by whoever runs this: no such list has a documented form.

use super::directory::person_name;
use super::expected_only::{Filter, Only, column};
use super::fault::Fault;
use super::headings::norm;
use super::place::SheetPlace;
use super::table::Table;
use crate::diagnostic::Code;
use crate::live::{Directory, Providers};
use crate::model::PersonName;

/// Which headings of the list hold what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedColumns {
    /// The whole name, as "Surname, First" or "First Surname".
    pub provider: Option<String>,
    /// The surname alone.
    pub surname: Option<String>,
    /// The first name alone.
    pub first: Option<String>,
}

impl std::str::FromStr for ExpectedColumns {
    type Err = String;

    /// Reads `provider=Full name`, or `surname=Last Name,first=First Name`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for part in text.split(',') {
            let field = match part.split_once('=') {
                Some(("provider", heading)) => (&mut columns.provider, heading),
                Some(("surname", heading)) => (&mut columns.surname, heading),
                Some(("first", heading)) => (&mut columns.first, heading),
                Some(_) | None => {
                    return Err(
                        "write provider=HEADING, or surname=HEADING,first=HEADING".to_owned()
                    );
                }
            };
            *field.0 = Some(field.1.trim().to_owned()).filter(|heading| !heading.is_empty());
        }
        match (&columns.provider, &columns.surname) {
            (Some(_), None) | (None, Some(_)) => Ok(columns),
            _ => Err("name either the column provider, or surname and first".to_owned()),
        }
    }
}

/// A person on the list, and where.
pub type Expected = (PersonName, SheetPlace);

/// Reads the people of a list who count, each once, and what is odd about the filter. Lines without a name
/// are left out.
pub fn expected(
    table: &Table,
    columns: &ExpectedColumns,
    only: &[Only],
) -> Result<(Vec<Expected>, Vec<Fault>), Vec<Fault>> {
    let ExpectedColumns { provider, surname, first } = columns;
    let wanted: Vec<&String> = [provider, surname, first].into_iter().flatten().collect();
    let normal = |row: usize| -> Vec<String> {
        let cells = table.rows.get(row).map(Vec::as_slice).unwrap_or_default();
        cells.iter().map(|cell| norm(&cell.text())).collect()
    };
    let has_all = |row: &usize| {
        let cells = normal(*row);
        wanted.iter().all(|heading| cells.contains(&norm(heading)))
    };
    let Some(row) = (0..table.rows.len()).find(has_all) else {
        let wanted: Vec<String> = wanted.iter().map(|heading| format!("`{heading}`")).collect();
        let message = format!("no line has the heading {}", wanted.join(" and "));
        let hint = "say with --ocean-columns which headings hold the name";
        return Err(vec![Fault::new(Code::SheetHeader, table.line(0), message, hint)]);
    };
    let filter = Filter::new(table, row, only)?;
    let column = |heading: &Option<String>| {
        heading.as_ref().map(|heading| column(table, row, heading)).transpose()
    };
    let one = |fault| vec![fault];
    let provider = column(provider).map_err(one)?;
    let (surname, first) = (column(surname).map_err(one)?, column(first).map_err(one)?);
    let read: Vec<usize> =
        [provider, surname, first].into_iter().flatten().chain(filter.columns()).collect();
    let doubts = table.doubts(row..table.rows.len(), &read);
    if !doubts.is_empty() {
        return Err(doubts);
    }
    let name = |line: usize| {
        let text =
            |column: Option<usize>| column.map(|at| table.text(line, at)).unwrap_or_default();
        let whole = text(provider);
        match (provider, whole.rsplit_once(char::is_whitespace)) {
            (None, _) => PersonName { last: text(surname), first: text(first) },
            (Some(_), Some((first, last))) if !whole.contains(',') => {
                PersonName { last: last.to_owned(), first: first.trim().to_owned() }
            }
            (Some(_), _) => person_name(&whole),
        }
    };
    let people: Vec<usize> =
        (row + 1..table.rows.len()).filter(|line| !name(*line).listed().is_empty()).collect();
    let mut found: Vec<Expected> = Vec::new();
    for line in people.iter().copied().filter(|line| filter.has(*line)) {
        let person = name(line);
        if !found.iter().any(|(known, _)| known.matches(&person.listed())) {
            let at = provider.or(surname).unwrap_or_default();
            found.push((person, table.place(line, at)));
        }
    }
    let unmet = filter.unmet(&people, found.is_empty());
    if unmet.iter().any(Fault::is_error) { Err(unmet) } else { Ok((found, unmet)) }
}

/// Whom the directory does not list in any office.
pub fn missing<'a>(expected: &'a [Expected], directory: &Directory) -> Vec<&'a Expected> {
    // Where "First Surname" was split may be another word than the directory's: Maria de la Cruz.
    let is_listed = |person: &PersonName| {
        let is_it = |known: &PersonName| known.in_order() == person.in_order();
        directory.offices.values().any(|office| match &office.providers {
            Providers::Read(people) => people.values().any(is_it),
            Providers::Unread(_) => false,
        })
    };
    expected.iter().filter(|(person, _)| !is_listed(person)).collect()
}

/// That the directory does not list somebody.
pub fn not_listed((person, place): &Expected) -> Fault {
    let message = format!("the directory does not list {}", person.listed());
    let hint =
        "add a line to the directory, or --add-to OFFICE; leave out who is no provider in Accuro";
    Fault::new(Code::ProviderExpected, place.clone(), message, hint).warning()
}
