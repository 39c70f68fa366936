//! Public keys of approvers, as a manifest writes them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use thiserror::Error;

use super::sha256;

/// How many hexadecimal digits of its digest name a key.
const ID: usize = 16;

/// An Ed25519 public key: `ed25519:` and the base64 of its 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

/// A text that is not a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not `ed25519:` and the base64 of an Ed25519 public key")]
pub struct PublicKeyError;

impl PublicKey {
    /// The key of these bytes.
    ///
    /// # Errors
    /// They are no point of the curve, or one for which anybody can make signatures.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, PublicKeyError> {
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(PublicKeyError),
        }
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The short name of the key, for file names and messages: it finds a key and proves nothing.
    pub fn id(&self) -> String {
        sha256(&self.0).trim_start_matches("sha256:").chars().take(ID).collect()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", STANDARD.encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let written = text.strip_prefix("ed25519:").ok_or(PublicKeyError)?;
        let bytes = STANDARD.decode(written).map_err(|_| PublicKeyError)?;
        Self::from_bytes(bytes.try_into().map_err(|_| PublicKeyError)?)
    }
}
