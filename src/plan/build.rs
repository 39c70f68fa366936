//! From desired and live to a plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::diff::{DiffRows, diff_rows};
use super::target::Targets;
use super::value::{Action, Excess, ManifestRef, Plan, Unread, UnreadPart, UserPlan};
use crate::desired::{Desired, DesiredRow, DesiredUser};
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::live::{Directory, Grid, Providers, Snapshot};
use crate::model::{Cells, LiveRow, OfficeId, ProviderId, RowKey, Until};

/// Everything that decides a plan. The same inputs give the same plan, byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// The Ocean site.
    pub site: &'a str,
    /// The manifest.
    pub manifest: &'a ManifestRef,
    /// What the manifest wants.
    pub desired: &'a Desired,
    /// What is there.
    pub live: &'a Snapshot,
    /// What the plan is limited to.
    pub targets: &'a Targets,
}

/// Plans what turns live into desired. What is unread is never touched.
pub fn plan(inputs: Inputs<'_>) -> Plan {
    let Inputs { clinic, tenant, site, manifest, desired, live, targets } = inputs;
    let mut unread = Vec::new();
    let mut findings = desired.findings.clone();
    for (id, office) in &live.directory.offices {
        let Providers::Unread(reason) = &office.providers else { continue };
        let covered = desired.users.iter().any(|user| user.managed.contains(id));
        if covered && targets.may_touch(*id) {
            unread.push(Unread { part: UnreadPart::Office(*id), reason: reason.clone() });
        } else {
            // Nothing would be planned there in any case: worth knowing, but in nobody's way.
            let message = format!("the providers of {} could not be read: {reason}", office.name);
            findings.push(
                Diagnostic::warning(Code::UnreadOffice, KeyPath::root(), message)
                    .hint("no rule covers this office, or the targets leave it out"),
            );
        }
    }
    for (name, grid) in &live.grids {
        if let Grid::Unread(reason) = grid {
            unread.push(Unread { part: UnreadPart::Grid(name.clone()), reason: reason.clone() });
        }
    }
    let missing = desired.users.iter().flat_map(|user| {
        unread_rows(user, live, targets).into_iter().map(|key| (user.name.as_str(), key))
    });
    unread.extend(by_office(missing));
    let users: Vec<UserPlan> = desired
        .users
        .iter()
        .filter_map(|user| {
            live_rows(live, &user.name).map(|rows| user_plan(user, rows, live, targets))
        })
        .collect();
    let names = live.directory.names();
    for user in &desired.users {
        let rows = live_rows(live, &user.name).unwrap_or_default();
        let unlisted = unlisted(user, rows, &live.directory);
        if let Some(first) = unlisted.first() {
            let address = names.address(clinic, &user.name, *first);
            let message = format!(
                "{} rows of providers that their office does not list are left as they are, first {address}",
                unlisted.len()
            );
            findings.push(
                Diagnostic::warning(Code::UnlistedProvider, KeyPath::root(), message)
                    .hint("check that the bridge's account may see every provider; if they are gone, remove the rows by hand"),
            );
        }
    }
    Plan {
        clinic: clinic.to_owned(),
        tenant: tenant.to_owned(),
        site: site.to_owned(),
        manifest: manifest.clone(),
        planner: None,
        undoes: None,
        targets: targets.clone(),
        users,
        unread,
        held: Vec::new(),
        findings,
        names,
    }
}

pub(super) fn live_rows<'a>(live: &'a Snapshot, user: &str) -> Option<&'a [LiveRow]> {
    live.grid(user).and_then(Grid::rows)
}

fn user_plan(
    user: &DesiredUser,
    live: &[LiveRow],
    snapshot: &Snapshot,
    targets: &Targets,
) -> UserPlan {
    let DesiredUser { name, id, name_pattern, exact, rules, rows, managed, whole: _, uncovered } =
        user;
    let revocable: BTreeSet<OfficeId> = if *exact {
        managed.iter().copied().filter(|office| is_read(snapshot, *office)).collect()
    } else {
        BTreeSet::new()
    };
    let unlisted = unlisted(user, live, &snapshot.directory);
    let (kept, judged): (Vec<LiveRow>, Vec<LiveRow>) =
        live.iter().partition(|row| unlisted.contains(&row.key));
    let rows: Cow<'_, [DesiredRow]> = match snapshot.grid(name) {
        Some(Grid::Read { unread, .. }) if !unread.is_empty() => {
            rows.iter().filter(|row| !unread.contains(&row.key)).copied().collect()
        }
        Some(_) | None => Cow::Borrowed(rows),
    };
    let mut diff = diff_rows(&rows, &judged, &revocable);
    diff.excess.extend(kept.iter().map(|row| Excess {
        key: row.key,
        holds: row.cells,
        says: Cells::NOTHING,
    }));
    diff.excess.sort_by_key(|row| row.key);
    // A row without a rule in an unread office may belong to somebody whom a rule covers.
    diff.excess.retain(|row| row.says != Cells::NOTHING || !is_unread(snapshot, row.key.office));
    let untargeted = cut(&mut diff, targets);
    UserPlan {
        name: name.clone(),
        id: *id,
        name_pattern: name_pattern.clone(),
        exact: *exact,
        rules: rules.clone(),
        ends: ends(live, &diff),
        changes: diff.changes,
        excess: diff.excess,
        uncovered: uncovered.clone(),
        unchanged: diff.unchanged,
        untargeted,
        existing: existing(live),
    }
}

