//! The program over a worksheet: from a directory to a plan, at a terminal, and with the sheets of a
//! spreadsheet that others wrote.

use std::fs;
use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};
use serde_json::Value;

use super::escaping::is_raw;
use super::program::{Ended, Program};
use super::readers::{own, read, reader};

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
Main Street,\"=HYPERLINK(\"\"x\"\"), Bo\"
Walk-in,\"Singh, Anita\"
";

fn clinic() -> Program {
    let program = Program::with_manifest(MANIFEST);
    fs::write(program.folder().join("directory.csv"), DIRECTORY).unwrap();
    program
}

fn ends(program: &Program, arguments: &[&str], code: i32) -> Ended {
    let ended = program.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    ended
}

/// Fills lines of the CSV sheet in: what stands behind the names, by a part of the line.
fn fill(program: &Program, lines: &[(&str, &str)]) {
    let path = program.folder().join("grid-to-fill.csv");
    let text = fs::read_to_string(&path).unwrap();
    let filled = text.lines().map(|line| {
        let found = lines.iter().find(|(part, _)| line.contains(part));
        found.map_or(line.to_owned(), |(_, cells)| line.replacen(",,,,,,,,,,,", cells, 1))
    });
    fs::write(path, filled.collect::<Vec<_>>().join("\r\n")).unwrap();
}

#[test]
fn a_sheet_is_filled_in_captured_and_planned() {
    let program = clinic();
    let said = ends(&program, &["plan"], 1).stderr;
    assert!(said.contains("error[X014]: directory.csv!1: 4 offices and providers"), "{said}");
    ends(&program, &["capture", "--template"], 0);
    let directory = fs::read_to_string(program.folder().join("directory.csv")).unwrap();
    assert!(directory.contains("Main Street,\"=HYPERLINK(\"\"x\"\"), Bo\",1,2\n"), "{directory}");
    let said = ends(&program, &["capture", "--template"], 1).stderr;
    assert!(said.contains("grid-to-fill.csv is there already, and may be filled in"), "{said}");
    let said = ends(&program, &["plan"], 1).stderr;
    assert!(said.contains("error[C013]: cannot read grid.csv"), "{said}");

    // A blank sheet captures nothing; a raw sheet is no capture.
    let said = ends(&program, &["capture", "grid-to-fill.csv", "--by", "Jane"], 1).stderr;
    assert!(said.contains("error[X018]: no line of grid-to-fill.csv is filled in"), "{said}");
    let sheet = program.folder().join("grid-to-fill.csv");
    fs::copy(&sheet, program.folder().join("grid.csv")).unwrap();
    let said = ends(&program, &["plan"], 1).stderr;
    assert!(said.contains("error[X003]: grid.csv!B1: the file is not a capture"), "{said}");

    fill(&program, &[("Main Street,1,\"Singh", ",x,x,x,,x,maybe,,x,,1/2/2027,")]);
    let said = ends(&program, &["capture", "grid-to-fill.csv", "--by", "Jane"], 1).stderr;
    for fault in [
        "error[X007]: grid-to-fill.csv!K9: `maybe`",
        "error[X008]: grid-to-fill.csv!O9: `1/2/2027`",
    ] {
        assert!(said.contains(fault), "{said}");
    }
    assert!(
        said.ends_with("error: grid-to-fill.csv has 2 faults: nothing was written\n"),
        "{said}"
    );
    let text = fs::read_to_string(&sheet).unwrap().replace("maybe", "ro").replace("1/2/2027", "");
    fs::write(&sheet, text).unwrap();
    fill(&program, &[("HYPERLINK", ",,,,,,,,,,,yes")]);
    let kept = ends(&program, &["capture", "grid-to-fill.csv", "--by", "Jane Roy"], 0);
    assert!(kept.stdout.contains("Captured: 2 rows, read ") && kept.stdout.contains("by Jane Roy"));
    assert!(
        kept.stderr.contains("warning[X015]: grid-to-fill.csv!12: Singh, Anita (1) in Walk-in"),
        "{}",
        kept.stderr
    );

    let plan = ends(&program, &["plan", "-out", "plan.json"], 8).stdout;
    assert!(plan.contains("1 row of OceanAPILAKESIDE in Walk-in: Singh, Anita (1)"), "{plan}");
    assert!(plan.contains("Plan: 2 rows to grant, 0 to revoke, 0 to change (7 cells)"), "{plan}");
    let verified = ends(&program, &["verify"], 8).stdout;
    assert!(verified.contains("Not verified"), "{verified}");

    // Nothing is written over a worksheet: a person is asked, and nothing is called done.
    let asked = ends(&program, &["apply", "-auto-approve"], 6).everything();
    assert!(asked.contains("Worklist of lakeside (LAKESIDE): 2 rows, 7 cells to set"), "{asked}");
    let text = fs::read_to_string(program.folder().join("grid.csv")).unwrap();
    fs::write(program.folder().join("grid.csv"), text.replacen("read-only", "full", 1)).unwrap();
    let said = ends(&program, &["plan"], 1).stderr;
    assert!(said.contains("error[X012]: grid.csv!B7: the capture was changed"), "{said}");
}

