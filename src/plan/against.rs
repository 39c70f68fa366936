//! What a change of the manifest means beside what is pending anyway: two plans of one clinic, made
//! from the manifest before and after with the same live state, row by row.

use std::collections::BTreeMap;

use super::value::{Change, Plan};
use crate::model::{Cells, RowKey};

/// One row of two plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgainstRow {
    /// Whose grid it is in.
    pub user: String,
    /// Where it is.
    pub key: RowKey,
    /// What it grants now.
    pub live: Cells,
    /// What the manifest asked for before.
    pub before: Cells,
    /// What it asks for after.
    pub after: Cells,
}

/// The rows of two plans, each in one group, ordered by user and key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Against {
    /// Asked for by the change of the manifest alone.
    pub by_change: Vec<AgainstRow>,
    /// Asked for before already and not live yet: drift, or never applied.
    pub pending: Vec<AgainstRow>,
    /// Pending before, and asked for otherwise now.
    pub both: Vec<AgainstRow>,
    /// Pending before, and not asked for any more.
    pub withdrawn: Vec<AgainstRow>,
}

impl Against {
    /// Groups the rows of the plan that was due `before` and of the one that is due `after`.
    pub fn new(before: &Plan, after: &Plan) -> Self {
        let (mut old, new) = (changes(before), changes(after));
        let mut against = Self::default();
        for ((user, key), change) in new {
            let earlier = old.remove(&(user, key));
            let Change { before: live, after, .. } = *change;
            let asked = earlier.map_or(live, |earlier| earlier.after);
            let group = match earlier {
                None => &mut against.by_change,
                Some(earlier) if earlier.after == after => &mut against.pending,
                Some(_) => &mut against.both,
            };
            group.push(AgainstRow { user: user.to_owned(), key, live, before: asked, after });
        }
        against.withdrawn.extend(old.into_iter().map(|((user, key), change)| {
            let Change { before: live, after: before, .. } = *change;
            AgainstRow { user: user.to_owned(), key, live, before, after: live }
        }));
        against
    }
}

fn changes(plan: &Plan) -> BTreeMap<(&str, RowKey), &Change> {
    let users = plan.users.iter();
    users
        .flat_map(|user| {
            user.changes.iter().map(move |change| ((user.name.as_str(), change.key), change))
        })
        .collect()
}
