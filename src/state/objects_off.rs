//! Stands in for object stores in a build without them: none can be opened.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::error::StateError;
use super::object::{Object, Version};
use crate::model::StateUrl;

type Result<T> = std::result::Result<T, StateError>;

/// An object store; this build has none.
#[derive(Debug, Clone)]
pub struct Objects {
    url: String,
}

impl Objects {
    pub(super) fn open(url: &StateUrl, _variables: &BTreeMap<String, String>) -> Result<Self> {
        Self { url: url.to_string() }.none()
    }

    fn none<T>(&self) -> Result<T> {
        Err(StateError::NoCloud { place: self.url.clone() })
    }

    pub(crate) fn within(&self, _limit: Duration) -> Self {
        self.clone()
    }

    pub(crate) fn place(&self, _name: &str) -> String {
        self.url.clone()
    }

    pub(crate) fn get(&self, _name: &str) -> Result<Option<Object>> {
        self.none()
    }

    pub(crate) fn get_all(&self, _prefix: &str) -> Result<Vec<(String, Object)>> {
        self.none()
    }

    pub(super) fn put(&self, _name: &str, _bytes: &[u8]) -> Result<()> {
        self.none()
    }

    pub(crate) fn create(&self, _name: &str, _bytes: &[u8]) -> Result<Option<Version>> {
        self.none()
    }

    pub(crate) fn replace(&self, _: &str, _: &[u8], _: &Version) -> Result<Option<Version>> {
        self.none()
    }

    pub(super) fn list(&self, _prefix: &str) -> Result<Vec<String>> {
        self.none()
    }

    pub(super) fn put_file(&self, _name: &str, _path: &Path) -> Result<()> {
        self.none()
    }

    pub(super) fn get_file(&self, _name: &str, _path: &Path) -> Result<bool> {
        self.none()
    }

    pub(super) fn now(&self, _probe: &str) -> Result<SystemTime> {
        self.none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_object_stores_says_so() {
        let url = "s3://clinic-state/a".parse().unwrap();
        let error = Objects::open(&url, &BTreeMap::new()).unwrap_err();
        assert_eq!(error.code(), "T002");
        let expected =
            "this accuroform was built without object stores, which s3://clinic-state/a needs";
        assert_eq!(error.to_string(), expected);
    }
}
