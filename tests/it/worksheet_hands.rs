//! `capture` as it is used: by whom, at what time, twice at once, over an old template, and begun and left.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use accuroform::connection::read_table;
use accuroform::worksheet::{self, Capture, Kind};
use jiff::tz::TimeZone;
use rexpect::session::{PtySession, spawn_command};

use super::program::{Ended, Program};

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 24h}}}
ocean: {site: \"4021\", sync: none}
users: [{profile: ocean, all_offices: true}]
";

const DIRECTORY: &str = "\
Office,Office ID,Provider,Provider ID
Main,1,\"Singh, Anita\",1042
Main,1,\"Singh, Anita\",1043
Walk-in,2,\"Roy, Bo\",1044
";

/// A clinic whose template is filled in: nothing is ticked.
fn filled() -> Program {
    let program = Program::with_manifest(MANIFEST);
    fs::write(program.folder().join("directory.csv"), DIRECTORY).unwrap();
    ends(&program, &["capture", "--template"], 0);
    let text = fs::read_to_string(program.folder().join("grid-to-fill.csv")).unwrap();
    fs::write(program.folder().join("filled.csv"), text.replace(",,,,,,,,,,,", ",,,,,,,,,,,yes"))
        .unwrap();
    program
}

#[track_caller]
fn ends(program: &Program, arguments: &[&str], code: i32) -> Ended {
    let ended = program.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    ended
}

fn grid(program: &Program) -> String {
    fs::read_to_string(program.folder().join("grid.csv")).unwrap()
}

#[test]
fn whoever_has_no_name_captures_nothing_and_any_name_is_read_back() {
    let program = filled();
    ends(&program, &["capture", "filled.csv", "--by", "Jane"], 0);
    let before = grid(&program);
    let long = "x".repeat(201);
    for nobody in ["", "  ", "\u{a0}\n", long.as_str()] {
        let said = ends(&program, &["capture", "filled.csv", "--by", nobody], 1).stderr;
        assert!(
            said.contains("error[X003]: the name of who read the screen"),
            "{nobody:?}: {said}"
        );
        assert_eq!(grid(&program), before, "the last capture stays");
    }
    for name in [
        " Jane  Roy ",
        "Jane\r\nRoy",
        "=cmd",
        "'=cmd",
        "@x",
        "-",
        "'Neil",
        "a,\"b\";c",
        "Zoe\u{308}",
        "sep=;",
        "J\u{1b}c",
        "0",
        "2026-01-05",
    ] {
        ends(&program, &["capture", "filled.csv", "--at", "now", "--by", name], 0);
        let shown = ends(&program, &["capture", "--show"], 0);
        let in_one =
            name.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{1b}', "\\u{1b}");
        assert!(shown.stdout.contains(&format!(" by {in_one}.\n")), "{name:?}: {}", shown.stdout);
    }
}

#[test]
fn a_time_has_one_meaning_and_is_read_back_to_the_second() {
    let program = filled();
    let capture = |at: &str, code| {
        ends(&program, &["capture", "filled.csv", "--by", "Jane", "--at", at], code).stderr
    };
    // The clock of the clinic skips the first, and shows the second twice; the third is not yet.
    for at in [
        "2026-03-08 02:30",
        "2025-11-02 01:30",
        "2999-01-01 09:00",
        "2026-01-05",
        "09:00",
        "",
        "now ",
    ] {
        let said = if at == "now " { capture(at, 0) } else { capture(at, 1) };
        assert!(said.contains("error[X003]") == (at != "now "), "{at:?}: {said}");
    }
    for (at, read) in [
        ("2025-11-02T01:30-04:00", "2025-11-02T01:30:00-04:00"),
        ("2025-11-02T01:30-05:00", "2025-11-02T01:30:00-05:00"),
        ("2026-01-05T09:00:00.75-05:00", "2026-01-05T09:00:00-05:00"),
        ("2026-01-05T14:00:00Z", "2026-01-05T09:00:00-05:00"),
        // Toronto was 5:17:32 behind then.
        ("1890-01-01 09:00", "1890-01-01T14:17:32+00:00"),
    ] {
        capture(at, 0);
        assert!(
            grid(&program).contains(&format!("Captured at,{read}\r\n")),
            "{at}: {}",
            grid(&program)
        );
        // It is old, and as it was made.
        assert!(
            ends(&program, &["capture", "--show"], 8).stdout.contains("It was good until"),
            "{at}"
        );
    }
}

#[test]
fn a_time_of_the_sheet_that_cannot_be_is_named_at_its_cell() {
    let program = filled();
    let sheet = fs::read_to_string(program.folder().join("filled.csv")).unwrap();
    for (time, problem) in [
        ("2026-03-08 02:30", "is not a time with one meaning"),
        ("5/1/2026 9:00", "is not a time with one meaning"),
        ("2026-01-05", "is not a time with one meaning"),
        ("2999-01-01 09:00", "is ahead of now"),
    ] {
        let sheet = sheet.replace("Read at,", &format!("Read at,{time}"));
        fs::write(program.folder().join("timed.csv"), sheet).unwrap();
        let said = ends(&program, &["capture", "timed.csv", "--by", "Jane"], 1).stderr;
        assert!(said.contains(&format!("error[X003]: timed.csv!B5: `{time}` {problem}")), "{said}");
    }
    let sheet =
        sheet.lines().filter(|line| !line.starts_with("Made at")).collect::<Vec<_>>().join("\n");
    fs::write(program.folder().join("timeless.csv"), sheet).unwrap();
    let said = ends(&program, &["capture", "timeless.csv", "--by", "Jane"], 1).stderr;
    assert!(said.contains("error[X003]: nothing says when the screen was read"), "{said}");
}

#[test]
fn a_sheet_of_another_clinic_is_refused_and_says_which() {
    let program = filled();
    let sheet = fs::read_to_string(program.folder().join("filled.csv")).unwrap();
    for (was, is, cell) in [
        ("Clinic,lakeside", "Clinic,hillside", "B2"),
        ("Tenant,LAKESIDE", "Tenant,HILLSIDE", "B3"),
        ("Clinic,lakeside", "Clinic,", "B2"),
    ] {
        fs::write(program.folder().join("other.csv"), sheet.replace(was, is)).unwrap();
        let said = ends(&program, &["capture", "other.csv", "--by", "Jane"], 1).stderr;
        assert!(said.contains(&format!("error[X011]: other.csv!{cell}:")), "{said}");
    }
}

#[test]
fn a_template_from_before_the_directory_changed_names_who_is_gone_and_leaves_who_is_new_unread() {
    let program = filled();
    let changed = DIRECTORY
        .replace("1043", "1045")
        .replace("Roy, Bo", "Roy-Lee, Bo")
        .replace("Walk-in,2", "Walk-in,3");
    fs::write(program.folder().join("directory.csv"), &changed).unwrap();
    let said = ends(&program, &["capture", "filled.csv", "--by", "Jane"], 1).stderr;
    assert!(said.contains("error[X005]: filled.csv!E10: Main has no provider 1043"), "{said}");
    assert!(said.contains("error[X004]: filled.csv!C12: the directory has no office 2"), "{said}");

    fs::write(program.folder().join("directory.csv"), DIRECTORY.replace("Roy, Bo", "Roy-Lee, Bo"))
        .unwrap();
    let said = ends(&program, &["capture", "filled.csv", "--by", "Jane"], 1).stderr;
    assert!(
        said.contains("error[X005]: filled.csv!D12: the provider 1044 has another name"),
        "{said}"
    );

    fs::write(
        program.folder().join("directory.csv"),
        format!("{DIRECTORY}Walk-in,2,\"New, One\",1050\n"),
    )
    .unwrap();
    let said = ends(&program, &["capture", "filled.csv", "--by", "Jane"], 0).stderr;
    assert!(said.contains("! 1 row is unread in the grid of OceanAPILAKESIDE"), "{said}");
    let plan = ends(&program, &["plan"], 8).stdout;
    assert!(plan.contains("1 row of OceanAPILAKESIDE in Walk-in: New, One (1050)"), "{plan}");
    // A capture of the directory of then is not one of now.
    fs::write(program.folder().join("directory.csv"), &changed).unwrap();
    assert!(
        ends(&program, &["plan"], 1)
            .stderr
            .contains("error[X005]: grid.csv has 3 faults, first grid.csv!E11")
    );
    assert!(ends(&program, &["capture", "--show"], 1).stderr.contains("error[X005]: grid.csv"));
}

#[cfg(unix)]
#[test]
fn a_capture_stays_readable_for_those_who_could_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = filled();
    ends(&program, &["capture", "filled.csv", "--by", "Jane"], 0);
    let path = program.folder().join("grid.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    ends(&program, &["capture", "filled.csv", "--by", "Jane"], 0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

fn terminal(program: &Program, arguments: &[&str]) -> PtySession {
    let mut command = program.command(arguments);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    spawn_command(command, Some(30_000)).unwrap()
}

#[track_caller]
fn press(session: &mut PtySession, question: &str, key: &str) {
    session.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    session.send(key).unwrap();
    session.flush().unwrap();
}

#[test]
fn of_two_captures_at_once_neither_loses_what_was_read() {
    let program = filled();
    let mut jane = terminal(&program, &["capture", "--by", "Jane"]);
    press(&mut jane, "Patient: ", "e");
    jane.exp_string("row 2 of 3").unwrap();
    // Meanwhile Bo captures the whole grid from a sheet.
    ends(&program, &["capture", "filled.csv", "--by", "Bo", "--at", "now"], 0);
    let bo = grid(&program);
    press(&mut jane, "Patient: ", "e");
    let rest = jane.exp_eof().unwrap();
    assert!(rest.contains("error[X023]: grid.csv was changed meanwhile"), "{rest}");
    assert_eq!(grid(&program), bo);

    // And where there was none when both began.
    fs::remove_file(program.folder().join("grid.csv")).unwrap();
    let mut jane = terminal(&program, &["capture", "--by", "Jane"]);
    jane.exp_string("row 1 of 3").unwrap();
    fs::write(program.folder().join("grid.csv"), &bo).unwrap();
    press(&mut jane, "Patient: ", "e");
    assert!(jane.exp_eof().unwrap().contains("error[X023]"));
    assert_eq!(grid(&program), bo);
}

#[test]
fn a_capture_that_is_too_old_or_ahead_is_not_gone_on_with() {
    let program = filled();
    ends(&program, &["capture", "filled.csv", "--by", "Jane", "--at", "2026-01-05 09:00"], 0);
    let old = grid(&program);
    let mut jane = terminal(&program, &["capture", "--by", "Jane"]);
    jane.exp_string("the capture of 2026-01-05T14:00:00Z is too old: a new one is begun").unwrap();
    jane.exp_string("row 1 of 3").unwrap();
    press(&mut jane, "Patient: ", "q");
    jane.exp_eof().unwrap();
    assert_eq!(grid(&program), old, "begun and left: nothing was answered");
    let mut jane = terminal(&program, &["capture", "--by", "Jane"]);
    press(&mut jane, "Patient: ", "e");
    press(&mut jane, "Patient: ", "q");
    assert!(jane.exp_eof().unwrap().contains("Captured: 1 row"));
    let mut jane = terminal(&program, &["capture", "--by", "Jane", "--restart"]);
    jane.exp_string("row 1 of 3").unwrap();
    press(&mut jane, "Patient: ", "q");
    jane.exp_eof().unwrap();
    assert!(ends(&program, &["capture", "--show"], 8).stdout.contains("Captured: 1 row"));

    // A clock was wrong: nobody knows how old the capture is.
    let path = program.folder().join("directory.csv");
    let table = read_table(&path, Kind::Directory).unwrap();
    let directory = worksheet::directory(&table).unwrap().directory;
    let ahead = Capture {
        clinic: "lakeside".to_owned(),
        tenant: "LAKESIDE".to_owned(),
        at: "2999-01-01T00:00:00Z".parse().unwrap(),
        by: "Jane".to_owned(),
        grids: BTreeMap::new(),
        kept: BTreeMap::new(),
    };
    let rows = ahead.rows_of(&directory, &["OceanAPILAKESIDE".to_owned()], &TimeZone::UTC);
    fs::write(program.folder().join("grid.csv"), worksheet::to_csv(&rows)).unwrap();
    let said = ends(&program, &["capture", "--show"], 8).stdout;
    assert!(said.contains("It is dated ahead of now"), "{said}");
    let mut jane = terminal(&program, &["capture", "--by", "Jane"]);
    jane.exp_string(
        "error[X003]: the last capture is of 2999-01-01T00:00:00Z, which is ahead of now",
    )
    .unwrap();
}

#[test]
fn whoever_captures_less_than_there_was_is_told() {
    let program = filled();
    ends(&program, &["capture", "filled.csv", "--by", "Jane", "--at", "now"], 0);
    ends(&program, &["capture", "--template", "--office", "Walk-in", "--out", "part"], 0);
    let text = fs::read_to_string(program.folder().join("part.csv")).unwrap();
    fs::write(program.folder().join("part.csv"), text.replace(",,,,,,,,,,,", ",,,,,,,,,,,yes"))
        .unwrap();
    let said = ends(&program, &["capture", "part.csv", "--by", "Jane"], 0).stderr;
    assert!(
        said.contains(
            "! 2 rows that the last capture had are not in this one, so they are unread now"
        ),
        "{said}"
    );
    let said = ends(&program, &["capture", "part.csv", "--by", "Jane"], 0).stderr;
    assert!(!said.contains("the last capture had"), "{said}");
}
