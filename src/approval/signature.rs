//! Detached approvals: who said yes to which plan, signed with Ed25519.
//!
//! What is signed is the canonical JSON (RFC 8785) of everything but the signature, `kind`
//! included, so that a signature over anything else never passes for an approval. Which keys count
//! is the business of `demand.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::model::PublicKey;

/// The format this program writes; it reads every file of the same major version.
pub const FORMAT: &str = "1.0";

const KIND: &str = "accuroform.approval";

/// Somebody's signed yes to one plan. Nothing in it is true before [`Approval::is_signed_by`] says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    kind: String,
    format_version: String,
    /// The digest of the plan.
    pub plan_digest: String,
    /// The short name of the key.
    pub key_id: String,
    /// Who signs, in their own words; the manifest's name for the key is the one that counts.
    pub name: String,
    /// What the signer had to say.
    pub comment: Option<String>,
    /// When it was signed by the clock of the signer's machine, RFC 3339 in UTC.
    pub at: String,
    signature: String,
}

/// What an approver says.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The digest of the plan.
    pub plan_digest: &'a str,
    /// Who signs.
    pub name: &'a str,
    /// What there is to say.
    pub comment: Option<&'a str>,
    /// The time.
    pub at: Timestamp,
}

/// A text that is no approval.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnApproval {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Not JSON, or not the form of an approval.
    #[error("it is not an approval: {0}")]
    Form(String),
    /// Another major version.
    #[error("it has format {0}, this program reads format 1")]
    Format(String),
}

/// A text that is no private key. It never holds a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an unencrypted Ed25519 private key in PKCS#8 PEM")]
pub struct NotAKey;

/// A private key. It cannot be printed, and is wiped when it is dropped.
pub struct Signer(SigningKey);

impl Signer {
    /// Reads a PKCS#8 PEM text, as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// It is something else, or its public key is unusable.
    pub fn from_pem(text: &str) -> Result<Self, NotAKey> {
        SigningKey::from_pkcs8_pem(text.trim()).map(Self).map_err(|_| NotAKey)
    }

    /// The public key.
    ///
    /// # Errors
    /// The key is one that no private key honestly has.
    pub fn public(&self) -> Result<PublicKey, NotAKey> {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes()).map_err(|_| NotAKey)
    }

    /// Signs a statement; gives the text of the approval's file.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, statement: Statement<'_>) -> Result<String, NotAKey> {
        let Statement { plan_digest, name, comment, at } = statement;
        let mut approval = Approval {
            kind: KIND.to_owned(),
            format_version: FORMAT.to_owned(),
            plan_digest: plan_digest.to_owned(),
            key_id: self.public()?.id(),
            name: name.to_owned(),
            comment: comment.map(str::to_owned),
            at: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            signature: String::new(),
        };
        let message = approval.message().ok_or(NotAKey)?;
        approval.signature = STANDARD.encode(self.0.sign(message.as_bytes()).to_bytes());
        serde_json_canonicalizer::to_string(&approval).map(|text| text + "\n").map_err(|_| NotAKey)
    }
}

impl Approval {
    /// Reads the text of an approval's file. Who signed it is not judged here.
    ///
    /// # Errors
    /// It is no approval of this major version.
    pub fn read(text: &str) -> Result<Self, NotAnApproval> {
        let form = |error: serde_json::Error| NotAnApproval::Form(error.to_string());
        let value: Value = serde_json::from_str(text).map_err(form)?;
        if value.get("kind").and_then(Value::as_str) != Some(KIND) {
            return Err(NotAnApproval::Form(format!("`kind` is not {KIND}")));
        }
        let version = value.get("format_version").and_then(Value::as_str).unwrap_or("none");
        if version.split('.').next() != FORMAT.split('.').next() {
            return Err(NotAnApproval::Format(version.to_owned()));
        }
        // From the text again: a mapping of JSON would quietly take the last of two equal keys.
        let approval: Self = serde_json::from_str(text).map_err(form)?;
        match approval.at.parse::<Timestamp>() {
            Ok(_) => Ok(approval),
            Err(_) => Err(NotAnApproval::Form("`at` is no time".to_owned())),
        }
    }

    /// Whether the holder of the key signed exactly this.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signature = STANDARD
            .decode(&self.signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok());
        let (Ok(key), Some(signature), Some(message)) =
            (VerifyingKey::from_bytes(key.bytes()), signature, self.message())
        else {
            return false;
        };
        // Strict: no second signature can be made of a first one.
        key.verify_strict(message.as_bytes(), &signature).is_ok()
    }

    /// What is signed.
    fn message(&self) -> Option<String> {
        let mut value = serde_json::to_value(self).ok()?;
        value.as_object_mut()?.remove("signature");
        serde_json_canonicalizer::to_string(&value).ok()
    }
}