/// The rows that were not read and that the manifest decides: those that a rule covers, and under exact
/// management every one of a managed office.
fn unread_rows(user: &DesiredUser, live: &Snapshot, targets: &Targets) -> Vec<RowKey> {
    let Some(Grid::Read { unread, .. }) = live.grid(&user.name) else { return Vec::new() };
    let is_covered = |key: &RowKey| user.rows.binary_search_by_key(key, |row| row.key).is_ok();
    let is_decided =
        |key: &RowKey| is_covered(key) || (user.exact && user.managed.contains(&key.office));
    let wanted = unread.iter().filter(|key| targets.has_row(**key) && is_decided(key));
    wanted.copied().collect()
}

/// Rows that were not read, those of one user and office together.
pub(super) fn by_office<'a>(rows: impl Iterator<Item = (&'a str, RowKey)>) -> Vec<Unread> {
    let mut parts: BTreeMap<(&str, OfficeId), BTreeSet<ProviderId>> = BTreeMap::new();
    for (user, RowKey { office, provider }) in rows {
        parts.entry((user, office)).or_default().insert(provider);
    }
    let one = |((user, office_id), provider_ids)| Unread {
        part: UnreadPart::Rows { user: String::from(user), office_id, provider_ids },
        reason: "what is ticked there was not read".to_owned(),
    };
    parts.into_iter().map(one).collect()
}

/// Rows that exact management would revoke only because the directory does not list their provider,
/// in an office where a rule covers every provider. Lists drop silently what an account may not see
/// (facts of the field), so such a row may be covered.
fn unlisted(user: &DesiredUser, live: &[LiveRow], directory: &Directory) -> BTreeSet<RowKey> {
    let is_listed = |key: RowKey| match directory.offices.get(&key.office).map(|o| &o.providers) {
        Some(Providers::Read(providers)) => providers.contains_key(&key.provider),
        Some(Providers::Unread(_)) | None => true,
    };
    live.iter()
        .filter(|row| user.exact && user.whole.contains(&row.key.office))
        .filter(|row| !row.cells.is_nothing() && !is_listed(row.key))
        .map(|row| row.key)
        .collect()
}

/// Whether the providers of an office are known: where they are not, a row without a rule may
/// belong to somebody whom a rule covers.
fn is_read(snapshot: &Snapshot, office: OfficeId) -> bool {
    snapshot
        .directory
        .offices
        .get(&office)
        .is_some_and(|office| matches!(office.providers, Providers::Read(_)))
}

/// Cuts the changes to the targets and counts those that lost something.
fn cut(diff: &mut DiffRows, targets: &Targets) -> usize {
    let mut left_out = 0;
    diff.changes.retain_mut(|change| {
        let after = targets.cut(change.key, change.before, change.after);
        left_out += usize::from(after != change.after);
        change.after = after;
        Action::between(change.before, after).is_some_and(|action| {
            change.action = action;
            true
        })
    });
    left_out
}

/// Whether an office of the directory could not be read.
fn is_unread(snapshot: &Snapshot, office: OfficeId) -> bool {
    let office = snapshot.directory.offices.get(&office);
    office.is_some_and(|office| matches!(office.providers, Providers::Unread(_)))
}

/// The rows that will have an end date, ordered by date.
pub(super) fn ends(live: &[LiveRow], diff: &DiffRows) -> Vec<(Until, RowKey)> {
    let mut until: BTreeMap<RowKey, Until> =
        live.iter().filter_map(|row| row.cells.until().map(|until| (row.key, until))).collect();
    for change in &diff.changes {
        match change.after.until() {
            Some(date) => until.insert(change.key, date),
            None => until.remove(&change.key),
        };
    }
    let mut ends: Vec<_> = until.into_iter().map(|(key, until)| (until, key)).collect();
    ends.sort_unstable();
    ends
}

pub(super) fn existing(live: &[LiveRow]) -> BTreeMap<OfficeId, usize> {
    let mut existing = BTreeMap::new();
    for LiveRow { key, cells, revision: _ } in live {
        if *cells != Cells::NOTHING {
            *existing.entry(key.office).or_insert(0) += 1;
        }
    }
    existing
}
