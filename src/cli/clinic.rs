//! One clinic from its manifest file to a plan: the way that plan, apply and verify share.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::env::Environment;
use super::events;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::FleetFile;
use super::printer::Printer;
use super::targets;
use crate::approval::{Demand, TrustedKey};
use crate::bridge::Traffic;
use crate::connection::{Accuro, Asked, Opened, open};
use crate::desired::{Desired, desired};
use crate::diagnostic::{Diagnostic, Severity};
use crate::live::Snapshot;
use crate::manifest::{self, ApprovalKey, Approvals, Loaded, MAX_BYTES, Manifest, Safety, Source};
use crate::model::{Clock, StateUrl};
use crate::plan::file::{Sealed, seal};
use crate::plan::{self, Inputs, ManifestRef, Plan, Policy, Recorded, Refusal, Targets};
use crate::report;
use crate::state::{State, StateError};

/// A clinic whose manifest is sound.
pub(super) struct Clinic {
    pub(super) manifest: Manifest,
    pub(super) source: Source,
    path: PathBuf,
    /// The fleet manifest whose defaults it inherits.
    pub(super) fleet: Option<PathBuf>,
    /// What its connections share with those of other clinics.
    traffic: Arc<Traffic>,
    state: Result<State, StateError>,
    /// By which the age of a capture is judged.
    clock: Clock,
}

/// What a clinic's plan was made from, and the plan.
pub(super) struct Planned {
    pub(super) live: Snapshot,
    pub(super) desired: Desired,
    pub(super) plan: Plan,
    pub(super) refusals: Vec<Refusal>,
}

impl Planned {
    /// The plan's file and digest.
    pub(super) fn seal(&self) -> Result<Sealed, Failure> {
        Ok(seal(&self.plan, &self.refusals)?)
    }
}

/// What is planned.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// What the manifest wants.
    Manifest,
    /// That what a run wrote is taken back.
    Undo(&'a Recorded),
}

/// Which part of the clinic is planned.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// As it was typed.
    Typed { only: &'a [String], except: &'a [String] },
    /// As a saved plan has it.
    Saved(&'a Targets),
}

impl Scope<'_> {
    /// Everything.
    pub(super) const ALL: Self = Self::Typed { only: &[], except: &[] };
}

/// Reads a file, but no more than a manifest may have.
pub(super) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads and checks a manifest file; whatever it finds is the caller's to print.
pub(super) fn load(path: &Path, environment: &Environment) -> Result<Loaded, Failure> {
    let bytes = read_bounded(path).map_err(|error| {
        Failure::new(
            Exit::Error,
            "M001",
            format!("cannot read the manifest {}: {error}", path.display()),
            "name a manifest file; `accuroform init` writes one to start from",
        )
    })?;
    let today = environment.clock.now().to_zoned(TimeZone::UTC).date();
    Ok(manifest::load(&path.to_string_lossy(), &bytes, Some(today)))
}

impl Clinic {
    /// Reads and checks a manifest file and prints what it finds.
    pub(super) fn load(
        path: &Path,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let Loaded { source, manifest, findings } = load(path, environment)?;
        print_findings(&source, &findings, printer);
        note_findings(&source, &findings, printer);
        match manifest {
            Some(manifest) => Ok(Self::alone(manifest, source, path, environment)),
            None => Err(Failure::plain(Exit::Error, faults(path, &findings))),
        }
    }

    /// A clinic of no fleet.
    pub(super) fn alone(
        manifest: Manifest,
        source: Source,
        path: &Path,
        environment: &Environment,
    ) -> Self {
        let state = state_of(path, manifest.state.as_ref(), environment);
        let (path, clock) = (path.to_owned(), environment.clock);
        Self { manifest, source, path, fleet: None, traffic: Arc::default(), state, clock }
    }

    /// A clinic whose manifest inherits from a fleet's.
    pub(super) fn of_fleet(
        manifest: Manifest,
        source: Source,
        path: PathBuf,
        fleet: &FleetFile,
        environment: &Environment,
    ) -> Self {
        let state = match &manifest.state {
            // Opened once for all clinics.
            Some(url) if fleet.fleet.state.as_ref() == Some(url) => fleet.state.clone(),
            url => state_of(&path, url.as_ref(), environment),
        };
        let (traffic, fleet) = (Arc::clone(&fleet.traffic), Some(fleet.path.clone()));
        Self { manifest, source, path, fleet, traffic, state, clock: environment.clock }
    }

    /// The path of the manifest.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the manifest.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Where the journal and the lock are. What reads the clinic alone does not need it.
    pub(super) fn state(&self) -> Result<State, Failure> {
        Ok(self.state.clone()?)
    }

    /// Opens the connections.
    pub(super) async fn connect(&self, environment: &Environment) -> Result<Opened, Failure> {
        let surroundings = environment.surroundings(self.folder());
        Ok(open(&self.manifest.connections, &surroundings, &self.traffic).await?)
    }

    /// The date at the clinic.
    pub(super) fn today(&self, environment: &Environment) -> Date {
        let zone = TimeZone::get(&self.manifest.clinic.timezone).unwrap_or(TimeZone::UTC);
        environment.clock.now().to_zoned(zone).date()
    }

