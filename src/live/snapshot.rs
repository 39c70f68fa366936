//! The directory and the grids as values.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{LiveRow, Names, OfficeId, PersonName, ProviderId, RowKey, UserId};

/// Everything that was read of one clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Offices and their providers.
    pub directory: Directory,
    /// The grid of each user that was asked for, by the name it was asked by, in that order.
    pub grids: Vec<(String, Grid)>,
    /// Who read the screen, and when; `None`: a bridge answered now.
    pub captured: Option<Captured>,
}

/// Who read the screen, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// When and by whom it was read last.
    pub last: Look,
    /// The rows that were read before, and not again then, by user and row.
    pub before: BTreeMap<(String, RowKey), Look>,
}

/// One look at the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When, or the earliest time at which it can have been.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

impl Captured {
    /// When the oldest row was read.
    pub fn oldest(&self) -> Timestamp {
        self.before.values().map(|look| look.at).fold(self.last.at, Timestamp::min)
    }

    /// The look at a row.
    pub fn of(&self, user: &str, key: RowKey) -> &Look {
        self.before.get(&(user.to_owned(), key)).unwrap_or(&self.last)
    }
}

/// Offices and their providers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Every office, by id.
    pub offices: BTreeMap<OfficeId, Office>,
}

/// One office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its name; need not be unique.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// Who works there.
    pub providers: Providers,
}

/// The providers of one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Providers {
    /// All of them.
    Read(BTreeMap<ProviderId, PersonName>),
    /// They could not be read; the reason.
    Unread(String),
}

/// The grid of one user, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grid {
    /// Its rows, ordered by [`crate::model::RowKey`].
    Read {
        /// The user.
        user: UserId,
        /// Whether the user can sign in.
        active: bool,
        /// The rows.
        rows: Vec<LiveRow>,
        /// Rows that were not read: nothing is known of them, and none is among `rows`.
        unread: BTreeSet<RowKey>,
    },
    /// No user has this name.
    NoUser,
    /// Several users have this name.
    SeveralUsers(Vec<UserId>),
    /// The user or its grid could not be read; the reason.
    Unread(String),
}

impl Grid {
    /// The rows that were read; `None` where the grid is not there or was not read.
    pub fn rows(&self) -> Option<&[LiveRow]> {
        match self {
            Self::Read { rows, .. } => Some(rows),
            Self::NoUser | Self::SeveralUsers(_) | Self::Unread(_) => None,
        }
    }

    /// Whether nothing is known of a row, though its grid was read.
    pub fn has_unread(&self, key: RowKey) -> bool {
        match self {
            Self::Read { unread, .. } => unread.contains(&key),
            Self::NoUser | Self::SeveralUsers(_) | Self::Unread(_) => false,
        }
    }
}

impl Snapshot {
    /// The grid of a user, by the name it was asked by.
    pub fn grid(&self, user: &str) -> Option<&Grid> {
        self.grids.iter().find(|(name, _)| name == user).map(|(_, grid)| grid)
    }

    /// Whether it is known what a row grants.
    pub fn has_read(&self, user: &str, key: RowKey) -> bool {
        let is_read = |grid: &Grid| matches!(grid, Grid::Read { .. }) && !grid.has_unread(key);
        self.may_read(user, key) && self.grid(user).is_some_and(is_read)
    }

    /// Whether a row is among those that are read. A bridge answers with a whole grid; a person reads
    /// the rows that the directory lists, and says nothing of any other.
    pub fn may_read(&self, user: &str, key: RowKey) -> bool {
        self.grid(user).is_some() && (self.captured.is_none() || self.directory.lists(key))
    }
}

impl Directory {
    /// Whether a provider is listed in an office.
    fn lists(&self, key: RowKey) -> bool {
        let office = self.offices.get(&key.office);
        office.is_some_and(|office| match &office.providers {
            Providers::Read(people) => people.contains_key(&key.provider),
            Providers::Unread(_) => false,
        })
    }

    /// What the directory calls everything in it.
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        for (id, office) in &self.offices {
            names.offices.insert(*id, office.name.clone());
            if let Providers::Read(providers) = &office.providers {
                for (id, name) in providers {
                    names.providers.entry(*id).or_insert_with(|| name.listed());
                }
            }
        }
        names
    }
}
