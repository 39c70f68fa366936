//! Lists that come after lists: the same plan twice, plans that leave rows of an older list out, rows that
//! nobody can read any more, and lists that a crash or a bridge cut short.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::people_story::{MANIFEST, NOTHING, OCEAN, Story, answer, is_over};

const EVERYWHERE: &str = "all_offices: true";
const WALK_IN: &str = "offices: [{name: Walk-in, all_providers: true}]";

/// Without four eyes, and a clinic that may end empty.
fn relaxed() -> String {
    MANIFEST.replace("{four_eyes: true}", "{allow_empty: true}")
}

impl Story {
    fn manifest(&self, text: &str) {
        fs::write(self.0.folder().join("clinic.yaml"), text).unwrap();
    }

    #[track_caller]
    fn synced(&self) {
        sleep(Duration::from_millis(1100));
        self.ends(&["sync", "--attest", "--by", "Jane Roy"], 0);
        self.ends(&["verify", "--attest", "--by", "Bo Roy"], 0);
    }

    /// How many lines the journal has, and the journal with the first so many of them.
    fn cut(&self, keep: usize) {
        let path = self.0.state().join("lakeside.journal.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().take(keep).collect();
        assert!(kept.len() < text.lines().count(), "something is cut off");
        fs::write(&path, kept.join("\n") + "\n").unwrap();
    }
}

/// The digest of a plan says nothing of when it was made: granted, taken back and granted again is the
/// same plan twice.
#[test]
fn the_same_plan_is_asked_for_anew_once_it_was_taken_back() {
    let story = Story::new(&relaxed());
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Jane Roy", [OCEAN; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.synced();
    story.ends(&["undo", "-auto-approve"], 6);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["undo", "-auto-approve"], 6);
    story.synced();

    let again = story.ends(&["apply", "-auto-approve"], 6);
    assert!(again.contains("Apply: 3 rows asked of a person;"), "{again}");
    story.waits(2, &["0 of 3 rows of the worklist"]);
    let list = story.ends(&["worklist"], 0);
    assert!(list.contains("3 rows, 18 cells to set"), "{list}");
    // Nobody ticks: rows that are set now were not set by the words of the first time, and owe a sync.
    story.captured("Jane Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
    // The first run keeps what was done for it, and the second has its own rows.
    let text = story.ends(&["history"], 0);
    let verified = text.matches("3 verified, 0 attested and not read since").count();
    assert_eq!(verified, 3, "{text}");
}

#[test]
fn a_verified_row_of_a_saved_plan_that_was_unset_since_is_asked_for_again() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["plan", "-out", "p.json"], 0);
    story.ends(&["apply", "p.json"], 6);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Bo Roy", [OCEAN, OCEAN, NOTHING]);
    let left = story.ends(&["apply", "p.json"], 6);
    // What was read is not called unread.
    assert!(left.contains("Apply: 1 row asked of a person; nothing of it is done"), "{left}");
    story.ticked("Jane Roy", &["3/3"]);
    story.captured("Bo Roy", [NOTHING, OCEAN, OCEAN]);
    let again = story.ends(&["apply", "p.json"], 6);
    assert!(again.contains("Apply: 1 row asked of a person;"), "{again}");
    story.waits(6, &["0 of 1 rows of the worklist"]);
    story.ticked("Jane Roy", &["1/1 Singh, Anita (1)"]);
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "p.json"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}

