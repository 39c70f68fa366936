//! The second capture is one of the touched rows alone; the others are kept as they were read before.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rexpect::session::PtySession;
use serde_json::Value;

use super::people_story::{MANIFEST, NOTHING, OCEAN, Story, WITHOUT_SCHEDULING, is_over};

const BLANK: &str = ",,,,,,,,,,,";

/// One row is right from the beginning, so nobody is asked for it.
fn asked() -> Story {
    let story = Story::new(MANIFEST);
    story.captured("Jane Roy", [OCEAN, NOTHING, NOTHING]);
    story.ends(&["apply", "-auto-approve"], 6);
    story
}

/// A sheet of the touched rows, filled in.
#[track_caller]
fn filled(story: &Story, cells: &[&str]) {
    sleep(Duration::from_millis(1100));
    story.ends(&["capture", "--template", "--worklist", "--out", "again"], 0);
    let path = |name: &str| story.0.folder().join(name);
    let sheet = fs::read_to_string(path("again.csv")).unwrap();
    assert_eq!(sheet.matches(BLANK).count(), cells.len(), "the touched rows alone: {sheet}");
    let mut cells = cells.iter();
    let lines = sheet.lines().map(|line| {
        if line.contains(BLANK) {
            line.replacen(BLANK, cells.next().unwrap(), 1)
        } else {
            line.to_owned()
        }
    });
    fs::write(path("filled.csv"), lines.collect::<Vec<_>>().join("\r\n")).unwrap();
    for name in ["again.csv", "again.xlsx"] {
        fs::remove_file(path(name)).unwrap();
    }
}

const KEPT: [&str; 7] = ["capture", "filled.csv", "--keep", "--by", "Bo Roy", "--at", "now"];

#[test]
fn the_touched_rows_are_captured_again_and_the_others_are_kept() {
    let story = asked();
    story.ticked("Jane Roy", &["1/2", "2/2"]);
    filled(&story, &[OCEAN, WITHOUT_SCHEDULING]);
    // Without the rest nobody would know what is there.
    let before = fs::read(story.0.folder().join("grid.csv")).unwrap();
    let lost = story.ends(&["capture", "filled.csv", "--by", "Bo Roy", "--at", "now"], 0);
    assert!(lost.contains("1 row that the last capture had") && lost.contains("--keep"), "{lost}");
    fs::write(story.0.folder().join("grid.csv"), before).unwrap();
    let kept = story.ends(&KEPT, 0);
    assert!(kept.contains("Captured: 3 rows"), "{kept}");
    assert!(kept.contains("1 row of the last capture kept, as old as before"), "{kept}");

    // Right is verified, wrong is named, and the row that nobody touched is as it was.
    let caught = story.ends(&["apply", "-auto-approve"], 6);
    assert!(caught.contains("error[S013]") && caught.contains("1 row, 1 cell to set"), "{caught}");
    story.ticked("Jane Roy", &["1/1"]);
    filled(&story, &[OCEAN]);
    story.ends(&KEPT, 0);
    let grid = fs::read_to_string(story.0.folder().join("grid.csv")).unwrap();
    assert!(grid.contains("Row read at") && grid.contains(",Jane Roy"), "{grid}");
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
    let planned = story.ends(&["plan", "--detailed-exitcode"], 0);
    assert!(planned.contains("No changes."), "{planned}");
}

/// What was kept was read before the click, whatever the rest of the capture says.
#[test]
fn a_row_that_was_kept_confirms_no_tick() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    // One row is right before it is ticked, and nobody reads it again.
    story.captured("Bo Roy", [OCEAN, NOTHING, NOTHING]);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    filled(&story, &[BLANK, OCEAN, OCEAN]);
    let sheet = fs::read_to_string(story.0.folder().join("filled.csv")).unwrap();
    assert_eq!(sheet.matches(BLANK).count(), 1, "the first line stays blank: {sheet}");
    story.ends(&KEPT, 0);
    let waits = story.ends(&["apply", "-auto-approve"], 6);
    assert!(waits.contains("1 row ticked and not read since"), "{waits}");
    assert!(!waits.contains("full sync"), "{waits}");
}

#[test]
fn a_capture_is_believed_no_longer_than_its_oldest_row() {
    let story = Story::new(&MANIFEST.replace("max_age: 30d", "max_age: 1h"));
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    let shown = |story: &Story| -> Value {
        serde_json::from_str(&story.0.run(&["capture", "--json"]).stdout).unwrap()
    };
    let first = shown(&story);
    filled(&story, &[OCEAN, BLANK, BLANK]);
    story.ends(&KEPT, 0);
    let second = shown(&story);
    assert_ne!(first["at"], second["at"]);
    assert_eq!(first["stale_at"], second["stale_at"], "two rows are as old as before: {second}");
    // Of an old capture nothing is kept.
    let grid = story.0.folder().join("grid-to-fill.csv");
    let whole = fs::read_to_string(&grid).unwrap().replace(BLANK, NOTHING);
    fs::write(story.0.folder().join("filled.csv"), whole).unwrap();
    let old = ["capture", "filled.csv", "--by", "Bo Roy", "--at", "2026-01-05 09:00"];
    story.ends(&old, 0);
    let refused = story.ends(&KEPT, 1);
    assert!(refused.contains("error[X024]"), "{refused}");
}

fn press(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

/// Answers the nine columns and the date of a row.
#[track_caller]
fn read(session: &mut PtySession, row: &str) {
    session.exp_string(row).unwrap();
    session.exp_string("Patient: ").unwrap();
    press(session, "fffnffnfn");
    session.exp_string("Access Until").unwrap();
    press(session, "n");
}

/// More is ticked than was asked for. The manifest is additive, so that no plan takes it back.
#[test]
fn a_tick_too_much_is_no_right_row_and_asks_for_no_sync() {
    let story = asked();
    story.ticked("Jane Roy", &["1/2", "2/2"]);
    filled(&story, &[OCEAN, ",x,x,x,x,x,x,-,x,-,,"]);
    story.ends(&KEPT, 0);
    for _ in ["first", "again"] {
        let wrong = story.ends(&["apply", "-auto-approve"], 6);
        assert!(wrong.contains("error[S013]") && wrong.contains("Inbox none → full"), "{wrong}");
        assert!(wrong.contains("1 row not as somebody ticked"), "{wrong}");
        assert!(!wrong.contains("full sync"), "{wrong}");
    }
    let left = story.ends(&["worklist"], 0);
    assert!(left.contains("1 row, 1 cell to set") && left.contains("Inbox none"), "{left}");
    story.ticked("Jane Roy", &["2/2"]);
    filled(&story, &[OCEAN, OCEAN]);
    story.ends(&KEPT, 0);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}

#[test]
fn the_touched_rows_are_asked_at_a_terminal_and_it_goes_on_where_it_was_left() {
    let story = asked();
    story.ticked("Jane Roy", &["1/2", "2/2"]);
    sleep(Duration::from_millis(1100));
    let arguments = ["capture", "--worklist", "--by", "Bo Roy"];
    let mut session = story.at_terminal(&arguments);
    read(&mut session, "(row 1 of 2)");
    session.exp_string("(row 2 of 2)").unwrap();
    press(&mut session, "q");
    session.exp_eof().unwrap();
    drop(session);
    let mut session = story.at_terminal(&arguments);
    read(&mut session, "(row 1 of 1)");
    is_over(&mut session);
    drop(session);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}
