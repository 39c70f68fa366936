//! Conditional writes: what was written is known also after a lost answer.
#![expect(clippy::disallowed_methods, reason = "waits between two attempts")]

use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode};
use tokio::time::sleep;

use super::Stored;
use crate::state::object::{Object, Version};

/// Before each attempt but the first.
const WAITS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
    Duration::from_secs(4),
];

/// What a name holds.
pub(super) async fn get(store: &Arc<dyn ObjectStore>, key: &Key) -> Stored<Option<Object>> {
    let found = match store.get(key).await {
        Ok(found) => found,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let version = Version { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
    let changed = found.meta.last_modified.into();
    Ok(Some(Object { bytes: found.bytes().await?.to_vec(), version, changed }))
}

/// Writes if the condition holds; `None`: it does not.
///
/// An attempt whose answer was lost may have been carried out, and then the next one finds its own
/// bytes there. So a refusal is believed only after a look at what is there.
pub(super) async fn put_if(
    store: &Arc<dyn ObjectStore>,
    key: &Key,
    bytes: Vec<u8>,
    mode: PutMode,
) -> Stored<Option<Version>> {
    let mut is_unsure = false;
    let mut waits = WAITS.into_iter();
    loop {
        let error = match store.put_opts(key, bytes.clone().into(), mode.clone().into()).await {
            Ok(put) => return Ok(Some(Version { e_tag: put.e_tag, version: put.version })),
            Err(error) => error,
        };
        let is_refused = matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. });
        if is_refused {
            match get(store, key).await? {
                Some(found) if is_unsure && found.bytes == bytes => return Ok(Some(found.version)),
                // S3 also refuses when two ask at the same time, and neither may have written.
                there if holds(&mode, there.as_ref()) => {}
                _ => return Ok(None),
            }
        } else if matches!(error, Error::Generic { .. } | Error::JoinError { .. }) {
            is_unsure = true;
        } else {
            return Err(error);
        }
        let Some(wait) = waits.next() else {
            // The last answer may be the lost one.
            return match get(store, key).await {
                Ok(Some(found)) if is_unsure && found.bytes == bytes => Ok(Some(found.version)),
                Ok(_) | Err(_) => Err(error),
            };
        };
        sleep(wait).await;
    }
}

/// Whether the condition would hold now.
fn holds(mode: &PutMode, there: Option<&Object>) -> bool {
    match (mode, there) {
        (PutMode::Create, None) | (PutMode::Overwrite, _) => true,
        (PutMode::Update(known), Some(found)) => {
            known.e_tag == found.version.e_tag && known.version == found.version.version
        }
        (PutMode::Create, Some(_)) | (PutMode::Update(_), None) => false,
    }
}
