//! The state of a fleet or a clinic: named contents in a folder or an object store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::StateError;
use super::folder_store as folder;
use super::objects::Objects;
use crate::model::StateUrl;

type Result<T> = std::result::Result<T, StateError>;

/// Where journals, locks and plans are kept. Every call waits until the store has answered; it may
/// be made from any thread, also one of an async runtime.
#[derive(Debug, Clone)]
pub enum State {
    /// A folder.
    Folder(PathBuf),
    /// An object store.
    Objects(Objects),
}

impl State {
    /// The state in a folder, which is made when something is first written.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(path.into())
    }

    /// The state at a URL, or without one in the folder `base`. Nothing is connected yet. The
    /// credentials and settings of an object store are among `variables`.
    pub fn open(
        url: Option<&str>,
        base: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let Some(url) = url else { return Ok(Self::folder(base)) };
        match url.parse().map_err(StateError::Url)? {
            StateUrl::Folder(path) => Ok(Self::folder(path)),
            bucket @ StateUrl::Bucket { .. } => {
                Ok(Self::Objects(Objects::open(&bucket, variables)?))
            }
        }
    }

    /// Where it is, for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Objects(objects) => objects.place(""),
        }
    }

    /// What a name holds.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        check(name)?;
        match self {
            Self::Folder(path) => folder::get(path, name),
            Self::Objects(objects) => Ok(objects.get(name)?.map(|object| object.bytes)),
        }
    }

    /// Writes a name, whatever it held: afterwards it holds these bytes, and never a part of them.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        check(name)?;
        match self {
            Self::Folder(path) => folder::put(path, name, bytes),
            Self::Objects(objects) => objects.put(name, bytes),
        }
    }

    /// Writes a name that holds nothing; `false`: it holds something. Of several who ask exactly one
    /// is told `true`, if their bytes differ: say in them whose they are.
    pub fn create(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        check(name)?;
        match self {
            Self::Folder(path) => folder::create(path, name, bytes),
            Self::Objects(objects) => Ok(objects.create(name, bytes)?.is_some()),
        }
    }

    /// The names below a prefix (`plans`, or nothing for all), sorted.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>> {
        if !prefix.is_empty() {
            check(prefix)?;
        }
        match self {
            Self::Folder(path) => folder::list(path, prefix),
            Self::Objects(objects) => objects.list(prefix),
        }
    }

    /// Writes a name from a file, without holding it in memory.
    pub fn put_file(&self, name: &str, file: &Path) -> Result<()> {
        check(name)?;
        match self {
            Self::Folder(path) => folder::put_file(path, name, file),
            Self::Objects(objects) => objects.put_file(name, file),
        }
    }

    /// Writes what a name holds into a file, without holding it in memory; `false`: it holds nothing.
    /// The file is there whole or as it was before.
    pub fn get_file(&self, name: &str, file: &Path) -> Result<bool> {
        check(name)?;
        match self {
            Self::Folder(path) => folder::get_file(path, name, file),
            Self::Objects(objects) => objects.get_file(name, file),
        }
    }
}

/// Names stay below their place, whatever they are made of. None begins with a dot, as files that
/// are being written do.
fn check(name: &str) -> Result<()> {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if name.split('/').all(is_part) { Ok(()) } else { Err(StateError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for name in ["a", "journals/lakeside/000000000001.jsonl", "locks/a-b_c.json"] {
            assert_eq!(check(name), Ok(()));
        }
        for name in
            ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a/.tmp", "a b", "ä", "a\\b"]
        {
            assert_eq!(check(name).unwrap_err().code(), "T005", "{name}");
        }
    }
}
