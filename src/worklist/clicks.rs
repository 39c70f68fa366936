//! From an approved plan to clicks.

use std::collections::BTreeMap;

use crate::approval::Approved;
use crate::model::{
    Cells, Column, Level, Names, OfficeId, ProviderId, RowKey, Until, UserId, fold,
};
use crate::plan::Change;

/// The way to the grid of a user, as the Ocean article has it; `{user}` is the user's name.
pub const SCREEN: [&str; 4] = [
    "In Accuro's menu: Users > Manage Security; in the sidebar: Users.",
    "In the \"Users\" dropdown pick exactly {user}, and read the name again before the first tick.",
    "Tab \"Provider Permissions\": set what the list says, office by office, provider by provider.",
    "Press Save.",
];

/// As many hexadecimal digits of the plan's digest as a row's id carries.
const SHORT: usize = 8;

/// All clicks of one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// The clinic's id.
    pub clinic: String,
    /// The name of the Accuro instance.
    pub tenant: String,
    /// The digest of the approved plan.
    pub plan: String,
    /// One part for each user who has anything to change, in the order of the plan.
    pub users: Vec<UserClicks>,
}

/// The clicks of one user's grid: one visit, one Save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserClicks {
    /// The user to pick: this one and no other.
    pub user: String,
    /// The user's id.
    pub user_id: UserId,
    /// Offices, by name.
    pub offices: Vec<OfficeClicks>,
}

/// The clicks in one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeClicks {
    /// The office.
    pub office: OfficeId,
    /// What the directory calls it.
    pub name: String,
    /// Rows, by the provider's name.
    pub rows: Vec<RowClicks>,
}

/// The clicks in one row. What is right already is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowClicks {
    /// Counts up from 1 over the whole list.
    pub number: usize,
    /// The number and the beginning of the plan's digest: `017-3f2a9c01`.
    pub id: String,
    /// Where it is.
    pub key: RowKey,
    /// What the directory calls the provider, with the id.
    pub provider: String,
    /// The columns to set, in screen order.
    pub columns: Vec<ColumnClick>,
    /// What to do with the date; `None`: it is right.
    pub until: Option<AccessUntil>,
    /// What the row grants when it is done.
    pub after: Cells,
}

/// One column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnClick {
    /// Which column.
    pub column: Column,
    /// What it is before.
    pub from: Level,
    /// What to set it to.
    pub to: Level,
}

/// What to do with Access Until.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessUntil {
    /// Write this date.
    Write(Until),
    /// Empty the field.
    Empty,
}

impl Worklist {
    /// Every row with its user, in order.
    pub fn rows(&self) -> impl Iterator<Item = (&UserClicks, &OfficeClicks, &RowClicks)> {
        self.users.iter().flat_map(|user| {
            user.offices
                .iter()
                .flat_map(move |office| office.rows.iter().map(move |row| (user, office, row)))
        })
    }

    /// Leaves out the rows that are not to be kept; the others keep their numbers.
    pub fn keep(&mut self, is_kept: impl Fn(&str, RowKey) -> bool) {
        for user in &mut self.users {
            for office in &mut user.offices {
                office.rows.retain(|row| is_kept(&user.user, row.key));
            }
            user.offices.retain(|office| !office.rows.is_empty());
        }
        self.users.retain(|user| !user.offices.is_empty());
    }

    /// How many cells and dates are to be set.
    pub fn clicks(&self) -> usize {
        self.rows().map(|(_, _, row)| row.clicks()).sum()
    }
}

impl RowClicks {
    /// How many cells and dates are to be set.
    pub fn clicks(&self) -> usize {
        self.columns.len() + usize::from(self.until.is_some())
    }
}

/// A row that is asked of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedRow {
    /// Where it is.
    pub key: RowKey,
    /// What it grants.
    pub before: Cells,
    /// What it will grant.
    pub after: Cells,
}

/// The rows of one user that are asked of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedUser {
    /// The user.
    pub user: String,
    /// The user's id.
    pub user_id: UserId,
    /// The rows.
    pub rows: Vec<AskedRow>,
}

/// Whose rows are asked for, and by which plan.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// The digest of the approved plan.
    pub plan: &'a str,
}

/// The clicks of an approved plan.
pub fn worklist(approved: &Approved<'_>) -> Worklist {
    let (plan, digest) = (approved.plan(), approved.digest());
    let users = plan.users.iter().filter(|user| !user.changes.is_empty()).map(|user| AskedUser {
        user: user.name.clone(),
        user_id: user.id,
        rows: user
            .changes
            .iter()
            .map(|change| {
                let Change { key, before, after, revision: _, action: _, rule: _ } = *change;
                AskedRow { key, before, after }
            })
            .collect(),
    });
    let heading = Heading { clinic: &plan.clinic, tenant: &plan.tenant, plan: digest };
    clicks(heading, &plan.names, users)
}

/// The clicks of rows that an approved plan asks of a person. Offices and providers are ordered by name:
/// how the screen orders them is not documented, so that it does so is assumed.
pub fn clicks(
    heading: Heading<'_>,
    names: &Names,
    users: impl IntoIterator<Item = AskedUser>,
) -> Worklist {
    let Heading { clinic, tenant, plan } = heading;
    let mut next = 1;
    Worklist {
        clinic: clinic.to_owned(),
        tenant: tenant.to_owned(),
        plan: plan.to_owned(),
        users: users.into_iter().map(|user| user_clicks((names, plan), user, &mut next)).collect(),
    }
}

fn user_clicks((names, plan): (&Names, &str), asked: AskedUser, next: &mut usize) -> UserClicks {
    let AskedUser { user, user_id, rows } = asked;
    let mut offices: BTreeMap<(String, OfficeId), Vec<AskedRow>> = BTreeMap::new();
    for row in rows {
        let office = row.key.office;
        offices.entry((fold(&names.office(office)), office)).or_default().push(row);
    }
    let offices = offices.into_iter().map(|((_, office), mut rows)| {
        let listed = |id: ProviderId| (names.providers.get(&id).map(|name| fold(name)), id);
        rows.sort_by_cached_key(|row| listed(row.key.provider));
        let rows = rows.into_iter().map(|row| {
            let row = row_clicks(row, names, (*next, plan));
            *next += 1;
            row
        });
        OfficeClicks { office, name: names.office(office), rows: rows.collect() }
    });
    UserClicks { user, user_id, offices: offices.collect() }
}

fn row_clicks(row: AskedRow, names: &Names, (number, digest): (usize, &str)) -> RowClicks {
    let AskedRow { key, before, after } = row;
    let levels = before.columns().iter().zip(after.columns().iter());
    let columns = levels
        .filter(|((_, from), (_, to))| from != to)
        .map(|((column, from), (_, to))| ColumnClick { column, from, to });
    // A row that grants nothing has no date that means anything.
    let until = match (before.until(), after.until()) {
        _ if after.is_nothing() => None,
        (was, is) if was == is => None,
        (_, Some(date)) => Some(AccessUntil::Write(date)),
        (_, None) => Some(AccessUntil::Empty),
    };
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    let short: String = hex.chars().take(SHORT).collect();
    RowClicks {
        number,
        id: format!("{number:03}-{short}"),
        key,
        provider: names.provider(key.provider),
        columns: columns.collect(),
        until,
        after,
    }
}
