//! The commit that is checked out where a manifest is, read from the repository's files: a program
//! `git` may not be there, and running what a folder names would be a risk.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// More than any file that is read here but `packed-refs` of a very large repository.
const MAX_BYTES: u64 = 16 << 20;
/// A reference may name another one; more in a row are a mistake.
const MAX_HOPS: usize = 5;

/// The commit that is checked out in the repository that `folder` is in, if it is in one.
pub(super) fn commit(folder: &Path) -> Option<String> {
    // An empty path is the folder that we are in.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize().ok()?;
    let repository = folder.ancestors().find_map(repository)?;
    // A work tree of its own keeps its HEAD; the branches are those of the main one.
    let common = read(&repository.join("commondir"))
        .map_or_else(|| repository.clone(), |path| repository.join(path.trim_end()));
    let mut content = read(&repository.join("HEAD"))?;
    for _ in 0..MAX_HOPS {
        let Some(reference) = content.trim().strip_prefix("ref:").map(str::trim) else {
            return is_commit(content.trim()).then(|| content.trim().to_owned());
        };
        if reference.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return None;
        }
        content = read(&repository.join(reference))
            .or_else(|| read(&common.join(reference)))
            .or_else(|| packed(&common, reference))?;
    }
    None
}

/// The folder that holds the repository of this folder: `.git`, or what a file `.git` names.
fn repository(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return git.join("HEAD").exists().then_some(git);
    }
    let named = read(&git)?;
    Some(folder.join(named.strip_prefix("gitdir:")?.trim()))
}

/// The commit of a reference in `packed-refs`.
fn packed(common: &Path, reference: &str) -> Option<String> {
    read(&common.join("packed-refs"))?.lines().find_map(|line| {
        let (commit, name) = line.split_once(' ')?;
        (name == reference).then(|| commit.to_owned())
    })
}

/// A SHA-1 or SHA-256 in hexadecimal digits.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "test code")]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "0c3ac34e21f09a1b2c3d4e5f60718293a4b5c6d7";
    const TWO: &str = "8373daa400000000000000000000000000000000";

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_commit_is_found_loose_packed_detached_and_from_a_work_tree() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let clinics = root.join("repo/clinics/lakeside");
        fs::create_dir_all(&clinics).unwrap();
        write(root, "repo/.git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit(&clinics), None, "a branch without a commit");

        write(
            root,
            "repo/.git/packed-refs",
            &format!("# pack-refs with: peeled\n{TWO} refs/heads/main\n^{ONE}\n"),
        );
        assert_eq!(commit(&clinics).as_deref(), Some(TWO));
        write(root, "repo/.git/refs/heads/main", &format!("{ONE}\n"));
        assert_eq!(commit(&clinics).as_deref(), Some(ONE), "a loose reference wins");
        write(root, "repo/.git/HEAD", &format!("{TWO}\n"));
        assert_eq!(commit(&clinics).as_deref(), Some(TWO), "detached");

        write(root, "repo/.git/worktrees/w/HEAD", "ref: refs/heads/main\n");
        write(root, "repo/.git/worktrees/w/commondir", "../..\n");
        write(root, "tree/.git", "gitdir: ../repo/.git/worktrees/w\n");
        assert_eq!(commit(&root.join("tree")).as_deref(), Some(ONE), "a work tree");
    }

    #[test]
    fn what_is_no_commit_is_not_taken_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for head in ["", "nonsense", "ref: ../../secret", "ref: refs/heads/.invalid", "ref: HEAD"] {
            write(root, ".git/HEAD", head);
            assert_eq!(commit(root), None, "{head}");
        }
    }
}