#[test]
fn a_whole_capture_is_verified_and_an_old_one_is_unread() {
    let program = clinic();
    ends(&program, &["capture", "--template"], 0);
    let ocean = ",x,x,x,-,x,x,-,x,-,,";
    fill(&program, &[("Singh", ocean), ("HYPERLINK", ocean)]);
    ends(&program, &["capture", "grid-to-fill.csv", "--by", "Jane", "--at", "now"], 0);
    let planned = ends(&program, &["plan", "-out", "plan.json"], 0).stdout;
    assert!(planned.starts_with("No changes."), "{planned}");
    assert!(ends(&program, &["verify"], 0).stdout.starts_with("Verified"));
    ends(&program, &["apply", "-auto-approve"], 0);

    ends(&program, &["capture", "grid-to-fill.csv", "--by", "Jane", "--at", "2026-01-05 09:00"], 0);
    let old = ends(&program, &["plan"], 8).stdout;
    assert!(
        old.contains("the capture grid.csv of 2026-01-05T14:00:00Z is over 720 h old"),
        "{old}"
    );
    let said = ends(&program, &["apply", "plan.json"], 8).stderr;
    assert!(said.contains("error[P010]"), "{said}");
    for time in ["2026-01-05", "soon", "2999-01-01 09:00"] {
        let said = ends(&program, &["capture", "grid-to-fill.csv", "--by", "J", "--at", time], 1);
        assert!(said.stderr.contains("error[X003]"), "{time}: {}", said.stderr);
    }
}

#[test]
fn providers_that_another_list_expects_are_named_or_added() {
    let program = clinic();
    let users = "Full name;Role\nAnita Singh;MD\nKim Lee;MD\n";
    fs::write(program.folder().join("users.csv"), users).unwrap();
    let list = ["--ocean-users", "users.csv", "--ocean-columns", "provider=full name"];
    let template = [&["capture", "--template"], &list[..]].concat();
    let said = ends(&program, &template, 0).stderr;
    assert!(
        said.contains("warning[X016]: users.csv!A3: the directory does not list Lee, Kim"),
        "{said}"
    );
    let added = [&template[..], &["--add-to", "Walk-in", "--out", "again"]].concat();
    ends(&program, &added, 0);
    let directory = fs::read_to_string(program.folder().join("directory.csv")).unwrap();
    assert!(directory.contains("Walk-in,\"Lee, Kim\",2,3\n"), "{directory}");
    assert!(fs::read_to_string(program.folder().join("again.csv")).unwrap().contains("Lee, Kim"));

    fs::remove_file(program.folder().join("directory.csv")).unwrap();
    let said = ends(&program, &["capture", "--template", "--out", "x"], 1).stderr;
    assert!(said.contains("the directory directory.csv is not there"), "{said}");
    let fresh = [&template[..], &["--add-to", "Main Street", "--out", "fresh"]].concat();
    ends(&program, &fresh, 0);
    let directory = fs::read_to_string(program.folder().join("directory.csv")).unwrap();
    assert!(directory.contains("1,Main Street,yes,1,\"Singh, Anita\""), "{directory}");
}

