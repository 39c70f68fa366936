//! Reads Accuro by whichever way a clinic has: over a bridge, or from what somebody captured.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::bridge::{BridgeError, Reader};
use crate::live::{Snapshot, fetch};
use crate::manifest::Worksheet;
use crate::worksheet::{self, DirectoryFile, Expectation, Fault, Kind, MAX_BYTES, Open, Table};

/// The way to read Accuro.
#[derive(Debug)]
pub enum Accuro {
    /// A bridge answers.
    Bridge(Reader),
    /// Somebody reads the screen.
    Worksheet(Files),
}

/// Whose grids are read, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The clinic's id.
    pub clinic: &'a str,
    /// The name of the Accuro instance.
    pub tenant: &'a str,
    /// The users of the manifest.
    pub users: &'a [String],
    /// Now: an old capture says nothing.
    pub now: Timestamp,
}

/// Why nothing of Accuro could be read. What could be read in part is in the snapshot.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The bridge does not list the offices.
    #[error("{0}")]
    Bridge(#[from] BridgeError),
    /// A file of the worksheet cannot be used.
    #[error("{0}")]
    Sheet(#[from] SheetError),
}

/// A file of a worksheet that cannot be used.
#[derive(Debug, Error)]
pub enum SheetError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It has faults, in the order of the file; never none.
    #[error("{}", faults_in_words(.0))]
    Faults(Vec<Fault>),
}

fn faults_in_words(faults: &[Fault]) -> String {
    let Some(Fault { place, message, .. }) = faults.first() else { return String::new() };
    match faults.len() {
        1 => format!("{place}: {message}"),
        count => format!("{} has {count} faults, first {place}: {message}", place.file),
    }
}

impl SheetError {
    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "C013",
            Self::Faults(faults) => faults.first().map_or("X001", |fault| fault.code.as_str()),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::File { .. } => {
                "`accuroform capture --template` writes a sheet to fill in, `accuroform capture \
                 FILE` makes the capture of it; the directory is yours to write (docs/worksheet.md)"
                    .to_owned()
            }
            Self::Faults(faults) => {
                faults.first().map(|fault| fault.hint.clone()).unwrap_or_default()
            }
        }
    }
}

impl ReadError {
    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bridge(error) => error.code(),
            Self::Sheet(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Bridge(error) => error.hint(),
            Self::Sheet(error) => error.hint(),
        }
    }
}

impl Accuro {
    /// Reads the directory and the grids.
    ///
    /// # Errors
    /// Only where nothing is known; a part that could not be read is `Unread` in the snapshot.
    pub async fn read(&self, asked: Asked<'_>) -> Result<Snapshot, ReadError> {
        match self {
            Self::Bridge(reader) => Ok(fetch(reader, asked.users).await?),
            Self::Worksheet(files) => Ok(files.snapshot(asked)?),
        }
    }
}

/// The files of a worksheet.
#[derive(Debug, Clone)]
pub struct Files {
    /// The dated capture.
    pub capture: PathBuf,
    /// The offices and their providers.
    pub directory: PathBuf,
    /// How old the capture may be.
    pub max_age: Duration,
}

impl Files {
    /// The files of a manifest in a folder.
    pub fn of(worksheet: &Worksheet, folder: &Path) -> Self {
        let Worksheet { file, directory, max_age } = worksheet;
        Self { capture: folder.join(file), directory: folder.join(directory), max_age: *max_age }
    }

    fn snapshot(&self, asked: Asked<'_>) -> Result<Snapshot, SheetError> {
        let Asked { clinic, tenant, users, now } = asked;
        let table = read_table(&self.directory, Kind::Directory)?;
        let DirectoryFile { directory, numbered, lines: _ } =
            worksheet::directory(&table).map_err(SheetError::Faults)?;
        if numbered > 0 {
            return Err(SheetError::Faults(vec![worksheet::without_ids(&table, numbered)]));
        }
        let table = read_table(&self.capture, Kind::Grid)?;
        let expected = Expectation { directory: &directory, users };
        let capture = worksheet::open(&table, Open { clinic, tenant, expected })
            .map_err(SheetError::Faults)?;
        let asked = worksheet::Asked { users, now, max_age: self.max_age, file: &table.file };
        Ok(worksheet::snapshot(directory, &capture, asked))
    }
}

/// Reads a file as a sheet; its places show the file's name.
pub fn read_table(path: &Path, kind: Kind) -> Result<Table, SheetError> {
    table_of(path, &read_sheet(path)?, kind)
}

/// Reads the bytes of a sheet, but no more than one may have.
pub fn read_sheet(path: &Path) -> Result<Vec<u8>, SheetError> {
    let failed = |error| SheetError::File { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The sheet in these bytes of a file.
pub fn table_of(path: &Path, bytes: &[u8], kind: Kind) -> Result<Table, SheetError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    worksheet::table(&name, bytes, kind).map_err(|fault| SheetError::Faults(vec![fault]))
}
