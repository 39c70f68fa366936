//! `verify` where people tick rows: what somebody said is held against the newest capture, and nothing that was
//! read before a tick is taken for what is there. Also `diagnose` and `watch` over the same clinic.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use accuroform::journal::{Event, Journal, Record};
use accuroform::state::State;
use serde_json::Value;

use super::program::{Ended, Program};

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 30d}}}
";
const ATTEST: &str = "ocean: {site: \"4021\", connection: {attest: {}}}\n";
const NOBODY: &str = "ocean: {site: \"4021\", sync: none}\n";
const FOUR_EYES: &str = "safety: {four_eyes: true}\n";
const USERS: &str = "users: [{profile: ocean, all_offices: true}]\n";

const DIRECTORY: &str = "\
office,provider
Main Street,\"Singh, Anita\"
Main Street,\"Roy, Bo\"
Walk-in,\"Singh, Anita\"
";

/// Behind the names of a line: as the screen shows it.
const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";
const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";
const WITHOUT_SCHEDULING: &str = ",x,-,x,-,x,x,-,x,-,,";
const WITH_INBOX: &str = ",x,x,x,x,x,x,-,x,-,,";
const BLANK: &str = ",,,,,,,,,,,";

const UNREAD: &str = "3 rows are ticked, not read since: capture the grid again";
const WRONG: &str = "error[S013]: lakeside/OceanAPILAKESIDE/Walk-in/Singh, Anita (1): Jane Roy says that it is set; \
                     read again, it is not (asked → is): Scheduling full → none";

/// A clinic whose grid somebody reads at the screen.
struct Clinic(Program);

impl Clinic {
    /// One whose three rows were empty when they were read, and were asked of a person.
    fn asked(more: &[&str]) -> Self {
        let clinic = Self(Program::with_manifest(format!("{MANIFEST}{}{USERS}", more.concat())));
        fs::write(clinic.0.folder().join("directory.csv"), DIRECTORY).unwrap();
        clinic.ends(&["capture", "--template"], 0);
        clinic.captured("Bo Roy", [NOTHING; 3]);
        clinic.ends(&["apply", "-auto-approve"], 6);
        clinic
    }

    /// One whose three rows Jane Roy ticked, after the last capture.
    fn ticked(more: &[&str]) -> Self {
        let clinic = Self::asked(more);
        clinic.tick();
        clinic
    }

    fn tick(&self) {
        let mut command = self.0.command(&["worklist", "--tick", "--by", "Jane Roy"]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"y\ny\ny\n").unwrap();
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert!(ended.stdout.contains("3 ticked now, 0 of 3 rows left"), "{}", ended.everything());
    }

