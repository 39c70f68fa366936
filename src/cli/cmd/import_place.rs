//! Where an imported manifest is written. Nothing that somebody wrote is overwritten without `--force`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::adopt::Draft;
use crate::cli::clinic::read_bounded;
use crate::cli::cmd::fmt::replace;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Where it is to go.
pub(super) struct Place {
    /// `None`: nowhere, it is printed.
    path: Option<PathBuf>,
    force: bool,
}

/// Where it went.
pub(super) enum Placed {
    /// Nowhere.
    Printed,
    /// The file says the same already.
    Unchanged(PathBuf),
    /// The file.
    Written(PathBuf),
}

impl Place {
    /// For one clinic.
    pub(super) fn of(out: Option<&Path>, force: bool, manifest: &Path) -> Self {
        let path = out.or(Some(manifest).filter(|_| force)).map(Path::to_owned);
        Self { path, force }
    }

    /// For a clinic of a fleet: the place below `out` that its manifest has below the fleet's folder.
    pub(super) fn below(out: Option<&Path>, force: bool, manifest: &Path, fleet: &Path) -> Self {
        let Some(out) = out else { return Self::of(None, force, manifest) };
        let below = manifest.strip_prefix(fleet).ok();
        let name = below.unwrap_or_else(|| Path::new(manifest.file_name().unwrap_or_default()));
        Self { path: Some(out.join(name)), force }
    }

    /// Writes the text.
    pub(super) fn put(self, draft: &Draft, text: &str) -> Result<Placed, Failure> {
        let Self { path, force } = self;
        let Some(path) = path else { return Ok(Placed::Printed) };
        let failed = |error: io::Error| {
            let message = format!("cannot write the manifest {}: {error}", path.display());
            Failure::new(Exit::Error, "F001", message, "choose a folder that is writable")
        };
        if path.symlink_metadata().is_err() {
            create(&path, text).map_err(failed)?;
            return Ok(Placed::Written(path));
        }
        if read_bounded(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(Placed::Unchanged(path));
        }
        // A manifest without users is filled in: nothing of it is lost.
        let fills_in = is_same_file(&path, draft.clinic.path()) && !draft.has_rules();
        if !force && !fills_in {
            let message = format!("{} is there and would be overwritten", path.display());
            let hint = "see what would be written: leave --out out; overwrite it: --force";
            return Err(Failure::new(Exit::Error, "F003", message, hint));
        }
        replace(&path, "manifest", text)?;
        Ok(Placed::Written(path))
    }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn is_same_file(one: &Path, two: &Path) -> bool {
    match (one.canonicalize(), two.canonicalize()) {
        (Ok(one), Ok(two)) => one == two,
        (Err(_), _) | (_, Err(_)) => false,
    }
}
