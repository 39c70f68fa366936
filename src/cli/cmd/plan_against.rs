//! `plan --against-git`: what the change of the manifest since a commit means, beside what live needs.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::clinic::{Clinic, Planned, faults};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::way_back;
use crate::cli::git_show::Commit;
use crate::cli::printer::Printer;
use crate::manifest::{self, Loaded, Manifest};
use crate::model::{Cells, RowKey};
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

    /// The groups for programs.
    pub(super) fn json(&self, plan: &Plan, groups: &Against) -> String {
        let Against { by_change, pending, both, withdrawn } = groups;
        let rows = |rows: &[AgainstRow]| -> Vec<Value> {
            rows.iter().map(|row| row_json(plan, row)).collect()
        };
        let document = json!({
            "kind": "accuroform.against-git",
            "format_version": "1.0",
            "clinic": plan.clinic,
            "ref": self.typed,
            "commit": self.commit.id,
            "is_new": self.before.is_none(),
            "by_change": rows(by_change),
            "pending": rows(pending),
            "both": rows(both),
            "withdrawn": rows(withdrawn),
        });
        format!("{document}\n")
    }
}

fn row_json(plan: &Plan, row: &AgainstRow) -> Value {
    let AgainstRow { user, key, live, before, after } = row;
    let RowKey { office, provider } = key;
    let cells = |cells: &Cells| serde_json::to_value(cells).unwrap_or_default();
    json!({
        "address": plan.names.address(&plan.clinic, user, *key),
        "user": user,
        "office_id": office,
        "provider_id": provider,
        "live": cells(live),
        "before": cells(before),
        "after": cells(after),
    })
}

fn unsound(path: &Path, typed: &str, faults: &str) -> Failure {
    let message = format!("cannot compare {} with {typed}: there {faults}", path.display());
    Failure::new(Exit::Error, "U012", message, "name a commit at which the manifest was sound")
}
