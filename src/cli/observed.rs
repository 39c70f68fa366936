//! A clinic as it is beside what its journal says, both of one moment. Nothing is locked and nothing written.

use super::clinic::{Clinic, Planned, Purpose, Scope};
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use crate::connection::Accuro;
use crate::journal::{Applied, Journal, Reading, applied, runs};

/// How often the grid is read again because an apply wrote in between.
const TRIES: usize = 3;

/// What was read of a clinic.
pub(super) struct Observed {
    /// The directory, the grids, and what an apply of everything would do.
    pub(super) planned: Planned,
    /// What the journal says of each row.
    pub(super) applied: Applied,
}

impl Observed {
    /// Reads a clinic and its journal. An apply that writes in between would look like somebody else, so the
    /// journal must be the same before and after: each batch is recorded before it is sent.
    pub(super) async fn of(clinic: &Clinic, environment: &Environment) -> Result<Self, Failure> {
        let opened = clinic.connect(environment).await?;
        let read = Self::read(clinic, &opened.accuro()).await;
        opened.close().await;
        read
    }

    async fn read(clinic: &Clinic, accuro: &Accuro) -> Result<Self, Failure> {
        let id = &clinic.manifest.clinic.id;
        let state = clinic.state()?;
        let mut before = Journal::read(&state, id)?;
        for _ in 0..TRIES {
            let planned = clinic.plan(accuro, Purpose::Manifest, Scope::ALL).await?;
            let Reading { records, head, .. } = Journal::read(&state, id)?;
            if head == before.head {
                let applied = applied(&runs(&records, None), &clinic.manifest.tenant);
                return Ok(Self { planned, applied });
            }
            before.head = head;
        }
        Err(Failure::new(
            Exit::Locked,
            "H007",
            format!("the journal of {id} grew while the grid was read"),
            "an apply is writing: run this again when it has ended",
        ))
    }
}