/// Unknown is not absent: whom the directory does not list any more, nobody reads.
#[test]
fn a_ticked_row_whose_provider_left_the_directory_is_neither_right_nor_wrong() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    sleep(Duration::from_millis(1100));
    let path = story.0.folder().join("directory.csv");
    let whole = fs::read_to_string(&path).unwrap();
    let without: Vec<&str> = whole.lines().filter(|line| !line.contains("Roy, Bo")).collect();
    fs::write(&path, without.join("\r\n") + "\r\n").unwrap();
    let sheet = story.0.folder().join("grid-to-fill.csv");
    let blank = fs::read_to_string(&sheet).unwrap();
    let filled: Vec<String> = blank
        .lines()
        .filter(|line| !line.contains("Roy, Bo"))
        .map(|line| line.replacen(",,,,,,,,,,,", OCEAN, 1))
        .collect();
    fs::write(story.0.folder().join("filled.csv"), filled.join("\r\n")).unwrap();
    story.ends(&["capture", "filled.csv", "--by", "Bo Roy", "--at", "now"], 0);

    let said = story.ends(&["apply", "-auto-approve"], 6);
    assert!(!said.contains("S013") && !said.contains("full sync"), "{said}");
    let words = "1 row ticked and not read since; lakeside/OceanAPILAKESIDE/Main Street/Roy, Bo (2) is not on \
                 the screen that is read";
    assert!(said.contains(words), "{said}");
    story.waits(6, &["are attested, not verified"]);

    // Back in the directory, it is read.
    fs::write(&path, whole).unwrap();
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}

#[test]
fn rows_that_no_plan_has_any_more_are_not_asked_for_any_more() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING, NOTHING, OCEAN]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.waits(2, &["0 of 2 rows of the worklist"]);
    story.manifest(&MANIFEST.replace(EVERYWHERE, WALK_IN));
    let said = story.ends(&["apply", "-auto-approve"], 0);
    let words = "2 rows that people were asked for are not asked for any more.";
    assert!(said.contains(words), "{said}");
    story.waits(0, &["Nothing waits"]);
    let list = story.ends(&["worklist"], 0);
    assert!(list.contains("No rows are asked of a person."), "{list}");
    let history = story.ends(&["history"], 0);
    assert!(history.contains("no rows are asked of a person any more"), "{history}");
    let tick = story.ends(&["worklist", "--tick", "--by", "Jane Roy"], 1);
    assert!(tick.contains("S015"), "{tick}");
    story.ends(&["history", "verify"], 0);
}

/// A word was given, so somebody has to look, whatever the manifest asks for by then.
#[test]
fn a_tick_on_a_row_that_no_plan_has_any_more_is_read_before_anything_is_called_done() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    // The screen was read before the tick, and says nothing of it.
    sleep(Duration::from_millis(1100));
    let before = format!("{:.0}", jiff::Timestamp::now());
    sleep(Duration::from_millis(1100));
    let mut session = story.at_terminal(&["worklist", "--tick", "--by", "Jane Roy"]);
    answer(&mut session, "1/3 Roy, Bo (2)", "y");
    answer(&mut session, "2/3", "q");
    is_over(&mut session);
    drop(session);
    // The next plan has another row alone.
    story.manifest(&relaxed().replace(EVERYWHERE, WALK_IN));
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("Apply: 1 row asked of a person;"), "{asked}");
    story.captured_at("Ann One", [NOTHING, NOTHING, OCEAN], &before);
    let waits = story.ends(&["apply", "-auto-approve"], 6);
    assert!(!waits.contains("full sync"), "{waits}");
    assert!(waits.contains("1 row ticked and not read since"), "{waits}");

    // Who ticked on the older list does not say that all is right.
    story.manifest(&MANIFEST.replace(EVERYWHERE, WALK_IN));
    story.captured("Jane Roy", [NOTHING, NOTHING, OCEAN]);
    let same = story.ends(&["apply", "-auto-approve"], 5);
    assert!(same.contains("error[S011]"), "{same}");
    story.manifest(&relaxed().replace(EVERYWHERE, WALK_IN));
    story.captured("Bo Roy", [NOTHING, NOTHING, OCEAN]);
    let wrong = story.ends(&["apply", "-auto-approve"], 6);
    assert!(wrong.contains("error[S013]") && wrong.contains("Roy, Bo (2)"), "{wrong}");
    assert!(wrong.contains("A full sync of 1 Ocean site is asked"), "{wrong}");
    story.synced();
    story.waits(0, &["Nothing waits"]);
}

