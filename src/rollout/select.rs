//! Which clinics of a fleet are meant. A name or a tag that fits nothing is an error: a typo must
//! not leave clinics out silently.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

use super::shard::Shard;
use crate::diagnostic::did_you_mean;

/// A clinic of a fleet, as far as choosing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetClinic {
    /// Its id.
    pub id: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
}

/// What was asked for. A clinic must satisfy every part of it that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These clinics alone; empty: all.
    pub clinics: BTreeSet<String>,
    /// Clinics with any of these tags; empty: all.
    pub tags: BTreeSet<String>,
    /// No clinic with any of these tags.
    pub exclude_tags: BTreeSet<String>,
    /// Of those, the clinics of this part.
    pub shard: Option<Shard>,
}

/// The clinics that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Those of the shard, or all, ordered by id.
    pub clinics: Vec<FleetClinic>,
    /// How many there are in all shards.
    pub total: usize,
    /// The shards that hold any, where there is one.
    pub populated: Vec<Shard>,
    shard: Option<Shard>,
}

/// Something that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectError {
    /// A clinic of that name.
    #[error("the fleet has no clinic `{clinic}`")]
    Clinic {
        /// What was written.
        clinic: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A clinic with that tag.
    #[error("no clinic of the fleet has the tag `{tag}`")]
    Tag {
        /// What was written.
        tag: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A clinic is named, and the tags leave it out.
    #[error("the clinic `{0}` is named, and its tags leave it out")]
    LeftOut(String),
    /// Nothing is left.
    #[error("no clinic of the fleet is selected by {0}")]
    Nothing(String),
}

impl SelectError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Clinic { .. } => "R004",
            Self::Tag { .. } => "R005",
            Self::LeftOut(_) => "R006",
            Self::Nothing(_) => "R007",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Clinic { near: Some(near), .. } | Self::Tag { near: Some(near), .. } => {
                format!("did you mean `{near}`?")
            }
            Self::Clinic { near: None, .. } => {
                "name a clinic by the `clinic.id` of its manifest".to_owned()
            }
            Self::Tag { near: None, .. } => {
                "tags are in the manifests of the clinics, under `clinic.tags`".to_owned()
            }
            Self::LeftOut(_) => "leave the clinic or the tag out".to_owned(),
            Self::Nothing(_) => "ask for fewer tags".to_owned(),
        }
    }
}

impl Selection {
    /// The clinics of `fleet` that are meant, or everything that is wrong with what was asked.
    pub fn select(&self, fleet: &[FleetClinic]) -> Result<Selected, Vec<SelectError>> {
        let Self { clinics, tags, exclude_tags, shard } = self;
        let by_id: BTreeMap<&str, &FleetClinic> =
            fleet.iter().map(|clinic| (clinic.id.as_str(), clinic)).collect();
        let known: BTreeSet<&str> =
            fleet.iter().flat_map(|clinic| &clinic.tags).map(String::as_str).collect();
        let mut wrong = Vec::new();
        for clinic in clinics.iter().filter(|clinic| !by_id.contains_key(clinic.as_str())) {
            let near = did_you_mean(clinic, by_id.keys().copied()).map(str::to_owned);
            wrong.push(SelectError::Clinic { clinic: clinic.clone(), near });
        }
        for tag in tags.union(exclude_tags).filter(|tag| !known.contains(tag.as_str())) {
            let near = did_you_mean(tag, known.iter().copied()).map(str::to_owned);
            wrong.push(SelectError::Tag { tag: tag.clone(), near });
        }
        let mut found = Vec::new();
        for clinic in by_id.into_values() {
            let named = clinics.contains(&clinic.id);
            let tagged = tags.is_empty() || !tags.is_disjoint(&clinic.tags);
            if tagged && exclude_tags.is_disjoint(&clinic.tags) {
                if named || clinics.is_empty() {
                    found.push(clinic);
                }
            } else if named {
                wrong.push(SelectError::LeftOut(clinic.id.clone()));
            }
        }
        if found.is_empty() && wrong.is_empty() {
            wrong.push(SelectError::Nothing(self.to_string()));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let ids = found.iter().map(|clinic| clinic.id.as_str());
        let populated = shard.map_or_else(Vec::new, |shard| Shard::populated(shard.of(), ids));
        let total = found.len();
        found.retain(|clinic| shard.is_none_or(|shard| shard.includes(&clinic.id)));
        let clinics = found.into_iter().cloned().collect();
        Ok(Selected { clinics, total, populated, shard: *shard })
    }
}

impl Selected {
    /// What must be said where a shard holds nothing, which is no fault of anybody's.
    pub fn nothing_here(&self) -> Option<String> {
        let shard = self.shard.filter(|_| self.clinics.is_empty())?;
        Some(format!("shard {shard} holds none of the selected clinics ({})", self.total))
    }
}

/// What was asked for in words, without the shard: all shards of a fleet say the same.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clinics, tags, exclude_tags, shard: _ } = self;
        let list = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(", ");
        if clinics.is_empty() {
            f.write_str("all clinics")?;
        } else {
            write!(f, "clinics {}", list(clinics))?;
        }
        if !tags.is_empty() {
            write!(f, " with any of the tags {}", list(tags))?;
        }
        if !exclude_tags.is_empty() {
            write!(f, " without the tags {}", list(exclude_tags))?;
        }
        Ok(())
    }
}
