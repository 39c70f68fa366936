//! A whole fleet under load: every row of every clinic is changed, synced and verified, while one call
//! in a hundred is refused and the program is killed in the middle.
//!
//! `ACCUROFORM_MATRIX=full cargo test --release fleet_load` runs it with a thousand clinics.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// One call in a hundred is refused for a moment.
const FAULTS: &str = "- random: {seed: 7, percent: 1, of: [status_503]}\n";

/// Every row of every clinic differs from this, because no generated row grants Reporting and Inbox.
const EVERY_ROW: &str = r#"  users: [{name: "OceanAPI{tenant}", profile: everything, all_offices: true}]
  profiles:
    everything:
      reason: load
      columns: {patient: full, scheduling: full, billing: full, inbox: full, emr: full, labs: full,
        reporting: full, visible: full, prescribe_for: full}
"#;

fn clinics() -> usize {
    if std::env::var("ACCUROFORM_MATRIX").as_deref() == Ok("full") { 1000 } else { 12 }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("USER", "load");
    command
}

/// The simulator of the whole fleet, ended with the test.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn simulator(folder: &Path, clinics: usize) -> Simulator {
    fs::write(folder.join("faults.yaml"), FAULTS).unwrap();
    let (offices, providers) = if clinics > 100 { (4, 25) } else { (2, 5) };
    let spec = format!("clinics={clinics},offices={offices},providers={providers},seed=1");
    let mut child = program(folder)
        .args(["sim", "--generate", &spec, "--fleet", ".", "--faults", "faults.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("address:")), "the simulator did not start");
    Simulator(child)
}

/// Changes every row, in large waves, many clinics side by side.
fn change_every_row(folder: &Path) {
    let path = folder.join("fleet.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("  users: [{profile: ocean, all_offices: true}]\n", EVERY_ROW);
    let text = format!("{text}  max_parallel: 24\n  max_parallel_syncs: 24\n");
    fs::write(path, text).unwrap();
}

/// Starts the apply and kills it when half of the clinics are through. Gives the rollout's id.
fn kill_in_the_middle(folder: &Path, clinics: usize) -> String {
    let mut child = program(folder)
        .args(["apply", "fleet.yaml", "-auto-approve", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut through = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        through += usize::from(event["type"] == "clinic_complete");
        if through >= clinics / 2 {
            break;
        }
    }
    assert!(through >= clinics / 2, "it ended after {through} of {clinics} clinics");
    child.kill().unwrap();
    child.wait().unwrap();
    let status = program(folder).args(["rollout", "status", "--json"]).output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let is_good = |clinic: &&Value| matches!(clinic["stage"].as_str(), Some("verified"));
    let good = status["clinics"].as_array().unwrap().iter().filter(is_good).count();
    assert!((through..clinics).contains(&good), "{good} of {clinics} are verified");
    status["rollout"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_fleet_survives_refusals_and_a_kill_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, clinics) = (folder.path(), clinics());
    let _simulator = simulator(folder, clinics);
    change_every_row(folder);
    let id = kill_in_the_middle(folder, clinics);

    let resumed = program(folder).args(["apply", "--resume", &id, "fleet.yaml"]).output().unwrap();
    let told = String::from_utf8_lossy(&resumed.stderr);
    assert_eq!(resumed.status.code(), Some(0), "{told}");
    let sum = String::from_utf8_lossy(&resumed.stdout);
    assert!(
        sum.starts_with(&format!("Rollout of {clinics} clinics: {clinics} verified.")),
        "{sum}"
    );

    let plan =
        program(folder).args(["plan", "fleet.yaml", "--detailed-exitcode"]).output().unwrap();
    let told = String::from_utf8_lossy(&plan.stdout);
    assert_eq!(plan.status.code(), Some(0), "{told}");
    assert!(told.contains(&format!("0 with changes, {clinics} without, 0 not read")), "{told}");
}
