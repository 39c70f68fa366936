//! `plan --against-git`: what the change of the manifest since a commit means, beside what live needs.

use std::path::Path;

use serde_json::Value;

use crate::cli::clinic::{Clinic, Planned, faults};
use crate::cli::events::{self, AgainstGit, Row, Told};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::way_back;
use crate::cli::git_show::Commit;
use crate::cli::printer::Printer;
use crate::manifest::{self, Loaded, Manifest};
use crate::plan::{Against, AgainstRow, Plan};
use crate::report;

/// What was planned before and what changed since.
pub(super) struct Since {
    commit: Commit,
    typed: String,
    /// `None`: the clinic had no manifest.
    before: Option<Manifest>,
}

impl Since {
    /// Reads the manifest as it was at a commit, over its fleet's defaults of then.
    pub(super) fn read(typed: &str, clinic: &Clinic) -> Result<Self, Failure> {
        let commit = Commit::find(typed, clinic.folder())?;
        let typed = typed.to_owned();
        let Some(bytes) = commit.file(clinic.path())? else {
            return Ok(Self { commit, typed, before: None });
        };
        let name = clinic.path().to_string_lossy().into_owned();
        let fleet = match &clinic.fleet {
            Some(path) => commit.file(path)?.map(|bytes| (path, bytes)),
            None => None,
        };
        let Loaded { manifest, findings, source: _ } = match fleet {
            None => manifest::load(&name, &bytes, None),
            Some((path, fleet)) => {
                let loaded = manifest::load_fleet(&path.to_string_lossy(), &fleet);
                let Some((_, layer)) = loaded.fleet else {
                    return Err(unsound(path, &typed, &faults(path, &loaded.findings)));
                };
                let folder = way_back(clinic.path(), path.parent().unwrap_or(Path::new("")));
                layer.clinic(&name, &bytes, &folder, None)
            }
        };
        match manifest {
            Some(before) => Ok(Self { commit, typed, before: Some(before) }),
            None => Err(unsound(clinic.path(), &typed, &faults(clinic.path(), &findings))),
        }
    }

    /// Groups the rows of the plan by who asks for them.
    pub(super) fn groups(&self, clinic: &Clinic, planned: &Planned) -> Against {
        let before = match &self.before {
            Some(before) => clinic.plan_of(before, &planned.live, &planned.plan.targets),
            None => Plan { users: Vec::new(), ..planned.plan.clone() },
        };
        Against::new(&before, &planned.plan)
    }

    /// Prints the groups below the plan.
    pub(super) fn print(&self, plan: &Plan, groups: &Against, printer: &mut Printer) {
        let Self { commit, typed, before } = self;
        let short: String = commit.id.chars().take(12).collect();
        let since = match before {
            Some(_) => format!("{typed} ({short})"),
            None => format!("{typed} ({short}), where the clinic had no manifest"),
        };
        printer.result(&report::against(groups, &plan.names, &plan.clinic, &since));
    }

    /// The groups for programs: a document of its own.
    pub(super) fn json(&self, plan: &Plan, groups: &Against) -> String {
        let mut document = serde_json::to_value(self.groups_of(plan, groups)).unwrap_or_default();
        if let Value::Object(fields) = &mut document {
            fields.insert("kind".to_owned(), "accuroform.against-git".into());
            fields.insert("format_version".to_owned(), "1.0".into());
            fields.insert("clinic".to_owned(), plan.clinic.clone().into());
        }
        format!("{document}\n")
    }

    /// The same as an event.
    pub(super) fn told(&self, plan: &Plan, groups: &Against) -> Told {
        events::against_git(self.groups_of(plan, groups))
    }

    fn groups_of(&self, plan: &Plan, groups: &Against) -> AgainstGit {
        let Against { by_change, pending, both, withdrawn } = groups;
        let rows = |rows: &[AgainstRow]| rows.iter().map(|one| row(plan, one)).collect();
        AgainstGit {
            r#ref: self.typed.clone(),
            commit: self.commit.id.clone(),
            is_new: self.before.is_none(),
            by_change: rows(by_change),
            pending: rows(pending),
            both: rows(both),
            withdrawn: rows(withdrawn),
        }
    }
}

fn row(plan: &Plan, row: &AgainstRow) -> events::AgainstRow {
    let AgainstRow { user, key, live, before, after } = row;
    let row = Row::of(plan, user, *key);
    events::AgainstRow { row, live: *live, before: *before, after: *after }
}

fn unsound(path: &Path, typed: &str, faults: &str) -> Failure {
    let message = format!("cannot compare {} with {typed}: there {faults}", path.display());
    Failure::new(Exit::Error, "U012", message, "name a commit at which the manifest was sound")
}
