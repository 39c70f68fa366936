//! Validators that nobody here wrote: of SARIF, and of our own schemas.

use std::path::Path;
use std::process::Command;

use super::event_stream::schema_file;
use super::readers::{Clinic, read, reader};

const SARIF: &str = "sarif/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";

fn validates(validator: &Path, schema: &Path, file: &Path) -> bool {
    let mut command = Command::new(validator);
    // One pattern of SARIF's schema is not one of ECMAScript's newer kind.
    command.args(["--regex-variant", "python", "--schemafile"]).arg(schema).arg(file);
    let (code, text) = read(&mut command);
    assert!(matches!(code, Some(0 | 1)), "{text}");
    assert!(!text.contains("schemafile was not valid"), "{text}");
    code == Some(0)
}

#[test]
fn the_sarif_log_is_valid_and_a_broken_one_is_not() {
    let Some(validator) = reader("check-jsonschema", "check-jsonschema/bin/check-jsonschema")
    else {
        return;
    };
    let Some(schema) = reader("@microsoft/jest-sarif", SARIF) else { return };
    let clinic = Clinic::planned();
    let log = clinic.file("sarif", "log.sarif");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("\"ruleId\":\"G002\""), "there is something in it: {text}");
    assert!(validates(&validator, &schema, &log));
    let broken = text.replace("\"level\":\"error\"", "\"level\":\"fatal\"");
    std::fs::write(&log, broken).unwrap();
    assert!(!validates(&validator, &schema, &log));
}

#[test]
fn our_schema_of_manifests_says_the_same_to_another_validator() {
    let Some(validator) = reader("check-jsonschema", "check-jsonschema/bin/check-jsonschema")
    else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = root.join("schemas/manifest.schema.json");
    let (code, text) = read(Command::new(&validator).arg("--check-metaschema").arg(&schema));
    assert_eq!(code, Some(0), "{text}");
    assert!(validates(&validator, &schema, &root.join("tests/manifests/valid/long.yaml")));
    assert!(!validates(
        &validator,
        &schema,
        &root.join("tests/manifests/invalid/unknown_field.yaml")
    ));
}

#[test]
fn every_event_of_an_apply_is_valid_to_another_validator_and_a_broken_one_is_not() {
    let Some(validator) = reader("check-jsonschema", "check-jsonschema/bin/check-jsonschema")
    else {
        return;
    };
    let (code, text) = read(Command::new(&validator).arg("--check-metaschema").arg(schema_file()));
    assert_eq!(code, Some(0), "{text}");
    let clinic = Clinic::planned();
    let refused = clinic.run(&["apply", "plan.json", "--json"], 5);
    let digest: serde_json::Value =
        serde_json::from_str(&clinic.run(&["show", "plan.json", "--json"], 0)).unwrap();
    let allow = format!("--allow-mass-change={}", digest["digest"].as_str().unwrap());
    let done = clinic.run(&["apply", "plan.json", "--json", &allow], 0);
    let undone = clinic.run(&["undo", "-auto-approve", "--json"], 5);
    let lines: Vec<&str> =
        [&refused, &done, &undone].iter().flat_map(|text| text.lines()).collect();
    assert!(lines.len() > 30, "{lines:?}");
    let file = clinic.folder().join("event.json");
    let mut all = Command::new(&validator);
    all.arg("--schemafile").arg(schema_file());
    for (at, line) in lines.iter().enumerate() {
        let file = clinic.folder().join(format!("{at}.json"));
        std::fs::write(&file, line).unwrap();
        all.arg(file);
    }
    let (code, text) = read(&mut all);
    assert_eq!(code, Some(0), "{text}");
    for (was, is) in [
        ("\"type\":\"version\"", "\"type\":\"vision\""),
        ("\"@level\":\"info\"", "\"@level\":\"loud\""),
    ] {
        assert!(lines[0].contains(was));
        std::fs::write(&file, lines[0].replace(was, is)).unwrap();
        assert!(!validates(&validator, &schema_file(), &file), "{is}");
    }
}
