//! Files as they were at a commit, read with git's plumbing: no hook, filter or pager runs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::exit::Exit;
use super::failure::Failure;

/// A commit of the repository that a folder is in.
pub(super) struct Commit {
    /// Its id.
    pub(super) id: String,
}

impl Commit {
    /// The commit that a name stands for, in the repository of `folder`.
    pub(super) fn find(name: &str, folder: &Path) -> Result<Self, Failure> {
        let is_odd = name.is_empty()
            || name.starts_with('-')
            || name.contains(|c: char| c == ':' || c.is_whitespace() || c.is_control());
        if is_odd {
            return Err(failed(format!("`{name}` is not the name of a commit")));
        }
        let named = format!("{name}^{{commit}}");
        let found = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &named])?;
        match found.map(|id| String::from_utf8_lossy(&id).trim().to_owned()) {
            Some(id) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.len() >= 40 => {
                Ok(Self { id })
            }
            Some(_) | None => {
                Err(failed(format!("the repository of {} has no commit `{name}`", shown(folder))))
            }
        }
    }

    /// A file as it was at this commit; `None` where it was not there.
    pub(super) fn file(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default();
        let broken = || failed(format!("cannot read {} at {}", path.display(), self.id));
        let arguments = ["--literal-pathspecs", "ls-tree", "-z", &self.id, "--"].map(OsStr::new);
        let listed = git(folder, &[&arguments[..], &[name]].concat())?.ok_or_else(broken)?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let Some(entry) = listed.split('\0').find(|entry| !entry.is_empty()) else {
            return Ok(None);
        };
        // `100644 blob 0c3a…\tclinic.yaml`; a link or a folder is no manifest.
        let mut words = entry.split(['\t', ' ']);
        let (mode, kind, object) = (words.next(), words.next(), words.next().unwrap_or_default());
        if !mode.is_some_and(|mode| mode.starts_with("100")) || kind != Some("blob") {
            return Err(failed(format!("{} is no file at {}", path.display(), self.id)));
        }
        git(folder, &["cat-file", "blob", object])?.ok_or_else(broken).map(Some)
    }
}

/// What a command of git prints; `None` where it fails.
fn git<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Result<Option<Vec<u8>>, Failure> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let output = Command::new("git")
        .args(["--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot run git in {}: {error}", shown(folder))))?;
    Ok(output.status.success().then_some(output.stdout))
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

fn failed(message: String) -> Failure {
    Failure::new(
        Exit::Error,
        "U011",
        message,
        "name a commit, branch or tag that is fetched here; git must be installed",
    )
}
