//! What an object store holds under one name.

use std::time::SystemTime;

/// Which of the contents that an object had. A conditional write names the one it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(super) e_tag: Option<String>,
    pub(super) version: Option<String>,
}

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Its content.
    pub(crate) bytes: Vec<u8>,
    /// Which content it is.
    pub(crate) version: Version,
    /// Since when, by the store's clock.
    pub(crate) changed: SystemTime,
}
