//! Reads a clinic: one call for the offices, one for each office, one for each user and one for
//! each page of its grid.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::snapshot::{Directory, Grid, Office, Providers, Snapshot};
use crate::bridge::{BridgeError, Office as FoundOffice, Reader};
use crate::model::{compose, fold};

/// Reads the directory and the grids of `users`.
///
/// # Errors
/// Only when the list of offices cannot be read: then nothing is known. Every other failure is
/// kept in the snapshot as `Unread`.
pub async fn fetch(reader: &Reader, users: &[String]) -> Result<Snapshot, BridgeError> {
    let offices = reader.offices().await?;
    let directory = stream::iter(offices)
        .map(|FoundOffice { id, name, active }| async move {
            let providers = match reader.providers(id).await {
                Ok(found) => Providers::Read(found.into_iter().map(|p| (p.id, p.name)).collect()),
                Err(error) => Providers::Unread(error.to_string()),
            };
            Ok::<_, BridgeError>((id, Office { name, active, providers }))
        })
        .buffer_unordered(reader.concurrency())
        .try_collect()
        .await?;
    let grids = stream::iter(users.iter().cloned())
        .map(|name| async move {
            let grid = grid(reader, &name).await.unwrap_or_else(|e| Grid::Unread(e.to_string()));
            (name, grid)
        })
        .buffered(reader.concurrency())
        .collect()
        .await;
    Ok(Snapshot { directory: Directory { offices: directory }, grids, captured: None })
}

async fn grid(reader: &Reader, name: &str) -> Result<Grid, BridgeError> {
    // A server that ignores the filter must not hand us somebody else's grid.
    let mut found = reader.users(&compose(name)).await?;
    found.retain(|user| fold(&user.name) == fold(name));
    match found.as_slice() {
        [] => Ok(Grid::NoUser),
        [user] => {
            let rows = reader.grid(user.id).await?;
            Ok(Grid::Read { user: user.id, active: user.active, rows, unread: BTreeSet::new() })
        }
        several => Ok(Grid::SeveralUsers(several.iter().map(|user| user.id).collect())),
    }
}
