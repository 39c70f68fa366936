//! Reads a bundle: all of it is verified before any of it is given.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::error::BundleError;
use super::form::{BundleHeader, Footer, Line, Parsed, Unplanned, parse};
use super::lines::Lines;
use super::write::{hex, text};
use crate::plan::{Plan, Refusal, file};

/// A verified bundle. It keeps where each clinic's line is, and reads the line when it is asked for.
#[derive(Debug)]
pub struct Bundle<R> {
    reader: R,
    header: BundleHeader,
    footer: Footer,
    places: BTreeMap<String, Place>,
}

/// Where a clinic's line is, and what it was when the bundle was verified.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: usize,
    digest: [u8; 32],
    planned: bool,
}

/// What a bundle has of a clinic.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Its plan.
    Planned {
        /// The plan.
        plan: Box<Plan>,
        /// The plan's own digest.
        digest: String,
        /// The limits that it broke when it was made.
        refusals: Vec<Refusal>,
    },
    /// It could not be planned.
    Unplanned(Unplanned),
}

impl<R: Read + Seek> Bundle<R> {
    /// Reads a bundle from its first byte to its last and refuses anything that was not written so:
    /// cut off, changed, continued, out of order, not all there. It holds one line at a time.
    pub fn verify(mut reader: R) -> Result<Self, BundleError> {
        reader.seek(SeekFrom::Start(0)).map_err(unread)?;
        let mut lines = Lines::new(BufReader::new(&mut reader));
        let mut hasher = Sha256::new();
        let header = header(&mut lines, &mut hasher)?;
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        let mut unplanned = 0;
        let footer = loop {
            let (offset, count) = (lines.offset, lines.count);
            let Some(line) = lines.next()? else { return Err(BundleError::CutOff { line: count }) };
            let (clinic, planned) = match parsed(line, count + 1)? {
                Parsed::Plan(clinic) => (clinic, true),
                Parsed::Unplanned(Unplanned { clinic, .. }) => (clinic, false),
                Parsed::Footer(footer) => {
                    // The footer is not in the digest, so it has one spelling.
                    if text(&Line::Footer(footer.clone()))? != line {
                        return Err(BundleError::changed("its last line has another form"));
                    }
                    break footer;
                }
                Parsed::Header(_) | Parsed::Foreign(_) => {
                    let problem = "a second header".to_owned();
                    return Err(BundleError::NotABundle { line: count + 1, problem });
                }
            };
            let last = places.last_key_value().map(|(last, _)| last.as_str());
            if let Some(problem) = header.objection(last, &clinic) {
                return Err(BundleError::clinic(&clinic, problem));
            }
            hasher.update(line);
            let digest = Sha256::digest(line).into();
            places.insert(clinic, Place { offset, length: line.len(), digest, planned });
            unplanned += u64::from(!planned);
        };
        if lines.next()?.is_some() {
            return Err(BundleError::changed("something follows its last line"));
        }
        let actual = Footer {
            clinics: u64::try_from(places.len()).unwrap_or(u64::MAX),
            unplanned,
            digest: hex(hasher),
        };
        if footer != actual {
            let Footer { clinics, unplanned, digest } = actual;
            return Err(BundleError::changed(format!(
                "it says digest {} and {} clinics ({} not planned), but its content has {digest} \
                 and {clinics} ({unplanned})",
                footer.digest, footer.clinics, footer.unplanned
            )));
        }
        if !header.allows(footer.clinics) {
            let (expected, there) = (header.clinics, footer.clinics);
            return Err(BundleError::Incomplete { expected, there });
        }
        Ok(Self { reader, header, footer, places })
    }

    /// The header.
    pub const fn header(&self) -> &BundleHeader {
        &self.header
    }

    /// The digest that stands for the bundle.
    pub fn digest(&self) -> &str {
        &self.footer.digest
    }

    /// How many of its clinics could not be planned.
    pub const fn unplanned(&self) -> u64 {
        self.footer.unplanned
    }