#[test]
fn what_a_sheet_says_is_printed_escaped() {
    let program = clinic();
    let wild = DIRECTORY.replace("Roy", "R\u{202e}oy").replace("Walk-in", "Walk\u{1b}[31m-in");
    fs::write(program.folder().join("directory.csv"), wild).unwrap();
    ends(&program, &["capture", "--template"], 0);
    fill(&program, &[("Main Street,1,\"Singh", ",\u{1b}]0;x\u{7},,,,,,,,,,")]);
    let refused = ends(&program, &["capture", "grid-to-fill.csv", "--by", "J\u{1b}c"], 1);
    assert!(refused.stderr.contains("`\\u{1b}]0;x\\u{7}` is not a level"), "{}", refused.stderr);
    let text = fs::read_to_string(program.folder().join("grid-to-fill.csv")).unwrap();
    fs::write(program.folder().join("grid-to-fill.csv"), text.replace("\u{1b}]0;x\u{7}", "x"))
        .unwrap();
    let kept = ends(&program, &["capture", "grid-to-fill.csv", "--by", "J\u{1b}c"], 0);
    let planned = ends(&program, &["plan"], 8);
    for ended in [refused, kept, planned] {
        let raw = ended.everything().chars().find(|one| is_raw(*one));
        assert_eq!(raw, None, "{:?}", ended.everything());
    }
}

#[test]
fn capture_is_for_worksheets_alone_and_questions_for_terminals() {
    let program = Program::with_manifest(MANIFEST.replace(
        "{worksheet: {file: grid.csv, directory: directory.csv, max_age: 30d}}",
        "{embedded: {world: world.yaml}}",
    ));
    assert!(ends(&program, &["capture", "--template"], 1).stderr.contains("error[X017]"));
    let program = clinic();
    ends(&program, &["capture", "--template"], 0);
    assert!(ends(&program, &["capture", "--by", "Jane"], 1).stderr.contains("error[X020]"));
    let said = ends(&program, &["capture", "--template", "--office", "Main Stret"], 1).stderr;
    assert!(said.contains("did you mean `Main Street`?"), "{said}");
}

fn terminal(program: &Program, arguments: &[&str]) -> PtySession {
    let mut command = program.command(arguments);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    spawn_command(command, Some(30_000)).unwrap()
}

/// Waits for a question and presses one key.
#[track_caller]
fn press(session: &mut PtySession, question: &str, key: &str) {
    session.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    session.send(key).unwrap();
    session.flush().unwrap();
}

