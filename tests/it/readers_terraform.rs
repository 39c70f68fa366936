//! Tools that read Terraform's plan JSON read ours, and find what is in it.

use std::process::Command;

use serde_json::Value;

use super::readers::{Clinic, PRESCRIBES, own, read, reader};

#[test]
fn readtheplan_counts_what_comes_changes_and_goes() {
    let Some(program) = reader("readtheplan", "readtheplan/bin/readtheplan") else { return };
    let clinic = Clinic::planned();
    let plan = clinic.file("terraform-json", "tf.json");
    let (code, text) = read(Command::new(program).arg("analyze").arg(plan));
    assert_eq!(code, Some(0), "{text}");
    for line in ["Resource changes: 3", "- create: 1", "- delete: 1", "- update: 1"] {
        assert!(text.lines().any(|have| have == line), "{line}: {text}");
    }
    assert!(text.contains("Roy, Bo (1043)"), "{text}");
}

#[test]
fn tf_peek_counts_what_comes_changes_and_goes() {
    let Some(program) = reader("tf-peek", "tf-peek/bin/tf-peek") else { return };
    let clinic = Clinic::planned();
    let plan = clinic.file("terraform-json", "tf.json");
    let (code, text) = read(Command::new(program).arg(plan));
    assert_eq!(code, Some(0), "{text}");
    let counted = |action: &str| {
        let line = text.lines().find(|line| line.contains(action) && line.starts_with('|'));
        line.and_then(|line| line.split("**").nth(1)).unwrap_or_default().to_owned()
    };
    let counts = ["Delete", "Update", "Create"].map(counted);
    assert_eq!(counts, ["1", "1", "1"], "{text}");
    assert!(text.contains("| `scheduling` | `\"none\"` | `\"full\"` |"), "{text}");
}

#[test]
fn a_rego_rule_denies_what_would_prescribe() {
    let Some(program) = reader("celine-regorus", "regorus/bin/python") else { return };
    let clinic = Clinic::planned();
    let plan = clinic.file("terraform-json", "tf.json");
    let mut command = Command::new(program);
    let (code, text) = read(command.arg(own("rego.py")).arg(own("policy.rego")).arg(plan));
    assert_eq!(code, Some(0), "{text}");
    let denied: Vec<String> = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(denied.len(), 1, "{denied:?}");
    let index = PRESCRIBES.replace('"', "\\\"");
    let address = format!("accuro_provider_permission.lakeside[\"{index}\"] would prescribe");
    assert_eq!(denied, [address]);
}

#[test]
fn a_checkov_check_fails_for_what_would_prescribe_and_passes_for_the_rest() {
    let Some(program) = reader("checkov", "checkov/bin/checkov") else { return };
    let clinic = Clinic::planned();
    let plan = clinic.file("terraform-json", "tf.json");
    let mut command = Command::new(program);
    command.args(["--framework", "terraform_plan", "--check", "CKV_ACCURO_1", "--skip-download"]);
    command.args(["-o", "json", "--quiet", "-f"]).arg(plan);
    command.arg("--external-checks-dir").arg(own("checkov")).env("PYTHONDONTWRITEBYTECODE", "1");
    let (code, text) = read(&mut command);
    assert_eq!(code, Some(1), "{text}");
    let end = text.rfind('}').unwrap();
    let report: Value = serde_json::from_str(&text[..=end]).unwrap();
    // The row that goes is not among the planned values.
    assert_eq!(
        (&report["summary"]["passed"], &report["summary"]["failed"]),
        (&1.into(), &1.into())
    );
    let failed = report["results"]["failed_checks"][0]["resource"].as_str().unwrap();
    assert!(failed.contains("Kim (1044)"), "{failed}");
}

#[test]
fn a_terraform_compliance_scenario_fails_for_what_would_prescribe() {
    let Some(program) =
        reader("terraform-compliance", "terraform-compliance/bin/terraform-compliance")
    else {
        return;
    };
    let clinic = Clinic::planned();
    let plan = clinic.file("terraform-json", "tf.json");
    let mut command = Command::new(program);
    command.arg("-p").arg(&plan).arg("-f").arg(own("features")).arg("--no-ansi");
    let (code, text) = read(&mut command);
    assert_ne!(code, Some(0), "{text}");
    assert!(text.contains("Kim (1044)"), "{text}");
    assert!(text.contains("It is set to full."), "{text}");
    assert!(text.contains("1 scenarios (0 passed, 1 failed)"), "{text}");
}

#[test]
fn terraform_visual_draws_the_plan() {
    let Some(program) =
        reader("@terraform-visual/cli", "terraform-visual/node_modules/.bin/terraform-visual")
    else {
        return;
    };
    let clinic = Clinic::planned();
    clinic.file("terraform-json", "tf.json");
    let mut command = Command::new(program);
    command.args(["--plan", "tf.json", "--out", "visual"]).current_dir(clinic.folder());
    let (code, text) = read(&mut command);
    assert_eq!(code, Some(0), "{text}");
    let report = clinic.folder().join("visual/terraform-visual-report");
    let drawn = std::fs::read_to_string(report.join("plan.js")).unwrap();
    let plan = drawn.trim().trim_start_matches("window.TF_PLAN =").trim_end_matches(';');
    let plan: Value = serde_json::from_str(plan).unwrap();
    assert_eq!(plan["resource_changes"].as_array().unwrap().len(), 3);
}
