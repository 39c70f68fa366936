//! Programs that nobody here wrote, `tests/readers/install.sh` installs them, and the plan that they
//! read: one row is created, one changes, one goes, and one would prescribe.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::kill_points::say;
use super::program::Ended;

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: Main Street}, {id: 2, name: Walk-in}]
providers:
  - {id: 1042, first: Anita, last: Singh, offices: [1, 2]}
  - {id: 1043, first: Bo, last: Roy, offices: [1]}
  - {id: 1044, first: Kim, last: 'Lee \"K\" <b>', offices: [1]}
users:
  - id: 77
    name: OceanAPILAKESIDE
    grid:
      - {office: 1, provider: 1042, full: [patient]}
      - {office: 1, provider: 1043, full: [patient, inbox]}
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
users:
  - profile: ocean
    management: exact
    offices:
      - id: 1
        providers:
          - {id: 1042}
          - {id: 1044, columns: {prescribe_for: full}, reason: ticket 7}
safety: {max_revocations: 1}
";

/// The row that would prescribe.
pub(crate) const PRESCRIBES: &str = "OceanAPILAKESIDE/Main Street (1)/Lee \"K\" <b>, Kim (1044)";

/// A folder with a clinic and its saved plan, which a limit refuses.
pub(crate) struct Clinic(TempDir);

impl Clinic {
    pub(crate) fn planned() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("world.yaml"), WORLD).unwrap();
        std::fs::write(folder.path().join("clinic.yaml"), MANIFEST).unwrap();
        let clinic = Self(folder);
        clinic.run(&["plan", "-out", "plan.json"], 5);
        clinic
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs the program, which must end so; gives its result.
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> String {
        let ended = self.ended(arguments, &[]);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended.stdout
    }

    pub(crate) fn ended(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        Ended::of(command.envs(environment.iter().copied()).output().unwrap())
    }

    /// The plan in a format, as a file of the folder.
    pub(crate) fn file(&self, format: &str, name: &str) -> PathBuf {
        let text = self.run(&["show", "plan.json", "--format", format], 0);
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// A path of `install.sh`. A plain `cargo test` on a machine without it says by name what is left
/// out; the full size, which CI runs, fails.
pub(crate) fn reader(name: &str, path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ACCUROFORM_READERS")
        .map_or_else(|| PathBuf::from("target/readers"), PathBuf::from);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(path);
    if program.exists() {
        return Some(program);
    }
    missing(name, "tests/readers/install.sh");
    None
}

/// Debian's browser.
pub(crate) fn chromium() -> Option<PathBuf> {
    let program = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .map(|name| Path::new("/usr/bin").join(name))
        .find(|path| path.exists());
    if program.is_none() {
        missing("chromium", "apt-get install chromium");
    }
    program
}

/// Debian's spreadsheet.
pub(crate) fn soffice() -> Option<PathBuf> {
    let program = PathBuf::from("/usr/bin/soffice");
    if !program.exists() {
        missing("soffice", "apt-get install --no-install-recommends libreoffice-calc");
        return None;
    }
    Some(program)
}

fn missing(name: &str, remedy: &str) {
    say(&format!("readers: {name} is skipped, it is not installed ({remedy})"));
}

/// A file of `tests/readers`.
pub(crate) fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(path)
}

/// Runs a reader; gives its output as text.
pub(crate) fn read(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text =
        [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
    (status.code(), text)
}
