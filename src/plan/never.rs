//! What no apply may do, whatever its size: nothing here can be overridden.

use crate::desired::Protected;
use crate::diagnostic::Code;
use crate::model::{OfficeId, ProviderId, RowKey, fold};

use super::guard::Refusal;
use super::value::{Change, Plan, UserPlan};

/// Changes of rows that nobody may touch: one refusal for each protected office and provider.
pub(super) fn protected(plan: &Plan, protected: &Protected) -> Vec<Refusal> {
    let Protected { offices, providers } = protected;
    let office = |id: &OfficeId| {
        let what = format!("office {} ({id})", plan.names.office(*id));
        touched(plan, &what, "protected_offices", &format!("office:{id}"), |key| key.office == *id)
    };
    let provider = |id: &ProviderId| {
        let what = plan.names.provider(*id);
        touched(plan, &what, "protected_providers", &format!("provider:{id}"), |key| {
            key.provider == *id
        })
    };
    offices.iter().filter_map(office).chain(providers.iter().filter_map(provider)).collect()
}

fn touched(
    plan: &Plan,
    what: &str,
    list: &str,
    target: &str,
    is: impl Fn(RowKey) -> bool,
) -> Option<Refusal> {
    let all = || plan.users.iter().flat_map(|user| user.changes.iter().map(move |row| (user, row)));
    let hit: Vec<(&UserPlan, &Change)> = all().filter(|(_, change)| is(change.key)).collect();
    let (user, first) = hit.first()?;
    Some(Refusal {
        code: Code::ProtectedRow,
        message: format!(
            "{} of {what} would change, which {list} forbids; first {}",
            rows(hit.len()),
            plan.names.address(&plan.clinic, &user.name, first.key)
        ),
        hint: format!("plan the rest with -exclude {target}, or mend the manifest"),
        overridable: false,
        at: None,
    })
}

fn rows(number: usize) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{number} rows") }
}

/// Rows of the tool's own user that fall: the next run might not see enough to repair it.
pub(super) fn own_user(plan: &Plan, own: &str) -> Option<Refusal> {
    let user = plan.users.iter().find(|user| fold(&user.name) == fold(own))?;
    let falls = |change: &&Change| change.before.count_above(change.after) > 0;
    let hit: Vec<&Change> = user.changes.iter().filter(falls).collect();
    let first = hit.first()?;
    Some(Refusal {
        code: Code::OwnUser,
        message: format!(
            "{} of `{}`, the user that the bridge works as, would lose access; first {}",
            rows(hit.len()),
            user.name,
            plan.names.address(&plan.clinic, &user.name, first.key)
        ),
        hint: "cover these rows in the manifest; to lower them, do it in Accuro by hand".to_owned(),
        overridable: false,
        at: None,
    })
}

/// A user that has something now and would have nothing.
pub(super) fn empty(user: &UserPlan) -> Option<Refusal> {
    let existing: usize = user.existing.values().sum();
    let count = |is: fn(&Change) -> bool| user.changes.iter().filter(|change| is(change)).count();
    let emptied = count(|change| !change.before.is_nothing() && change.after.is_nothing());
    let filled = count(|change| change.before.is_nothing() && !change.after.is_nothing());
    (existing > 0 && emptied >= existing + filled).then(|| Refusal {
        code: Code::EmptyUser,
        message: format!(
            "the user `{}` would lose all of its {} and be left with nothing",
            user.name,
            rows(existing)
        ),
        hint: "check the manifest; if it is meant, write `allow_empty: true` under `safety`"
            .to_owned(),
        overridable: false,
        at: None,
    })
}
