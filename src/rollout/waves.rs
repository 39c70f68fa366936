//! Waves: the order in which the clinics of a rollout get their turn.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::select::FleetClinic;
use super::shard::place;
use crate::diagnostic::did_you_mean;

/// Which clinics a wave takes of those that no earlier wave has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaveRule {
    /// The wave's name.
    pub name: String,
    /// Clinics with any of these tags.
    pub tags: BTreeSet<String>,
    /// This share of all clinics of the rollout, rounded up.
    pub percent: Option<u32>,
}

/// A wave and its clinics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// Its clinics, ordered by id.
    pub clinics: Vec<String>,
}

/// Rules that do not put each clinic into exactly one wave.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WaveError {
    /// Not a slug.
    #[error("`{0}` is not the name of a wave")]
    Name(String),
    /// Two waves of one name.
    #[error("two waves are named `{0}`")]
    Repeated(String),
    /// Two rules in one.
    #[error("the wave `{0}` has both `tags` and `percent`")]
    Both(String),
    /// A share that is none.
    #[error("the wave `{name}` takes {percent} percent")]
    Percent {
        /// Which wave.
        name: String,
        /// What it says.
        percent: u32,
    },
    /// A tag that no clinic has.
    #[error("the wave `{name}` takes the tag `{tag}`, which no clinic of the fleet has")]
    Tag {
        /// Which wave.
        name: String,
        /// The tag.
        tag: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A wave before the last takes everything.
    #[error("the wave `{0}` takes the rest, and is not the last")]
    RestTooEarly(String),
    /// The last wave does not.
    #[error("the last wave `{0}` does not take the rest")]
    NoRest(String),
}

impl WaveError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::Repeated(_) => "R008",
            Self::Both(_) | Self::Percent { .. } => "R009",
            Self::Tag { .. } => "R010",
            Self::RestTooEarly(_) | Self::NoRest(_) => "R011",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Name(_) => "use 1 to 63 of a to z, 0 to 9 and -, with no - at either end",
            Self::Repeated(_) => "give each wave a name of its own",
            Self::Both(_) => "keep one of the two, or make two waves of it",
            Self::Percent { .. } => "write a share from 1 to 100",
            Self::Tag { near: Some(near), .. } => return format!("did you mean `{near}`?"),
            Self::Tag { near: None, .. } => "tags are in the clinics' manifests: `clinic.tags`",
            Self::RestTooEarly(_) => "give it `tags` or `percent`, or move it to the end",
            Self::NoRest(_) => "end with a wave that has a name alone: {name: rest}",
        };
        hint.to_owned()
    }
}

/// What is wrong with the rules, in their order. `fleet` is all of it, not what is selected: a tag
/// may well be missing from a selection.
pub fn check_waves(rules: &[WaveRule], fleet: &[FleetClinic]) -> Vec<WaveError> {
    let known: BTreeSet<&str> =
        fleet.iter().flat_map(|clinic| &clinic.tags).map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (at, WaveRule { name, tags, percent }) in rules.iter().enumerate() {
        if !is_slug(name) {
            wrong.push(WaveError::Name(name.clone()));
        }
        if !seen.insert(name) {
            wrong.push(WaveError::Repeated(name.clone()));
        }
        if !tags.is_empty() && percent.is_some() {
            wrong.push(WaveError::Both(name.clone()));
        }
        if let Some(percent) = percent.filter(|percent| !(1..=100).contains(percent)) {
            wrong.push(WaveError::Percent { name: name.clone(), percent });
        }
        for tag in tags.iter().filter(|tag| !known.contains(tag.as_str())) {
            let near = did_you_mean(tag, known.iter().copied()).map(str::to_owned);
            wrong.push(WaveError::Tag { name: name.clone(), tag: tag.clone(), near });
        }
        let (rest, last) = (tags.is_empty() && percent.is_none(), at + 1 == rules.len());
        match (rest, last) {
            (true, false) => wrong.push(WaveError::RestTooEarly(name.clone())),
            (false, true) => wrong.push(WaveError::NoRest(name.clone())),
            (true, true) | (false, false) => {}
        }
    }
    wrong
}

fn is_slug(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The clinics of a rollout in waves, each in exactly one. A wave may be empty; without rules there
/// is one wave. The rules must have passed [`check_waves`]; whatever they leave is in the last wave.
pub fn waves(rules: &[WaveRule], clinics: &[FleetClinic]) -> Vec<Wave> {
    // The draw goes by the id alone, so that it favours nobody and comes out the same every time.
    let mut left: Vec<&FleetClinic> = clinics.iter().collect();
    left.sort_by_cached_key(|clinic| (place(&clinic.id), &clinic.id));
    left.dedup_by_key(|clinic| &clinic.id);
    let all = left.len();
    let Some((last, earlier)) = rules.split_last() else {
        return vec![wave("all", left)];
    };
    let mut waves = Vec::new();
    for WaveRule { name, tags, percent } in earlier {
        let share = percent.map_or(0, |percent| share(all, percent));
        let (mut taken, mut kept) = (Vec::new(), Vec::new());
        for clinic in left {
            let tagged = !tags.is_disjoint(&clinic.tags);
            if tagged || taken.len() < share { taken.push(clinic) } else { kept.push(clinic) }
        }
        waves.push(wave(name, taken));
        left = kept;
    }
    waves.push(wave(&last.name, left));
    waves
}

fn share(all: usize, percent: u32) -> usize {
    let percent = usize::try_from(percent).unwrap_or(usize::MAX);
    all.saturating_mul(percent).div_ceil(100)
}

fn wave(name: &str, clinics: Vec<&FleetClinic>) -> Wave {
    let mut clinics: Vec<String> = clinics.into_iter().map(|clinic| clinic.id.clone()).collect();
    clinics.sort();
    Wave { name: name.to_owned(), clinics }
}
