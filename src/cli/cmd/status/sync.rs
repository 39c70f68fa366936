//! The sync that is owed. Rows that are still to be set come first.

use super::item::{Item, Kind};
use crate::cli::attest::{self, CONFIRM, Waiting};
use crate::cli::clinic::Clinic;
use crate::cli::env::Environment;
use crate::journal::Record;
use crate::ocean::SyncError;
use crate::state::{Holder, holder};

pub(super) fn of(
    clinic: &Clinic,
    (records, has_clicks): (&[Record], bool),
    environment: &Environment,
) -> Option<Item> {
    let Waiting { is_owed, asked } = attest::waiting_by(clinic, records);
    if !is_owed {
        return None;
    }
    let item = |words: String| Item::new(Kind::Sync, words);
    let open = asked.as_ref().and_then(attest::open).filter(|_| attest::is_asked(clinic));
    Some(if let Some(open) = open {
        let is_pending = matches!(open, SyncError::Asked { .. });
        let next = if is_pending { "sync" } else { CONFIRM };
        item(open.to_string()).next(format!("`{}`", attest::command(clinic, next)))
    } else if has_clicks {
        item("a sync is owed once the worklist is through".to_owned())
    } else if let Some(holder) = at_work(clinic, environment) {
        item(format!("a sync is owed, and somebody is at work: {holder}"))
            .next("look again when that has ended")
    } else {
        item("the sync after the last apply was not completed and verified".to_owned())
            .next(format!("`{}`", attest::command(clinic, "apply")))
    })
}

/// Who holds the clinic's lock, and lives.
fn at_work(clinic: &Clinic, environment: &Environment) -> Option<Holder> {
    let held = holder(&clinic.state().ok()?, &clinic.manifest.clinic.id).ok()??;
    (!held.is_gone(&environment.host(), environment.clock.now())).then_some(held)
}
