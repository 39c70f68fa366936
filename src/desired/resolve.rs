//! Names to ids: ids win, names are compared folded, several matches are never chosen from.

use crate::diagnostic::{Code, Diagnostic, KeyPath, did_you_mean};
use crate::live::{Directory, Office, Providers};
use crate::manifest::Selector;
use crate::model::{OfficeId, PersonName, ProviderId, fold};

/// The office that a selector names.
///
/// # Errors
/// A finding with the nearest names, or with every candidate and its id.
pub fn find_office(
    directory: &Directory,
    selector: &Selector<OfficeId>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<OfficeId, Diagnostic> {
    let Selector { id, name, path, place: _ } = selector;
    if let Some(id) = id {
        let Some(office) = directory.offices.get(id) else {
            let message = format!("no office has id {id}");
            return Err(Diagnostic::error(Code::UnknownOffice, path.key("id"), message)
                .hint(listing("the offices are", office_labels(directory))));
        };
        if let Some(name) = name.as_ref().filter(|name| fold(name) != fold(&office.name)) {
            warnings.push(differs(path, name, &format!("office {id}"), &office.name));
        }
        return Ok(*id);
    }
    let name = name.as_deref().unwrap_or_default();
    let found: Vec<_> =
        directory.offices.iter().filter(|(_, office)| fold(&office.name) == fold(name)).collect();
    match found.as_slice() {
        [(id, _)] => Ok(**id),
        [] => {
            let message = format!("no office is named `{name}`");
            let names = directory.offices.values().map(|office| office.name.as_str());
            let hint = match did_you_mean(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => listing("the offices are", office_labels(directory)),
            };
            Err(Diagnostic::error(Code::UnknownOffice, path.key("name"), message).hint(hint))
        }
        several => {
            let message = format!("{} offices are named `{name}`", several.len());
            let labels = several.iter().map(|(id, office)| office_label(**id, office)).collect();
            Err(Diagnostic::error(Code::AmbiguousOffice, path.key("name"), message)
                .hint(listing("write the id instead; the candidates are", labels)))
        }
    }
}

/// The provider of `office` that a selector names; `None` when the office's providers are unread.
///
/// # Errors
/// A finding with the nearest names, or with every candidate and its id.
pub fn find_provider(
    directory: &Directory,
    office: OfficeId,
    selector: &Selector<ProviderId>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<ProviderId>, Diagnostic> {
    let Selector { id, name, path, place: _ } = selector;
    let Some(Office { name: office_name, providers: Providers::Read(providers), .. }) =
        directory.offices.get(&office)
    else {
        return Ok(None);
    };
    if let Some(id) = id {
        let Some(found) = providers.get(id) else {
            let message = format!("office `{office_name}` has no provider with id {id}");
            return Err(Diagnostic::error(Code::UnknownProvider, path.key("id"), message)
                .hint(elsewhere(directory, |other, _| other == *id)));
        };
        if let Some(name) = name.as_ref().filter(|name| !found.matches(name)) {
            warnings.push(differs(path, name, &format!("provider {id}"), &found.listed()));
        }
        return Ok(Some(*id));
    }
    let name = name.as_deref().unwrap_or_default();
    let found: Vec<_> = providers.iter().filter(|(_, person)| person.matches(name)).collect();
    match found.as_slice() {
        [(id, _)] => Ok(Some(**id)),
        [] => {
            let message = format!("office `{office_name}` has no provider named `{name}`");
            let names =
                providers.values().flat_map(|p| [p.listed(), format!("{} {}", p.first, p.last)]);
            let names: Vec<String> = names.collect();
            let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => elsewhere(directory, |_, person| person.matches(name)),
            };
            Err(Diagnostic::error(Code::UnknownProvider, path.key("name"), message).hint(hint))
        }
        several => {
            let message =
                format!("{} providers of office `{office_name}` are named `{name}`", several.len());
            let labels = several.iter().map(|(id, person)| format!("{} ({id})", person.listed()));
            Err(Diagnostic::error(Code::AmbiguousProvider, path.key("name"), message)
                .hint(listing("write the id instead; the candidates are", labels.collect())))
        }
    }
}

/// Where else the directory has the provider, or how to see whom the office has.
fn elsewhere(directory: &Directory, matches: impl Fn(ProviderId, &PersonName) -> bool) -> String {
    let offices: Vec<String> = directory
        .offices
        .iter()
        .filter(|(_, office)| match &office.providers {
            Providers::Read(providers) => providers.iter().any(|(id, person)| matches(*id, person)),
            Providers::Unread(_) => false,
        })
        .map(|(id, office)| office_label(*id, office))
        .collect();
    if offices.is_empty() {
        "check the spelling, or write the provider's id".to_owned()
    } else {
        listing("the provider is in", offices)
    }
}

pub(super) fn differs(path: &KeyPath, written: &str, what: &str, name: &str) -> Diagnostic {
    let message = format!("{what} is `{name}` in the directory, not `{written}`");
    Diagnostic::warning(Code::NameDiffers, path.key("name"), message)
        .hint("the id decides; write the name that the directory has")
}

fn office_label(id: OfficeId, office: &Office) -> String {
    format!("{} ({id})", office.name)
}

fn office_labels(directory: &Directory) -> Vec<String> {
    directory.offices.iter().map(|(id, office)| office_label(*id, office)).collect()
}

/// At most this many names in a hint.
const LISTED: usize = 8;

pub(super) fn listing(intro: &str, labels: Vec<String>) -> String {
    let more = labels.len().saturating_sub(LISTED);
    let mut text = labels.into_iter().take(LISTED).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text = format!("{text}; and {more} more");
    }
    format!("{intro}: {text}")
}
