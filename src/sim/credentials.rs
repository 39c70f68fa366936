//! The client id and secret that the token endpoint accepts.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::SimError;

/// A client id and its secret. The secret shows neither in `Debug` nor in any error.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
}

impl Credentials {
    /// Credentials that somebody chose.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into() }
    }

    /// Fresh ones from the system's random source.
    pub fn random() -> Result<Self, SimError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| SimError::Random)?;
        Ok(Self::new("sim", hex(&bytes)))
    }

    /// The digest that a request's Basic credentials are compared with, so that the comparison
    /// takes the same time wherever they differ and the secret is not kept with the server.
    pub(super) fn digest(&self) -> Fingerprint {
        fingerprint(&self.client_id, self.client_secret.expose_secret())
    }
}

/// A SHA-256 of something secret.
pub(super) type Fingerprint = [u8; 32];

/// The digest of a pair of client id and secret. The length keeps `a:bc` and `ab:c` apart.
pub(super) fn fingerprint(client_id: &str, secret: &str) -> Fingerprint {
    let mut hasher = Sha256::new();
    hasher.update(client_id.len().to_be_bytes());
    hasher.update(client_id);
    hasher.update(secret);
    hasher.finalize().into()
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug() {
        let credentials = Credentials::new("clinic", "hunter2");
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }

    #[test]
    fn random_credentials_differ() {
        let one = Credentials::random().unwrap();
        let two = Credentials::random().unwrap();
        assert_ne!(one.digest(), two.digest());
        assert_eq!(one.client_secret.expose_secret().len(), 64);
    }
}
