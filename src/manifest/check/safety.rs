//! The limits of one apply.

use std::collections::BTreeMap;

use super::super::checked::Safety;
use super::super::raw::RawSafety;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::Column;

const REVOKED_ROWS_PERCENT: u32 = 30;
const REVOCATIONS: u32 = 25;
const CHANGED_ROWS_PERCENT: u32 = 100;
const PROTECTED: [Column; 3] = [Column::PrescribeFor, Column::Inbox, Column::Reporting];

/// Fills in the limits that are not written.
pub(super) fn safety(context: &mut Context<'_>, raw: RawSafety) -> Safety {
    let RawSafety {
        max_revoked_rows_percent,
        max_revocations,
        max_changed_rows_percent,
        protected_columns,
    } = raw;
    let path = KeyPath::root().key("safety").key("protected_columns");
    let protected_columns = match protected_columns {
        None => PROTECTED.to_vec(),
        Some(written) => {
            let mut first: BTreeMap<Column, KeyPath> = BTreeMap::new();
            for (index, raw) in written.0 {
                let (column, entry) = (Column::from(raw), path.index(index));
                if let Some(earlier) = first.get(&column) {
                    context.report(
                        Diagnostic::error(
                            Code::RepeatedEntry,
                            entry,
                            format!("`{}` is listed twice", column.key()),
                        )
                        .hint("remove one of the entries")
                        .related("first listed here", earlier.clone()),
                    );
                } else {
                    first.insert(column, entry);
                }
            }
            first.into_keys().collect()
        }
    };
    Safety {
        max_revoked_rows_percent: max_revoked_rows_percent.unwrap_or(REVOKED_ROWS_PERCENT),
        max_revocations: max_revocations.unwrap_or(REVOCATIONS),
        max_changed_rows_percent: max_changed_rows_percent.unwrap_or(CHANGED_ROWS_PERCENT),
        protected_columns,
    }
}
