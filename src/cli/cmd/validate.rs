//! `validate`: manifests by themselves.

use serde_json::json;

use crate::cli::args::ValidateArgs;
use crate::cli::clinic::{faults, load, print_findings};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::Loaded;
use crate::report::{self, escape};

pub(super) fn run(
    args: &ValidateArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ValidateArgs { manifests, json } = args;
    let mut exit = Exit::Done;
    let mut all = Vec::new();
    let (mut errors, mut warnings) = (0, 0);
    for path in manifests {
        let Loaded { source, manifest, findings } = load(path, environment)?;
        if manifest.is_none() {
            exit = Exit::Findings;
        }
        let listed = report::findings(&source.files(), &findings);
        errors += listed.iter().filter(|finding| finding.severity == "error").count();
        warnings += listed.iter().filter(|finding| finding.severity == "warning").count();
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
