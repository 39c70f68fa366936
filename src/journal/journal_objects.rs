//! A journal in an object store: one object a run, named after the first record in it, and written
//! anew with each record.
//!
//! Whoever lost the clinic's lock must not fork the chain, so each write names the version that it
//! replaces; and a run that begins first seals the object of the run before it, with an empty line,
//! so that a write of that run's owner which is still under way finds another version. Two that
//! begin at the same record would make an object of the same name, and only one can.

use std::io;

use super::chain::{Checked, check};
use super::error::JournalError;
use super::read::{Reading, read};
use crate::state::{Object, Objects, StateError, Version};

/// How often a journal that somebody else still writes is looked at anew.
const TRIES: u32 = 5;

/// The object of an open journal.
#[derive(Debug)]
pub(super) struct JournalObjects {
    objects: Objects,
    /// `journals/lakeside`
    below: String,
    /// What this run has written; nothing before its first record.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    name: String,
    bytes: Vec<u8>,
    version: Version,
}

/// The id of a clinic is a slug, so the names stay below the state's place.
fn below(clinic: &str) -> String {
    format!("journals/{clinic}")
}

pub(super) fn place(objects: &Objects, clinic: &str) -> String {
    objects.place(&below(clinic))
}

/// Reads the journal of a clinic with every fault of its chain.
pub(super) fn check_in(objects: &Objects, clinic: &str) -> Result<Checked, JournalError> {
    Ok(load(objects, &below(clinic))?.0)
}

fn failed(
    objects: &Objects,
    attempted: &'static str,
    below: &str,
) -> impl Fn(io::Error) -> JournalError {
    let place = objects.place(below);
    move |problem| JournalError::Io { attempted, place: place.clone(), problem }
}

/// The journal, and its last object.
fn load(
    objects: &Objects,
    below: &str,
) -> Result<(Checked, Option<(String, Object)>), JournalError> {
    let failed = failed(objects, "read", below);
    let mut found = objects.get_all(below).map_err(|error| failed(error.into_io()))?;
    let mut text = Vec::new();
    for (_, object) in &found {
        text.extend_from_slice(records(&object.bytes));
    }
    let checked = check(text.as_slice()).map_err(failed)?;
    Ok((checked, found.pop()))
}

/// An object's lines without its seal.
fn records(bytes: &[u8]) -> &[u8] {
    if is_sealed(bytes) { bytes.get(..bytes.len() - 1).unwrap_or_default() } else { bytes }
}

fn is_sealed(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n") || bytes == b"\n"
}

impl JournalObjects {
    /// Opens the journal of a clinic: from here on no earlier run can write into it.
    pub(super) fn open(objects: &Objects, clinic: &str) -> Result<(Self, Reading), JournalError> {
        let below = below(clinic);
        for _ in 0..TRIES {
            let (checked, last) = load(objects, &below)?;
            let reading = read(checked)
                .map_err(|problem| JournalError::unreadable(objects.place(&below), problem))?;
            let is_ours = match last {
                Some((name, object)) => seal(objects, &below, &name, &object)?,
                None => true,
            };
            if is_ours {
                let journal = Self { objects: objects.clone(), below, own: None };
                return Ok((journal, reading));
            }
        }
        Err(JournalError::Locked(objects.place(&below)))
    }

    pub(super) fn place(&self) -> String {
        self.objects.place(&self.below)
    }

    /// Appends a line, the record with this number; when this returns, the store has it.
    pub(super) fn append(&mut self, seq: u64, line: &[u8]) -> io::Result<()> {
        let written = match self.own.take() {
            None => {
                let name = format!("{}/{seq:012}.jsonl", self.below);
                let made = self.objects.create(&name, line);
                made.map(|made| made.map(|version| Own { name, bytes: line.to_vec(), version }))
            }
            Some(Own { name, mut bytes, version }) => {
                bytes.extend_from_slice(line);
                let made = self.objects.replace(&name, &bytes, &version);
                made.map(|made| made.map(|version| Own { name, bytes, version }))
            }
        };
        self.own = written.map_err(StateError::into_io)?;
        if self.own.is_some() {
            return Ok(());
        }
        Err(StateError::Changed.into_io())
    }
}

/// Ends an object for good, and drops half a line at its end; `false`: somebody changed it.
fn seal(objects: &Objects, below: &str, name: &str, object: &Object) -> Result<bool, JournalError> {
    if is_sealed(&object.bytes) {
        return Ok(true);
    }
    let whole = object.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut bytes = object.bytes.get(..whole).unwrap_or_default().to_vec();
    bytes.push(b'\n');
    let sealed = objects.replace(name, &bytes, &object.version);
    let failed = failed(objects, "seal", below);
    Ok(sealed.map_err(|error| failed(error.into_io()))?.is_some())
}
