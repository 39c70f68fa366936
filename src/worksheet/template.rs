//! The sheet to fill in at the screen: offices as blocks, providers as lines.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::dates::stamp;
use super::sheet::{READ_AT, READ_BY, known};
use crate::live::{Directory, Providers};
use crate::model::{Cells, RowKey};

/// What the first cell of every file says.
pub(super) const TITLE: &str = "accuroform";

/// Whose sheet it is.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// The users, a block of offices each.
    pub users: &'a [String],
    /// When it is made: no line of it can have been read before.
    pub made: Timestamp,
    /// The clinic's time zone.
    pub zone: &'a TimeZone,
}

/// The rows of a sheet for these rows of the grids.
pub fn template(
    what: Template<'_>,
    directory: &Directory,
    wanted: impl Fn(&str, RowKey) -> bool,
) -> Vec<Vec<String>> {
    let Template { clinic, tenant, users, made, zone } = what;
    let made = stamp(made, zone);
    let line = |name: &str, says: &str| vec![name.to_owned(), says.to_owned()];
    let mut rows = vec![
        line(TITLE, "sheet"),
        line("Clinic", clinic),
        line("Tenant", tenant),
        line("Made at", &made),
        line("Read at", ""),
        line("Read by", ""),
        Vec::new(),
    ];
    rows.extend(lines((directory, users, false), wanted, |_, _| None));
    rows
}

/// The headings and a line for each row, those of an office together. A row that was read has its
/// levels in words, so that it is read whatever they are; one that was read before says when and by whom.
pub(super) fn lines(
    (directory, users, has_kept): (&Directory, &[String], bool),
    wanted: impl Fn(&str, RowKey) -> bool,
    read: impl Fn(&str, RowKey) -> Option<(Cells, Option<[String; 2]>)>,
) -> Vec<Vec<String>> {
    let headings = known().into_iter().map(|heading| heading.title);
    let headings = headings.filter(|title| has_kept || ![READ_AT, READ_BY].contains(title));
    let mut rows = vec![headings.map(str::to_owned).collect()];
    for user in users {
        for (office, found) in &directory.offices {
            let Providers::Read(people) = &found.providers else { continue };
            let key = |provider: &_| RowKey { office: *office, provider: *provider };
            let people: Vec<_> =
                people.iter().filter(|(provider, _)| wanted(user, key(provider))).collect();
            for (provider, name) in &people {
                let mut row = vec![
                    user.clone(),
                    found.name.clone(),
                    office.to_string(),
                    name.listed(),
                    provider.to_string(),
                ];
                match read(user, key(provider)) {
                    Some((cells, kept)) => {
                        row.extend(cells.columns().iter().map(|(_, level)| level.to_string()));
                        row.push(cells.until().map(|until| until.to_string()).unwrap_or_default());
                        row.push("yes".to_owned());
                        row.extend(kept.into_iter().flatten());
                    }
                    None => row.extend(std::iter::repeat_n(String::new(), 11)),
                }
                rows.push(row);
            }
            if !people.is_empty() {
                rows.push(Vec::new());
            }
        }
    }
    rows
}
