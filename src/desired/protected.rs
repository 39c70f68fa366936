//! The offices and providers that no apply may touch: names to ids, as everywhere.

use std::collections::BTreeMap;

use super::resolve::{differs, find_office, listing};
use super::value::Protected;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::live::{Directory, Providers};
use crate::manifest::{Safety, Selector};
use crate::model::{PersonName, ProviderId};

/// Resolves what `safety` protects. What cannot be resolved is an error: it would protect nothing.
pub(super) fn protected(
    safety: &Safety,
    directory: &Directory,
    findings: &mut Vec<Diagnostic>,
) -> Protected {
    let mut protected = Protected::default();
    for selector in &safety.protected_offices {
        match find_office(directory, selector, findings) {
            Ok(office) => {
                protected.offices.insert(office);
            }
            Err(finding) => findings.push(finding),
        }
    }
    let people = people(directory);
    for selector in &safety.protected_providers {
        match provider(directory, &people, selector, findings) {
            Ok(provider) => {
                protected.providers.insert(provider);
            }
            Err(finding) => findings.push(finding),
        }
    }
    protected
}

/// Everybody whom the directory has, with a name.
fn people(directory: &Directory) -> BTreeMap<ProviderId, &PersonName> {
    let mut people = BTreeMap::new();
    for office in directory.offices.values() {
        if let Providers::Read(providers) = &office.providers {
            people.extend(providers.iter().map(|(id, name)| (*id, name)));
        }
    }
    people
}

/// The provider that a selector names, in whichever office.
fn provider(
    directory: &Directory,
    people: &BTreeMap<ProviderId, &PersonName>,
    selector: &Selector<ProviderId>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<ProviderId, Diagnostic> {
    let Selector { id, name, path, place: _ } = selector;
    let is_unread = |office: &crate::live::Office| matches!(office.providers, Providers::Unread(_));
    let partial = directory.offices.values().any(is_unread);
    if let Some(id) = id {
        let Some(found) = people.get(id) else {
            // An id is protected whether or not an office that cannot be read has it.
            if partial {
                return Ok(*id);
            }
            let message = format!("no office has a provider with id {id}");
            return Err(Diagnostic::error(Code::UnknownProvider, path.key("id"), message)
                .hint("check the id, or remove the entry if the provider is gone"));
        };
        if let Some(name) = name.as_ref().filter(|name| !found.matches(name)) {
            warnings.push(differs(path, name, &format!("provider {id}"), &found.listed()));
        }
        return Ok(*id);
    }
    let name = name.as_deref().unwrap_or_default();
    let found: Vec<_> = people.iter().filter(|(_, person)| person.matches(name)).collect();
    match found.as_slice() {
        [(id, _)] => Ok(**id),
        [] => {
            let message = format!("no office has a provider named `{name}`");
            let names: Vec<String> = people.values().map(|person| person.listed()).collect();
            let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if partial => {
                    "some offices could not be read: write the provider's id, or run again later"
                        .to_owned()
                }
                None => "check the spelling, or write the provider's id".to_owned(),
            };
            Err(Diagnostic::error(Code::UnknownProvider, path.key("name"), message).hint(hint))
        }
        several => {
            let message = format!("{} providers are named `{name}`", several.len());
            let labels = several.iter().map(|(id, person)| format!("{} ({id})", person.listed()));
            Err(Diagnostic::error(Code::AmbiguousProvider, path.key("name"), message)
                .hint(listing("write the id instead; the candidates are", labels.collect())))
        }
    }
}
