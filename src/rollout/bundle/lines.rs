//! Lines of bounded length, one at a time.

use std::io::{BufRead, Read};

use super::error::BundleError;
use super::form::LONGEST;

/// Reads the lines of a bundle.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    /// How many whole lines were read.
    pub(super) count: u64,
    /// Where the next line begins.
    pub(super) offset: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: Vec::new(), count: 0, offset: 0 }
    }

    /// The next line with its end; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, BundleError> {
        self.line.clear();
        let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut self.line);
        read.map_err(|problem| BundleError::Io { attempted: "read", problem })?;
        if self.line.is_empty() {
            return Ok(None);
        }
        let length = u64::try_from(self.line.len()).unwrap_or(u64::MAX);
        if !self.line.ends_with(b"\n") {
            if length == LONGEST {
                let problem = "it is longer than 64 MiB".to_owned();
                return Err(BundleError::NotABundle { line: self.count + 1, problem });
            }
            return Err(BundleError::CutOff { line: self.count });
        }
        self.count += 1;
        self.offset += length;
        Ok(Some(&self.line))
    }
}
