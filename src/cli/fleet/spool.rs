//! A bundle while its plans come in, in whatever order: each is written as it comes if its turn in the
//! bundle has come, and else to a file beside it, so that memory does not grow with the plans.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::plan::{ClinicPlan, MemberPlan};
use super::shown::unplanned;
use super::subject::{SelectedFleet, header};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::plan::file::Sealed;
use crate::rollout::bundle::{Bundle, BundleError, BundleWriter, Unplanned, Written};

/// Plans that come in.
pub(in crate::cli) struct Spool {
    writer: BundleWriter<BufWriter<File>>,
    target: NamedTempFile,
    path: Option<PathBuf>,
    /// The clinics that are still to be written, the next one last.
    order: Vec<String>,
    waiting: BTreeMap<String, Entry>,
    /// The plans that wait, one after the other.
    file: File,
    end: u64,
}

enum Entry {
    Planned { offset: u64, length: usize, digest: String },
    Unplanned(Unplanned),
}

impl Spool {
    /// An empty bundle of these clinics; without a path it is gone when the program ends.
    pub(in crate::cli) fn new(fleet: &SelectedFleet, path: Option<&Path>) -> Result<Self, Failure> {
        let folder = path.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let target = match (path, folder) {
            (None, _) => NamedTempFile::new(),
            (Some(_), folder) => NamedTempFile::new_in(folder.unwrap_or(Path::new("."))),
        };
        let target = target.map_err(|error| unsaved(path, &error))?;
        let out = target.reopen().map_err(|error| unsaved(path, &error))?;
        Ok(Self {
            writer: BundleWriter::new(BufWriter::new(out), header(fleet))?,
            target,
            path: path.map(Path::to_path_buf),
            order: fleet.members.iter().rev().map(|member| member.id.clone()).collect(),
            waiting: BTreeMap::new(),
            file: tempfile::tempfile().map_err(|error| unwritten(&error))?,
            end: 0,
        })
    }

    /// Adds what planning a clinic gave.
    pub(in crate::cli) fn take(&mut self, member: MemberPlan) -> Result<(), Failure> {
        let MemberPlan { clinic, result } = member;
        let is_next = self.order.last() == Some(&clinic);
        match result {
            Ok(ClinicPlan { sealed, .. }) if is_next => self.writer.add_plan(&clinic, &sealed)?,
            Ok(ClinicPlan { sealed, .. }) => {
                let entry = self.put_aside(sealed)?;
                self.waiting.insert(clinic, entry);
                return Ok(());
            }
            Err(failure) => {
                let why = unplanned(&clinic, &failure);
                if !is_next {
                    self.waiting.insert(clinic, Entry::Unplanned(why));
                    return Ok(());
                }
                self.writer.add_unplanned(&why)?;
            }
        }
        self.order.pop();
        self.catch_up()
    }

    /// Writes those that waited for the one that was just written.
    fn catch_up(&mut self) -> Result<(), Failure> {
        while let Some(clinic) = self.order.last().cloned()
            && let Some(entry) = self.waiting.remove(&clinic)
        {
            match entry {
                Entry::Planned { offset, length, digest } => {
                    let text = self.read(offset, length)?;
                    self.writer.add_plan(&clinic, &Sealed { digest, text })?;
                }
                Entry::Unplanned(why) => self.writer.add_unplanned(&why)?,
            }
            self.order.pop();
        }
        Ok(())
    }

    fn put_aside(&mut self, sealed: Sealed) -> Result<Entry, Failure> {
        let Sealed { digest, text } = sealed;
        let offset = self.end;
        let written = self.file.seek(SeekFrom::Start(offset));
        written
            .and_then(|_| self.file.write_all(text.as_bytes()))
            .map_err(|error| unwritten(&error))?;
        self.end += text.len() as u64;
        Ok(Entry::Planned { offset, length: text.len(), digest })
    }

    /// Ends the bundle.
    pub(in crate::cli) fn bundle(self) -> Result<SavedBundle, Failure> {
        let Self { writer, target, path, .. } = self;
        let Written { digest, .. } = writer.finish()?;
        let path = path.as_deref();
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
