//! Named contents in an object store, with writes that hold a condition.
//!
//! `open.rs` makes one from a URL and the environment, `thread.rs` runs its requests, `write.rs` is
//! what a condition means when an answer was lost, `large.rs` is for large files.

mod error;
mod http;
mod large;
mod open;
mod thread;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion};

use self::error::Hidden;
use self::thread::Network;
use super::error::StateError;
use super::object::{Object, Version};

type Result<T> = std::result::Result<T, StateError>;
type Stored<T> = std::result::Result<T, object_store::Error>;

/// How long a call may take, with all its attempts.
const LIMIT: Duration = Duration::from_secs(30);
/// Objects that are read at the same time.
const SIDE_BY_SIDE: usize = 16;

/// An object store, and the part of it that is ours.
#[derive(Clone)]
pub struct Objects {
    inner: Arc<Inner>,
    limit: Duration,
}

struct Inner {
    network: Network,
    stores: Stores,
    prefix: Key,
    /// The URL, for messages.
    url: String,
    hidden: Hidden,
}

/// One store twice.
struct Stores {
    /// Tries again by itself: for reading, and for writes without a condition.
    patient: Arc<dyn ObjectStore>,
    /// Sends each request once: whoever sets a condition must know of a lost answer.
    once: Arc<dyn ObjectStore>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.inner.url).finish()
    }
}

impl Objects {
    /// The same store, whose calls may take so long and no longer.
    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self { inner: Arc::clone(&self.inner), limit }
    }

    /// Where a name is, for messages.
    pub(crate) fn place(&self, name: &str) -> String {
        let url = &self.inner.url;
        if name.is_empty() { url.clone() } else { format!("{url}/{name}") }
    }

    /// What a name holds.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Object>> {
        let (store, key) = (self.patient(), self.key(name));
        self.run("read", name, async move { write::get(&store, &key).await })
    }

    /// Everything below a prefix, in the order of the names.
    pub(crate) fn get_all(&self, prefix: &str) -> Result<Vec<(String, Object)>> {
        let names = self.list(prefix)?;
        let store = self.patient();
        let keys: Vec<(String, Key)> =
            names.into_iter().map(|name| (name.clone(), self.key(&name))).collect();
        // Each batch has the time of one call, so a long history is no reason to give up.
        let mut found = Vec::with_capacity(keys.len());
        for batch in keys.chunks(SIDE_BY_SIDE) {
            let (store, batch) = (Arc::clone(&store), batch.to_vec());
            let objects = self.run("read", prefix, async move {
                let objects =
                    stream::iter(batch).map(|(name, key)| {
                        let store = Arc::clone(&store);
                        async move {
                            Ok::<_, object_store::Error>((name, write::get(&store, &key).await?))
                        }
                    });
                objects.buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await
            })?;
            for (name, object) in objects {
                // What is listed is never deleted by this program.
                let object =
                    object.ok_or_else(|| self.io("read", &name, "it was listed and is gone"))?;
                found.push((name, object));
            }
        }
        Ok(found)
    }

    /// Writes a name, whatever it held.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (store, key, bytes) = (self.patient(), self.key(name), bytes.to_vec());
        self.run("write", name, async move { store.put(&key, bytes.into()).await.map(drop) })
    }

    /// Writes a name that holds nothing; `None`: it holds something.
    pub(crate) fn create(&self, name: &str, bytes: &[u8]) -> Result<Option<Version>> {
        self.put_if("create", name, bytes, PutMode::Create)
    }

    /// Replaces this version of a name; `None`: it is another one by now.
    pub(crate) fn replace(
        &self,
        name: &str,
        bytes: &[u8],
        Version { e_tag, version }: &Version,
    ) -> Result<Option<Version>> {
        let known = UpdateVersion { e_tag: e_tag.clone(), version: version.clone() };
        self.put_if("replace", name, bytes, PutMode::Update(known))
    }

    fn put_if(
        &self,
        attempted: &'static str,
        name: &str,
        bytes: &[u8],
        mode: PutMode,
    ) -> Result<Option<Version>> {
        let (store, key) = (Arc::clone(&self.inner.stores.once), self.key(name));
        let bytes = bytes.to_vec();
        self.run(attempted, name, async move { write::put_if(&store, &key, bytes, mode).await })
    }

    /// The names below a prefix, sorted.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let (store, below, ours) = (self.patient(), self.key(prefix), self.inner.prefix.clone());
        self.run("list", prefix, async move {
            let below = (!below.as_ref().is_empty()).then_some(&below);
            let mut names: Vec<String> = store
                .list(below)
                .try_filter_map(|found| {
                    let parts = found.location.prefix_match(&ours).map(|parts| {
                        parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/")
                    });
                    async move { Ok(parts) }
                })
                .try_collect()
                .await?;
            names.sort();
            Ok(names)
        })
    }

    /// The time by the store's clock, got by writing a name.
    pub(super) fn now(&self, probe: &str) -> Result<SystemTime> {
        self.put(probe, b"{}\n")?;
        let written = self.get(probe)?;
        written.map(|object| object.changed).ok_or_else(|| self.io("read", probe, "it is gone"))
    }

    fn key(&self, name: &str) -> Key {
        let parts = self.inner.prefix.parts().map(|part| part.as_ref().to_owned());
        let name = name.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
        parts.chain(name).collect()
    }

    fn patient(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner.stores.patient)
    }

    fn run<T: Send + 'static>(
        &self,
        attempted: &'static str,
        name: &str,
        request: impl Future<Output = Stored<T>> + Send + 'static,
    ) -> Result<T> {
        match self.inner.network.run(self.limit, request) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.io(attempted, name, &self.inner.hidden.text(&error))),
            Err(stopped) => Err(self.io(attempted, name, stopped)),
        }
    }

    fn io(&self, attempted: &'static str, name: &str, problem: &str) -> StateError {
        StateError::Io { attempted, place: self.place(name), problem: problem.to_owned() }
    }
}
