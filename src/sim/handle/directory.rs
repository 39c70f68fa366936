//! Offices and their providers.

use serde::Serialize;

use super::guard;
use super::message::{Answer, refuse};
use crate::sim::state::State;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfficeBody<'a> {
    office_id: u64,
    name: &'a str,
    active: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderBody<'a> {
    provider_id: u64,
    title: Option<&'a str>,
    first_name: &'a str,
    middle_name: Option<&'a str>,
    last_name: &'a str,
    suffix: Option<&'a str>,
}

/// Every office, in the order of the world.
pub(super) fn offices(state: &State) -> Result<Answer, Answer> {
    permitted(state)?;
    let body: Vec<_> = state
        .world
        .offices
        .iter()
        .map(|office| OfficeBody {
            office_id: office.id,
            name: &office.name,
            active: office.active,
        })
        .collect();
    Ok(Answer::json(200, &body))
}

/// The providers of one office, in the order of the world.
pub(super) fn providers(state: &State, office: u64) -> Result<Answer, Answer> {
    permitted(state)?;
    if !state.world.offices.iter().any(|known| known.id == office) {
        let message = format!("there is no office {office}");
        return Err(refuse(404, "office-not-found", &message));
    }
    let body: Vec<_> = state
        .world
        .providers
        .iter()
        .filter(|provider| provider.offices.contains(&office))
        .map(|provider| ProviderBody {
            provider_id: provider.id,
            title: provider.title.as_deref(),
            first_name: &provider.first,
            middle_name: provider.middle.as_deref(),
            last_name: &provider.last,
            suffix: provider.suffix.as_deref(),
        })
        .collect();
    Ok(Answer::json(200, &body))
}

fn permitted(state: &State) -> Result<(), Answer> {
    let may = state.world.account.may_read_directory;
    guard::permitted(state, may, "read the directory")
}
