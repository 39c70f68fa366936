//! The sheet to fill in at the screen: offices as blocks, providers as lines.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::dates::stamp;
use super::sheet::known;
use crate::live::{Directory, Providers};
use crate::model::{Cells, OfficeId, RowKey};

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

/// The rows of a sheet for these offices.
pub fn template(
    what: Template<'_>,
    directory: &Directory,
    wanted: impl Fn(OfficeId) -> bool,
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
    rows.extend(lines(directory, users, wanted, |_, _| None));
    rows
}

/// The headings and a line for each row, those of an office together. A row that was read has its
/// levels in words, so that it is read whatever they are.
pub(super) fn lines(
    directory: &Directory,
    users: &[String],
    wanted: impl Fn(OfficeId) -> bool,
    read: impl Fn(&str, RowKey) -> Option<Cells>,
) -> Vec<Vec<String>> {
    let mut rows = vec![known().into_iter().map(|heading| heading.title.to_owned()).collect()];
    for user in users {
        for (office, found) in directory.offices.iter().filter(|(id, _)| wanted(**id)) {
            let Providers::Read(people) = &found.providers else { continue };
            for (provider, name) in people {
                let key = RowKey { office: *office, provider: *provider };
                let mut row = vec![
                    user.clone(),
                    found.name.clone(),
                    office.to_string(),
                    name.listed(),
                    provider.to_string(),
                ];
                match read(user, key) {
                    Some(cells) => {
                        row.extend(cells.columns().iter().map(|(_, level)| level.to_string()));
                        row.push(cells.until().map(|until| until.to_string()).unwrap_or_default());
                        row.push("yes".to_owned());
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
