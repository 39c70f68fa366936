//! Writes a bundle, a line at a time.

use std::fmt::Write as _;
use std::io::Write;

use sha2::{Digest, Sha256};

use super::error::BundleError;
use super::form::{BundleHeader, Footer, LONGEST, Line, Unplanned};
use crate::plan::file::{KIND as PLAN, Sealed};

/// A bundle that is being written. Without [`BundleWriter::finish`] it has no footer, and no reader
/// takes it.
#[derive(Debug)]
pub struct BundleWriter<W> {
    out: W,
    header: BundleHeader,
    hasher: Sha256,
    last: Option<String>,
    clinics: u64,
    unplanned: u64,
}

/// A bundle that was written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `sha256:` and the digest that stands for the bundle.
    pub digest: String,
    /// How many clinics are in it.
    pub clinics: u64,
    /// How many of them could not be planned.
    pub unplanned: u64,
}

/// Whether a sealed plan is of this clinic, by its first fields: canonical JSON has them in order, and
/// whoever reads the bundle checks all of it.
fn is_plan_of(text: &str, clinic: &str) -> bool {
    let field = format!("\"kind\":\"{PLAN}\",\"plan\":{{\"clinic\":\"{clinic}\",");
    let start = text
        .char_indices()
        .nth(512 + clinic.len())
        .map_or(text, |(at, _)| text.get(..at).unwrap_or_default());
    start.contains(&field)
}

impl<W: Write> BundleWriter<W> {
    /// Begins a bundle: writes its header.
    pub fn new(out: W, header: BundleHeader) -> Result<Self, BundleError> {
        let line = text(&Line::Header(header.clone()))?;
        let mut writer =
            Self { out, header, hasher: Sha256::new(), last: None, clinics: 0, unplanned: 0 };
        writer.put(&line)?;
        Ok(writer)
    }

    /// Adds the plan of a clinic, which comes after those before it.
    pub fn add_plan(&mut self, clinic: &str, sealed: &Sealed) -> Result<(), BundleError> {
        if !is_plan_of(&sealed.text, clinic) {
            return Err(BundleError::clinic(clinic, "the plan is of another clinic, or none"));
        }
        let line = sealed.text.as_bytes();
        self.add_line(clinic, line)
    }

    /// Adds a clinic that could not be planned.
    pub fn add_unplanned(&mut self, unplanned: &Unplanned) -> Result<(), BundleError> {
        let line = text(&Line::Unplanned(unplanned.clone()))?;
        self.add_line(&unplanned.clinic, &line)?;
        self.unplanned += 1;
        Ok(())
    }

    /// Adds the line of a clinic as another bundle has it.
    pub(super) fn add_from(
        &mut self,
        clinic: &str,
        line: &[u8],
        planned: bool,
    ) -> Result<(), BundleError> {
        self.add_line(clinic, line)?;
        self.unplanned += u64::from(!planned);
        Ok(())
    }

    fn add_line(&mut self, clinic: &str, line: &[u8]) -> Result<(), BundleError> {
        if let Some(problem) = self.header.objection(self.last.as_deref(), clinic) {
            return Err(BundleError::clinic(clinic, problem));
        }
        if u64::try_from(line.len()).is_ok_and(|length| length > LONGEST) {
            return Err(BundleError::clinic(clinic, "its plan is over 64 MiB"));
        }
        let end = line.iter().position(|byte| *byte == b'\n');
        if end.map(|end| end + 1) != Some(line.len()) {
            return Err(BundleError::clinic(clinic, "its plan is not one line"));
        }
        self.put(line)?;
        self.last = Some(clinic.to_owned());
        self.clinics += 1;
        Ok(())
    }

    /// Ends the bundle: writes its footer.
    ///
    /// # Errors
    /// Clinics that were selected are missing; the bundle then stays without a footer.
    pub fn finish(mut self) -> Result<Written, BundleError> {
        let Self { clinics, unplanned, .. } = self;
        if !self.header.allows(clinics) {
            let expected = self.header.clinics;
            return Err(BundleError::Incomplete { expected, there: clinics });
        }
        let digest = hex(self.hasher.clone());
        let line = text(&Line::Footer(Footer { clinics, unplanned, digest: digest.clone() }))?;
        self.put(&line)?;
        self.out.flush().map_err(|problem| BundleError::Io { attempted: "write", problem })?;
        Ok(Written { digest, clinics, unplanned })
    }

    fn put(&mut self, line: &[u8]) -> Result<(), BundleError> {
        self.hasher.update(line);
        self.out.write_all(line).map_err(|problem| BundleError::Io { attempted: "write", problem })
    }
}

/// A line with its end.
pub(super) fn text(line: &Line) -> Result<Vec<u8>, BundleError> {
    let mut text = serde_json::to_vec(line)
        .map_err(|problem| BundleError::Io { attempted: "write", problem: problem.into() })?;
    text.push(b'\n');
    Ok(text)
}

/// `sha256:` and the digest.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
