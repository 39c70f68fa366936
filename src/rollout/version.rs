//! The version of the records of a rollout, and the refusal of any other.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The version that this program reads and writes.
pub(super) const VERSION: u32 = 1;

/// Reads a version that is known here.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "the record has version {other}, this program reads version {VERSION}"
        ))),
    }
}