#[test]
fn rows_are_asked_one_key_a_cell_and_kept_as_they_are_answered() {
    let program = clinic();
    ends(&program, &["capture", "--template"], 0);
    let office = ["capture", "--office", "Main Street", "--by", "Jane Roy"];
    let mut session = terminal(&program, &office);
    session.exp_string("OceanAPILAKESIDE, Main Street: choose both at the screen").unwrap();
    session.exp_string("Singh, Anita (1) (row 1 of 2)").unwrap();
    for (cell, key) in [
        ("Patient: ", "f"),
        ("Scheduling: ", " "),
        ("Billing: ", "n"),
        ("Inbox: ", "?"),
        ("Inbox: ", "\u{7f}"),
        ("Billing: ", "f"),
        ("Inbox: ", "\r"),
        ("EMR: ", "r"),
        ("Labs: ", "e"),
        ("Access Until (Enter: none, u: type a date): ", "u"),
        ("date: ", "01/02/2027\r"),
        ("may be 2027-02-01 or 2027-01-02", ""),
        ("Access Until (Enter: none, u: type a date): ", "u"),
        ("date: ", "31 Jan 2027\r"),
        ("= Patient full, Scheduling full, Billing full, EMR read-only, until 2027-01-31", ""),
    ] {
        press(&mut session, cell, key);
    }
    session.exp_string("HYPERLINK").unwrap();
    press(&mut session, "Patient: ", "f");
    press(&mut session, "Scheduling: ", "q");
    let rest = session.exp_eof().unwrap();
    assert!(
        rest.contains("Captured: 1 row, read ") && rest.contains("2 rows are unread"),
        "{rest}"
    );

    // It goes on where it was left; the half row is asked again from its first cell.
    let mut session = terminal(&program, &office);
    session.exp_string("going on with the capture begun at").unwrap();
    session.exp_string("(row 1 of 1)").unwrap();
    press(&mut session, "Patient: ", "e");
    session.exp_string("= nothing ticked").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("Captured: 2 rows"), "{rest}");
    let plan = ends(&program, &["plan"], 8).stdout;
    assert!(plan.contains("1 row of OceanAPILAKESIDE in Walk-in"), "{plan}");

    // Before the first answer nothing is overwritten.
    let before = fs::read(program.folder().join("grid.csv")).unwrap();
    let mut session = terminal(&program, &["capture", "--restart", "--by", "Bo Lee"]);
    press(&mut session, "Patient: ", "\u{7f}");
    press(&mut session, "Patient: ", "q");
    assert!(session.exp_eof().unwrap().contains("no row was answered: nothing was written"));
    assert_eq!(fs::read(program.folder().join("grid.csv")).unwrap(), before);

    // Somebody else does not sign what Jane read.
    let mut session = terminal(&program, &["capture", "--by", "Bo Lee"]);
    session.exp_string("error[X019]: the last capture is Jane Roy's").unwrap();
}

#[test]
fn another_spreadsheet_opens_the_sheet_and_what_it_saves_is_read() {
    let Some(python) = reader("openpyxl", "openpyxl/bin/python") else { return };
    let program = clinic();
    ends(&program, &["capture", "--template"], 0);
    let sheet = program.folder().join("grid-to-fill.xlsx");
    let script = |arguments: &[&std::ffi::OsStr]| {
        let mut command = Command::new(&python);
        command.arg(own("sheet.py")).args(arguments);
        let (code, text) = read(&mut command);
        assert_eq!(code, Some(0), "{text}");
        text
    };
    let shown: Value =
        serde_json::from_str(script(&["show".as_ref(), sheet.as_ref()]).trim()).unwrap();
    assert_eq!(shown["sheets"], serde_json::json!(["Grid"]));
    assert_eq!(
        shown["kinds"],
        serde_json::json!(["s"]),
        "text alone: no formula, whatever a name is"
    );
    assert!(shown["rows"].to_string().contains("=HYPERLINK"), "{shown}");
    let lists = shown["lists"].as_array().unwrap();
    let of = |words: &str| {
        let ranges = lists.iter().filter(|one| one["formula"] == format!("\"{words}\""));
        ranges.map(|one| one["range"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let levels = of("none,read-only,full");
    for column in ["F", "G", "H", "I", "J", "K", "L", "M", "N"] {
        assert!(levels.contains(&format!("{column}9:{column}1")), "{column}: {levels}");
    }
    assert!(of("yes,no").starts_with("P9:P1"), "{lists:?}");
    assert_eq!(shown["panes"], "F9");

    let filled = program.folder().join("filled.xlsx");
    script(&["fill".as_ref(), sheet.as_ref(), filled.as_ref()]);
    let kept = ends(&program, &["capture", "filled.xlsx"], 0);
    assert!(
        kept.stdout.contains("Captured: 3 rows, read 2026-01-05 09:00 -05:00 by Jane Roy"),
        "{}",
        kept.stdout
    );
    let grid = fs::read_to_string(program.folder().join("grid.csv")).unwrap();
    assert!(
        grid.contains(",1,full,full,full,none,full,full,none,full,none,2027-01-31,yes"),
        "{grid}"
    );
    assert!(grid.contains(",2,none,none,none,full,none,none,none,none,none,,yes"), "{grid}");
    assert!(
        grid.contains(
            "Walk-in,2,\"Singh, Anita\",1,none,none,none,none,none,none,none,none,none,,yes"
        ),
        "{grid}"
    );
}