    #[track_caller]
    fn ends(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = self.0.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    #[track_caller]
    fn document(&self, arguments: &[&str], code: i32) -> Value {
        let document: Value = serde_json::from_str(&self.ends(arguments, code).stdout).unwrap();
        assert_eq!(document["exit_code"], code);
        document
    }

    /// Reads the screen: the cells of each line in the order of the sheet.
    #[track_caller]
    fn captured(&self, by: &str, cells: [&str; 3]) {
        self.captured_with(by, cells, &[]);
    }

    #[track_caller]
    fn captured_with(&self, by: &str, cells: [&str; 3], more: &[&str]) {
        // A capture counts that was begun in a second after that of the last tick.
        sleep(Duration::from_millis(1100));
        let blank = fs::read_to_string(self.0.folder().join("grid-to-fill.csv")).unwrap();
        let mut cells = cells.into_iter();
        let filled = blank.lines().map(|line| {
            if line.contains(BLANK) && line.starts_with("OceanAPI") {
                line.replacen(BLANK, cells.next().unwrap(), 1)
            } else {
                line.to_owned()
            }
        });
        let filled = filled.collect::<Vec<_>>().join("\r\n");
        fs::write(self.0.folder().join("filled.csv"), filled).unwrap();
        let capture = ["capture", "filled.csv", "--by", by, "--at", "now"];
        self.ends(&[&capture[..], more].concat(), 0);
    }

    fn records(&self) -> Vec<Record> {
        Journal::read(&State::folder(self.0.state()), "lakeside").unwrap().records
    }

    /// A full sync that is asked for by name and attested.
    fn synced(&self) {
        self.ends(&["sync"], 6);
        sleep(Duration::from_millis(1100));
        self.ends(&["sync", "--attest", "--by", "Jane Roy"], 0);
    }

    /// Nothing that a person says of the page was kept.
    #[track_caller]
    fn kept_nothing(&self) {
        let is_page = |record: &Record| matches!(record.event, Event::PageAttested { .. });
        assert!(!self.records().iter().any(is_page));
    }
}

#[test]
fn what_somebody_ticked_is_held_against_the_newest_capture_and_nothing_is_written() {
    let clinic = Clinic::ticked(&[ATTEST]);
    let journal = clinic.0.state().join("lakeside.journal.jsonl");
    let before = fs::read(&journal).unwrap();

    // The capture is from before the ticks: nobody knows whether they are right.
    let said = clinic.ends(&["verify"], 6).stdout;
    assert!(said.contains(&format!("{UNREAD} [S014].\n")), "{said}");
    let row = "  ! lakeside/OceanAPILAKESIDE/Walk-in/Singh, Anita (1): ticked by Jane Roy at ";
    assert!(said.contains(row), "{said}");
    assert!(said.contains("Who is expected there is unknown"), "what was read is old: {said}");
    assert!(!said.contains("not expected there") && !said.contains("none; that"), "{said}");
    let found = clinic.document(&["verify", "--json"], 6);
    assert_eq!(found["expected_on_patients_page"]["explained"], Value::Null);
    let unread = found["ticked"]["not_read_since"].as_array().unwrap();
    assert_eq!(unread.len(), 3, "{found}");
    assert_eq!(unread[0]["by"], "Jane Roy");
    assert_eq!(found["ticked"]["not_as_ticked"], Value::Array(Vec::new()));
    assert_eq!((&found["grid"], &found["sync_owed"]), (&false.into(), &true.into()));

    // One row is not as she says.
    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let said = clinic.ends(&["verify"], 6);
    assert!(said.stderr.contains(WRONG), "{}", said.stderr);
    assert!(!said.stdout.contains("not read since"), "{}", said.stdout);
    let found = clinic.document(&["verify", "--json"], 6);
    let wrong = found["ticked"]["not_as_ticked"].as_array().unwrap();
    assert_eq!((wrong.len(), &wrong[0]["code"]), (1, &"S013".into()));
    assert_eq!(wrong[0]["asked"]["columns"]["scheduling"], "full");
    assert_eq!(wrong[0]["is"]["columns"]["scheduling"], "none");
    assert_eq!(wrong[0]["words"], "Scheduling full → none");

    // More than was asked for is as wrong, although an additive plan would leave it.
    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITH_INBOX]);
    assert!(clinic.ends(&["plan"], 0).stdout.contains("No changes."));
    let said = clinic.ends(&["verify"], 6);
    assert!(said.stderr.contains("(asked → is): Inbox none → full"), "{}", said.stderr);
    assert!(said.stdout.starts_with("Not verified: rows that were ticked"), "{}", said.stdout);

    // Right, and read since: what is left is the sync.
    clinic.captured("Bo Roy", [OCEAN; 3]);
    let said = clinic.ends(&["verify"], 6).everything();
    assert!(said.starts_with("Verified: the grid is what the manifest says."), "{said}");
    let found = clinic.document(&["verify", "--json"], 6);
    assert_eq!(found["ticked"]["not_as_ticked"], Value::Array(Vec::new()));
    assert_eq!(found["ticked"]["not_read_since"], Value::Array(Vec::new()));
    assert_eq!((&found["grid"], &found["correct"]), (&true.into(), &Value::Null));
    assert_eq!(fs::read(&journal).unwrap(), before, "verify writes no journal");
}

/// Where nobody is asked for a sync, nothing else would keep it from being called verified.
#[test]
fn a_right_capture_from_before_the_ticks_is_not_verified() {
    let clinic = Clinic::asked(&[NOBODY]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["verify"], 0);
    clinic.tick();
    let said = clinic.ends(&["verify"], 6).stdout;
    assert!(said.contains(UNREAD) && !said.contains("Verified:"), "{said}");
    assert!(!said.contains("No changes"), "{said}");
    // Nor does a CI system hear that the grid is right.
    let summary = clinic.0.folder().join("summary.md");
    let mut command = clinic.0.command(&["verify", "--github"]);
    command
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("GITHUB_OUTPUT", clinic.0.folder().join("out"));
    assert_eq!(command.output().unwrap().status.code(), Some(6));
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.contains("not read since") && summary.contains("S014"), "{summary}");
    assert!(!summary.contains("is what the manifest says"), "{summary}");
    let before = fs::read(clinic.0.folder().join("grid.csv")).unwrap();
    // A row that is kept from before was not read again.
    clinic.captured_with("Bo Roy", [BLANK, OCEAN, OCEAN], &["--keep"]);
    let said = clinic.ends(&["verify"], 6).stdout;
    assert!(said.contains("1 row is ticked, not read since: capture the grid again"), "{said}");
    clinic.captured("Bo Roy", [OCEAN, OCEAN, BLANK]);
    let said = clinic.ends(&["verify"], 8).stdout;
    assert!(said.contains("1 row is ticked, not read since: capture the grid again"), "{said}");
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["verify"], 0);
    // What is kept as right was read in a capture that is not there any more.
    clinic.ends(&["apply", "-auto-approve"], 0);
    clinic.ends(&["verify"], 0);
    fs::write(clinic.0.folder().join("grid.csv"), before).unwrap();
    let said = clinic.ends(&["verify"], 6).stdout;
    assert!(said.contains(UNREAD), "{said}");
}

