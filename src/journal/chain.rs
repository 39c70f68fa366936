//! Checks the chain of a journal: each record counts up by one and names the digest of the line
//! before it. Every fault is named by its line and the record's number.
//!
//! A chain shows what was changed inside it. It cannot show that its last records are missing, or
//! that everything from some record on was written anew; for that the digest of its head must be
//! kept elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};

use serde::Deserialize;
use thiserror::Error;

use super::record::{Record, VERSION};
use crate::model::sha256;

/// Something wrong with a journal. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A line that is no record.
    #[error("line {line} is not a record: {problem}")]
    NotARecord {
        /// Which line.
        line: usize,
        /// What the parser said.
        problem: String,
    },
    /// A line that ends in the middle of a record.
    #[error("line {line} ends in the middle of a record")]
    Cut {
        /// Which line.
        line: usize,
    },
    /// A newer format.
    #[error("line {line} has format version {version}, this program reads {VERSION}")]
    Version {
        /// Which line.
        line: usize,
        /// What it says.
        version: u32,
    },
    /// The content is not what the next record was bound to.
    #[error("record {seq} at line {line} was edited")]
    Edited {
        /// Which line.
        line: usize,
        /// Which record.
        seq: u64,
    },
    /// Records that are not there.
    #[error("{} missing before line {line}: removed", missing(*from, *to))]
    Removed {
        /// The line that follows the gap.
        line: usize,
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A record at another place than it was written.
    #[error("record {seq} at line {line} was moved there")]
    Moved {
        /// Which line.
        line: usize,
        /// Which record.
        seq: u64,
    },
    /// A record that the chain does not know.
    #[error("record {seq} at line {line} was inserted")]
    Inserted {
        /// Which line.
        line: usize,
        /// What it calls itself.
        seq: u64,
    },
}

fn missing(from: u64, to: u64) -> String {
    if from == to { format!("record {from} is") } else { format!("records {from} to {to} are") }
}

impl Fault {
    /// The line.
    pub const fn line(&self) -> usize {
        match self {
            Self::NotARecord { line, .. }
            | Self::Cut { line }
            | Self::Version { line, .. }
            | Self::Edited { line, .. }
            | Self::Removed { line, .. }
            | Self::Moved { line, .. }
            | Self::Inserted { line, .. } => *line,
        }
    }

    /// The record's number, where the line has one.
    pub const fn seq(&self) -> Option<u64> {
        match self {
            Self::NotARecord { .. } | Self::Cut { .. } | Self::Version { .. } => None,
            Self::Edited { seq, .. } | Self::Moved { seq, .. } | Self::Inserted { seq, .. } => {
                Some(*seq)
            }
            Self::Removed { from, .. } => Some(*from),
        }
    }
}

/// A journal and everything that is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The records that can be read, in the order of the file.
    pub records: Vec<Record>,
    /// What is wrong, in the order of the file.
    pub faults: Vec<Fault>,
    /// Whether the last line has no end, as a crash leaves it.
    pub torn: bool,
    /// How many bytes the whole lines take.
    pub(super) whole: u64,
    /// The digest of each line that is a record.
    pub(super) heads: Vec<String>,
    /// The digest of the last whole line; of nothing if there is none.
    pub head: String,
}

impl Checked {
    /// After how many records the journal's head was this digest, if it ever was.
    pub fn records_at(&self, head: &str) -> Option<usize> {
        if head == sha256(b"") {
            return Some(0);
        }
        self.heads.iter().position(|known| known == head).map(|at| at + 1)
    }
}

/// What the chain says of one line.
struct Link {
    line: usize,
    /// `None`: the line is no record.
    seq: Option<u64>,
    previous: String,
    digest: String,
}

/// Reads a whole journal and checks it. A line without its end is not a record, whatever it holds:
/// its append never returned.
pub fn check(mut input: impl BufRead) -> io::Result<Checked> {
    let mut checked = Checked { head: sha256(b""), ..Checked::default() };
    let mut links = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let Some(content) = line.strip_suffix(b"\n") else {
            checked.torn = true;
            break;
        };
        checked.whole += line.len() as u64;
        checked.head = sha256(content);
        let digest = checked.head.clone();
        match parse(content, number) {
            Ok(record) => {
                let (seq, previous) = (Some(record.seq), record.previous.clone());
                links.push(Link { line: number, seq, previous, digest: digest.clone() });
                checked.heads.push(digest);
                checked.records.push(record);
            }
            Err(fault) => {
                links.push(Link { line: number, seq: None, previous: String::new(), digest });
                checked.faults.push(fault);
            }
        }
    }
    checked.faults.extend(walk(&links));
    checked.faults.sort_by_key(Fault::line);
    checked.faults.dedup();
    Ok(checked)
}

fn parse(content: &[u8], line: usize) -> Result<Record, Fault> {
    /// Read first: the rest of a newer format may look different.
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let fault = |error: serde_json::Error| {
        if error.is_eof() {
            Fault::Cut { line }
        } else {
            Fault::NotARecord { line, problem: error.to_string() }
        }
    };
    let Version { v: version } = serde_json::from_slice(content).map_err(fault)?;
    if !(1..=VERSION).contains(&version) {
        return Err(Fault::Version { line, version });
    }
    serde_json::from_slice(content).map_err(fault)
}

