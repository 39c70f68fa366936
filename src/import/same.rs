//! The judge of an import: the manifest is planned against what it was made from, both ways of managing.

use std::collections::BTreeMap;

use thiserror::Error;

use super::found::Found;
use crate::desired::desired;
use crate::diagnostic::Severity;
use crate::live::Snapshot;
use crate::manifest::{Management, Manifest};
use crate::model::{Cells, RowKey, fold};
use crate::plan::{Inputs, ManifestRef, Plan, Targets, plan};

/// How a manifest differs from what was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Difference {
    /// It is about other users.
    #[error("it is about other users")]
    Users,
    /// It names something that is not there, or is refused for another reason.
    #[error("{0}")]
    Finding(String),
    /// An apply would change something.
    #[error("its plan has {0} changes")]
    Changes(usize),
    /// It says less or more than the grid holds.
    #[error("it says something else of {0} rows")]
    Rows(usize),
}

/// Checks that a manifest says what was found, no more and no less, whether it is additive or exact.
///
/// # Errors
/// The first difference.
pub fn must_be_same(
    manifest: &Manifest,
    live: &Snapshot,
    found: &[Found],
) -> Result<(), Difference> {
    let folded = |names: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        let mut names: Vec<String> = names.map(fold).collect();
        names.sort();
        names
    };
    let wanted = folded(&mut manifest.users.iter().map(|user| user.name.as_str()));
    if wanted != folded(&mut found.iter().map(|found| found.name.as_str())) {
        return Err(Difference::Users);
    }
    for management in [Management::Additive, Management::Exact] {
        let mut manifest = manifest.clone();
        for user in &mut manifest.users {
            user.management = management;
        }
        must_change_nothing(&manifest, live)?;
    }
    must_say_all(manifest, live, found)
}

fn must_change_nothing(manifest: &Manifest, live: &Snapshot) -> Result<(), Difference> {
    let desired = desired(manifest, live);
    let plan: Plan = plan(Inputs {
        clinic: &manifest.clinic.id,
        tenant: &manifest.tenant,
        site: &manifest.ocean.site,
        manifest: &ManifestRef::default(),
        desired: &desired,
        live,
        targets: &Targets::default(),
    });
    if let Some(finding) = plan.findings.iter().find(|finding| finding.severity == Severity::Error)
    {
        return Err(Difference::Finding(finding.message.clone()));
    }
    match plan.users.iter().map(|user| user.changes.len()).sum() {
        0 => Ok(()),
        changes => Err(Difference::Changes(changes)),
    }
}

/// An additive plan is empty where a manifest says too little.
fn must_say_all(manifest: &Manifest, live: &Snapshot, found: &[Found]) -> Result<(), Difference> {
    let mut differing = 0;
    let desired = desired(manifest, live);
    for found in found {
        // Of a user whom `desired` does not know the manifest says nothing.
        let user = desired.users.iter().find(|user| fold(&user.name) == fold(&found.name));
        let said = user.map_or(&[][..], |user| &user.rows).iter();
        let said = said.filter(|row| !row.cells.is_nothing());
        let said: BTreeMap<RowKey, Cells> = said.map(|row| (row.key, row.cells)).collect();
        let held = found.rows();
        let differs = |key: &&RowKey| said.get(key) != held.get(key);
        differing += said.keys().filter(differs).count();
        differing += held.keys().filter(|key| !said.contains_key(key)).count();
    }
    if differing == 0 { Ok(()) } else { Err(Difference::Rows(differing)) }
}
