//! The reasons that people wrote for single rows: they stay as long as the row holds what they explain.

use super::found::Found;
use crate::desired::{find_office, find_provider};
use crate::live::Snapshot;
use crate::manifest::{Grant, Manifest, OfficeRule, ProviderRule, UserRule, Why};
use crate::model::{Cells, fold};

/// How the reason begins that an import gives where nobody gave one.
const AS_FOUND: &str = "as found by import on ";

/// The reason of what only a rule with a reason may grant, where nobody gave one.
pub(super) fn as_found(today: jiff::civil::Date) -> String {
    format!("{AS_FOUND}{today}")
}

/// Whether a person wrote it: then the row keeps an entry of its own for it.
pub(super) fn is_of_a_person(reason: &str) -> bool {
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
    for OfficeRule { office, grant: above, providers, .. } in &rule.offices {
        let Ok(id) = find_office(&live.directory, office, &mut Vec::new()) else { continue };
        let Some(found) = user.offices.get_mut(&id) else { continue };
        for ProviderRule { provider, grant } in providers {
            let Some(reason) = own_reason(grant, above, manifest) else { continue };
            let provider = find_provider(&live.directory, id, provider, &mut Vec::new());
            let Ok(Some(provider)) = provider else { continue };
            if found.rows.get(&provider) == Some(&Cells::new(grant.columns, grant.until)) {
                found.reasons.insert(provider, reason.to_owned());
            }
        }
    }
}

/// The reason that an entry itself writes.
fn own_reason<'a>(grant: &'a Grant, above: &Grant, manifest: &Manifest) -> Option<&'a str> {
    let (Why::Profile(profile) | Why::Override(profile)) = &grant.why;
    let of_profile = manifest.profiles.get(profile).and_then(|profile| profile.reason.as_ref());
    let reason = grant.reason.as_ref();
    reason.filter(|_| reason != above.reason.as_ref() && reason != of_profile).map(String::as_str)
}
