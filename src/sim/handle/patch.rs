//! Writing rows: all of a batch or none, each against its revision, once per idempotency key.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::HeaderName;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::grid::{RowBody, known_user};
use super::guard;
use super::message::{Answer, Context, Handled, Request, refuse};
use crate::sim::columns::Columns;
use crate::sim::credentials::hex;
use crate::sim::date;
use crate::sim::state::{Changes, Kept, Row, RowKey, State, Write, Written};

const LARGEST_BATCH: usize = 500;
const KEEP_ANSWERS: SignedDuration = SignedDuration::from_hours(24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    rows: Vec<RowWrite>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RowWrite {
    office_id: u64,
    provider_id: u64,
    #[serde(deserialize_with = "present")]
    expected_revision: Option<u64>,
    #[serde(deserialize_with = "present")]
    access_until: Option<String>,
    columns: Columns<String>,
}

/// Null is a value here; a field that is not there is an error.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    office_id: u64,
    provider_id: u64,
}

/// A row write whose texts were understood.
struct Checked {
    key: RowKey,
    expected: Option<u64>,
    after: Written,
}

/// Writes a batch, or gives the answer that its key was given before.
pub(super) fn write(
    state: &State,
    user: u64,
    request: &Request,
    context: &Context,
) -> Result<Handled, Answer> {
    let may = state.world.account.may_write_grid;
    guard::permitted(state, may, "write grids")?;
    known_user(state, user)?;
    guard::content_type(request, "application/json")?;
    let key = idempotency_key(request)?;
    let digest = digest(request);
    if let Some(kept) = state.contents.kept.get(&key)
        && !expired(kept, context.now)
    {
        if kept.request != digest {
            let message = "the Idempotency-Key was used for another request; use a new one";
            return Err(refuse(422, "idempotency-mismatch", message));
        }
        let answer = Answer { status: kept.status, headers: Vec::new(), body: kept.body.clone() };
        return Ok(answer.into());
    }
    let mut handled = batch(state, user, request, &key, context.now).unwrap_or_else(Handled::from);
    let kept = Kept {
        request: digest,
        status: handled.answer.status,
        body: handled.answer.body.clone(),
        at: context.now,
    };
    handled.changes.forget = state
        .contents
        .kept
        .iter()
        .filter(|(_, kept)| expired(kept, context.now))
        .map(|(key, _)| key.clone())
        .collect();
    handled.changes.keep = Some((key, kept));
    Ok(handled)
}

/// The key as a UUID in small letters.
fn idempotency_key(request: &Request) -> Result<String, Answer> {
    let name = HeaderName::from_static("idempotency-key");
    let refused = |message| refuse(422, "idempotency-key-required", message);
    let key = match guard::header(&request.headers, &name) {
        Ok(Some(key)) => key,
        Ok(None) => return Err(refused("send an Idempotency-Key header with a UUID")),
        Err(()) => return Err(refused("send one Idempotency-Key header with a UUID")),
    };
    let shape = key.len() == 36
        && key.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if shape {
        Ok(key.to_ascii_lowercase())
    } else {
        Err(refused("the Idempotency-Key must be a UUID"))
    }
}

/// What "the same body" means: the same bytes to the same path.
fn digest(request: &Request) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&request.path);
    hasher.update([0]);
    hasher.update(&request.body);
    hex(&hasher.finalize())
}

fn expired(kept: &Kept, now: Timestamp) -> bool {
    now.duration_since(kept.at) >= KEEP_ANSWERS
}

fn batch(
    state: &State,
    user: u64,
    request: &Request,
    idempotency_key: &str,
    now: Timestamp,
) -> Result<Handled, Answer> {
    let Body { rows } = guard::json(&request.body)?;
    if rows.is_empty() || rows.len() > LARGEST_BATCH {
        let message = format!("rows must hold 1 to {LARGEST_BATCH} rows, not {}", rows.len());
        return Err(refuse(422, "invalid-batch", &message));
    }
    let rows = check(state, user, &rows)?;
    refuse_moved(state, &rows)?;

    let mut changes = Changes::default();
    let mut answer = Vec::with_capacity(rows.len());
    for (row, sequence) in rows.iter().zip(state.contents.last_write.saturating_add(1)..) {
        let before = state.contents.rows.get(&row.key);
        let now_row = after(before, row.after);
        answer.push(RowBody::new(row.key, now_row.as_ref()));
        changes.writes.push(Write {
            sequence,
            user,
            office: row.key.office,
            provider: row.key.provider,
            before: before
                .filter(|row| row.listed)
                .map(|row| Written { columns: row.columns, until: row.until }),
            after: row.after,
            revision: now_row.map_or(0, |row| row.revision),
            idempotency_key: Some(idempotency_key.to_owned()),
            at: now,
        });
        changes.rows.extend(now_row.map(|now_row| (row.key, now_row)));
    }
    Ok(Handled { answer: Answer::json(200, &BTreeMap::from([("rows", answer)])), changes })
}

