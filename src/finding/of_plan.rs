//! What a plan says beside its changes.

use super::fact::{Fact, Finding};
use super::kind::Kind;
use crate::model::Names;
use crate::plan::{Excess, Unread, UnreadPart, UserPlan};

/// The heading of what could not be read, where rows are told of.
pub fn unread_heading_of() -> String {
    format!("{}, so nothing is said of it", Kind::Unread.heading())
}

/// So many rows that were not read are named.
const NAMED: usize = 5;

/// The heading of what could not be read, in a plan.
pub fn unread_heading() -> String {
    format!("{}, so nothing is planned for it", Kind::Unread.heading())
}

/// The heading of rows that hold more than the manifest says and that the plan leaves alone.
pub fn kept_heading() -> String {
    format!("left as it is, although it {}", Kind::Excess.heading())
}

/// Rows that keep more than the manifest says, ordered by key.
pub fn excess(user: &UserPlan) -> impl Iterator<Item = Finding> {
    user.excess.iter().map(|Excess { key, holds, says }| Finding {
        user: user.name.clone(),
        key: *key,
        fact: Fact::Excess { holds: *holds, says: *says },
    })
}

/// Rows of the directory that no rule speaks of, ordered by key.
pub fn uncovered(user: &UserPlan) -> impl Iterator<Item = Finding> {
    let found = |key| Finding { user: user.name.clone(), key, fact: Fact::Uncovered };
    user.uncovered.iter().copied().map(found)
}

/// Rows whose access ends on a date once the plan is applied, ordered by date.
pub fn ends(user: &UserPlan) -> impl Iterator<Item = Finding> {
    user.ends.iter().map(|(date, key)| Finding {
        user: user.name.clone(),
        key: *key,
        fact: Fact::Ends(*date),
    })
}

/// What could not be read, and that nothing is planned there.
pub fn unread(unread: &Unread, names: &Names) -> String {
    let Unread { part, reason } = unread;
    let what = unread_part(part, names);
    format!("{what} could not be read, so nothing is planned there: {reason}")
}

/// What could not be read, in words.
pub fn unread_part(part: &UnreadPart, names: &Names) -> String {
    match part {
        UnreadPart::Office(office) => format!("the providers of {}", names.office(*office)),
        UnreadPart::Grid(user) => format!("the grid of {user}"),
        UnreadPart::Rows { user, office_id, provider_ids } => {
            let count = provider_ids.len();
            let who = provider_ids.iter().take(NAMED).map(|id| names.provider(*id));
            let mut who: Vec<String> = who.collect();
            if count > NAMED {
                who.push(format!("{} more", count - NAMED));
            }
            let rows = if count == 1 { "row" } else { "rows" };
            let (office, who) = (names.office(*office_id), who.join("; "));
            format!("{count} {rows} of {user} in {office}: {who}")
        }
    }
}
