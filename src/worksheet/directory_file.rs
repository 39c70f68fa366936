//! What the file of a directory becomes when ids or people are added: the file that it was, and those cells.

use std::collections::BTreeMap;

use super::csv::{self, CsvText};
use super::directory::{
    DirectoryFile, KNOWN, NOBODY, OFFICE, OFFICE_ID, PROVIDER, PROVIDER_ID, directory,
};
use super::fault::Fault;
use super::headings::Headings;
use super::table::{Kind, Table, is_xlsx, table};
use crate::diagnostic::Code;
use crate::live::{Directory, Office, Providers};
use crate::model::{OfficeId, PersonName, ProviderId, fold};

/// The bytes of a directory's file with an id in each line and a line for each who was added. Every other
/// cell keeps its bytes, and the file its order, delimiter, line ends and encoding. Of a workbook it is the
/// cells as CSV: a workbook has more than cells, and would lose it.
pub fn with_ids(
    bytes: &[u8],
    was: &Table,
    found: &DirectoryFile,
    added: &[Added],
) -> Result<Vec<u8>, Vec<Fault>> {
    let file = &was.file;
    let as_csv = is_xlsx(bytes).then(|| csv::write(&was.texts()).into_bytes());
    let text =
        CsvText::open(file, as_csv.as_deref().unwrap_or(bytes)).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let Some(headings) = Headings::find(was, PROVIDER, &KNOWN, &mut faults) else {
        return Err(faults);
    };
    let mut cells: BTreeMap<(usize, usize), String> = BTreeMap::new();
    let mut width = text.width();
    let [office_ids, provider_ids] = [OFFICE_ID, PROVIDER_ID].map(|title| {
        headings.column(title).unwrap_or_else(|| {
            // Behind every cell there is, so that no column moves.
            let column = width;
            width += 1;
            let rows = headings.same(was);
            cells.extend(rows.into_iter().map(|row| ((row, column), title.to_owned())));
            column
        })
    });
    for line in &found.lines {
        let ids = [
            (office_ids, Some(line.office.to_string())),
            (provider_ids, line.provider.map(|id| id.to_string())),
        ];
        for (column, id) in ids {
            if let Some(id) = id.filter(|_| was.text(line.row, column).is_empty()) {
                cells.insert((line.row, column), id);
            }
        }
    }
    let names = found.directory.names();
    let of = |title| headings.column(title).unwrap_or_default();
    let lines = added.iter().map(|Added { office, provider }| {
        let name = names.providers.get(provider).cloned().unwrap_or_default();
        let mut line = vec![String::new(); width];
        for (column, text) in [
            (of(OFFICE), names.office(*office)),
            (office_ids, office.to_string()),
            (of(PROVIDER), name),
            (provider_ids, provider.to_string()),
        ] {
            if let Some(cell) = line.get_mut(column) {
                *cell = text;
            }
        }
        line
    });
    let bytes = text.with(&cells, &lines.collect::<Vec<_>>());
    must_be_the_same(was, found, &cells, &bytes)?;
    Ok(bytes)
}

/// Refuses a file that says anything else than the directory, or lost a cell of the file that it was.
fn must_be_the_same(
    was: &Table,
    found: &DirectoryFile,
    set: &BTreeMap<(usize, usize), String>,
    bytes: &[u8],
) -> Result<(), Vec<Fault>> {
    let is = table(&was.file, bytes, Kind::Directory).map_err(|fault| vec![fault])?;
    let again = directory(&is)?;
    let is_kept = was.texts().iter().enumerate().all(|(row, cells)| {
        cells
            .iter()
            .enumerate()
            .all(|(column, text)| set.contains_key(&(row, column)) || is.text(row, column) == *text)
    });
    if is_kept && again.numbered == 0 && again.directory == found.directory {
        return Ok(());
    }
    let message = "the ids cannot be written into the file so that nothing else changes";
    let hint = "write Office ID and Provider ID into it yourself: whole numbers, each of one name";
    Err(vec![Fault::new(Code::DirectoryId, was.line(0), message, hint)])
}

/// The lines of a directory, headings first.
pub fn directory_rows(directory: &Directory) -> Vec<Vec<String>> {
    let mut rows =
        vec![[OFFICE_ID, OFFICE, "Active", PROVIDER_ID, PROVIDER].map(str::to_owned).into()];
    for (id, Office { name, active, providers }) in &directory.offices {
        let active = if *active { "yes" } else { "no" };
        let line = |provider_id: String, provider: String| {
            vec![id.to_string(), name.clone(), active.to_owned(), provider_id, provider]
        };
        match providers {
            Providers::Unread(_) => rows.push(line(String::new(), String::new())),
            Providers::Read(none) if none.is_empty() => {
                rows.push(line(String::new(), NOBODY.to_owned()));
            }
            Providers::Read(people) => {
                rows.extend(people.iter().map(|(id, name)| line(id.to_string(), name.listed())));
            }
        }
    }
    rows
}

/// A provider who is new in an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The office.
    pub office: OfficeId,
    /// The provider.
    pub provider: ProviderId,
}

/// Adds people to an office of a directory, which is made if there is none of this name or id, with numbers
/// of the directory's own. Whoever is known by name elsewhere keeps their id.
///
/// # Errors
/// With the ids of the offices of this name, where they are several.
pub fn add(
    directory: &mut Directory,
    office: &str,
    people: &[PersonName],
) -> Result<Vec<Added>, Vec<OfficeId>> {
    let is_it = |(id, one): &(&OfficeId, &Office)| {
        fold(&one.name) == fold(office) || id.to_string() == office
    };
    let named: Vec<OfficeId> = directory.offices.iter().filter(is_it).map(|(id, _)| *id).collect();
    let next = directory.offices.keys().map(|id| id.0 + 1).max().unwrap_or(1);
    let id = match named.as_slice() {
        [] => OfficeId(next),
        [id] => *id,
        _ => return Err(named),
    };
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut known: BTreeMap<ProviderId, PersonName> = BTreeMap::new();
    for office in directory.offices.values() {
        if let Providers::Read(providers) = &office.providers {
            known.extend(providers.iter().map(|(id, name)| (*id, name.clone())));
        }
    }
    let office = directory.offices.entry(id).or_insert_with(|| Office {
        name: office.to_owned(),
        active: true,
        providers: Providers::Read(BTreeMap::new()),
    });
    if let Providers::Unread(_) = office.providers {
        office.providers = Providers::Read(BTreeMap::new());
    }
    let mut added = Vec::new();
    let Providers::Read(providers) = &mut office.providers else { return Ok(added) };
    for person in people {
        let same = known.iter().find(|(_, name)| name.matches(&person.listed()));
        let next = known.keys().map(|id| id.0 + 1).max().unwrap_or(1);
        let (provider, name) =
            same.map_or((ProviderId(next), person.clone()), |(id, name)| (*id, name.clone()));
        known.insert(provider, name.clone());
        if providers.insert(provider, name).is_none() {
            added.push(Added { office: id, provider });
        }
    }
    Ok(added)
}
