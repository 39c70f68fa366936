//! What `capture` says: faults at their cells, and the same as a document for programs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::clinic::Clinic;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::{Files, SheetError, read_sheet, table_of};
use crate::live::{Directory, Providers};
use crate::worksheet::{Capture, Fault, Freshness, Kind, OfficeRows, Table};

/// Why a command over sheets ended: the faults of a file, and what they come to.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) faults: Vec<Fault>,
    pub(super) failure: Failure,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { faults: Vec::new(), failure }
    }
}

impl From<Vec<Fault>> for Refused {
    fn from(faults: Vec<Fault>) -> Self {
        let file = faults.first().map(|fault| fault.place.file.clone()).unwrap_or_default();
        let noun = if faults.len() == 1 { "fault" } else { "faults" };
        let message = format!("{file} has {} {noun}: nothing was written", faults.len());
        Self { faults, failure: Failure::plain(Exit::Error, message) }
    }
}

/// Reads a file, and what it says.
pub(super) fn read(path: &Path, kind: Kind) -> Result<(Vec<u8>, Table), Refused> {
    let read = read_sheet(path).and_then(|bytes| {
        let table = table_of(path, &bytes, kind)?;
        Ok((bytes, table))
    });
    read.map_err(|error| match error {
        SheetError::Faults(faults) => faults.into(),
        SheetError::File { .. } => {
            let hint = "check the path";
            Failure::new(Exit::Error, error.code(), error.to_string(), hint).into()
        }
    })
}

pub(super) fn print_faults(faults: &[Fault], printer: &mut Printer) {
    for fault in faults {
        let Fault { code, severity: _, place, message, hint } = fault;
        printer.line(&format!("{}[{code}]: {place}: {message}", severity(fault)));
        printer.line(&format!("hint: {hint}"));
    }
}

fn severity(fault: &Fault) -> &'static str {
    if fault.is_error() { "error" } else { "warning" }
}

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// A sheet to fill in.
    Template,
    /// A sheet that was filled in becomes the capture.
    Capture,
    /// What the capture is.
    Show,
    /// Questions on a terminal.
    Ask,
}

impl Task {
    const fn key(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Capture => "capture",
            Self::Show => "show",
            Self::Ask => "ask",
        }
    }
}

/// What a command did and found, up to its end.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What is worth a look.
    pub(super) warnings: Vec<Fault>,
    /// The files that were written.
    pub(super) wrote: Vec<PathBuf>,
    held: Option<Held>,
    offices: Vec<Value>,
}

#[derive(Debug)]
struct Held {
    by: String,
    at: Timestamp,
    good_until: Timestamp,
    freshness: Freshness,
    digest: String,
}

impl Account {
    /// Warns in words, and keeps it.
    pub(super) fn warn(&mut self, warnings: Vec<Fault>, printer: &mut Printer) {
        print_faults(&warnings, printer);
        self.warnings.extend(warnings);
    }

    /// Keeps what a capture is.
    pub(super) fn holds(&mut self, capture: &Capture, max_age: Duration, now: Timestamp) {
        self.held = Some(Held {
            by: capture.by.clone(),
            at: capture.at,
            good_until: capture.good_until(max_age),
            freshness: capture.freshness(now, max_age),
            digest: capture.digest(),
        });
    }

    /// Keeps how many rows were read.
    pub(super) fn counted(&mut self, counts: &[OfficeRows], directory: &Directory) {
        let office = |rows: &OfficeRows| {
            let OfficeRows { user, office, read, unread } = rows;
            let found = directory.offices.get(office);
            let reason = match found.map(|office| &office.providers) {
                Some(Providers::Unread(reason)) => Some(reason.as_str()),
                Some(Providers::Read(_)) | None => None,
            };
            json!({
                "user": user,
                "id": office,
                "name": found.map(|office| office.name.as_str()),
                "read": read,
                "unread": unread,
                "reason": reason,
            })
        };
        self.offices = counts.iter().map(office).collect();
    }

    /// The document. What refused the command comes last among the faults where it is not one of a file.
    pub(super) fn document(
        &self,
        (clinic, files): (&Clinic, Option<&Files>),
        task: Task,
        refused: Option<&Refused>,
        exit: Exit,
    ) -> Value {
        let Self { warnings, wrote, held, offices } = self;
        let of_file = |fault: &Fault| {
            let Fault { code, severity: _, place, message, hint } = fault;
            json!({
                "code": code,
                "severity": severity(fault),
                "file": place.file,
                "cell": place.cell(),
                "message": message,
                "hint": hint,
            })
        };
        let mut faults: Vec<Value> = warnings.iter().map(of_file).collect();
        if let Some(Refused { faults: found, failure }) = refused {
            faults.extend(found.iter().map(of_file));
            if found.is_empty() {
                let Failure { code, message, hint, exit: _ } = failure;
                faults.push(json!({
                    "code": code,
                    "severity": "error",
                    "file": null,
                    "cell": null,
                    "message": message,
                    "hint": hint,
                }));
            }
        }
        let held = held.as_ref();
        json!({
            "kind": "accuroform.capture",
            "format_version": "1.0",
            "clinic": clinic.manifest.clinic.id,
            "tenant": clinic.manifest.tenant,
            "task": task.key(),
            "file": files.map(|files| files.capture.display().to_string()),
            "by": held.map(|held| held.by.as_str()),
            "at": held.map(|held| held.at),
            "max_age_seconds": files.map(|files| files.max_age.as_secs()),
            "stale_at": held.map(|held| held.good_until),
            "state": held.map(|held| held.freshness.key()),
            "digest": held.map(|held| held.digest.as_str()),
            "offices": offices,
            "wrote": wrote,
            "faults": faults,
            "exit_code": exit.code(),
        })
    }
}