/// The program ended between the records of two users.
#[test]
fn a_list_that_a_crash_cut_short_is_asked_for_as_a_whole() {
    let users = "{profile: ocean, all_offices: true}, {profile: ocean, name: OceanAPITWO, all_offices: true}";
    let manifest = relaxed().replace("{profile: ocean, all_offices: true}", users);
    let story = Story::new(&manifest);
    story.captured_all("Bo Roy", NOTHING);
    story.ends(&["plan", "-out", "p.json"], 0);
    let whole = story.ends(&["apply", "p.json"], 6);
    assert!(whole.contains("6 rows, 36 cells to set"), "{whole}");
    // `started` and the rows of the first user.
    story.cut(2);
    let again = story.ends(&["apply", "p.json"], 6);
    assert!(again.contains("6 rows, 36 cells to set"), "{again}");
    let left = story.ends(&["worklist"], 0);
    assert!(left.contains("6 rows, 36 cells to set"), "{left}");
    story.ends(&["history", "verify"], 0);
}

#[test]
fn a_list_takes_the_place_of_lists_and_of_nothing_else() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    for name in ["grid.csv", "directory.csv", "./grid.csv"] {
        let before = fs::read(story.0.folder().join(name)).unwrap();
        let refused = story.ends(&["apply", "-auto-approve", "--worklist", name], 1);
        assert!(
            refused.contains("F001") && refused.contains("it is there, and no worklist"),
            "{refused}"
        );
        assert_eq!(fs::read(story.0.folder().join(name)).unwrap(), before, "{name}");
    }
    story.waits(0, &["Nothing waits"]);
    for name in ["list.csv", "list.md", "list.txt", "list.html"] {
        let arguments = ["apply", "-auto-approve", "--worklist", name];
        story.ends(&arguments, 6);
        story.ends(&arguments, 6);
    }
}

/// What the look tells of the run is part of what is taken back, also in the run that looks.
#[test]
fn an_undo_takes_back_a_row_that_its_own_look_finds_set() {
    let story = Story::new(&relaxed());
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    let mut session = story.at_terminal(&["worklist", "--tick", "--by", "Jane Roy"]);
    answer(&mut session, "1/3 Roy, Bo (2)", "y");
    answer(&mut session, "2/3", "q");
    is_over(&mut session);
    drop(session);
    // In the order of the sheet: Singh at Main Street, whom nobody ticked; Roy; Singh at the Walk-in.
    story.captured("Bo Roy", [OCEAN, OCEAN, NOTHING]);
    let asked = story.ends(&["undo", "-auto-approve"], 6);
    assert!(asked.contains("2 rows, 12 cells to set"), "{asked}");
    assert!(!asked.contains("is taken back") && !asked.contains("full sync"), "{asked}");
    let list = story.ends(&["worklist"], 0);
    assert!(list.contains("2 rows, 12 cells to set"), "{list}");
}

/// A look while somebody was clicking may have seen what nobody had saved, of every row.
#[test]
fn a_row_that_nobody_ticked_is_not_believed_from_before_the_last_tick() {
    let story = Story::new(&relaxed());
    story.captured("Bo Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.captured("Bo Roy", [NOTHING, NOTHING, OCEAN]);
    sleep(Duration::from_millis(1100));
    let mut session = story.at_terminal(&["worklist", "--tick", "--by", "Jane Roy"]);
    answer(&mut session, "1/3 Roy, Bo (2)", "y");
    answer(&mut session, "2/3", "y");
    answer(&mut session, "3/3", "q");
    is_over(&mut session);
    drop(session);
    // Those two are read again, and the third kept as it was.
    sleep(Duration::from_millis(1100));
    let kept = [OCEAN, OCEAN, ",,,,,,,,,,,"];
    story.filled(kept);
    let keep = ["capture", "filled.csv", "--keep", "--by", "Bo Roy", "--at", "now"];
    story.ends(&keep, 0);
    for _ in 0..2 {
        let waits = story.ends(&["apply", "-auto-approve"], 6);
        assert!(waits.contains("1 row as asked, and read before the last tick"), "{waits}");
        assert!(!waits.contains("full sync"), "{waits}");
        assert!(!waits.contains("not asked for any more"), "{waits}");
    }
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}
