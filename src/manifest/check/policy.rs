//! The rules for plans.

use super::super::checked::Policies;
use super::super::raw::{Entries, RawColumn, RawPolicy, RawPolicyRule};
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::{Column, PolicyRule};

/// Takes the rules over; a pair is two different columns.
pub(super) fn policy(context: &mut Context<'_>, raw: RawPolicy) -> Policies {
    let RawPolicy { rego, deny, off, separate } = raw;
    let rules = |written: Option<Entries<RawPolicyRule>>| {
        let written = written.map_or_else(Vec::new, |entries| entries.0);
        written.into_iter().map(|(_, rule)| PolicyRule::from(rule)).collect()
    };
    let path = KeyPath::root().key("policy").key("separate");
    let pairs = separate.map_or_else(Vec::new, |entries| entries.0);
    let pairs = pairs.into_iter();
    Policies {
        rego: rego.map_or_else(Vec::new, |entries| entries.0).into_iter().map(|(_, t)| t).collect(),
        deny: rules(deny),
        off: rules(off),
        separate: pairs
            .filter_map(|(index, written)| pair(context, &path.clone().index(index), written))
            .collect(),
    }
}

fn pair(
    context: &mut Context<'_>,
    path: &KeyPath,
    written: Entries<RawColumn>,
) -> Option<(Column, Column)> {
    let is_whole = written.0.len() == context.source.tree().count(path);
    let columns: Vec<Column> = written.0.into_iter().map(|(_, column)| column.into()).collect();
    match columns.as_slice() {
        [one, two] if one != two => Some((*one, *two)),
        // What is faulty was reported and taken out.
        _ if !is_whole => None,
        _ => {
            context.report(
                Diagnostic::error(Code::BadValue, path.clone(), "a pair is two different columns")
                    .hint("write two: `[billing, prescribe_for]`"),
            );
            None
        }
    }
}
