//! The two things that can be written: rows of a grid, and the start of a sync. Only `apply` is
//! given a [`GridWriter`].

use std::sync::Arc;

use super::{BridgeError, Client, request, wire};
use crate::model::{Cells, LiveRow, OfficeId, ProviderId, Revision, RowKey, UserId};

/// A row to be written if it is still at the revision it was planned against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowWrite {
    /// Where it is.
    pub key: RowKey,
    /// The revision it must have; `None`: it must be absent.
    pub expected: Option<Revision>,
    /// What it will grant.
    pub cells: Cells,
}

/// The answer to a batch. Either all rows were written or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// All of them; the rows as they are now.
    All(Vec<LiveRow>),
    /// None, because these rows moved; as they are now.
    Conflict(Vec<LiveRow>),
    /// None, because the server refuses these rows (none named: the whole batch).
    Invalid {
        /// The server's words.
        message: String,
        /// The rows it names.
        rows: Vec<RowKey>,
    },
}

/// Writes rows of a grid.
#[derive(Debug)]
pub struct GridWriter {
    client: Arc<Client>,
}

impl GridWriter {
    /// A writer over `client`.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// Writes up to 500 rows, all or none. With the same key the call may be repeated for ever.
    ///
    /// # Errors
    /// No answer, or one that says nothing about the rows: whether they were written is unknown
    /// unless [`BridgeError::changed_nothing`].
    pub async fn write(
        &self,
        user: UserId,
        rows: &[RowWrite],
        key: &str,
    ) -> Result<Written, BridgeError> {
        let write = request::patch_grid(user, rows, key);
        let answer = self.client.write(&write, &[409, 422]).await?;
        let unclear = |problem: String| self.client.shape(write.call.attempted.clone(), &problem);
        if answer.status != 409 && answer.status != 422 {
            let wire::Rows { rows } = self.client.decode(&write, &answer)?;
            let rows = rows.iter().map(wire::Row::to_live).collect::<Result<_, _>>();
            return rows.map(Written::All).map_err(unclear);
        }
        let wire::Refusal { error, message, rows } = self.client.decode(&write, &answer)?;
        if answer.status == 409 {
            let rows = rows
                .into_iter()
                .map(|row| {
                    let row: wire::Row = serde_json::from_value(row).map_err(|e| e.to_string())?;
                    row.to_live()
                })
                .collect::<Result<_, _>>();
            return rows.map(Written::Conflict).map_err(unclear);
        }
        let rows = rows
            .into_iter()
            .map(|row| {
                serde_json::from_value(row).map(|wire::RowPlace { office_id, provider_id }| {
                    RowKey { office: OfficeId(office_id), provider: ProviderId(provider_id) }
                })
            })
            .collect::<Result<_, _>>()
            .map_err(|problem| unclear(problem.to_string()))?;
        let message = match message {
            Some(message) => format!("{error}: {message}"),
            None => error,
        };
        Ok(Written::Invalid { message: answer.mask.hide(&message), rows })
    }
}

/// Which sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Sync Full Schedule.
    Full,
    /// Sync Recent Appointments.
    Recent,
}

impl Mode {
    /// The name on the wire and in messages.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Recent => "recent",
        }
    }
}

/// The answer to the start of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It runs now.
    Run(String),
    /// Another one is running.
    Busy(String),
}

/// Starts syncs of an Ocean site.
#[derive(Debug)]
pub struct SyncStarter {
    client: Arc<Client>,
}

impl SyncStarter {
    /// A starter over `client`.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// Asks for a sync. It is asked once: without an idempotency key a lost answer must be looked
    /// up, not repeated.
    pub async fn start(&self, site: &str, mode: Mode) -> Result<Started, BridgeError> {
        let write = request::start_sync(site, mode);
        let answer = self.client.write(&write, &[409]).await?;
        let wire::SyncStarted { run_id } = self.client.decode(&write, &answer)?;
        Ok(if answer.status == 409 { Started::Busy(run_id) } else { Started::Run(run_id) })
    }
}
