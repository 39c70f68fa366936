//! The test report, read by a library that nobody here wrote.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::readers::{Clinic, own, read, reader};

fn parsed(python: &Path, report: &Path) -> Value {
    let (code, text) = read(Command::new(python).arg(own("junit.py")).arg(report));
    assert_eq!(code, Some(0), "{text}");
    serde_json::from_str(text.trim()).unwrap()
}

/// Tests, failures and errors, as the report says and as its cases are.
#[track_caller]
fn numbers(report: &Value) -> [usize; 3] {
    let suites = report["suites"].as_array().unwrap().iter();
    let cases: Vec<&Value> = suites.flat_map(|suite| suite["cases"].as_array().unwrap()).collect();
    let of = |kind: &str| cases.iter().filter(|case| case["results"][0] == kind).count();
    let counted = [cases.len(), of("failure"), of("error")];
    let said = ["tests", "failures", "errors"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(said.map(|said| usize::try_from(said).unwrap()), counted, "{report}");
    counted
}

fn failed(report: &Value) -> Vec<&Value> {
    let suites = report["suites"].as_array().unwrap().iter();
    let cases = suites.flat_map(|suite| suite["cases"].as_array().unwrap());
    cases.filter(|case| case["results"] == json!(["failure"])).collect()
}

#[test]
fn a_refused_plan_is_a_failure() {
    let Some(python) = reader("junitparser", "junitparser/bin/python") else { return };
    let clinic = Clinic::planned();
    let report = parsed(&python, &clinic.file("junit", "report.xml"));
    // Reading, the manifest, one refusal, one office, the plan.
    assert_eq!(numbers(&report), [5, 1, 0]);
    let [suite] = &report["suites"].as_array().unwrap()[..] else { panic!("{report}") };
    assert_eq!((suite["name"].as_str(), suite["tests"].as_u64()), (Some("lakeside"), Some(5)));
    let [failed] = failed(&report)[..] else { panic!("{report}") };
    assert_eq!(failed["class"], "lakeside.limits");
    assert!(failed["name"].as_str().unwrap().starts_with("G002 clinic.yaml: "), "{failed}");
    assert_eq!(failed["place"], json!(["clinic.yaml", null]));
}

#[test]
fn what_a_manifest_has_is_at_its_lines() {
    let Some(python) = reader("junitparser", "junitparser/bin/python") else { return };
    let clinic = Clinic::planned();
    let path = clinic.folder().join("clinic.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let run = |arguments: &[&str], code: i32| {
        let ended = clinic.ended(arguments, &[]);
        assert_eq!(ended.code, code, "{}", ended.everything());
        parsed(&python, &clinic.folder().join("accuroform-junit.xml"))
    };
    // A name that only the clinic can tell is wrong.
    std::fs::write(&path, text.replace("- id: 1\n", "- name: Nowhere <&>\n")).unwrap();
    assert_eq!(numbers(&run(&["validate", "--gitlab"], 0)), [1, 0, 0]);
    let report = run(&["plan", "--gitlab"], 1);
    let [found] = failed(&report)[..] else { panic!("{report}") };
    assert_eq!(
        (&found["class"], &found["place"]),
        (&json!("lakeside.manifest"), &json!(["clinic.yaml", "9"]))
    );
    assert!(found["texts"][0].as_str().unwrap().contains("Nowhere <&>"), "{found}");
    numbers(&report);
    // A fault of the manifest alone.
    std::fs::write(&path, text.replace("exact", "sometimes")).unwrap();
    let report = run(&["validate", "--gitlab"], 3);
    assert_eq!(numbers(&report), [1, 1, 0]);
    let [found] = failed(&report)[..] else { panic!("{report}") };
    assert_eq!(
        (&found["class"], &found["place"]),
        (&json!("clinic.yaml.manifest"), &json!(["clinic.yaml", "7"]))
    );
    // The clinic itself cannot be reached.
    std::fs::write(&path, text.replace("world.yaml", "away.yaml")).unwrap();
    assert_eq!(numbers(&run(&["plan", "--gitlab"], 1)), [1, 0, 1]);
}
