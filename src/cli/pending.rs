//! What a clinic's journal says that is still open: a sync, and rows that a person was asked for. `verify`,
//! `diagnose` and `watch` share it. It is read, and nothing is written.

use super::attest;
use super::clicks::open_list;
use super::clinic::Clinic;
use super::failure::Failure;
use super::finish::mode;
use crate::journal::{
    AskedSync, Journal, Record, Standing, Worklist, asked_sync, is_pending, worklists,
};

/// What is still open.
pub(super) struct Pending {
    /// Whether the sync after the last write is owed.
    pub(super) is_owed: bool,
    /// The sync that was asked of a person since then.
    pub(super) asked: Option<AskedSync>,
    /// The worklist that a person has.
    pub(super) clicks: Option<Worklist>,
}

impl Pending {
    /// Reads it.
    ///
    /// # Errors
    /// Where the journal cannot be read: then nobody knows.
    pub(super) fn of(clinic: &Clinic) -> Result<Self, Failure> {
        let reading = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?;
        Ok(Self::in_records(clinic, &reading.records))
    }

    /// What is open by these records.
    pub(super) fn in_records(clinic: &Clinic, records: &[Record]) -> Self {
        let asked = asked_sync(records).filter(|_| attest::is_asked(clinic));
        // One that was asked for by name is owed whatever follows an apply.
        let is_open = asked.as_ref().and_then(attest::open).is_some();
        Self {
            is_owed: is_open || (mode(clinic).is_some() && is_pending(records)),
            asked,
            clicks: open_list(worklists(records)),
        }
    }

    /// Whether somebody ticked rows that were not read and found right since.
    pub(super) fn has_ticks(&self) -> bool {
        let is_open = |standing: &Standing| match standing {
            Standing::Attested(_) | Standing::Contradicted { .. } => true,
            Standing::Open | Standing::Verified(_) => false,
        };
        self.clicks.iter().flat_map(|list| &list.rows).any(|row| is_open(&row.standing))
    }
}