/// Where the walk is: the last record that follows from the ones before it.
struct At {
    line: usize,
    seq: u64,
    digest: String,
    previous: String,
    /// Whether `digest` is that of the record which was there.
    known: bool,
}

/// Follows the chain and names what does not fit.
fn walk(links: &[Link]) -> Vec<Fault> {
    let bound: BTreeSet<&str> = links.iter().map(|link| link.previous.as_str()).collect();
    let start = sha256(b"");
    let mut walk = Walk::over(links, &start);
    let mut at =
        At { line: 0, seq: 0, digest: start.clone(), previous: String::new(), known: true };
    for (index, link) in links.iter().enumerate() {
        let Some(seq) = link.seq else {
            // It was reported as no record; most likely it stands where one was.
            at.known = false;
            continue;
        };
        let here = At {
            line: link.line,
            seq,
            digest: link.digest.clone(),
            previous: link.previous.clone(),
            known: true,
        };
        let follows = link.previous == at.digest;
        let due = at.seq.saturating_add(1);
        if (follows && seq == due) || (!at.known && seq >= at.seq) {
            at = here;
            continue;
        }
        let next = links.get(index + 1);
        // A next line that is no record, or none, says nothing against this one.
        let next_follows =
            |digest: &str| next.is_none_or(|next| next.seq.is_none() || next.previous == digest);
        if next.is_some_and(|next| next.previous == at.digest && next.seq == Some(due)) {
            walk.stray(link, seq);
        } else if follows {
            // Bound to the record before it, so only its number can be wrong.
            walk.faults.push(Fault::Edited { line: here.line, seq: due });
            at = At { seq: due, ..here };
        } else if seq > due && !next_follows(&here.digest) && !walk.is_genuine(link, seq) {
            // Nothing speaks for its number: it is the record that is due, edited.
            walk.faults.push(Fault::Edited { line: here.line, seq: due });
            at = At { seq: due, ..here };
        } else if seq > due {
            walk.gap(here.line, due, seq - 1);
            at = here;
        } else if seq == due {
            // One of the two beside the broken link was changed: the one whose other link is
            // broken too, or else the one whose content the link no longer fits.
            let changed = if at.line == 0 || !next_follows(&here.digest) {
                Fault::Edited { line: here.line, seq }
            } else {
                Fault::Edited { line: at.line, seq: at.seq }
            };
            walk.faults.push(changed);
            at = here;
        } else if seq == at.seq
            && here.previous == at.previous
            && bound.contains(here.digest.as_str())
            && !bound.contains(at.digest.as_str())
        {
            // Two records claim one place, and what follows is bound to this one.
            walk.faults.push(Fault::Inserted { line: at.line, seq: at.seq });
            at = here;
        } else {
            walk.stray(link, seq);
        }
    }
    walk.faults
}

struct Walk<'a> {
    /// The lines and digests of each number.
    places: BTreeMap<u64, Vec<(usize, &'a str)>>,
    faults: Vec<Fault>,
    /// Records that were reported at their new place.
    moved: BTreeSet<u64>,
}

impl<'a> Walk<'a> {
    fn over(links: &'a [Link], start: &'a str) -> Self {
        let mut places = BTreeMap::from([(0, vec![(0, start)])]);
        for link in links {
            if let Some(seq) = link.seq {
                places.entry(seq).or_default().push((link.line, link.digest.as_str()));
            }
        }
        Self { places, faults: Vec::new(), moved: BTreeSet::new() }
    }

    /// Whether the file holds the record that this one is bound to.
    fn is_genuine(&self, link: &Link, seq: u64) -> bool {
        let before = seq.checked_sub(1).and_then(|before| self.places.get(&before));
        before.is_some_and(|known| known.iter().any(|(_, digest)| *digest == link.previous))
    }

    /// A record that does not belong where it is: moved there, unless it is a copy or made up.
    fn stray(&mut self, link: &Link, seq: u64) {
        let is_copy = self.places.get(&seq).is_some_and(|lines| lines.len() > 1);
        if is_copy || !self.is_genuine(link, seq) {
            self.faults.push(Fault::Inserted { line: link.line, seq });
        } else if self.moved.insert(seq) {
            self.faults.push(Fault::Moved { line: link.line, seq });
        }
    }

    /// Numbers that are skipped before `line`: moved if they are elsewhere, else removed.
    fn gap(&mut self, line: usize, from: u64, to: u64) {
        let found: Vec<(u64, usize)> = self
            .places
            .range(from..=to)
            .filter_map(|(seq, lines)| Some((*seq, lines.first()?.0)))
            .collect();
        let mut next = from;
        for (seq, at) in found {
            if seq > next {
                self.faults.push(Fault::Removed { line, from: next, to: seq - 1 });
            }
            if self.moved.insert(seq) {
                self.faults.push(Fault::Moved { line: at, seq });
            }
            next = seq.saturating_add(1);
        }
        if next <= to {
            self.faults.push(Fault::Removed { line, from: next, to });
        }
    }
}