#[test]
fn nobody_attests_the_page_over_rows_that_are_ticked_and_not_read_or_wrong() {
    let clinic = Clinic::asked(&[ATTEST]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.tick();
    let confirm = ["verify", "--attest", "--by", "Cy Ode"];
    let said = clinic.ends(&confirm, 6).stderr;
    assert!(said.contains("S010") && said.contains("read the grid again"), "{said}");
    // Somebody has the sync done all the same.
    clinic.synced();
    let said = clinic.ends(&confirm, 6).stdout;
    assert!(said.contains(&format!("Sync: {UNREAD}; nothing was attested.")), "{said}");
    let found = clinic.document(&[&confirm[..], &["--json"]].concat(), 6);
    assert_eq!(found["asked_sync"]["state"]["state"], "attested");
    assert_eq!(found["ticked"]["not_read_since"].as_array().unwrap().len(), 3);
    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let said = clinic.ends(&confirm, 6);
    assert!(said.stderr.contains(WRONG), "{}", said.stderr);
    assert!(said.stdout.contains("1 row is not as somebody ticked it; nothing was attested"));
    clinic.kept_nothing();
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&confirm, 0);
    // What was read then is kept with it.
    clinic.ends(&["status"], 0);
    clinic.ends(&["history", "verify"], 0);
    assert_eq!(clinic.document(&["verify", "--json"], 0)["correct"], true);
}

/// Somebody sets the rows, reads them and ticks nothing: that counts like a write, before an apply kept it, too.
#[test]
fn rows_that_are_set_and_never_ticked_need_an_apply_before_anything_is_verified() {
    let clinic = Clinic::asked(&[ATTEST]);
    clinic.synced();
    clinic.captured("Bo Roy", [OCEAN; 3]);
    let unkept = "3 rows that were asked for are set, and that is not kept yet";
    let said = clinic.ends(&["verify"], 6).stdout;
    assert!(said.contains(unkept), "{said}");
    assert_eq!(clinic.document(&["verify", "--json"], 6)["ticked"]["not_kept_yet"], 3);
    // The sync was begun before they were set.
    let confirm = ["verify", "--attest", "--by", "Cy Ode"];
    let said = clinic.ends(&confirm, 6).stderr;
    assert!(said.contains(unkept) && said.contains("S014"), "{said}");
    clinic.kept_nothing();
    assert!(clinic.ends(&["watch", "--for", "50ms"], 0).stdout.contains(unkept));
    clinic.ends(&["apply", "-auto-approve"], 6);
    assert!(!clinic.ends(&["verify"], 6).stdout.contains(unkept));
    clinic.synced();
    clinic.ends(&confirm, 0);
    // Where nobody manages a sync there is nothing that an apply has to do first.
    let clinic = Clinic::asked(&[NOBODY]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["verify"], 0);
    // With four eyes somebody has to say who set them.
    let clinic = Clinic::asked(&[NOBODY, FOUR_EYES]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["verify"], 6);
}

#[test]
fn with_four_eyes_a_capture_by_whoever_ticked_verifies_nothing() {
    let clinic = Clinic::ticked(&[ATTEST, FOUR_EYES]);
    clinic.captured("jane  roy", [OCEAN; 3]);
    let said = clinic.ends(&["verify"], 6);
    assert!(said.stderr.contains("error[S011]"), "{}", said.stderr);
    assert!(said.stdout.contains("somebody else has to capture the grid"), "{}", said.stdout);
    let found = clinic.document(&["verify", "--json"], 6);
    assert_eq!(found["ticked"]["capture_refused"]["code"], "S011");
    clinic.synced();
    let confirm = ["verify", "--attest", "--by", "Cy Ode"];
    assert!(clinic.ends(&confirm, 5).stderr.contains("error[S011]"));
    // Kept as right by another's capture, and then read by her again.
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["apply", "-auto-approve"], 6);
    clinic.captured("Jane Roy", [OCEAN; 3]);
    assert!(clinic.ends(&confirm, 5).stderr.contains("error[S011]"));
    clinic.kept_nothing();
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&confirm, 0);
}

/// A list by which nobody can go any more keeps nobody from an end.
#[test]
fn a_tick_that_is_wrong_counts_no_more_once_the_row_is_exactly_what_the_manifest_says() {
    let clinic = Clinic::ticked(&[NOBODY]);
    clinic.captured("Bo Roy", [OCEAN, OCEAN, NOTHING]);
    clinic.ends(&["verify"], 6);
    let path = clinic.0.folder().join("clinic.yaml");
    let manifest = fs::read_to_string(&path).unwrap();
    let without =
        manifest.replace("all_offices: true", "all_offices: true, except: [{name: Walk-in}]");
    fs::write(&path, without).unwrap();
    clinic.ends(&["verify"], 0);
    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let said = clinic.ends(&["verify"], 6).stderr;
    assert!(said.contains("S013"), "it holds what neither asks for: {said}");
}

