//! Named contents in a folder: written beside their place, flushed and renamed.
#![expect(clippy::disallowed_methods, reason = "owns the files of the state folder")]

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::StateError;
use super::folder::{flush, make_private};

type Result<T> = std::result::Result<T, StateError>;

fn failed(attempted: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let place = path.display().to_string();
    move |problem| StateError::Io { attempted, place, problem: problem.to_string() }
}

pub(super) fn get(folder: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = folder.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(problem) if is_absent(&problem) => Ok(None),
        Err(problem) => Err(failed("read", &path)(problem)),
    }
}

pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    beside(&path, |file| file.write_all(bytes))
        .and_then(|file| replace(file, &path))
        .map_err(failed("write", &path))
}

pub(super) fn create(folder: &Path, name: &str, bytes: &[u8]) -> Result<bool> {
    let path = folder.join(name);
    let write = || {
        let file = beside(&path, |file| file.write_all(bytes))?;
        match file.persist_noclobber(&path) {
            Ok(_) => flush(parent(&path)).map(|()| true),
            Err(problem) if problem.error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(problem) => Err(problem.error),
        }
    };
    write().map_err(failed("create", &path))
}

pub(super) fn put_file(folder: &Path, name: &str, from: &Path) -> Result<()> {
    let path = folder.join(name);
    let mut source = File::open(from).map_err(failed("read", from))?;
    beside(&path, |file| io::copy(&mut source, file).map(drop))
        .and_then(|file| replace(file, &path))
        .map_err(failed("write", &path))
}

pub(super) fn get_file(folder: &Path, name: &str, to: &Path) -> Result<bool> {
    let path = folder.join(name);
    let mut source = match File::open(&path) {
        Ok(source) if source.metadata().is_ok_and(|data| data.is_file()) => source,
        Ok(_) => return Ok(false),
        Err(problem) if is_absent(&problem) => return Ok(false),
        Err(problem) => return Err(failed("read", &path)(problem)),
    };
    temporary(to)
        .and_then(|mut file| {
            io::copy(&mut source, &mut file)?;
            replace(file, to)
        })
        .map_err(failed("write", to))?;
    Ok(true)
}

pub(super) fn list(folder: &Path, prefix: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut open: Vec<(PathBuf, String)> = vec![(folder.join(prefix), prefix.to_owned())];
    while let Some((path, name)) = open.pop() {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(problem) if is_absent(&problem) => continue,
            Err(problem) => return Err(failed("list", &path)(problem)),
        };
        for entry in entries {
            let entry = entry.map_err(failed("list", &path))?;
            let own = entry.file_name().to_string_lossy().into_owned();
            if own.starts_with('.') {
                continue;
            }
            let full = if name.is_empty() { own } else { format!("{name}/{own}") };
            if entry.file_type().map_err(failed("list", &path))?.is_dir() {
                open.push((entry.path(), full));
            } else {
                names.push(full);
            }
        }
    }
    names.sort();
    Ok(names)
}

fn is_absent(problem: &io::Error) -> bool {
    use ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(problem.kind(), NotFound | NotADirectory | IsADirectory)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file of mode 0600 in the folder of `path`; it is removed unless it is renamed.
pub(super) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(parent(path))
}

/// Writes a file that can be renamed to `path`.
fn beside(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    make_private(parent(path))?;
    let mut file = temporary(path)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Puts a written file in its place, whole and on the disk.
pub(super) fn replace(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|problem| problem.error)?;
    flush(parent(path))
}
