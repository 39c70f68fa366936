//! A saved plan: reading it, and asking whether it is still the plan of this clinic.
#![expect(clippy::disallowed_methods, reason = "plan files are read here")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args::SelectArgs;
use crate::cli::clinic::{Clinic, Planned};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::plan::file::{KIND, open};
use crate::plan::{Comparison, ManifestRef, Plan, Renamed, compare};
use crate::report;

/// A plan from a file.
pub(super) struct Saved {
    pub(super) plan: Plan,
    pub(super) digest: String,
}

/// Whose plan it is, in a line.
pub(super) fn heading(plan: &Plan) -> String {
    let Plan { clinic, tenant, site, manifest, .. } = plan;
    let path = &manifest.path;
    let what = match &plan.undoes {
        Some(run) => format!("undo of {run} in"),
        None => "plan of".to_owned(),
    };
    format!("{what} clinic {clinic} (tenant {tenant}, Ocean site {site}), made from {path}")
}

/// The text of a plan file.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read the plan {}: {error}", path.display());
        Failure::new(Exit::Error, "P001", message, "save one with `accuroform plan -out FILE`")
    })
}

impl Saved {
    /// The saved plan in this file; `None` if it is no plan and so may be a manifest.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, Failure> {
        let Ok(bytes) = fs::read(path) else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        // Whatever claims to be a plan is read as one, so that a damaged plan is refused as such.
        if !text.trim_start().starts_with('{') || !text.contains(KIND) {
            return Ok(None);
        }
        let (plan, digest) = open(&text)?;
        Ok(Some(Self { plan, digest }))
    }

    /// Where its manifest is: the fleet's, if the clinic inherits from one.
    pub(super) fn manifest(&self) -> PathBuf {
        let ManifestRef { path, fleet, digest: _ } = &self.plan.manifest;
        PathBuf::from(fleet.as_ref().unwrap_or(path))
    }

    /// Its clinic, from the clinic's own manifest or out of a fleet.
    pub(super) fn clinic(
        &self,
        manifest: &Path,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Clinic, Failure> {
        let clinics = match &self.plan.manifest.fleet {
            Some(_) => vec![self.plan.clinic.clone()],
            None => Vec::new(),
        };
        let select = SelectArgs { clinic: clinics, ..SelectArgs::default() };
        Subject::load(manifest, &select, environment, printer)?.one()
    }

    /// Refuses the plan of another manifest, clinic, tenant or site.
    pub(super) fn must_belong_to(&self, clinic: &Clinic) -> Result<(), Failure> {
        let manifest = &clinic.manifest;
        let pairs = [
            ("clinic", &self.plan.clinic, &manifest.clinic.id),
            ("tenant", &self.plan.tenant, &manifest.tenant),
            ("Ocean site", &self.plan.site, &manifest.ocean.site),
        ];
        for (what, planned, actual) in pairs {
            if planned != actual {
                return Err(self.refused(
                    "P005",
                    format!("the plan is for {what} `{planned}`, the manifest for `{actual}`"),
                ));
            }
        }
        if self.plan.manifest.digest != clinic.source.digest() {
            return Err(
                self.refused("P004", "the manifest was changed after the plan was made".to_owned())
            );
        }
        Ok(())
    }

    /// Refuses a plan whose rows moved or that the manifest, or the run that it undoes, does not ask
    /// for; gives what the guards must judge and what is left to do.
    pub(super) fn must_still_hold(&self, now: &Planned) -> Result<Comparison, Failure> {
        if let Some(unread) = report::unread(&now.plan).first() {
            let message = format!("the plan cannot be compared with the clinic: {unread}");
            let hint = if now.live.captured.is_some() {
                "capture the grid again: `accuroform capture`"
            } else {
                "run the command again later"
            };
            return Err(Failure::new(Exit::Unread, "P010", message, hint));
        }
        let comparison = compare(&self.plan, &now.plan, &now.live);
        let Comparison { moved, foreign, renamed, left_out, open: _, judged: _ } = &comparison;
        if let Some(first) = foreign.first() {
            let count = foreign.len();
            return Err(self.refused(
                "P007",
                match &self.plan.undoes {
                    None => format!(
                        "{count} of its changes are not what the manifest asks for, first {first}"
                    ),
                    Some(run) => format!(
                        "{count} of its changes are not what the undo of {run} is, first {first}"
                    ),
                },
            ));
        }
        if let Some(first) = left_out.first() {
            let count = left_out.len();
            return Err(self.refused(
                "P007",
                format!("it leaves out {count} things that a plan made now shows, first {first}"),
            ));
        }
        if let Some(first) = moved.first() {
            let count = moved.len();
            return Err(self.refused(
                "P006",
                format!(
                    "the plan is stale: somebody changed {count} of its rows since, first {first}"
                ),
            ));
        }
        if let Some(Renamed { shown, is }) = renamed.first() {
            let count = renamed.len();
            return Err(self.refused(
                "P015",
                format!(
                    "the plan shows {count} names that the directory does not have, first {shown}, which is {is}"
                ),
            ));
        }
        if self.plan.is_empty() && !now.plan.is_empty() {
            let message = "the plan is stale: it has no changes, and a plan made now has some";
            return Err(self.refused("P006", message.to_owned()));
        }
        Ok(comparison)
    }

    fn refused(&self, code: &'static str, message: String) -> Failure {
        let hint = if self.plan.undoes.is_some() {
            "make a new one with `accuroform undo -out FILE` and have it reviewed"
        } else {
            "make a new plan with `accuroform plan` and have it reviewed"
        };
        Failure::new(Exit::Refused, code, message, hint)
    }
}
