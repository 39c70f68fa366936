//! The rows whose change by others the manifest knows: names to ids, as everywhere.

use super::resolve::{find_office, find_provider};
use crate::diagnostic::{Diagnostic, Severity};
use crate::live::Directory;
use crate::manifest::{IgnoredDrift, Manifest};
use crate::model::{Column, RowKey, Until};

/// A row whose change by others is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredRow {
    /// Where it is, in the grid of any user of the manifest.
    pub key: RowKey,
    /// The columns that may differ; none: all of them, and Access Until.
    pub columns: Vec<Column>,
    /// Why.
    pub reason: String,
    /// The last day on which the entry is in force.
    pub until: Until,
}

/// Resolves `drift.ignore`. What cannot be resolved ignores nothing, so it is a warning and no error.
pub fn ignored_rows(
    manifest: &Manifest,
    directory: &Directory,
    findings: &mut Vec<Diagnostic>,
) -> Vec<IgnoredRow> {
    let row = |entry: &IgnoredDrift| {
        let IgnoredDrift { office, provider, columns, reason, until } = entry;
        let (columns, reason, until) = (columns.clone(), reason.clone(), *until);
        let found = find_office(directory, office, findings).and_then(|at| {
            let provider = find_provider(directory, at, provider, findings)?;
            Ok(provider.map(|provider| RowKey { office: at, provider }))
        });
        match found {
            Ok(key) => Some(IgnoredRow { key: key?, columns, reason, until }),
            Err(mut finding) => {
                finding.severity = Severity::Warning;
                finding.message = format!("{}, so the entry ignores nothing", finding.message);
                findings.push(finding);
                None
            }
        }
    };
    manifest.ignored_drift.iter().filter_map(row).collect()
}
