//! `status` of a clinic where somebody reads the screen: captures, and the rows that people tick.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::program::{Ended, Program};
use super::status::{commands, documents, has, looked};

/// Behind the names of a line: as the screen shows it.
const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";
const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";
const WITHOUT_SCHEDULING: &str = ",x,-,x,-,x,x,-,x,-,,";

const BLANK: &str = ",,,,,,,,,,,";

const WORKSHEET: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: directory.csv, max_age: 24h}}}
ocean: {site: \"4021\", connection: {attest: {}}}
users: [{profile: ocean, all_offices: true}]
";

const DIRECTORY: &str = "\
office,provider
Main Street,\"Singh, Anita\"
Main Street,\"Roy, Bo\"
Walk-in,\"Singh, Anita\"
";

/// A clinic where somebody reads the screen.
struct Screen(Program);

impl Screen {
    fn new(more: &str) -> Self {
        let program = Program::with_manifest(format!("{WORKSHEET}{more}"));
        fs::write(program.folder().join("directory.csv"), DIRECTORY).unwrap();
        Self(program)
    }

    /// One whose template is made, so that the directory has numbers.
    fn with_template(more: &str) -> Self {
        let screen = Self::new(more);
        screen.ran(&["capture", "--template"], 0);
        screen
    }

    #[track_caller]
    fn ran(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = self.0.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    /// Somebody reads the screen: the cells of each line in the order of the sheet.
    #[track_caller]
    fn captured(&self, (by, at): (&str, &str), cells: &[&str]) {
        let blank = fs::read_to_string(self.0.folder().join("grid-to-fill.csv")).unwrap();
        let mut cells = cells.iter();
        // A line that is left over stays blank.
        let mut next = || cells.next().unwrap_or(&BLANK);
        let filled = blank.lines().map(|line| {
            if line.contains(BLANK) { line.replacen(BLANK, next(), 1) } else { line.to_owned() }
        });
        let filled = filled.collect::<Vec<_>>().join("\r\n");
        fs::write(self.0.folder().join("filled.csv"), filled).unwrap();
        self.ran(&["capture", "filled.csv", "--by", by, "--at", at], 0);
    }

    /// Reads it in a second after that of the last tick.
    #[track_caller]
    fn read_again(&self, by: &str, cells: [&str; 3]) {
        sleep(Duration::from_millis(1100));
        self.captured((by, "now"), &cells);
    }

    #[track_caller]
    fn waits(&self, code: i32) -> String {
        let ended = looked(self.0.folder(), || self.0.run(&["status"]), code);
        for command in commands(&ended.stdout) {
            // A name in quotes is one word.
            let command = command.replace("'Pat O'\\''Neill'", "NAME");
            let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
            self.ran(&arguments, 0);
        }
        ended.everything()
    }

    #[track_caller]
    fn document(&self, code: i32) -> Value {
        let run = || self.0.run(&["status", "--json"]);
        documents(&looked(self.0.folder(), run, code).stdout).remove(0)
    }

    /// The rows are handed out, and ticked one by one.
    #[track_caller]
    fn ticks(&self, by: &str, answers: &str) {
        let mut command = self.0.command(&["worklist", "plan.json", "--tick", "--by", by]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.folder().join(name), text).unwrap();
    }
}

#[test]
fn a_screen_that_nobody_read_is_what_waits_and_what_else_waits_is_not_known() {
    let screen = Screen::new("");
    has(
        &screen.waits(8),
        &[
            "[X014]",
            "offices and providers have no id",
            "`accuroform capture --template` numbers them",
        ],
    );
    screen.ran(&["capture", "--template"], 0);
    let none = screen.waits(8);
    has(
        &none,
        &[
            "[C013] nobody has captured the grid yet: grid.csv is not there",
            "next: `accuroform capture --template --manifest clinic.yaml`",
            "1 thing waits",
        ],
    );
    let document = screen.document(8);
    assert_eq!(document["capture"]["state"], "missing");
    assert_eq!(
        (&document["waiting"][0]["kind"], &document["waiting"][0]["code"]),
        (&"capture".into(), &"C013".into())
    );
    // A grant may end in what nobody read: that is not nothing.
    assert_eq!(document["waiting"][0]["leaves_unknown"], true);
}

#[test]
fn rows_that_a_capture_leaves_out_are_named_and_whoever_read_it_goes_on() {
    let screen = Screen::with_template("");
    screen.captured(("Pat O'Neill", "now"), &[NOTHING]);
    let said = screen.waits(8);
    has(
        &said,
        &[
            "! 2 rows left unread in the capture of ",
            " by Pat O'Neill\n",
            "Walk-in/Singh, Anita (1)\n",
            "next: `accuroform capture --by 'Pat O'\\''Neill' --manifest clinic.yaml` asks for what is left",
        ],
    );
    assert_eq!(screen.document(8)["capture"]["unread_rows"], 2);
    screen.captured(("Pat O'Neill", "now"), &[NOTHING; 3]);
    assert_eq!(screen.waits(0).trim(), "Nothing waits for a person at lakeside.");
    // An office of which nobody listed who works there.
    screen.write("directory.csv", "Office,Office ID,Provider,Provider ID\nMain Street,1,\"Singh, Anita\",1\nMain Street,1,\"Roy, Bo\",2\nWalk-in,2,\"Singh, Anita\",1\nNight,3,,\n");
    has(
        &screen.waits(8),
        &["nobody listed who works in Night", "next: list its providers in directory.csv"],
    );
}

#[test]
fn a_capture_says_when_it_goes_stale_before_anything_waits() {
    let screen = Screen::with_template("");
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    let ago = |hours| (now - jiff::SignedDuration::from_hours(hours)).to_string();
    screen.captured(("Jane Roy", &ago(17)), &[NOTHING; 3]);
    let quiet = screen.waits(0);
    assert!(!quiet.contains("goes stale"), "{quiet}");
    assert_eq!(screen.document(0)["capture"]["state"], "fresh");
    screen.captured(("Jane Roy", &ago(19)), &[NOTHING; 3]);
    has(
        &screen.waits(0),
        &["Nothing waits for a person at lakeside.\n", "note: the capture goes stale at "],
    );
    let document = screen.document(0);
    assert_eq!(document["capture"]["state"], "soon-stale");
    let until: jiff::Timestamp =
        document["capture"]["fresh_until"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(jiff::Timestamp::now()).as_mins();
    assert!((297..=300).contains(&left), "{left}");
    screen.captured(("Jane Roy", &ago(25)), &[NOTHING; 3]);
    has(
        &screen.waits(8),
        &[
            "by Jane Roy is stale: it is 25 h old, and may be 24 h old (`max_age`)",
            "next: `accuroform capture --restart --by NAME --manifest clinic.yaml`",
        ],
    );
    assert_eq!(screen.document(8)["capture"]["state"], "stale");
}

#[test]
fn a_capture_with_a_fault_or_of_another_clinic_is_named_with_the_way_to_a_new_one() {
    let screen = Screen::with_template("");
    screen.captured(("Jane Roy", "now"), &[NOTHING; 3]);
    let good = fs::read_to_string(screen.0.folder().join("grid.csv")).unwrap();
    screen.write("grid.csv", &good.replacen("none", "full", 1));
    has(
        &screen.waits(8),
        &[
            "[X012] the capture cannot be used: grid.csv!B7: the capture was changed",
            "or begin a new one: `accuroform capture --restart --by NAME --manifest clinic.yaml`",
        ],
    );
    screen.write("grid.csv", &good.replace("LAKESIDE", "HILLSIDE"));
    has(&screen.waits(8), &["grid.csv", "HILLSIDE", "or begin a new one"]);
    assert_eq!(screen.document(8)["capture"]["state"], "faulty");
    screen.write("grid.csv", &good);
    screen.waits(0);
}

/// What `apply` would find is folded in, and kept by nobody.
#[test]
fn ticked_rows_are_right_wrong_or_not_read_since_and_nothing_is_kept_of_it() {
    let screen = Screen::with_template("safety: {four_eyes: true}\n");
    screen.captured(("Bo Roy", "now"), &[NOTHING; 3]);
    screen.ran(&["plan", "-out", "plan.json"], 0);
    screen.ran(&["worklist", "plan.json"], 0);
    has(
        &screen.waits(2),
        &[
            "0 of 3 rows of the worklist",
            "next: `accuroform worklist --tick --by NAME clinic.yaml`",
        ],
    );

    screen.ticks("Jane Roy", "y\nn\nn\n");
    has(
        &screen.waits(6),
        &[
            "1 of 3 rows of the worklist of plan ",
            "are ticked; 1 not read since\n",
            "a sync is owed once the worklist is through",
        ],
    );
    screen.ticks("Jane Roy", "y\ny\n");
    let again = "`accuroform capture --restart --by NAME --manifest clinic.yaml`";
    has(
        &screen.waits(6),
        &[
            "all 3 rows",
            "are attested, not verified; 3 not read since",
            "next: read the rows again: `accuroform capture --worklist --by NAME --manifest clinic.yaml`",
        ],
    );

    // Whoever ticked does not say that it is right.
    screen.read_again("jane  roy", [OCEAN; 3]);
    let same = screen.waits(6);
    has(
        &same,
        &[
            "[S011] all 3 rows",
            "jane roy attested what is to be verified",
            &format!("next: somebody else reads the screen: {again}"),
        ],
    );
    screen.ran(&["apply", "-auto-approve"], 5);

    screen.read_again("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let wrong = screen.waits(6);
    has(
        &wrong,
        &[
            "1 of 3 rows of the worklist of plan ",
            " is not what somebody attested\n",
            "lakeside/OceanAPILAKESIDE/Walk-in/Singh, Anita (1): ticked by Jane Roy, and read since it is not set (asked → is): Scheduling full → none",
            "set these cells, then tick them again: `accuroform worklist --tick --by NAME clinic.yaml`",
        ],
    );
    assert_eq!(screen.document(6)["waiting"][0]["details"].as_array().unwrap().len(), 1);

    screen.read_again("Bo Roy", [OCEAN; 3]);
    has(
        &screen.waits(6),
        &[
            "all 3 rows of the worklist",
            "were read again and are right\n",
            "next: `accuroform apply clinic.yaml` goes on",
        ],
    );
    // And so it does.
    let applied = screen.ran(&["apply", "-auto-approve"], 6);
    has(&applied.stdout, &["A full sync of 1 Ocean site is asked"]);
    let waits = screen.waits(6);
    assert!(!waits.contains("worklist"), "{waits}");
}

#[test]
fn a_journal_that_cannot_be_read_hides_nothing_else() {
    let screen = Screen::with_template("");
    screen.captured(("Bo Roy", "now"), &[NOTHING]);
    screen.ran(&["apply", "-auto-approve"], 6);
    screen.write(".accuroform/lakeside.journal.jsonl", "{\"v\":1}\n");
    has(&screen.waits(8), &["what was asked of people is not known", "2 rows left unread"]);
}
