//! Whether a world holds together: every fault in one run.

use std::collections::BTreeSet;

use super::columns::NAMES;
use super::world::{Ocean, Provider, User, World};
use super::world_grid::{GridEntry, Which};

/// A day is more than any simulated sync should take.
const LONGEST_SYNC_SECONDS: f64 = 86_400.0;
const LONGEST_WINDOW_DAYS: u32 = 3650;

/// Everything that is wrong with this world, in the order of the file.
pub(super) fn faults(world: &World) -> Vec<String> {
    let World {
        version,
        tenant,
        name: _, // for readers only
        token,
        account,
        require,
        offices,
        providers,
        users,
        ocean,
        faults: _, // a check of their own
    } = world;
    let mut faults = Vec::new();
    if *version != 1 {
        faults.push(format!("version: this simulator reads version 1, the file says {version}"));
    }
    if tenant.trim().is_empty() {
        faults.push("tenant: must not be empty".to_owned());
    }
    if token.lifetime_seconds == 0 {
        faults.push("token.lifetime_seconds: must be at least 1".to_owned());
    }
    if !matches!(account.denied_status, 401 | 403) {
        faults.push(format!(
            "account.denied_status: must be 401 or 403, not {}",
            account.denied_status
        ));
    }
    for name in require.headers.keys() {
        if axum::http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            faults.push(format!("require.headers: `{name}` is not a header name"));
        }
    }
    repeated(&mut faults, "offices", offices.iter().map(|office| office.id));
    repeated(&mut faults, "providers", providers.iter().map(|provider| provider.id));
    repeated(&mut faults, "users", users.iter().map(|user| user.id));
    let known = Known {
        offices: offices.iter().map(|office| office.id).collect(),
        providers: providers.iter().map(|provider| provider.id).collect(),
        pairs: world.pairs(),
    };
    for provider in providers {
        check_provider(&mut faults, provider, &known);
    }
    for user in users {
        check_user(&mut faults, user, &known);
    }
    if let Some(ocean) = ocean {
        check_ocean(&mut faults, ocean, users);
    }
    faults
}

struct Known {
    offices: BTreeSet<u64>,
    providers: BTreeSet<u64>,
    pairs: BTreeSet<(u64, u64)>,
}

fn repeated(faults: &mut Vec<String>, list: &str, ids: impl Iterator<Item = u64>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            faults.push(format!("{list}: id {id} is there more than once"));
        }
    }
}

fn check_provider(faults: &mut Vec<String>, provider: &Provider, known: &Known) {
    let id = provider.id;
    if provider.offices.is_empty() {
        faults.push(format!("providers: {id} works in no office"));
    }
    for office in provider.offices.difference(&known.offices) {
        faults.push(format!("providers: {id} works in office {office}, which is not in offices"));
    }
    for booked in &provider.appointments {
        if booked.in_days.is_some() == booked.on.is_some() {
            faults.push(format!(
                "providers: {id} has appointments that need one of `in_days` and `on`"
            ));
        }
    }
}

fn check_user(faults: &mut Vec<String>, user: &User, known: &Known) {
    if user.name.trim().is_empty() {
        faults.push(format!("users: {} has no name", user.id));
    }
    for (at, entry) in user.grid.iter().enumerate() {
        let place = format!("users: {}: grid entry {}", user.name, at + 1);
        check_entry(faults, &place, entry, known);
    }
}

fn check_entry(faults: &mut Vec<String>, place: &str, entry: &GridEntry, known: &Known) {
    let GridEntry { office, provider, full, read_only, until, revision, absent } = entry;
    for (which, all, what) in
        [(office, &known.offices, "office"), (provider, &known.providers, "provider")]
    {
        if let Which::Ids(ids) = which {
            if ids.is_empty() {
                faults.push(format!("{place}: names no {what}"));
            }
            for id in ids.difference(all) {
                faults.push(format!("{place}: there is no {what} {id}"));
            }
        }
    }
    if let (Which::Ids(offices), Which::Ids(providers)) = (office, provider) {
        for office in offices.intersection(&known.offices) {
            for provider in providers.intersection(&known.providers) {
                if !known.pairs.contains(&(*office, *provider)) {
                    faults.push(format!(
                        "{place}: provider {provider} does not work in office {office}"
                    ));
                }
            }
        }
    }
    let mut named = BTreeSet::new();
    for column in full.iter().chain(read_only) {
        if !NAMES.contains(&column.as_str()) {
            faults.push(format!(
                "{place}: there is no column `{column}`; the columns are {}",
                NAMES.join(", ")
            ));
        }
        if !named.insert(column) {
            faults.push(format!("{place}: column `{column}` is named more than once"));
        }
    }
    if *absent && (!named.is_empty() || until.is_some() || revision.is_some()) {
        faults.push(format!(
            "{place}: `absent` takes rows away, so it goes with no column, until or revision"
        ));
    }
    if *revision == Some(0) {
        faults.push(format!("{place}: revisions start at 1"));
    }
}

fn check_ocean(faults: &mut Vec<String>, ocean: &Ocean, users: &[User]) {
    if ocean.site.trim().is_empty() {
        faults.push("ocean.site: must not be empty".to_owned());
    }
    let named = users.iter().filter(|user| user.name == ocean.emr_user).count();
    if named != 1 {
        faults.push(format!(
            "ocean.emr_user: {named} of the users are called `{}`; it must be exactly one",
            ocean.emr_user
        ));
    }
    if !(1..=LONGEST_WINDOW_DAYS).contains(&ocean.schedule_days) {
        faults.push(format!(
            "ocean.schedule_days: must be 1 to {LONGEST_WINDOW_DAYS}, not {}",
            ocean.schedule_days
        ));
    }
    for (name, seconds) in [
        ("full_sync_seconds", ocean.full_sync_seconds),
        ("recent_sync_seconds", ocean.recent_sync_seconds),
    ] {
        // Also false for a number that is not one.
        if !(0.0..=LONGEST_SYNC_SECONDS).contains(&seconds) {
            faults.push(format!(
                "ocean.{name}: must be 0 to {LONGEST_SYNC_SECONDS} seconds, not {seconds}"
            ));
        }
    }
}
