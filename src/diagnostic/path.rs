//! The address of a value in the manifest: `users[0].offices[1].name`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// The keys and indexes that lead from the top of the manifest to one value.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyPath(pub Vec<Segment>);

impl KeyPath {
    /// The whole document.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// One key further down.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// One list entry further down.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// The path one level up, and the key that leads back down.
    pub fn split(&self) -> Option<(Self, &str)> {
        match self.0.split_last()? {
            (Segment::Key(key), above) => Some((Self(above.to_vec()), key)),
            (Segment::Index(_), _) => None,
        }
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