    /// Its clinics in order, each with whether it is planned.
    pub fn clinics(&self) -> impl Iterator<Item = (&str, bool)> {
        self.places.iter().map(|(clinic, place)| (clinic.as_str(), place.planned))
    }

    /// What it has of a clinic; `None`: it has no such clinic. A plan is opened anew each time.
    pub fn entry(&mut self, clinic: &str) -> Result<Option<Entry>, BundleError> {
        let Some(line) = self.line(clinic)? else { return Ok(None) };
        // It was verified, so it is JSON and with that UTF-8.
        let line = String::from_utf8(line).map_err(|_| moved(clinic))?;
        let planned = self.places.get(clinic).is_some_and(|place| place.planned);
        if !planned {
            return match parse(line.as_bytes()) {
                Ok(Parsed::Unplanned(unplanned)) => Ok(Some(Entry::Unplanned(unplanned))),
                Ok(_) | Err(_) => Err(moved(clinic)),
            };
        }
        let file::Opened { plan, digest, refusals } = file::open_whole(&line)
            .map_err(|problem| BundleError::Plan { clinic: clinic.to_owned(), problem })?;
        Ok(Some(Entry::Planned { plan: Box::new(plan), digest, refusals }))
    }

    /// The plan of a clinic as a file of its own; `None`: it has no plan of such a clinic.
    pub fn text(&mut self, clinic: &str) -> Result<Option<String>, BundleError> {
        if !self.places.get(clinic).is_some_and(|place| place.planned) {
            return Ok(None);
        }
        let line = self.line(clinic)?;
        line.map(|line| String::from_utf8(line).map_err(|_| moved(clinic))).transpose()
    }

    /// The entries in order of the clinics' ids, each read when it is asked for.
    pub fn entries(&mut self) -> impl Iterator<Item = (String, Result<Entry, BundleError>)> {
        let clinics: Vec<String> = self.places.keys().cloned().collect();
        clinics.into_iter().map(|clinic| {
            let entry = self.entry(&clinic).and_then(|entry| entry.ok_or_else(|| moved(&clinic)));
            (clinic, entry)
        })
    }

    /// A clinic's line with its end, byte for byte as it was verified.
    pub(super) fn line(&mut self, clinic: &str) -> Result<Option<Vec<u8>>, BundleError> {
        let Some(place) = self.places.get(clinic) else { return Ok(None) };
        self.reader.seek(SeekFrom::Start(place.offset)).map_err(unread)?;
        let mut line = vec![0; place.length];
        self.reader.read_exact(&mut line).map_err(unread)?;
        // The file may have been written to since it was verified.
        let digest: [u8; 32] = Sha256::digest(&line).into();
        if digest == place.digest { Ok(Some(line)) } else { Err(moved(clinic)) }
    }
}

fn header<R: std::io::BufRead>(
    lines: &mut Lines<R>,
    hasher: &mut Sha256,
) -> Result<BundleHeader, BundleError> {
    let not = |problem: &str| BundleError::NotABundle { line: 1, problem: problem.to_owned() };
    let Some(line) = lines.next()? else { return Err(not("it is empty")) };
    hasher.update(line);
    match parsed(line, 1)? {
        Parsed::Header(header) => Ok(header),
        Parsed::Foreign(version) => Err(BundleError::Format(version)),
        Parsed::Plan(_) => Err(not("it is the plan of one clinic")),
        Parsed::Unplanned(_) | Parsed::Footer(_) => Err(not("there is no header")),
    }
}

fn parsed(line: &[u8], at: u64) -> Result<Parsed, BundleError> {
    parse(line)
        .map_err(|problem| BundleError::NotABundle { line: at, problem: problem.to_string() })
}

fn unread(problem: std::io::Error) -> BundleError {
    BundleError::Io { attempted: "read", problem }
}

pub(super) fn moved(clinic: &str) -> BundleError {
    BundleError::changed(format!("the line of {clinic} is not the one that was verified"))
}
