//! The pipeline that `init --ci` writes: where CI systems read it, which is the root of the repository.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::cli::args::CiSystem;
use crate::cli::cmd::init_files::variable;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

const MANIFEST: &str = "clinic.yaml";

/// The pipeline of the examples for the clinic whose manifest is in `folder`, and its path.
pub(super) fn pipeline(
    ci: CiSystem,
    id: &str,
    folder: &Path,
) -> Result<(PathBuf, String), Failure> {
    let (root, way) = repository(folder).unwrap_or((folder.to_owned(), PathBuf::new()));
    let manifest = way.join(MANIFEST);
    let manifest = manifest.to_str().filter(|path| is_plain(path)).ok_or_else(|| {
        let message =
            format!("a pipeline cannot name {}: it has other characters", manifest.display());
        let hint = "choose a folder of letters, digits, `-`, `_` and `.`, or leave --ci out";
        Failure::new(Exit::Error, "U003", message, hint)
    })?;
    let (path, text) = match ci {
        CiSystem::Github => (
            ".github/workflows/accuroform.yml",
            include_str!("../../../examples/ci/github-actions.yml"),
        ),
        CiSystem::Gitlab => (".gitlab-ci.yml", include_str!("../../../examples/ci/gitlab-ci.yml")),
    };
    let text = text.replace("LAKESIDE", &variable(id)).replace("lakeside", id);
    Ok((root.join(path), text.replace(MANIFEST, manifest)))
}

/// Whether a path means the same in a shell and in YAML, without quotes.
fn is_plain(path: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !path.starts_with('-') && path.chars().all(is_word)
}

/// The root of the repository that a folder is in, or will be, and the way from there to the folder.
fn repository(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let is_there = |path: &&Path| path.as_os_str().is_empty() || path.exists();
    let there = folder.ancestors().find(is_there)?;
    let new = folder.strip_prefix(there).ok()?;
    if new.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    let here = Path::new(".");
    let whole = fs::canonicalize(if there.as_os_str().is_empty() { here } else { there }).ok()?;
    let whole = whole.join(new);
    let root = whole.ancestors().find(|path| path.join(".git").exists())?;
    let way = whole.strip_prefix(root).ok()?.to_owned();
    // Shown as it would be typed, where that is short.
    let shown = fs::canonicalize(here).ok().filter(|current| current == root);
    Some((shown.map_or_else(|| root.to_owned(), |_| PathBuf::new()), way))
}
