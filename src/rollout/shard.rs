//! Shards: a fleet cut into parts that machines plan side by side.
//!
//! Which shard a clinic is in follows from its id alone, by a jump consistent hash (Lamping and
//! Veach, 2014): another clinic moves no clinic, one shard more moves as few as can be.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The most parts that a fleet is cut into.
const MOST: u32 = 10_000;

/// One part of a fleet: `3/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u32,
    of: u32,
}

/// A shard as it is asked for: written out, or taken from what a CI system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardChoice {
    /// `3/16`.
    This(Shard),
    /// `auto` or `auto/16`.
    Auto(Option<u32>),
}

/// A shard that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShardError {
    /// Not of the form.
    #[error("`{0}` is not a shard")]
    Form(String),
    /// `auto`, and nothing says which.
    #[error("`auto` finds no shard: {0}")]
    Unknown(&'static str),
    /// `auto`, and what is said cannot be true.
    #[error("`auto` finds no shard: {0}")]
    Contradiction(String),
}

impl ShardError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "R001",
            Self::Unknown(_) => "R002",
            Self::Contradiction(_) => "R003",
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Form(_) => {
                "write INDEX/TOTAL with an index from 1 and at most 10000 shards, such as 3/16; or \
                 auto, or auto/16"
            }
            Self::Unknown(_) => {
                "run in a GitLab job with `parallel: N`, or in an Indexed Job of Kubernetes with \
                 auto/N, or write the shard out: 3/16"
            }
            Self::Contradiction(_) => "write the shard out, such as 3/16, or mend the variables",
        }
    }
}

impl Shard {
    /// Part `index` of `of`, both from 1; `None` where there is no such part.
    pub const fn new(index: u32, of: u32) -> Option<Self> {
        if index >= 1 && index <= of && of <= MOST { Some(Self { index, of }) } else { None }
    }

    /// Which part, from 1.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many parts there are.
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Whether the clinic with this id is in this part.
    pub fn includes(self, clinic: &str) -> bool {
        jump(hash(clinic), self.of) + 1 == self.index
    }

    /// Those of the `of` parts that hold any of the clinics, in order.
    pub fn populated<'a>(of: u32, clinics: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let mut indices: Vec<u32> =
            clinics.into_iter().map(|clinic| jump(hash(clinic), of) + 1).collect();
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().filter_map(|index| Self::new(index, of)).collect()
    }
}

/// Where a clinic stands in everything that is drawn: it depends on its id alone.
pub(super) fn place(clinic: &str) -> [u8; 32] {
    Sha256::digest(clinic.as_bytes()).into()
}

fn hash(clinic: &str) -> u64 {
    place(clinic).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// The bucket of a key, below `buckets`. The division is one of integers, so that every machine
/// finds the same.
fn jump(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (0, 0);
    while next < u64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) << 31) / ((key >> 33) + 1);
    }
    u32::try_from(bucket).unwrap_or(u32::MAX)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, of } = self;
        write!(f, "{index}/{of}")
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        text.split_once('/')
            .and_then(|(index, of)| Self::new(number(index)?, number(of)?))
            .ok_or_else(|| ShardError::Form(text.to_owned()))
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Self, ShardError> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// Digits alone: no sign, no leading zero, so that a shard has one spelling.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

impl FromStr for ShardChoice {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        if text == "auto" {
            return Ok(Self::Auto(None));
        }
        let Some(of) = text.strip_prefix("auto/") else { return text.parse().map(Self::This) };
        let of = number(of).filter(|of| (1..=MOST).contains(of));
        of.map(|of| Self::Auto(Some(of))).ok_or_else(|| ShardError::Form(text.to_owned()))
    }
}

impl ShardChoice {
    /// The shard that is meant. `auto` asks `variable` for `CI_NODE_INDEX` and `CI_NODE_TOTAL`
    /// (GitLab, from 1) and for `JOB_COMPLETION_INDEX` (Kubernetes, from 0, without a total).
    pub fn resolve(self, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, ShardError> {
        let asked = match self {
            Self::This(shard) => return Ok(shard),
            Self::Auto(total) => total,
        };
        let read = |name: &str| match variable(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => number(&text).map(Some).ok_or_else(|| {
                ShardError::Contradiction(format!("{name} is `{text}`, which is no number"))
            }),
        };
        let gitlab = read("CI_NODE_INDEX")?;
        // GitLab sets the total to 1 in jobs that are not parallel, without an index.
        let total = if gitlab.is_some() { read("CI_NODE_TOTAL")? } else { None };
        let index = match (gitlab, read("JOB_COMPLETION_INDEX")?) {
            (Some(_), Some(_)) => {
                let both = "CI_NODE_INDEX and JOB_COMPLETION_INDEX are both set";
                return Err(ShardError::Contradiction(both.to_owned()));
            }
            (Some(index), None) => index,
            (None, Some(index)) => index.saturating_add(1),
            (None, None) => {
                return Err(ShardError::Unknown(
                    "neither CI_NODE_INDEX nor JOB_COMPLETION_INDEX is set",
                ));
            }
        };
        let of = match (asked, total) {
            (Some(asked), Some(total)) if asked != total => {
                let differ = format!("auto/{asked} was asked for, and CI_NODE_TOTAL is {total}");
                return Err(ShardError::Contradiction(differ));
            }
            (Some(of), _) | (None, Some(of)) => of,
            (None, None) => {
                return Err(ShardError::Unknown("nothing says how many shards there are"));
            }
        };
        Shard::new(index, of)
            .ok_or_else(|| ShardError::Contradiction(format!("there is no shard {index} of {of}")))
    }
}
