//! A whole clinic by the route for people: a template, a capture, a plan, clicks that are ticked off at a
//! terminal with an interruption and a wrong tick, captures after it, a sync that is attested, and its
//! verification by somebody else.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use super::program::Program;

pub(super) const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 30d}}}
ocean: {site: \"4021\", connection: {attest: {}}}
safety: {four_eyes: true}
users: [{profile: ocean, all_offices: true}]
";

pub(super) const DIRECTORY: &str = "\
office,provider
Main Street,\"Singh, Anita\"
Main Street,\"Roy, Bo\"
Walk-in,\"Singh, Anita\"
";

/// Behind the names of a line: as the screen shows it.
pub(super) const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";
pub(super) const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";
pub(super) const WITHOUT_SCHEDULING: &str = ",x,-,x,-,x,x,-,x,-,,";

/// A clinic whose screen a scripted person reads.
pub(super) struct Story(pub(super) Program);

impl Story {
    /// The clinic of a manifest, with its template.
    pub(super) fn new(manifest: &str) -> Self {
        let story = Self(Program::with_manifest(manifest));
        fs::write(story.0.folder().join("directory.csv"), DIRECTORY).unwrap();
        story.ends(&["capture", "--template"], 0);
        story
    }

    /// Ticks every row off that is left.
    #[track_caller]
    pub(super) fn ticked(&self, by: &str, questions: &[&str]) {
        let mut session = self.at_terminal(&["worklist", "--tick", "--by", by]);
        for question in questions {
            answer(&mut session, question, "y");
        }
        is_over(&mut session);
    }

    #[track_caller]
    pub(super) fn ends(&self, arguments: &[&str], code: i32) -> String {
        let ended = self.0.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended.everything()
    }

    #[track_caller]
    pub(super) fn waits(&self, code: i32, words: &[&str]) {
        let said = self.ends(&["status"], code);
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    /// Reads the screen: the cells of each line in the order of the sheet.
    #[track_caller]
    pub(super) fn captured(&self, by: &str, cells: [&str; 3]) {
        // A capture counts that was begun in a second after that of the last tick.
        sleep(Duration::from_millis(1100));
        self.captured_at(by, cells, "now");
    }

    /// Reads the same in every line.
    #[track_caller]
    pub(super) fn captured_all(&self, by: &str, cells: &str) {
        let blank = fs::read_to_string(self.0.folder().join("grid-to-fill.csv")).unwrap();
        let filled = blank.replace(",,,,,,,,,,,", cells);
        fs::write(self.0.folder().join("filled.csv"), filled).unwrap();
        self.ends(&["capture", "filled.csv", "--by", by, "--at", "now"], 0);
    }

    #[track_caller]
    pub(super) fn captured_at(&self, by: &str, cells: [&str; 3], at: &str) {
        self.filled(cells);
        self.ends(&["capture", "filled.csv", "--by", by, "--at", at], 0);
    }

    /// Fills the sheet in.
    pub(super) fn filled(&self, cells: [&str; 3]) {
        let blank = fs::read_to_string(self.0.folder().join("grid-to-fill.csv")).unwrap();
        let mut cells = cells.into_iter();
        let filled = blank.lines().map(|line| {
            let is_row = line.contains(",,,,,,,,,,,") && line.starts_with("OceanAPI");
            if is_row {
                line.replacen(",,,,,,,,,,,", cells.next().unwrap(), 1)
            } else {
                line.to_owned()
            }
        });
        let filled = filled.collect::<Vec<_>>().join("\r\n");
        assert_eq!(cells.next(), None, "a cell for each line");
        fs::write(self.0.folder().join("filled.csv"), filled).unwrap();
    }

    pub(super) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.folder()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(super) fn at_terminal(&self, arguments: &[&str]) -> PtySession {
        let mut command = self.0.command(arguments);
        command.env("TERM", "xterm").stdin(Stdio::inherit());
        spawn_command(command, Some(30_000)).unwrap()
    }
}

#[track_caller]
pub(super) fn answer(session: &mut PtySession, question: &str, word: &str) {
    session.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    session.exp_string("q: stop] ").unwrap();
    session.send_line(word).unwrap();
}

#[track_caller]
pub(super) fn is_over(session: &mut PtySession) {
    session.exp_eof().unwrap();
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(status.starts_with("Exited(") && status.ends_with(", 0)"), "{status}");
}

#[test]
fn a_whole_clinic_goes_through_people_and_a_wrong_tick_is_caught() {
    let story = Story::new(MANIFEST);
    story.captured("Jane Roy", [NOTHING; 3]);
    let planned = story.ends(&["plan"], 0);
    assert!(planned.contains("Plan: 3 rows to grant"), "{planned}");
    story.waits(0, &["Nothing waits"]);

    // Asked, and printed; nothing is done.
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("Worklist of lakeside (LAKESIDE): 3 rows, 18 cells to set"), "{asked}");
    let is_page = |name: &str| name.starts_with("worklist-");
    assert!(story.files().iter().any(|name| is_page(name)), "{:?}", story.files());
    story.waits(2, &["0 of 3 rows of the worklist"]);

    // Half of it, then Ctrl-C; what was ticked is kept.
    let tick = ["worklist", "--tick", "--by", "Jane Roy"];
    let mut session = story.at_terminal(&tick);
    answer(&mut session, "1/3 Roy, Bo (2)", "y");
    session.exp_string("2/3 Singh, Anita (1)").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    drop(session);
    story.waits(6, &["1 of 3 rows of the worklist", "a sync is owed once"]);
    // The capture of before says nothing of the tick: neither right nor wrong.
    let again = story.ends(&["apply", "-auto-approve"], 6);
    assert!(!again.contains("S013") && again.contains("2 rows, 12 cells to set"), "{again}");
    let left = story.ends(&["worklist"], 0);
    assert!(left.contains("2 rows, 12 cells to set") && !left.contains("Roy, Bo"), "{left}");

    let mut session = story.at_terminal(&tick);
    answer(&mut session, "2/3 Singh, Anita (1)", "y");
    answer(&mut session, "3/3 Singh, Anita (1)", "y");
    is_over(&mut session);
    drop(session);
    story.waits(6, &["all 3 rows of the worklist", "are attested, not verified"]);

    // With four eyes, who ticked does not say that it is right.
    let wrong = [OCEAN, OCEAN, WITHOUT_SCHEDULING];
    story.captured("jane  roy", wrong);
    let same = story.ends(&["apply", "-auto-approve"], 5);
    assert!(same.contains("error[S011]"), "{same}");

    // The second capture catches the wrong tick, by its cell, and no sync is asked for.
    story.captured("Bo Roy", wrong);
    let caught = story.ends(&["apply", "-auto-approve"], 6);
    assert!(
        caught.contains(
            "error[S013]: lakeside/OceanAPILAKESIDE/Walk-in/Singh, Anita (1): Jane Roy says that it is set; \
             read again, it is not (asked → is): Scheduling full → none"
        ),
        "{caught}"
    );
    assert!(caught.contains("1 row, 1 cell to set"), "{caught}");
    assert!(!caught.contains("full sync"), "{caught}");
    story.waits(6, &["0 of 1 row"]);

    // Mended, and read again: only now the sync is asked for.
    let mut session = story.at_terminal(&tick);
    answer(&mut session, "1/1 Singh, Anita (1)", "y");
    is_over(&mut session);
    drop(session);
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
    story.waits(6, &["a full sync of Ocean site 4021 is asked of a person"]);

    sleep(Duration::from_millis(1100));
    story.ends(&["sync", "--attest", "--by", "Jane Roy"], 0);
    story.waits(6, &["attested by Jane Roy, not verified"]);
    story.ends(&["verify", "--attest", "--by", "Jane Roy"], 5);
    story.ends(&["verify", "--attest", "--by", "Bo Roy"], 0);
    story.waits(0, &["Nothing waits"]);
    let planned = story.ends(&["plan", "--detailed-exitcode"], 0);
    assert!(planned.contains("No changes."), "{planned}");
    story.ends(&["history", "verify"], 0);
}

/// Somebody who reads the screen while clicking, and ticks after it: the row is right in the capture,
/// and still nothing is called done before it is read once more.
#[test]
fn a_capture_from_before_the_ticks_verifies_nothing() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.captured("Bo Roy", [OCEAN; 3]);
    let mut session = story.at_terminal(&["worklist", "--tick", "--by", "Jane Roy"]);
    for question in ["1/3", "2/3", "3/3"] {
        answer(&mut session, question, "y");
    }
    is_over(&mut session);
    drop(session);
    let waits = story.ends(&["apply", "-auto-approve"], 6);
    assert!(
        waits.contains("3 rows ticked and not read since") && !waits.contains("full sync"),
        "{waits}"
    );
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}
