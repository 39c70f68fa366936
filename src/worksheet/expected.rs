//! The providers that another system expects, from a list of its users. Which of its columns holds the
//! name is said by whoever runs this: no such list has a documented form.

use super::directory::person_name;
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
pub(super) type Expected = (PersonName, SheetPlace);

/// Reads the people of a list, each once. Lines without a name are left out.
pub fn expected(table: &Table, columns: &ExpectedColumns) -> Result<Vec<Expected>, Fault> {
    let ExpectedColumns { provider, surname, first } = columns;
    let wanted = [provider, surname, first];
    let wanted: Vec<&String> = wanted.into_iter().flatten().collect();
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
        return Err(Fault::new(Code::SheetHeader, table.line(0), message, hint));
    };
    let cells = normal(row);
    let column = |heading: &Option<String>| {
        heading.as_ref().and_then(|heading| cells.iter().position(|cell| *cell == norm(heading)))
    };
    let mut found: Vec<Expected> = Vec::new();
    for line in row + 1..table.rows.len() {
        let text = |heading| column(heading).map(|at| table.text(line, at)).unwrap_or_default();
        let whole = text(provider);
        let person = if provider.is_some() {
            match whole.rsplit_once(' ') {
                Some((first, last)) if !whole.contains(',') => {
                    PersonName { last: last.to_owned(), first: first.trim().to_owned() }
                }
                Some(_) | None => person_name(&whole),
            }
        } else {
            PersonName { last: text(surname), first: text(first) }
        };
        let listed = person.listed();
        if !listed.is_empty() && !found.iter().any(|(known, _)| known.matches(&listed)) {
            let at = column(provider).or(column(surname)).unwrap_or_default();
            found.push((person, table.place(line, at)));
        }
    }
    Ok(found)
}

/// Whom the directory does not list in any office.
pub fn missing<'a>(expected: &'a [Expected], directory: &Directory) -> Vec<&'a Expected> {
    let is_listed = |person: &PersonName| {
        directory.offices.values().any(|office| match &office.providers {
            Providers::Read(people) => people.values().any(|known| known.matches(&person.listed())),
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