#[test]
fn a_journal_that_cannot_be_read_is_unknown_to_verify() {
    let clinic = Clinic::ticked(&[NOBODY]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&["verify"], 0);
    let journal = clinic.0.state().join("lakeside.journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("lakeside", "leeside", 1)).unwrap();
    let said = clinic.ends(&["verify"], 8).everything();
    assert!(said.contains("! not read: the journal, so whether a sync is owed"), "{said}");
    assert!(said.contains("error[J003]") && !said.contains("Verified:"), "{said}");
    let found = clinic.document(&["verify", "--json"], 8);
    assert_eq!((&found["ticked"], &found["sync_owed"]), (&Value::Null, &Value::Null));
}

#[test]
fn diagnose_tells_nothing_of_a_row_from_before_its_tick_and_what_is_not_as_ticked() {
    let clinic = Clinic::ticked(&[ATTEST]);
    let said = clinic.ends(&["diagnose"], 8).stdout;
    assert!(said.contains(&format!("  ! {UNREAD}\n")), "{said}");
    assert!(!said.contains("W020"), "the capture is older than the ticks: {said}");
    assert!(
        said.contains("Ocean is not read, so ") && !said.contains("could not be read"),
        "{said}"
    );
    assert!(said.contains("no sync was completed since the last write"), "{said}");
    let found = clinic.document(&["diagnose", "--json"], 8);
    assert_eq!((&found["providers"], &found["remedy"]["apply"]), (&Value::Null, &Value::Null));

    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let said = clinic.ends(&["diagnose"], 8).stdout;
    assert!(said.contains(&WRONG["error[S013]: ".len()..]) && said.contains("[S013]"), "{said}");
    assert!(said.contains("Walk-in: Scheduling none [W020]"), "{said}");
    assert!(!said.contains("writes"), "nothing is written over a worksheet: {said}");
    assert!(said.contains("`accuroform apply` asks a person for it"), "{said}");

    // An old capture says nothing at all.
    clinic.ends(&["capture", "filled.csv", "--by", "Bo", "--at", "2026-01-05 09:00"], 0);
    let said = clinic.ends(&["diagnose"], 8).stdout;
    assert!(said.contains("is over 720 h old") && !said.contains("W020"), "{said}");
}

#[test]
fn diagnose_over_a_worksheet_without_ocean_says_that_nobody_asks_it() {
    let clinic = Clinic::asked(&[NOBODY]);
    let said = clinic.ends(&["diagnose"], 8).stdout;
    assert!(said.contains("are unknown: the manifest has no connection to it"), "{said}");
    assert!(said.contains("check by hand for missing-provider"), "{said}");
    assert!(!said.contains("W025"), "nobody manages a sync: {said}");
}

#[test]
fn watch_waits_for_people_and_calls_that_no_error() {
    let clinic = Clinic::asked(&[ATTEST]);
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.tick();
    let once = ["watch", "--every", "50ms", "--for", "50ms"];
    let said = clinic.ends(&once, 0).stdout;
    assert!(said.contains(&format!("! {UNREAD}")), "{said}");
    assert!(said.contains("sync: Ocean is not read; owed, and nobody was asked for it"), "{said}");
    assert!(!said.contains("could not be read"), "{said}");
    let until = |condition| [&once[..], &["--until", condition]].concat();
    // A capture from before the ticks does not show that nothing is to be done.
    clinic.ends(&until("no-changes"), 4);
    clinic.ends(&until("error"), 4);
    clinic.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let said = clinic.ends(&until("error"), 0).stdout;
    assert!(said.contains("Scheduling full → none [S013]"), "{said}");
    clinic.captured("Bo Roy", [OCEAN; 3]);
    clinic.ends(&until("no-changes"), 0);
    clinic.synced();
    let said = clinic.ends(&once, 0).stdout;
    assert!(said.contains("is attested by Jane Roy, not verified"), "{said}");
    clinic.ends(&["verify", "--attest", "--by", "Cy Ode"], 0);
    let said = clinic.ends(&once, 0).stdout;
    assert!(said.contains("sync: Ocean is not read; attested and verified by people"), "{said}");
    clinic.ends(&["capture", "filled.csv", "--by", "Bo", "--at", "2026-01-05 09:00"], 0);
    let said = clinic.ends(&until("error"), 0).stdout;
    assert!(said.contains("is over 720 h old"), "an old capture is unread: {said}");
}
