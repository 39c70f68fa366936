//! What one user holds, office by office, as far as a manifest can name it.

use std::collections::{BTreeMap, BTreeSet};

use super::ImportError;
use crate::live::{Grid, Providers, Snapshot};
use crate::model::{Cells, LiveRow, OfficeId, ProviderId, RowKey};

/// What one user holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The user's name as it was asked for.
    pub name: String,
    /// Every office of the directory.
    pub offices: BTreeMap<OfficeId, FoundOffice>,
    /// Rows that grant something and that no rule can name: their office does not list the provider, or
    /// the directory does not list the office.
    pub unlisted: Vec<RowKey>,
    /// Why, in the words of whoever wrote the user's entry; see [`super::keep_reasons`].
    pub reason: Option<String>,
}

/// What one user holds in one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOffice {
    /// Whether the office is in use: `all_offices` covers no other.
    pub active: bool,
    /// The providers that the office lists.
    pub listed: BTreeSet<ProviderId>,
    /// What is granted; rows that grant nothing are left out.
    pub rows: BTreeMap<ProviderId, Cells>,
    /// Whether it has rows of providers that it does not list. Exact management keeps those only where a
    /// rule covers every provider.
    pub has_unlisted: bool,
    /// Why, in the words of whoever wrote the office's entry.
    pub reason: Option<String>,
    /// Why, in the words of whoever wrote the row's own entry; see [`super::keep_reasons`].
    pub reasons: BTreeMap<ProviderId, String>,
}

/// What a user holds.
///
/// # Errors
/// Where anything is unread: unknown is never absent. Where the name is not of one active user.
pub fn found(live: &Snapshot, name: &str) -> Result<Found, ImportError> {
    let grid = live.grids.iter().find(|(asked, _)| asked == name).map(|(_, grid)| grid);
    let rows = match grid {
        Some(Grid::Read { user: _, active: true, rows, unread: missing }) => {
            if !missing.is_empty() {
                let what = format!("{} rows of the grid of {name}", missing.len());
                return Err(unread(what, "the capture does not say what they hold"));
            }
            rows
        }
        Some(Grid::Read { active: false, .. }) => {
            return Err(ImportError::InactiveUser(name.to_owned()));
        }
        Some(Grid::SeveralUsers(users)) => {
            return Err(ImportError::SeveralUsers { name: name.to_owned(), users: users.clone() });
        }
        Some(Grid::Unread(reason)) => return Err(unread(format!("the grid of {name}"), reason)),
        Some(Grid::NoUser) | None => return Err(ImportError::NoUser(name.to_owned())),
    };
    let mut offices = BTreeMap::new();
    for (id, office) in &live.directory.offices {
        let providers = match &office.providers {
            Providers::Read(providers) => providers,
            Providers::Unread(reason) => {
                return Err(unread(format!("the providers of {} ({id})", office.name), reason));
            }
        };
        let listed = providers.keys().copied().collect();
        let active = office.active;
        let (rows, reasons) = (BTreeMap::new(), BTreeMap::new());
        let found =
            FoundOffice { active, listed, rows, has_unlisted: false, reason: None, reasons };
        offices.insert(*id, found);
    }
    if offices.is_empty() {
        return Err(ImportError::NoOffice);
    }
    let mut unlisted = Vec::new();
    for LiveRow { key, cells, revision: _ } in rows.iter().filter(|row| !row.cells.is_nothing()) {
        match offices.get_mut(&key.office) {
            Some(office) if office.listed.contains(&key.provider) => {
                office.rows.insert(key.provider, *cells);
            }
            Some(office) => {
                office.has_unlisted = true;
                unlisted.push(*key);
            }
            None => unlisted.push(*key),
        }
    }
    Ok(Found { name: name.to_owned(), offices, unlisted, reason: None })
}

fn unread(what: String, reason: &str) -> ImportError {
    ImportError::Unread { what, reason: reason.to_owned() }
}

impl Found {
    /// The rows that a rule can name.
    pub fn rows(&self) -> BTreeMap<RowKey, Cells> {
        let of_office = |(office, found): (&OfficeId, &FoundOffice)| {
            let office = *office;
            let row = move |(provider, cells): (&ProviderId, &Cells)| {
                (RowKey { office, provider: *provider }, *cells)
            };
            found.rows.iter().map(row).collect::<Vec<_>>()
        };
        self.offices.iter().flat_map(of_office).collect()
    }
}
