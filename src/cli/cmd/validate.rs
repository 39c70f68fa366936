//! `validate`: manifests by themselves.

use serde_json::json;

use crate::cli::args::ValidateArgs;
use crate::cli::clinic::{faults, load, print_findings, read_bounded};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::FleetFile;
use crate::cli::printer::Printer;
use crate::manifest::{Loaded, is_fleet};
use crate::report::{self, escape};

pub(super) fn run(
    args: &ValidateArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ValidateArgs { manifests, json, surface: _ } = args;
    let mut exit = Exit::Done;
    let mut all = Vec::new();
    for path in manifests {
        if let Ok(bytes) = read_bounded(path)
            && is_fleet(&bytes)
        {
            let checked = FleetFile::check(path, &bytes, environment)?;
            if checked.file.is_none() {
                exit = Exit::Findings;
            }
            for (source, findings) in &checked.findings {
                let listed = report::findings(&source.files(), findings);
                if let Some(facts) = printer.facts() {
                    facts.found(source.file_name(), &listed);
                }
                all.extend(listed);
                if !json {
                    print_findings(source, findings, printer);
                }
            }
            if !json {
                printer.result(&format!("{}\n", escape(&checked.verdict(path))));
            }
            continue;
        }
        let Loaded { source, manifest, findings } = load(path, environment)?;
        if manifest.is_none() {
            exit = Exit::Findings;
        }
        let listed = report::findings(&source.files(), &findings);
        if let Some(facts) = printer.facts() {
            facts.found(source.file_name(), &listed);
        }
        all.extend(listed);
        if *json {
            continue;
        }
        print_findings(&source, &findings, printer);
        let verdict = match &manifest {
            Some(manifest) => {
                format!("{} is valid: {}", path.display(), manifest.clinic.name)
            }
            None => faults(path, &findings),
        };
        printer.result(&format!("{}\n", escape(&verdict)));
    }
    if *json {
        let count = |severity| all.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count("error"), count("warning"));
        let document = json!({
            "kind": "accuroform.validate",
            "format_version": "1.0",
            "valid": exit == Exit::Done,
            "error_count": errors,
            "warning_count": warnings,
            "diagnostics": all,
        });
        printer.json(&format!("{document}\n"));
    }
    Ok(exit)
}
