//! Looking up users and reading their grids.

use std::collections::BTreeMap;

use serde::Serialize;

use super::message::{Answer, refuse};
use super::{cursor, guard};
use crate::sim::columns::Columns;
use crate::sim::state::{Row, RowKey, State};

const LARGEST_PAGE: usize = 500;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserBody<'a> {
    user_id: u64,
    user_name: &'a str,
    active: bool,
}

/// A row on the wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowBody {
    office_id: u64,
    provider_id: u64,
    revision: u64,
    access_until: Option<String>,
    columns: Columns,
}

impl RowBody {
    /// A row as it is. One that was never there is shown with revision 0 and nothing granted.
    pub(super) fn new(key: RowKey, row: Option<&Row>) -> Self {
        Self {
            office_id: key.office,
            provider_id: key.provider,
            revision: row.map_or(0, |row| row.revision),
            access_until: row.and_then(|row| row.until).map(|until| until.to_string()),
            columns: row.map_or(Columns::NONE, |row| row.columns),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageBody {
    rows: Vec<RowBody>,
    next_cursor: Option<String>,
}

/// The users of this name, letter case ignored.
pub(super) fn users(state: &State, query: &BTreeMap<String, String>) -> Result<Answer, Answer> {
    permitted(state)?;
    let name = query.get("userName").filter(|name| !name.is_empty());
    let Some(name) = name else {
        let message = "query parameter userName is missing or empty";
        return Err(refuse(422, "invalid-query", message));
    };
    let body: Vec<_> = state
        .world
        .users
        .iter()
        .filter(|user| user.name.to_lowercase() == name.to_lowercase())
        .map(|user| UserBody { user_id: user.id, user_name: &user.name, active: user.active })
        .collect();
    Ok(Answer::json(200, &body))
}

/// One page of a user's grid.
pub(super) fn page(
    state: &State,
    user: u64,
    query: &BTreeMap<String, String>,
) -> Result<Answer, Answer> {
    permitted(state)?;
    known_user(state, user)?;
    let size = match query.get("pageSize") {
        None => LARGEST_PAGE,
        Some(text) => page_size(text)?,
    };
    let after = match query.get("cursor") {
        None => None,
        Some(text) => Some(cursor::read(user, text).ok_or_else(|| {
            let message = "the cursor is not one that a page of this grid gave; read from the \
                           first page";
            refuse(422, "invalid-cursor", message)
        })?),
    };
    let mut left = state.rows_after(user, after).peekable();
    let mut rows = Vec::new();
    let mut last = None;
    for (key, row) in left.by_ref().take(size) {
        rows.push(RowBody::new(*key, Some(row)));
        last = Some((key.office, key.provider));
    }
    let next_cursor = match (left.peek(), last) {
        (Some(_), Some(last)) => Some(cursor::write(user, last)),
        (None, _) | (_, None) => None,
    };
    Ok(Answer::json(200, &PageBody { rows, next_cursor }))
}

/// 404 for a user that is not there.
pub(super) fn known_user(state: &State, user: u64) -> Result<(), Answer> {
    match state.user(user) {
        Some(_) => Ok(()),
        None => Err(refuse(404, "user-not-found", &format!("there is no user {user}"))),
    }
}

fn page_size(text: &str) -> Result<usize, Answer> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|size| digits && (1..=LARGEST_PAGE).contains(size)).ok_or_else(|| {
        let message = format!("pageSize must be 1 to {LARGEST_PAGE}");
        refuse(422, "invalid-page-size", &message)
    })
}

fn permitted(state: &State) -> Result<(), Answer> {
    let may = state.world.account.may_read_grid;
    guard::permitted(state, may, "read users and their grids")
}
