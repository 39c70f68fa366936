//! `capture --json` and `--show`: what a program or a person learns of a capture, and of why there is none.

use std::fs;

use serde_json::{Value, json};

use super::program::{Ended, Program};

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 30d}}}
ocean: {site: \"4021\", sync: none}
users: [{profile: ocean, all_offices: true}]
";

const DIRECTORY: &str = "\
office,provider
Main Street,\"Singh, Anita\"
Main Street,\"Roy, Bo\"
Walk-in,\"Singh, Anita\"
New,
";

fn clinic() -> Program {
    let program = Program::with_manifest(MANIFEST);
    fs::write(program.folder().join("directory.csv"), DIRECTORY).unwrap();
    program
}

/// Runs a command as it is and with `--json`, which ends the same; gives the document.
#[track_caller]
fn document(program: &Program, arguments: &[&str], code: i32) -> Value {
    let Ended { code: was, stdout, stderr } = program.run(&[arguments, &["--json"]].concat());
    assert_eq!(was, code, "{arguments:?}: {stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 1, "a document and no words: {stdout}");
    let document: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(document["kind"], "accuroform.capture");
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(
        (&document["clinic"], &document["tenant"]),
        (&json!("lakeside"), &json!("LAKESIDE"))
    );
    assert_eq!(document["exit_code"], code);
    document
}

/// Name, read and unread of each office.
fn offices(document: &Value) -> Vec<(String, u64, Option<u64>)> {
    let offices = document["offices"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    offices
        .map(|one| {
            assert_eq!(one["user"], "OceanAPILAKESIDE");
            (text(&one["name"]), one["read"].as_u64().unwrap(), one["unread"].as_u64())
        })
        .collect()
}

fn fill(program: &Program, lines: &[(&str, &str)]) {
    let text = fs::read_to_string(program.folder().join("grid-to-fill.csv")).unwrap();
    let filled = text.lines().map(|line| {
        let found = lines.iter().find(|(part, _)| line.contains(part));
        found.map_or(line.to_owned(), |(_, cells)| line.replacen(",,,,,,,,,,,", cells, 1))
    });
    fs::write(program.folder().join("filled.csv"), filled.collect::<Vec<_>>().join("\r\n"))
        .unwrap();
}

const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";

#[test]
fn a_capture_is_told_from_its_template_to_its_end() {
    let program = clinic();
    let made = document(&program, &["capture", "--template"], 0);
    assert_eq!(made["task"], "template");
    assert_eq!(made["wrote"], json!(["directory.csv", "grid-to-fill.csv", "grid-to-fill.xlsx"]));
    let unlisted = ("New".to_owned(), 0, None);
    let rows = |read, unread| {
        [
            ("Main Street".to_owned(), read, Some(2 - read)),
            ("Walk-in".to_owned(), 0, Some(unread)),
            unlisted.clone(),
        ]
    };
    assert_eq!(offices(&made), rows(0, 1));
    assert_eq!(made["offices"][2]["reason"], "directory.csv lists none of its providers");
    assert_eq!(
        (&made["at"], &made["by"], &made["digest"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );

    // There is none yet: as `plan` says.
    let none = document(&program, &["capture", "--show"], 1);
    assert_eq!(none["faults"][0]["code"], "C013");
    assert_eq!(none["state"], Value::Null);

    fill(&program, &[("Main Street,1,\"Singh", NOTHING), ("Roy", NOTHING)]);
    let kept = document(
        &program,
        &["capture", "filled.csv", "--by", "Jane Roy", "--at", "2026-01-05 09:00"],
        0,
    );
    assert_eq!(kept["task"], "capture");
    assert_eq!((&kept["by"], &kept["at"]), (&json!("Jane Roy"), &json!("2026-01-05T14:00:00Z")));
    assert_eq!(kept["max_age_seconds"], 30 * 24 * 3600);
    assert_eq!(
        (&kept["stale_at"], &kept["state"]),
        (&json!("2026-02-04T14:00:00Z"), &json!("stale"))
    );
    assert_eq!(kept["wrote"], json!(["grid.csv"]));
    assert_eq!(offices(&kept), rows(2, 1));
    let unread = &kept["faults"][0];
    assert_eq!(
        (&unread["code"], &unread["severity"], &unread["file"], &unread["cell"]),
        (&json!("X015"), &json!("warning"), &json!("filled.csv"), &json!("12"))
    );
    let grid = fs::read_to_string(program.folder().join("grid.csv")).unwrap();
    assert!(grid.contains(kept["digest"].as_str().unwrap()), "{grid}");

    // Alone it says what the capture is; a stale one is no success.
    for show in [&["capture"][..], &["capture", "--show"]] {
        let mut shown = document(&program, show, 8);
        assert_eq!(shown["task"], "show");
        for (field, is) in [
            ("task", json!("capture")),
            ("wrote", kept["wrote"].clone()),
            ("faults", kept["faults"].clone()),
            ("exit_code", json!(0)),
        ] {
            shown[field] = is;
        }
        assert_eq!(shown, kept, "the rest is the same");
    }
    let said = program.run(&["capture", "--show"]);
    assert_eq!(said.code, 8);
    assert_eq!(
        said.stdout,
        "Captured: 2 rows, read 2026-01-05 09:00 -05:00 by Jane Roy.\nIt was good until 2026-02-04 09:00 -05:00: read the screen again.\n"
    );
    assert!(said.stderr.contains("! 1 row is unread"), "{}", said.stderr);
    assert_eq!(
        fs::read_to_string(program.folder().join("grid.csv")).unwrap(),
        grid,
        "nothing is written"
    );
}

#[test]
fn a_capture_that_is_whole_and_fresh_is_a_success() {
    let program = clinic();
    fs::write(program.folder().join("directory.csv"), DIRECTORY.replace("New,\n", "")).unwrap();
    document(&program, &["capture", "--template"], 0);
    fill(&program, &[("Singh", NOTHING), ("Roy", NOTHING)]);
    document(&program, &["capture", "filled.csv", "--by", "Jane", "--at", "now"], 0);
    let shown = document(&program, &["capture"], 0);
    assert_eq!((&shown["state"], &shown["faults"]), (&json!("fresh"), &json!([])));
    assert!(program.run(&["capture", "--show"]).stdout.contains("It is good until "));
}

#[test]
fn every_fault_is_in_the_document_with_its_cell() {
    let program = clinic();
    document(&program, &["capture", "--template"], 0);
    fill(&program, &[("Main Street,1,\"Singh", ",x,x,x,,x,ma\u{1b}ybe,,x,,1/2/2027,")]);
    let refused = document(&program, &["capture", "filled.csv", "--by", "Jane"], 1);
    let faults: Vec<_> = refused["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["code"].as_str().unwrap(),
                one["severity"].as_str().unwrap(),
                one["file"].as_str().unwrap(),
                one["cell"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        faults,
        [("X007", "error", "filled.csv", "K9"), ("X008", "error", "filled.csv", "O9")]
    );
    assert!(refused["faults"][0]["message"].as_str().unwrap().contains("ma\u{1b}ybe"));
    assert!(refused["faults"][1]["hint"].as_str().unwrap().contains("2027-02-01"));
    assert_eq!(refused["wrote"], json!([]));
    // The same on standard error, without what a terminal would act on.
    let raw = program.run(&["capture", "filled.csv", "--by", "Jane", "--json"]);
    assert!(
        raw.stderr.contains("error[X007]: filled.csv!K9") && !raw.everything().contains('\u{1b}')
    );

    // What is no fault of a cell.
    let taken = document(&program, &["capture", "--template"], 1);
    assert_eq!(
        (&taken["faults"][0]["code"], &taken["faults"][0]["file"]),
        (&json!("F001"), &Value::Null)
    );
    let lost = document(&program, &["capture", "nowhere.csv"], 1);
    assert_eq!(lost["faults"][0]["code"], "C013");
    for wrong in [
        &["capture", "--json", "--by", "Jane"][..],
        &["capture", "--json", "--restart"],
        &["capture", "--json", "--office", "New"],
    ] {
        let ended = program.run(wrong);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{wrong:?}: {}", ended.stderr);
    }
}
