//! `fmt`: manifests in their canonical form.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use similar::TextDiff;

use crate::cli::args::FmtArgs;
use crate::cli::clinic::read_bounded;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::{FormatError, MAX_BYTES, format, masked};
use crate::report::escape;

pub(super) fn run(args: &FmtArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let FmtArgs { manifests, check, diff } = args;
    let mut exit = Exit::Done;
    for path in manifests {
        let text = read(path)?;
        let formatted = match format(&text) {
            Ok(formatted) => formatted,
            // The other files are worth a look too.
            Err(error) => {
                printer.failure(&not_formatted(path, error));
                exit = Exit::Error;
                continue;
            }
        };
        if formatted == text {
            continue;
        }
        printer.result(&format!("{}\n", escape(&path.to_string_lossy())));
        if *diff {
            printer.result(&difference(path, &text, &formatted));
        }
        if !check {
            replace(path, "manifest", &formatted)?;
        } else if exit == Exit::Done {
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |problem: String| {
        let message = format!("cannot read the manifest {}: {problem}", path.display());
        Failure::new(Exit::Error, "M001", message, "name a manifest file")
    };
    let bytes = read_bounded(path).map_err(|error| failed(error.to_string()))?;
    if bytes.len() > MAX_BYTES {
        return Err(failed(format!("it has more than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))
}

fn not_formatted(path: &Path, error: FormatError) -> Failure {
    let message = format!("cannot format {}: {error}", path.display());
    Failure::new(Exit::Error, error.code(), message, error.hint())
}

/// Puts a new file in the place of the one that a path leads to, with its permissions, so that a
/// reader sees one or the other.
pub(super) fn replace(path: &Path, what: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let real = path.canonicalize()?;
        let mut file = tempfile::NamedTempFile::new_in(real.parent().unwrap_or(Path::new(".")))?;
        file.write_all(bytes.as_ref())?;
        file.as_file().set_permissions(fs::metadata(&real)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&real).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| {
        let message = format!("cannot write the {what} {}: {error}", path.display());
        Failure::new(Exit::Error, "F001", message, "make its folder writable")
    })
}

/// What changes. A secret that was written into the file is shown to nobody.
fn difference(path: &Path, before: &str, after: &str) -> String {
    let name = path.display().to_string();
    let (before, after) = (masked(before), masked(after));
    TextDiff::from_lines(before.as_str(), after.as_str())
        .unified_diff()
        .context_radius(3)
        .header(&name, &name)
        .to_string()
}
