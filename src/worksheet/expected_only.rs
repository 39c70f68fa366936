//! Who of a list counts: a list of another system's users holds people who are no providers.

use super::fault::Fault;
use super::headings::norm;
use super::table::Table;
use crate::diagnostic::{Code, did_you_mean};
use crate::model::fold;

/// What a line must say to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    heading: String,
    value: String,
}

impl std::str::FromStr for Only {
    type Err = String;

    /// Reads `Role=Provider`; without a value it is the lines that are blank there.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((heading, value)) if !norm(heading).is_empty() => {
                let (heading, value) = (heading.trim().to_owned(), value.trim().to_owned());
                Ok(Self { heading, value })
            }
            Some(_) | None => Err("write HEADING=VALUE, such as 'Role=Provider'".to_owned()),
        }
    }
}

/// The filters of a list, each with its column.
pub(super) struct Filter<'a> {
    table: &'a Table,
    row: usize,
    parts: Vec<(&'a Only, usize)>,
}

impl<'a> Filter<'a> {
    /// Finds the columns below the headings in `row`; a heading that is not there, or twice, is a fault.
    pub(super) fn new(table: &'a Table, row: usize, only: &'a [Only]) -> Result<Self, Vec<Fault>> {
        let found: Vec<_> = only.iter().map(|one| column(table, row, &one.heading)).collect();
        let faults: Vec<Fault> = found.iter().filter_map(|one| one.clone().err()).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let columns = found.into_iter().filter_map(Result::ok);
        Ok(Self { table, row, parts: only.iter().zip(columns).collect() })
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().map(|(_, column)| *column)
    }

    fn says(&self, line: usize, (only, column): &(&Only, usize)) -> bool {
        fold(&self.table.text(line, *column)) == fold(&only.value)
    }

    /// Whether a line counts: under each heading it says one of the values that are asked for there.
    pub(super) fn has(&self, line: usize) -> bool {
        self.parts.iter().all(|(_, wanted)| {
            let mut same = self.parts.iter().filter(|(_, column)| column == wanted);
            same.any(|one| self.says(line, one))
        })
    }

    /// The values that no line has, which may be slips of the pen: as warnings, or as faults where nobody is
    /// left.
    pub(super) fn unmet(&self, lines: &[usize], is_empty: bool) -> Vec<Fault> {
        let is_unmet = |one: &&(&Only, usize)| !lines.iter().any(|line| self.says(*line, one));
        let fault = |(only, column): &(&Only, usize)| {
            let message = format!("no line has `{}` under {}", only.value, only.heading);
            let mut there: Vec<String> = Vec::new();
            for text in lines.iter().map(|line| self.table.text(*line, *column)) {
                if there.len() < 10 && !there.iter().any(|one| fold(one) == fold(&text)) {
                    there.push(text);
                }
            }
            let near = did_you_mean(&only.value, there.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", quoted(&there)),
            };
            let fault =
                Fault::new(Code::ListFilter, self.table.place(self.row, *column), message, hint);
            if is_empty { fault } else { fault.warning() }
        };
        let mut faults: Vec<Fault> = self.parts.iter().filter(is_unmet).map(fault).collect();
        if is_empty && faults.is_empty() && !self.parts.is_empty() {
            let message = "no line fits all of the filter";
            let hint = "values of one heading are any of them, headings are all of them";
            faults.push(Fault::new(Code::ListFilter, self.table.line(self.row), message, hint));
        }
        faults
    }
}

/// The one column under a heading.
pub(super) fn column(table: &Table, row: usize, heading: &str) -> Result<usize, Fault> {
    let texts: Vec<String> =
        table.rows.get(row).into_iter().flatten().map(super::table::Cell::text).collect();
    let is_it = |at: &usize| texts.get(*at).is_some_and(|text| norm(text) == norm(heading));
    let found: Vec<usize> = (0..texts.len()).filter(is_it).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let message = format!("the list has no heading `{heading}`");
            let there: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            let hint = match did_you_mean(heading, there.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", quoted(&there)),
            };
            Err(Fault::new(Code::SheetHeader, table.line(row), message, hint))
        }
        [_, second, ..] => {
            let message = format!("the heading `{heading}` is there twice");
            let hint = "remove one of the two, or give it another name";
            Err(Fault::new(Code::SheetHeader, table.place(row, *second), message, hint))
        }
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