    /// The limits of one apply.
    pub(super) fn policy(&self, desired: &Desired) -> Policy {
        let Safety {
            max_revoked_rows_percent,
            max_revocations,
            max_revocations_per_office,
            max_changed_rows_percent,
            protected_columns,
            protected_providers: _, // resolved in `desired`
            protected_offices: _,
            own_user,
            allow_empty,
            four_eyes: _, // no limit: see `attest`
            approvals: _, // no limit: see `demand`
        } = &self.manifest.safety;
        Policy {
            max_revoked_rows_percent: *max_revoked_rows_percent,
            max_revocations: *max_revocations,
            max_revocations_per_office: *max_revocations_per_office,
            max_changed_rows_percent: *max_changed_rows_percent,
            protected_columns: protected_columns.clone(),
            protected: desired.protected.clone(),
            own_user: own_user.clone(),
            allow_empty: *allow_empty,
        }
    }

    /// The signed approvals that a plan of this clinic needs.
    pub(super) fn demand(&self) -> Option<Demand> {
        let Approvals { keys, required, not_the_planner } =
            self.manifest.safety.approvals.as_ref()?;
        let trusted =
            |ApprovalKey { name, key }: &ApprovalKey| TrustedKey { name: name.clone(), key: *key };
        Some(Demand {
            keys: keys.iter().map(trusted).collect(),
            required: *required,
            not_the_planner: *not_the_planner,
        })
    }

    /// What another manifest of this clinic would change in a live state that was read.
    pub(super) fn plan_of(&self, other: &Manifest, live: &Snapshot, targets: &Targets) -> Plan {
        let desired = desired(other, live);
        plan::plan(Inputs {
            clinic: &self.manifest.clinic.id,
            tenant: &self.manifest.tenant,
            site: &self.manifest.ocean.site,
            manifest: &ManifestRef::default(),
            desired: &desired,
            live,
            targets,
        })
    }

    /// The users whose grids are managed.
    pub(super) fn users(&self) -> Vec<String> {
        self.manifest.users.iter().map(|user| user.name.clone()).collect()
    }

    /// Reads the directory and the grids of these users.
    pub(super) async fn read(
        &self,
        accuro: &Accuro,
        users: &[String],
    ) -> Result<Snapshot, Failure> {
        let (clinic, tenant) = (&self.manifest.clinic.id, &self.manifest.tenant);
        Ok(accuro.read(Asked { clinic, tenant, users, now: self.clock.now() }).await?)
    }

    /// Reads the clinic and plans it.
    pub(super) async fn plan(
        &self,
        accuro: &Accuro,
        purpose: Purpose<'_>,
        scope: Scope<'_>,
    ) -> Result<Planned, Failure> {
        let live = self.read(accuro, &self.users()).await?;
        let targets = match scope {
            Scope::Typed { only, except } => targets::resolve(only, except, &live.directory)?,
            Scope::Saved(targets) => targets.clone(),
        };
        let mut desired = desired(&self.manifest, &live);
        for finding in &mut desired.findings {
            self.source.locate(finding);
        }
        let inputs = Inputs {
            clinic: &self.manifest.clinic.id,
            tenant: &self.manifest.tenant,
            site: &self.manifest.ocean.site,
            manifest: &ManifestRef {
                path: self.path.to_string_lossy().into_owned(),
                fleet: self.fleet.as_ref().map(|path| path.to_string_lossy().into_owned()),
                digest: self.source.digest().to_owned(),
            },
            desired: &desired,
            live: &live,
            targets: &targets,
        };
        let (plan, violations) = match purpose {
            Purpose::Manifest => {
                let plan = plan::plan(inputs);
                let violations = plan::check_against(&plan, &desired, &live);
                (plan, violations)
            }
            Purpose::Undo(recorded) => {
                let plan = plan::undo_plan(inputs, recorded);
                let violations = plan::check_undo(&plan, recorded, &desired, &live);
                (plan, violations)
            }
        };
        if let Some(violation) = violations.into_iter().next() {
            return Err(Failure::new(
                Exit::Refused,
                "P016",
                format!("the plan is not sound: {violation}"),
                "report this as a defect; nothing was written",
            ));
        }
        let refusals = plan::refusals(&plan, &self.policy(&desired));
        Ok(Planned { live, desired, plan, refusals })
    }
}

/// Where the state of a manifest is: at its URL, or in the folder beside it.
pub(super) fn state_of(
    manifest: &Path,
    url: Option<&StateUrl>,
    environment: &Environment,
) -> Result<State, StateError> {
    let base = folder_of(manifest).join(".accuroform");
    let url = url.map(ToString::to_string);
    State::open(url.as_deref(), &base, environment.variables())
}

fn folder_of(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(Path::new(""))
}

/// Prints findings with their lines of the manifest.
pub(super) fn print_findings(source: &Source, findings: &[Diagnostic], printer: &mut Printer) {
    if !findings.is_empty() {
        let colour = printer.colour_err();
        printer.styled(&report::render(&source.files(), findings, colour));
        let told = || report::findings(&source.files(), findings).into_iter().map(events::finding);
        printer.tell(told);
    }
}

/// Notes what a manifest has, for the CI system that is told.
pub(super) fn note_findings(source: &Source, findings: &[Diagnostic], printer: &mut Printer) {
    if let Some(facts) = printer.facts().filter(|_| !findings.is_empty()) {
        facts.found(source.file_name(), &report::findings(&source.files(), findings));
    }
}

/// `clinic.yaml has 3 errors`.
pub(super) fn faults(path: &Path, findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let noun = if errors == 1 { "error" } else { "errors" };
    format!("{} has {errors} {noun}", path.display())
}
