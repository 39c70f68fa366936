//! Which numbers of a directory without ids mean somebody already: in the manifest's rules, or in a record of
//! the journal. Who left the directory keeps the number.

use crate::cli::clinic::Clinic;
use crate::cli::failure::Failure;
use crate::journal::{Event, Journal};
use crate::manifest::{Manifest, Selector, UserRule};
use crate::model::{OfficeId, ProviderId, RowKey};
use crate::worksheet::Spent;

/// The highest of them.
pub(super) fn spent(clinic: &Clinic) -> Result<Spent, Failure> {
    let mut spent = Spent::default();
    rules(&clinic.manifest, &mut spent);
    for record in Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?.records {
        if let Event::BatchStarted { rows, .. } | Event::ClicksAsked { rows, .. } = record.event {
            for RowKey { office, provider } in rows.iter().map(|row| row.key) {
                spent.office = spent.office.max(office.0);
                spent.provider = spent.provider.max(provider.0);
            }
        }
    }
    Ok(spent)
}

fn rules(manifest: &Manifest, spent: &mut Spent) {
    let mut office = |one: &Selector<OfficeId>| {
        spent.office = spent.office.max(one.id.map_or(0, |id| id.0));
    };
    let mut provider = |one: &Selector<ProviderId>| {
        spent.provider = spent.provider.max(one.id.map_or(0, |id| id.0));
    };
    for UserRule { except, except_providers, offices, .. } in &manifest.users {
        except.iter().for_each(&mut office);
        except_providers.iter().for_each(&mut provider);
        for rule in offices {
            office(&rule.office);
            rule.except.iter().for_each(&mut provider);
            rule.providers.iter().for_each(|rule| provider(&rule.provider));
        }
    }
    manifest.safety.protected_offices.iter().for_each(&mut office);
    manifest.safety.protected_providers.iter().for_each(&mut provider);
    for ignored in &manifest.ignored_drift {
        office(&ignored.office);
        provider(&ignored.provider);
    }
}
