//! Whose signed approvals count: each key and each name once, and enough of them.

use std::collections::BTreeMap;

use super::super::checked::{ApprovalKey, Approvals};
use super::super::raw::{RawApprovalKey, RawApprovals};
use super::super::shown;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::fold;

/// Checks the keys; `None` where a part was taken out as faulty.
pub(super) fn approvals(
    context: &mut Context<'_>,
    raw: RawApprovals,
    path: &KeyPath,
) -> Option<Approvals> {
    let RawApprovals { keys, required, not_the_planner } = raw;
    let written = context.source.tree().count(&path.key("keys"));
    let required = usize::try_from(required.unwrap_or(1)).ok()?;
    if keys.is_some() && required > written {
        context.report(
            Diagnostic::error(
                Code::Contradiction,
                path.key("required"),
                format!("{required} approvals are required, and there are {written} keys"),
            )
            .hint("add the keys of more approvers, or require fewer")
            .related("the keys are here", path.key("keys")),
        );
    }
    let mut named: BTreeMap<String, KeyPath> = BTreeMap::new();
    let mut known: BTreeMap<_, KeyPath> = BTreeMap::new();
    let mut checked = Vec::new();
    for (index, RawApprovalKey { name, key }) in keys?.0 {
        let path = path.key("keys").index(index);
        let Some((name, key)) = name.zip(key.and_then(|key| key.parse().ok())) else { continue };
        let same_name = named.insert(fold(&name), path.clone());
        let same_key = known.insert(key, path.clone());
        if let Some(earlier) = &same_key {
            repeated(context, &path, earlier, "the key is listed twice", "one key, one approver");
        } else if let Some(earlier) = &same_name {
            let message = format!("`{}` has two keys", shown::short(&name));
            let hint = "name the keys apart if they are two people's; one person approves once";
            repeated(context, &path, earlier, &message, hint);
        }
        checked.push(ApprovalKey { name, key });
    }
    let not_the_planner = not_the_planner.unwrap_or(true);
    Some(Approvals { keys: checked, required, not_the_planner })
}

fn repeated(
    context: &mut Context<'_>,
    path: &KeyPath,
    earlier: &KeyPath,
    message: &str,
    hint: &str,
) {
    context.report(
        Diagnostic::error(Code::RepeatedEntry, path.clone(), message)
            .hint(hint)
            .related("first listed here", earlier.clone()),
    );
}
