//! What happens to the clinic by other hands than the client's: tokens that are withdrawn, another
//! administrator's write, a sync that another one starts.
//!
//! Pure, like every handler: the changes go the same way into the store as a client's.

use jiff::Timestamp;
use serde::Deserialize;

use super::message::Request;
use super::patch::after;
use crate::sim::state::{Changes, Content, Row, RowKey, State, Write, Written};
use crate::sim::sync::{self, Mode, Run};

/// Something that happens elsewhere, just before a request is handled.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) enum Elsewhere {
    /// Every token becomes unknown.
    TokensExpire,
    /// A row is written.
    Write { at: RowKey, content: Content },
    /// The revision of some row grows: of one that the request is about to write if it writes, of
    /// any row otherwise. `draw` decides which.
    SomeRowMoves { draw: u64 },
    /// A sync is started, unless one is running. Without `seconds` it takes as long as the world
    /// says.
    SyncStarts { mode: Mode, seconds: Option<f64> },
}

/// What changes by it.
pub(in crate::sim) fn happen(
    state: &State,
    request: &Request,
    elsewhere: &Elsewhere,
    now: Timestamp,
) -> Changes {
    match elsewhere {
        Elsewhere::TokensExpire => Changes { expire_tokens: true, ..Changes::default() },
        Elsewhere::Write { at, content } => write(state, *at, *content, now),
        Elsewhere::SomeRowMoves { draw } => match some_row(state, request, *draw) {
            Some(at) => write(state, at, Content::Same, now),
            None => Changes::default(),
        },
        Elsewhere::SyncStarts { mode, seconds } => start(state, *mode, *seconds, now),
    }
}

/// A row is written by somebody else. The row must be one that the directory has.
pub(in crate::sim) fn write(
    state: &State,
    at: RowKey,
    content: Content,
    now: Timestamp,
) -> Changes {
    let before = state.contents.rows.get(&at);
    let written = |row: &Row| Written { columns: row.columns, until: row.until };
    let shown = before.filter(|row| row.listed).map(written);
    let is = match content {
        Content::New(new) => after(before, new),
        Content::Same => before.map(|row| Row { revision: row.revision.saturating_add(1), ..*row }),
    };
    let write = Write {
        sequence: state.contents.last_write.saturating_add(1),
        user: at.user,
        office: at.office,
        provider: at.provider,
        before: shown,
        after: is.as_ref().map_or(Written::NOTHING, written),
        revision: is.map_or(0, |row| row.revision),
        idempotency_key: None,
        at: now,
    };
    Changes {
        rows: is.map(|row| (at, row)).into_iter().collect(),
        writes: vec![write],
        ..Changes::default()
    }
}

fn start(state: &State, mode: Mode, seconds: Option<f64>, now: Timestamp) -> Changes {
    let run = match &state.world.ocean {
        Some(ocean) if sync::running(state, now).is_none() => {
            let run = Run::start(state, ocean, mode, now);
            let milliseconds = seconds.map_or(run.milliseconds, sync::milliseconds);
            Some(Run { milliseconds, ..run })
        }
        Some(_) | None => None,
    };
    Changes { run, ..Changes::default() }
}

/// The places that a write names; whatever else it says is its handler's to judge.
#[derive(Deserialize)]
struct Places {
    rows: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    office_id: u64,
    provider_id: u64,
}

fn some_row(state: &State, request: &Request, draw: u64) -> Option<RowKey> {
    let user = super::asked(&request.method, &request.path, None).user;
    let named: Vec<RowKey> = match (user, serde_json::from_slice::<Places>(&request.body)) {
        (Some(user), Ok(Places { rows })) => rows
            .iter()
            .map(|row| RowKey { user, office: row.office_id, provider: row.provider_id })
            .filter(|at| state.contents.rows.contains_key(at))
            .collect(),
        (Some(_) | None, _) => Vec::new(),
    };
    let pick = |count: usize| usize::try_from(draw % u64::try_from(count).ok()?.max(1)).ok();
    if named.is_empty() {
        let rows = &state.contents.rows;
        rows.keys().nth(pick(rows.len())?).copied()
    } else {
        named.get(pick(named.len())?).copied()
    }
}
