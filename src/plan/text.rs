//! The text of a plan's file, written at once: the changes are most of it, so they go from the plan
//! into the text without a value of each field between.
//!
//! The order of the fields is that of canonical JSON. [`super::file::open`] does not use this: it
//! takes no file whose text is not what the library makes of it.

use serde_json::Value;

use super::canonical::{array, number, object, write};
use super::value::{Change, Plan, UserPlan};
use crate::model::{Cells, Column, RowKey};

/// The columns in the order of their keys.
const COLUMNS: [Column; 9] = [
    Column::Billing,
    Column::Emr,
    Column::Inbox,
    Column::Labs,
    Column::Patient,
    Column::PrescribeFor,
    Column::Reporting,
    Column::Scheduling,
    Column::Visible,
];

/// The canonical text of `content`, whose users have no changes, with the changes of `plan`.
pub(super) fn text(content: &Value, plan: &Plan) -> Result<String, serde_json::Error> {
    let mut out = Vec::with_capacity(32 * 1024);
    object(content, &mut out, &mut |key, value, out| {
        if key != "plan" {
            return write(value, out);
        }
        object(value, out, &mut |key, value, out| {
            if key != "users" {
                return write(value, out);
            }
            let mut users = plan.users.iter();
            array(value, out, &mut |value, out| {
                let changes = users.next();
                object(value, out, &mut |key, value, out| match changes {
                    Some(user) if key == "changes" => self::changes(plan, user, out),
                    Some(_) | None => write(value, out),
                })
            })
        })
    })?;
    String::from_utf8(out).map_err(serde::de::Error::custom)
}

fn changes(plan: &Plan, user: &UserPlan, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    out.push(b'[');
    for (at, change) in user.changes.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let Change { key, before, after, revision, action, rule } = change;
        let RowKey { office, provider } = key;
        out.extend(b"{\"action\":");
        serde_json::to_writer(&mut *out, action)?;
        out.extend(b",\"address\":");
        serde_json::to_writer(&mut *out, &plan.names.address(&plan.clinic, &user.name, *key))?;
        out.extend(b",\"after\":");
        cells(*after, out)?;
        out.extend(b",\"before\":");
        cells(*before, out)?;
        out.extend(b",\"office_id\":");
        number(&office.0.into(), out)?;
        out.extend(b",\"provider_id\":");
        number(&provider.0.into(), out)?;
        out.extend(b",\"revision\":");
        match revision {
            Some(revision) => number(&revision.0.into(), out)?,
            None => out.extend(b"null"),
        }
        out.extend(b",\"rule\":");
        number(&(*rule).into(), out)?;
        out.push(b'}');
    }
    out.push(b']');
    Ok(())
}

fn cells(cells: Cells, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    out.extend(b"{\"columns\":{");
    for (at, column) in COLUMNS.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        // Keys and levels are words of this program, which need no escapes.
        out.push(b'"');
        out.extend(column.key().as_bytes());
        out.extend(b"\":\"");
        out.extend(cells.columns().get(column).key().as_bytes());
        out.push(b'"');
    }
    out.extend(b"},\"until\":");
    serde_json::to_writer(&mut *out, &cells.until())?;
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_there_in_the_order_of_its_key() {
        let mut all = Column::ALL.to_vec();
        all.sort_by_key(|column| column.key());
        assert_eq!(all, COLUMNS);
    }
}
