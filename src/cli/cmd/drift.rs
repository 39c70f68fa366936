//! `drift`: what differs from what was last applied. It is never given a writer, and takes no lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::args::{DriftArgs, DriftFormat};
use crate::cli::clinic::{Clinic, note_findings, print_findings};
use crate::cli::cmd::each::{Said, each_told};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::observed::Observed;
use crate::cli::printer::Printer;
use crate::desired::ignored_rows;
use crate::diagnostic::Diagnostic;
use crate::finding::{Drift, DriftInputs, Kind, drift};
use crate::plan::Plan;
use crate::report::ci::NotRead;
use crate::report::{self, ClinicDrift, DriftReport, Finding};

pub(super) async fn run(
    args: &DriftArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let DriftArgs { manifest, select, json, format, limit, surface: _ } = args;
    let json = *json || *format == Some(DriftFormat::Json);
    let is_markdown = *format == Some(DriftFormat::Markdown);
    let clinic = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(_) if is_markdown => {
            return Err(Failure::new(
                Exit::Error,
                "U005",
                "--format markdown is about one clinic",
                "name it: --clinic ID",
            ));
        }
        Subject::Fleet(fleet) => return all(*fleet, json, environment, printer).await,
    };
    let found = Found::of(&clinic, environment).await?;
    let (report, exit) = (found.report(&clinic), found.exit());
    print_findings(&clinic.source, &found.findings, printer);
    note_findings(&clinic.source, &found.findings, printer);
    if let Some(facts) = printer.facts() {
        facts.drifted(report);
    }
    if json {
        printer.json(&format!("{}\n", report.json(exit.code())));
    } else if is_markdown {
        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
        printer.document(&report.markdown(limit));
    } else {
        printer.result(&report.text());
    }
    for kind in found.kinds() {
        printer.line(&format!("hint[{}]: {}", kind.code(), kind.hint()));
    }
    Ok(exit)
}

/// The drift of every clinic of a fleet.
async fn all(
    fleet: SelectedFleet,
    json: bool,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let id = fleet.file.fleet.id.clone();
    let work = |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| async move {
        let clinic = fleet.clinic(at, &environment)?;
        let found = Found::of(&clinic, &environment).await?;
        let (report, exit) = (found.report(&clinic), found.exit());
        let said = Said { exit, words: report.summary(), document: report.json(exit.code()) };
        let told = Told {
            drift: ClinicDrift::of(report),
            file: clinic.source.file_name().to_owned(),
            findings: report::findings(&clinic.source.files(), &found.findings),
        };
        Ok((said, told))
    };
    // They come in the order in which they are read.
    let mut told: BTreeMap<String, Result<Told, Failure>> = BTreeMap::new();
    let tell = |clinic, one| drop(told.insert(clinic, one));
    let exit =
        each_told(fleet, ("without drift", json), environment, printer, (work, tell)).await?;
    if let Some(facts) = printer.facts() {
        for Told { file, findings, .. } in
            told.values().flatten().filter(|one| !one.findings.is_empty())
        {
            facts.found(file, findings);
        }
        let clinics = told.into_iter().map(|(clinic, one)| {
            let not_read = |Failure { code, message, hint, .. }| NotRead { code, message, hint };
            (clinic, one.map(|told| told.drift).map_err(not_read))
        });
        facts.drifted_fleet(&id, clinics);
    }
    Ok(exit)
}

/// What a CI system is told of one clinic of a fleet.
struct Told {
    drift: ClinicDrift,
    file: String,
    findings: Vec<Finding>,
}

/// What was found at one clinic.
struct Found {
    drift: Drift,
    plan: Plan,
    findings: Vec<Diagnostic>,
}

impl Found {
    async fn of(clinic: &Clinic, environment: &Environment) -> Result<Self, Failure> {
        let Observed { planned, applied } = Observed::of(clinic, environment).await?;
        let mut findings = Vec::new();
        let ignored = ignored_rows(&clinic.manifest, &planned.live.directory, &mut findings);
        for finding in &mut findings {
            clinic.source.locate(finding);
        }
        findings.splice(0..0, planned.plan.findings.iter().cloned());
        let drift = drift(DriftInputs {
            applied: &applied,
            live: &planned.live,
            desired: &planned.desired,
            plan: &planned.plan,
            ignored: &ignored,
            today: clinic.today(environment),
        });
        Ok(Self { drift, plan: planned.plan, findings })
    }

    fn report<'a>(&'a self, clinic: &'a Clinic) -> DriftReport<'a> {
        DriftReport { clinic: &clinic.manifest.clinic.id, drift: &self.drift, plan: &self.plan }
    }

    fn exit(&self) -> Exit {
        if self.plan.errors() > 0 {
            Exit::Error
        } else if !self.plan.is_complete() {
            Exit::Unread
        } else if self.drift.is_found() {
            Exit::Changes
        } else {
            Exit::Done
        }
    }

    /// What there is to say what to do about.
    fn kinds(&self) -> Vec<Kind> {
        let Drift { changed_outside, both, pending, expired, .. } = &self.drift;
        let kinds = [
            (Kind::Unread, self.plan.unread.is_empty()),
            (Kind::ChangedOutside, changed_outside.is_empty()),
            (Kind::ChangedAndPending, both.is_empty()),
            (Kind::Pending, pending.is_empty()),
            (Kind::IgnoreExpired, expired.is_empty()),
        ];
        kinds.into_iter().filter(|(_, none)| !none).map(|(kind, _)| kind).collect()
    }
}
