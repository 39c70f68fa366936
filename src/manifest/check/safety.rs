//! The limits of one apply.

use std::collections::BTreeMap;

use super::super::checked::{Safety, UserRule};
use super::super::raw::{Entries, RawColumn, RawSafety};
use super::super::shown;
use super::approvals::approvals;
use super::context::Context;
use super::entries::{Kind, Named};
use crate::diagnostic::{Code, Diagnostic, KeyPath, did_you_mean};
use crate::model::{Column, OfficeId, ProviderId, fold};

const REVOKED_ROWS_PERCENT: u32 = 30;
const REVOCATIONS: u32 = 25;
const CHANGED_ROWS_PERCENT: u32 = 100;
/// In screen order, as written ones are.
const PROTECTED: [Column; 3] = [Column::Inbox, Column::Reporting, Column::PrescribeFor];

/// Fills in the limits that are not written.
pub(super) fn safety(context: &mut Context<'_>, raw: RawSafety) -> Safety {
    let RawSafety {
        max_revoked_rows_percent,
        max_revocations,
        max_revocations_per_office,
        max_changed_rows_percent,
        protected_columns,
        protected_providers,
        protected_offices,
        own_user,
        allow_empty,
        four_eyes,
        approvals: raw_approvals,
    } = raw;
    let path = KeyPath::root().key("safety");
    let max_revocations = max_revocations.unwrap_or(REVOCATIONS);
    Safety {
        max_revoked_rows_percent: max_revoked_rows_percent.unwrap_or(REVOKED_ROWS_PERCENT),
        max_revocations,
        max_revocations_per_office: max_revocations_per_office.unwrap_or(max_revocations),
        max_changed_rows_percent: max_changed_rows_percent.unwrap_or(CHANGED_ROWS_PERCENT),
        protected_columns: protected_columns.map_or_else(
            || PROTECTED.to_vec(),
            |written| columns(context, written, &path.key("protected_columns")),
        ),
        protected_providers: Named::new(Kind::Provider).exceptions(
            context,
            protected_providers,
            &path.key("protected_providers"),
            ProviderId,
        ),
        protected_offices: Named::new(Kind::Office).exceptions(
            context,
            protected_offices,
            &path.key("protected_offices"),
            OfficeId,
        ),
        own_user,
        allow_empty: allow_empty.unwrap_or(false),
        four_eyes: four_eyes.unwrap_or(false),
        approvals: raw_approvals.and_then(|raw| approvals(context, raw, &path.key("approvals"))),
    }
}

/// A list of columns, each once, in screen order.
pub(super) fn columns(
    context: &mut Context<'_>,
    Entries(written): Entries<RawColumn>,
    path: &KeyPath,
) -> Vec<Column> {
    let mut first: BTreeMap<Column, KeyPath> = BTreeMap::new();
    for (index, raw) in written {
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

/// Warns of an `own_user` that is nearly a managed user: misspelt, it protects nothing.
pub(super) fn own_user(context: &mut Context<'_>, safety: &Safety, users: &[UserRule]) {
    let Some(own) = &safety.own_user else { return };
    if users.iter().any(|user| fold(&user.name) == fold(own)) {
        return;
    }
    if let Some(near) = did_you_mean(own, users.iter().map(|user| user.name.as_str())) {
        let hint = format!("if you mean `{}`, write it the same way", shown::short(near));
        context.report(
            Diagnostic::warning(
                Code::Contradiction,
                KeyPath::root().key("safety").key("own_user"),
                format!("`own_user` is `{}`, which `users` does not manage", shown::short(own)),
            )
            .hint(hint),
        );
    }
}
