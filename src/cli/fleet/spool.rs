//! A bundle while its plans come in, in whatever order: each is written to a file at once and its
//! place is kept, so that memory does not grow with the plans.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::plan::{ClinicPlan, MemberPlan};
use super::shown::unplanned;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::plan::file::Sealed;
use crate::rollout::bundle::{Bundle, BundleError, BundleHeader, BundleWriter, Unplanned, Written};

/// Plans that came in.
pub(in crate::cli) struct Spool {
    file: File,
    end: u64,
    entries: BTreeMap<String, Entry>,
}

enum Entry {
    Planned { offset: u64, length: usize, digest: String },
    Unplanned(Unplanned),
}

impl Spool {
    /// An empty spool; its file has no name and is gone when the program ends.
    pub(in crate::cli) fn new() -> Result<Self, Failure> {
        let file = tempfile::tempfile().map_err(|error| unwritten(&error))?;
        Ok(Self { file, end: 0, entries: BTreeMap::new() })
    }

    /// Adds what planning a clinic gave.
    pub(in crate::cli) fn take(&mut self, member: MemberPlan) -> Result<(), Failure> {
        let MemberPlan { clinic, result } = member;
        match result {
            Ok(ClinicPlan { sealed, .. }) => self.plan(&clinic, sealed),
            Err(failure) => {
                let why = Entry::Unplanned(unplanned(&clinic, &failure));
                self.entries.insert(clinic, why);
                Ok(())
            }
        }
    }

    /// Adds the plan of a clinic.
    fn plan(&mut self, clinic: &str, sealed: Sealed) -> Result<(), Failure> {
        let Sealed { digest, text } = sealed;
        self.file.write_all(text.as_bytes()).map_err(|error| unwritten(&error))?;
        let entry = Entry::Planned { offset: self.end, length: text.len(), digest };
        self.end += text.len() as u64;
        self.entries.insert(clinic.to_owned(), entry);
        Ok(())
    }

    /// Writes the bundle: the clinics in order of their ids.
    pub(in crate::cli) fn bundle(
        mut self,
        header: BundleHeader,
        path: Option<&Path>,
    ) -> Result<SavedBundle, Failure> {
        let folder = path.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let mut target = match (path, folder) {
            (None, _) => NamedTempFile::new(),
            (Some(_), folder) => NamedTempFile::new_in(folder.unwrap_or(Path::new("."))),
        }
        .map_err(|error| unsaved(path, &error))?;
        let mut writer = BundleWriter::new(BufWriter::new(target.as_file_mut()), header)?;
        for (clinic, entry) in std::mem::take(&mut self.entries) {
            match entry {
                Entry::Planned { offset, length, digest } => {
                    let text = self.read(offset, length)?;
                    writer.add_plan(&clinic, &Sealed { digest, text })?;
                }
                Entry::Unplanned(unplanned) => writer.add_unplanned(&unplanned)?,
            }
        }
        let Written { digest, .. } = writer.finish()?;
        target.as_file().sync_all().map_err(|error| unsaved(path, &error))?;
        Ok(match path {
            None => {
                SavedBundle { digest, path: target.path().to_owned(), _temporary: Some(target) }
            }
            Some(path) => {
                target.persist(path).map_err(|error| unsaved(Some(path), &error.error))?;
                SavedBundle { digest, path: path.to_owned(), _temporary: None }
            }
        })
    }

    fn read(&mut self, offset: u64, length: usize) -> Result<String, Failure> {
        let mut bytes = vec![0; length];
        let read = self
            .file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| unwritten(&error));
        read.and_then(|()| {
            String::from_utf8(bytes).map_err(|error| unwritten(&std::io::Error::other(error)))
        })
    }
}

/// A bundle on the disk.
pub(in crate::cli) struct SavedBundle {
    pub(in crate::cli) digest: String,
    pub(in crate::cli) path: PathBuf,
    /// Removes the file at the end, where nobody asked for one.
    _temporary: Option<NamedTempFile>,
}

impl SavedBundle {
    /// Whether the file says that it is a bundle, so that a damaged one is refused as such.
    pub(in crate::cli) fn is_there(path: &Path) -> bool {
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
        let text = String::from_utf8_lossy(&start);
        read.is_ok() && text.starts_with('{') && text.contains("\"accuroform.bundle\"")
    }

    /// Opens it and verifies all of it.
    pub(in crate::cli) fn open(path: &Path) -> Result<Bundle<File>, Failure> {
        let file = File::open(path).map_err(|error| {
            let message = format!("cannot read the bundle {}: {error}", path.display());
            Failure::new(Exit::Error, "B001", message, "save one with `accuroform plan -out FILE`")
        })?;
        Ok(Bundle::verify(file)?)
    }
}

fn unwritten(error: &std::io::Error) -> Failure {
    let message = format!("cannot keep the plans in the folder for temporary files: {error}");
    Failure::new(Exit::Error, "F001", message, "make room there, or set TMPDIR to another folder")
}

fn unsaved(path: Option<&Path>, error: &std::io::Error) -> Failure {
    let Some(path) = path else { return unwritten(error) };
    let message = format!("cannot save the bundle to {}: {error}", path.display());
    Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        Self::new(Exit::Refused, error.code(), error.to_string(), error.hint())
    }
}
