//! The reasons that people wrote: they stay as long as every row that they explain holds what it did.

use super::found::Found;
use crate::desired::{DesiredRow, DesiredUser, desired, find_office, find_provider};
use crate::live::Snapshot;
use crate::manifest::{Grant, Manifest, OfficeRule, ProviderRule, UserRule, Why};
use crate::model::{Cells, OfficeId, fold};

/// How the reason begins that an import gives where nobody gave one.
const AS_FOUND: &str = "as found by import on ";

/// The reason of what only a rule with a reason may grant, where nobody gave one.
pub(super) fn as_found(today: jiff::civil::Date) -> String {
    format!("{AS_FOUND}{today}")
}

/// Whether a person wrote it: then the row keeps an entry of its own for it.
pub fn is_of_a_person(reason: &str) -> bool {
    !reason.starts_with(AS_FOUND)
}

/// Notes the reasons of the rows that hold what the manifest says.
pub fn keep_reasons(found: &mut [Found], manifest: &Manifest, live: &Snapshot) {
    for user in found {
        let rule = manifest.users.iter().find(|rule| fold(&rule.name) == fold(&user.name));
        if let Some(rule) = rule {
            of_user(user, rule, manifest, live);
        }
    }
}

fn of_user(user: &mut Found, rule: &UserRule, manifest: &Manifest, live: &Snapshot) {
    let said = Said::of(user, rule, manifest, live);
    let reason = own_reason(&rule.grant, None, manifest);
    user.reason = reason.filter(|reason| said.holds(None, reason)).map(str::to_owned);
    for OfficeRule { office, grant: above, providers, .. } in &rule.offices {
        let Ok(id) = find_office(&live.directory, office, &mut Vec::new()) else { continue };
        let Some(found) = user.offices.get_mut(&id) else { continue };
        let reason = own_reason(above, Some(&rule.grant), manifest);
        found.reason = reason.filter(|reason| said.holds(Some(id), reason)).map(str::to_owned);
        for ProviderRule { provider, grant } in providers {
            let Some(reason) = own_reason(grant, Some(above), manifest) else { continue };
            let provider = find_provider(&live.directory, id, provider, &mut Vec::new());
            let Ok(Some(provider)) = provider else { continue };
            if found.rows.get(&provider) == Some(&Cells::new(grant.columns, grant.until)) {
                found.reasons.insert(provider, reason.to_owned());
            }
        }
    }
}

/// The rows that a user's rules speak of: why, and whether they hold what is said.
struct Said(Vec<(OfficeId, Option<String>, bool)>);

impl Said {
    fn of(user: &Found, rule: &UserRule, manifest: &Manifest, live: &Snapshot) -> Self {
        let held = user.rows();
        // The grid was read by the name that was asked for, however the manifest spells it.
        let rule = UserRule { name: user.name.clone(), ..rule.clone() };
        let desired = desired(&Manifest { users: vec![rule], ..manifest.clone() }, live);
        let of_user = |user: &DesiredUser| -> Vec<_> {
            let of_row = |row: &DesiredRow| {
                let why = user.rules.get(row.rule as usize).and_then(|rule| rule.reason.clone());
                let holds = held.get(&row.key).copied().unwrap_or_default() == row.cells;
                (row.key.office, why, holds)
            };
            user.rows.iter().map(of_row).collect()
        };
        Self(desired.users.iter().flat_map(of_user).collect())
    }

    /// Whether the reason explains rows, of one office or of all, and every one holds what it explains.
    fn holds(&self, office: Option<OfficeId>, reason: &str) -> bool {
        let explained = |(of, why, _): &&(OfficeId, Option<String>, bool)| {
            office.is_none_or(|office| office == *of) && why.as_deref() == Some(reason)
        };
        let mut rows = self.0.iter().filter(explained).peekable();
        rows.peek().is_some() && rows.all(|(.., holds)| *holds)
    }
}

/// The reason that an entry itself writes.
fn own_reason<'a>(grant: &'a Grant, above: Option<&Grant>, manifest: &Manifest) -> Option<&'a str> {
    let (Why::Profile(profile) | Why::Override(profile)) = &grant.why;
    let of_profile = manifest.profiles.get(profile).and_then(|profile| profile.reason.as_deref());
    let above = above.and_then(|above| above.reason.as_deref());
    grant.reason.as_deref().filter(|reason| Some(*reason) != above && Some(*reason) != of_profile)
}
