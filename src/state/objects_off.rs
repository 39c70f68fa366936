//! Stands in for object stores in a build without them: there is no way to have one.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::error::StateError;
use super::object::{Object, Version};
use crate::model::StateUrl;

type Result<T> = std::result::Result<T, StateError>;

/// An object store; this build has none.
#[derive(Debug, Clone)]
pub enum Objects {}

impl Objects {
    pub(super) fn open(url: &StateUrl, _variables: &BTreeMap<String, String>) -> Result<Self> {
        Err(StateError::NoCloud { place: url.to_string() })
    }

    pub(crate) fn within(&self, _limit: Duration) -> Self {
        match *self {}
    }

    pub(crate) fn place(&self, _name: &str) -> String {
        match *self {}
    }

    pub(crate) fn get(&self, _name: &str) -> Result<Option<Object>> {
        match *self {}
    }

    pub(crate) fn get_all(&self, _prefix: &str) -> Result<Vec<(String, Object)>> {
        match *self {}
    }

    pub(super) fn put(&self, _name: &str, _bytes: &[u8]) -> Result<()> {
        match *self {}
    }

    pub(crate) fn create(&self, _name: &str, _bytes: &[u8]) -> Result<Option<Version>> {
        match *self {}
    }

    pub(crate) fn replace(&self, _: &str, _: &[u8], _: &Version) -> Result<Option<Version>> {
        match *self {}
    }

    pub(super) fn list(&self, _prefix: &str) -> Result<Vec<String>> {
        match *self {}
    }

    pub(super) fn put_file(&self, _name: &str, _path: &Path) -> Result<()> {
        match *self {}
    }

    pub(super) fn get_file(&self, _name: &str, _path: &Path) -> Result<bool> {
        match *self {}
    }

    pub(super) fn now(&self, _probe: &str) -> Result<SystemTime> {
        match *self {}
    }
}
