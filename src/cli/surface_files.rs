//! The files that CI systems are told in: none of them may be one that the command itself uses, and all
//! are tried before anything is begun.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::args::{Command, PlanCommand};
use super::exit::Exit;
use super::failure::Failure;
use crate::report::ci::SUMMARY_LIMIT;

pub(super) const VARIABLES: &str = "accuroform.env";
pub(super) const TESTS: &str = "accuroform-junit.xml";
pub(super) const WIDGET: &str = "accuroform-plan.json";

/// What GitLab is told in: a folder that is there, in which files can be made.
pub(super) fn gitlab_files(folder: &Path) -> Result<[PathBuf; 3], Failure> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    drop(new_in(folder).map_err(|error| unwritten(folder, &error))?);
    let files = [VARIABLES, TESTS, WIDGET].map(|name| folder.join(name));
    if let Some(path) = files.iter().find(|path| path.is_dir()) {
        return Err(unwritten(path, &io::ErrorKind::IsADirectory.into()));
    }
    Ok(files)
}

/// Refuses a command that would read or write one of these files for itself: one would be lost.
pub(super) fn must_be_apart(command: &Command, told: &[PathBuf]) -> Result<(), Failure> {
    for (at, path) in told.iter().enumerate() {
        if told.iter().skip(at + 1).any(|other| is_same(path, other)) {
            let message =
                format!("the CI system is told two things in one file: {}", path.display());
            let hint = "set GITHUB_OUTPUT and GITHUB_STEP_SUMMARY to files of their own";
            return Err(Failure::new(Exit::Error, "U003", message, hint));
        }
        if let Some(own) = own_files(command).into_iter().find(|own| is_same(path, own)) {
            let message = format!("{} is a file that the CI system is told in", own.display());
            return Err(Failure::new(Exit::Error, "U003", message, "choose another name"));
        }
    }
    Ok(())
}

/// The files that a command was given.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other command tells a CI system anything")]
fn own_files(command: &Command) -> Vec<&PathBuf> {
    match command {
        Command::Plan(args) => match &args.command {
            Some(PlanCommand::Merge(args)) => args.bundles.iter().chain([&args.out]).collect(),
            None => [&args.manifest].into_iter().chain(&args.out).collect(),
        },
        Command::Show(args) => vec![&args.plan],
        Command::Validate(args) => args.manifests.iter().collect(),
        Command::Apply(args) => {
            [&args.input].into_iter().chain(&args.approval).chain(&args.manifest).collect()
        }
        Command::Undo(args) => [&args.manifest].into_iter().chain(&args.out).collect(),
        Command::Verify(args) => vec![&args.manifest],
        Command::Drift(args) => vec![&args.manifest],
        _ => Vec::new(),
    }
}

/// Whether two paths lead to one file. A device, `/dev/null`, takes anything.
fn is_same(one: &Path, other: &Path) -> bool {
    let is_device = fs::metadata(one).is_ok_and(|file| !file.is_file() && !file.is_dir());
    !is_device && resolved(one).is_some_and(|path| Some(path) == resolved(other))
}

fn resolved(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        Some(folder.join(path.file_name()?))
    })
}

/// How many bytes of the step's summary are left.
pub(super) fn room(path: &Path) -> usize {
    let used =
        fs::metadata(path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    // A line break may have to come first.
    SUMMARY_LIMIT.saturating_sub(used).saturating_sub(1)
}

/// Appends to a file of the runner, on a line of its own; an empty text tries whether that would do.
pub(super) fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        if text.is_empty() {
            return Ok(());
        }
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let start = if last == [b'\n'] { "" } else { "\n" };
        file.write_all(format!("{start}{text}").as_bytes())
    };
    write().map_err(|error| unwritten(path, &error))
}

/// Puts a file in place whole, or takes it away.
pub(super) fn replace(path: &Path, text: Option<&str>) -> Result<(), Failure> {
    let put = |text: &str| {
        let mut file = new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    let done = match text {
        Some(text) => put(text),
        None => fs::remove_file(path).or_else(|error| {
            if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
        }),
    };
    done.map_err(|error| unwritten(path, &error))
}

/// A file that the runner's helper, who may be another user, can read: as the umask allows.
fn new_in(folder: &Path) -> io::Result<NamedTempFile> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot tell the CI system: {}: {}", path.display(), reason(error));
    Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
}

/// Why, without the name of a file that only stands in for another.
pub(super) fn reason(error: &io::Error) -> String {
    if error.get_ref().is_some() { error.kind().to_string() } else { error.to_string() }
}
