//! A manifest that is to be filled in from what Accuro has: it may name no users yet.

use std::path::Path;

use jiff::tz::TimeZone;

use super::args::SelectArgs;
use super::clinic::{Clinic, faults, print_findings, read_bounded};
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{FleetFile, SelectedFleet, must_not_select, selection};
use super::printer::Printer;
use crate::import::ImportError;
use crate::manifest::{self, Loaded, is_fleet, sections, with_sections};

/// What stands for the users of a manifest that names none yet: the user whom `import` reads.
const USERS: &str = "users: [{profile: ocean, all_offices: true}]\n";

/// A clinic with the text of its own file.
pub(super) struct Draft {
    pub(super) clinic: Clinic,
    pub(super) text: String,
}

/// What is adopted.
pub(super) enum Adopted {
    /// A clinic of no fleet.
    Clinic(Box<Draft>),
    /// The selected clinics of a fleet.
    Fleet(Box<SelectedFleet>),
}

impl Adopted {
    /// Reads and checks a manifest, or a fleet's, and prints what it finds.
    pub(super) fn load(
        path: &Path,
        select: &SelectArgs,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let bytes = read_bounded(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if is_fleet(&bytes) {
            let file = FleetFile::load(path, &bytes, environment, printer)?;
            let fleet = SelectedFleet::new(file, selection(select, environment)?, printer)?;
            return Ok(Self::Fleet(Box::new(fleet)));
        }
        must_not_select(select)?;
        // What is not text is said by its check.
        let text = String::from_utf8(bytes.clone()).unwrap_or_default();
        let filled = Some(&text).filter(|text| !has_section(text, &["users"]));
        let filled = filled.and_then(|text| with_sections(text, &[("users", Some(USERS))]).ok());
        let bytes = filled.map_or(bytes, String::into_bytes);
        let Loaded { source, manifest, findings } = load_text(path, &bytes, environment);
        print_findings(&source, &findings, printer);
        let manifest =
            manifest.ok_or_else(|| Failure::plain(Exit::Error, faults(path, &findings)))?;
        let clinic = Clinic::alone(manifest, source, path, environment);
        Ok(Self::Clinic(Box::new(Draft { clinic, text })))
    }
}

impl Draft {
    /// One of the selected clinics of a fleet.
    pub(super) fn of_fleet(
        fleet: &SelectedFleet,
        at: usize,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let clinic = fleet.clinic(at, environment)?;
        let path = clinic.path().to_owned();
        let bytes = read_bounded(&path).map_err(|error| unreadable(&path, &error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable(&path, "it is not UTF-8"))?;
        Ok(Self { clinic, text })
    }

    /// Whether the file has users of its own.
    pub(super) fn has_users(&self) -> bool {
        has_section(&self.text, &["users"])
    }

    /// Whether the file has users or profiles of its own.
    pub(super) fn has_rules(&self) -> bool {
        has_section(&self.text, &["users", "profiles"])
    }
}

/// Checks a text as the manifest of a clinic.
pub(super) fn load_text(path: &Path, bytes: &[u8], environment: &Environment) -> Loaded {
    let today = environment.clock.now().to_zoned(TimeZone::UTC).date();
    manifest::load(&path.to_string_lossy(), bytes, Some(today))
}

fn has_section(text: &str, keys: &[&str]) -> bool {
    let found = sections(text).unwrap_or_default();
    found.iter().any(|(key, _)| keys.contains(&key.as_str()))
}

fn unreadable(path: &Path, problem: &str) -> Failure {
    let message = format!("cannot read the manifest {}: {problem}", path.display());
    let hint =
        "name a manifest file; `accuroform init --from` writes one for a clinic that is there";
    Failure::new(Exit::Error, "M001", message, hint)
}

/// A clinic cannot be imported.
pub(super) fn not_imported(clinic: &Clinic, error: &ImportError) -> Failure {
    let exit = match error {
        ImportError::Unread { .. } => Exit::Unread,
        ImportError::NoUser(_)
        | ImportError::SeveralUsers { .. }
        | ImportError::InactiveUser(_)
        | ImportError::NothingGranted(_)
        | ImportError::NoOffice => Exit::Error,
    };
    let message = format!("cannot import {}: {error}", clinic.manifest.clinic.id);
    Failure::new(exit, error.code(), message, error.hint())
}