/// The row after the write. Without a change the revision stays: it grows with every change.
pub(super) fn after(before: Option<&Row>, written: Written) -> Option<Row> {
    let Written { columns, until } = written;
    match before {
        None if columns.is_nothing() && until.is_none() => None,
        Some(row) if row.columns == columns && row.until == until => Some(*row),
        Some(_) | None => Some(Row {
            columns,
            until,
            revision: before.map_or(0, |row| row.revision).saturating_add(1),
            listed: !columns.is_nothing(),
        }),
    }
}

/// Every row that names nothing real or is there twice, in one answer.
fn check(state: &State, user: u64, rows: &[RowWrite]) -> Result<Vec<Checked>, Answer> {
    let mut seen = BTreeSet::new();
    let mut faults: BTreeMap<Place, String> = BTreeMap::new();
    let mut checked = Vec::with_capacity(rows.len());
    for row in rows {
        let place = Place { office_id: row.office_id, provider_id: row.provider_id };
        let result = if seen.insert(place) {
            check_row(state, row)
        } else {
            Err("the row is in the batch more than once".to_owned())
        };
        match result {
            Ok(after) => checked.push(Checked {
                key: RowKey { user, office: row.office_id, provider: row.provider_id },
                expected: row.expected_revision,
                after,
            }),
            Err(fault) => {
                faults.entry(place).or_insert(fault);
            }
        }
    }
    let Some((place, fault)) = faults.first_key_value() else {
        return Ok(checked);
    };
    let message = format!(
        "office {}, provider {}: {fault}; nothing was written",
        place.office_id, place.provider_id
    );
    let places: Vec<Place> = faults.keys().copied().collect();
    let body = serde_json::json!({"error": "invalid-row", "message": message, "rows": places});
    Err(Answer::json(422, &body))
}

fn check_row(state: &State, row: &RowWrite) -> Result<Written, String> {
    let offices = &state.world.offices;
    if !offices.iter().any(|office| office.id == row.office_id) {
        return Err("there is no such office".to_owned());
    }
    if !state.pairs.contains(&(row.office_id, row.provider_id)) {
        return Err("the provider does not work in this office".to_owned());
    }
    let columns = row
        .columns
        .levels()
        .map_err(|text| format!("`{text}` is not a level: none, read-only or full"))?;
    let until = row.access_until.as_deref().map(until).transpose()?;
    Ok(Written { columns, until })
}

fn until(text: &str) -> Result<Date, String> {
    date::parse(text).ok_or_else(|| format!("`{text}` is not a date of the form 2027-01-31"))
}

/// Refuses the batch if any row is not at the revision that the writer saw.
fn refuse_moved(state: &State, rows: &[Checked]) -> Result<(), Answer> {
    let moved: Vec<RowBody> = rows
        .iter()
        .map(|row| (row, state.contents.rows.get(&row.key)))
        .filter(|(row, now)| !is_expected(row.expected, *now))
        .map(|(row, now)| RowBody::new(row.key, now))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let body = serde_json::json!({"error": "revision-conflict", "rows": moved});
    Err(Answer::json(409, &body))
}

/// Whether the row is where the writer saw it. A row that is not listed is absent to everyone who
/// reads the grid, so `null` names it; so does the revision that a conflict showed for it (0 for
/// a row that never was).
fn is_expected(expected: Option<u64>, now: Option<&Row>) -> bool {
    let revision = now.map_or(0, |row| row.revision);
    match expected {
        Some(expected) => expected == revision,
        None => now.is_none_or(|row| !row.listed),
    }
}
