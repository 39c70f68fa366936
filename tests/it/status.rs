//! `status` as people and programs read it: over a fleet, of captures, of worklists and of rollouts. It
//! writes nothing and takes no lock, which every look at it in this file is held to.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use accuroform::state::{Lock, State};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::approvals::pem;
use super::fleet_scene::{Scene, Shore};
use super::lock::claim;
use super::program::{Ended, Program};

/// Every file below a folder with its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Runs `status`, which leaves everything below the folder as it was.
#[track_caller]
fn looked(folder: &Path, run: impl FnOnce() -> Ended, code: i32) -> Ended {
    let before = tree(folder);
    let ended = run();
    assert_eq!(ended.code, code, "{}", ended.everything());
    assert!(tree(folder) == before, "status wrote something: {}", ended.everything());
    ended
}

fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every command that is printed to be typed, without the command's name.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|one| one.strip_prefix("accuroform ")).map(str::to_owned).collect()
}

fn key(folder: &Path, name: &str, seed: u8) -> (PathBuf, String) {
    let path = folder.join(format!("{name}.pem"));
    fs::write(&path, pem(seed)).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(["approve", "--show-key", "--key"])
        .arg(&path)
        .output()
        .unwrap();
    (path, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

impl Scene {
    #[track_caller]
    fn waits(&self, more: &[&str], code: i32) -> Ended {
        let arguments = [&["status", "fleet.yaml"], more].concat();
        looked(&self.path(""), || self.run(&arguments), code)
    }
}

/// A fleet where each kind of waiting is somewhere: `ash` went through the first wave of a rollout that is
/// paused, the sync of `birch` is asked of a person, `cedar` demands approvals, a grant of `dogwood` ends, the
/// capture of `elm` is stale, and nothing waits at `fir`.
fn busy(keys: &Path) -> Scene {
    let (_, jane) = key(keys, "jane", 1);
    let (_, ali) = key(keys, "ali", 2);
    let soon = jiff::Zoned::now().date().tomorrow().unwrap();
    let usual = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\n";
    let signed = format!(
        "{usual}safety: {{approvals: {{required: 2, not_the_planner: false, keys: [{{name: jane, key: \"{jane}\"}}, {{name: ali, key: \"{ali}\"}}]}}}}\n"
    );
    let dated = format!(
        "{usual}users: [{{profile: ocean, offices: [{{id: 1, all_providers: true, except: [{{id: 1}}], providers: [{{id: 2, until: {soon}}}, {{id: 3, until: {soon}}}]}}]}}]\n"
    );
    let scene = Shore::new(&["ash canary", "birch people", "cedar", "dogwood", "elm people", "fir canary"])
        .without_waves()
        .rollout("  waves: [{name: canary, tags: [canary]}, {name: rest}]\n")
        .rollout("  pause: {between_waves: manual}\n")
        .manifest("birch", "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\", connection: {attest: {}}}\n")
        .manifest("cedar", &signed)
        .manifest("dogwood", &dated)
        // Access that ended, and is still in the grid.
        .world(
            "dogwood",
            "users: [{id: 77, name: OceanAPIDOGWOOD}]",
            "users: [{id: 77, name: OceanAPIDOGWOOD, grid: [{office: 1, provider: 1, full: [labs], until: 2026-01-31, revision: 3}]}]",
        )
        .manifest(
            "elm",
            "accuro: {tenant: {tenant}, connection: {worksheet: {file: elm.csv, directory: elm-directory.csv}}}\nocean: {site: \"{site}\", sync: none}\n",
        )
        .open();
    scene.write(
        "clinics/elm-directory.csv",
        "office,provider\nNorth,\"One, Ann\"\nNorth,\"Two, Bob\"\n",
    );
    let of_elm = ["--manifest", "fleet.yaml", "--clinic", "elm"];
    scene.ran(&[&["capture", "--template"], &of_elm[..]].concat(), 0);
    fill(&scene.path("clinics/elm-to-fill.csv"), &[("", OCEAN)]);
    let capture =
        ["capture", "clinics/elm-to-fill.csv", "--by", "Jane Roy", "--at", "2026-01-05 09:00"];
    scene.ran(&[&capture, &of_elm[..]].concat(), 0);
    scene
}

/// Behind the names of a line: as the screen shows it.
const NOTHING: &str = ",-,-,-,-,-,-,-,-,-,,";
const OCEAN: &str = ",x,x,x,-,x,x,-,x,-,,";
const WITHOUT_SCHEDULING: &str = ",x,-,x,-,x,x,-,x,-,,";

/// Fills blank lines of a sheet in: what stands behind the names, by a part of the line.
fn fill(path: &Path, lines: &[(&str, &str)]) {
    let text = fs::read_to_string(path).unwrap();
    let filled = text.lines().map(|line| {
        let found = lines.iter().find(|(part, _)| line.contains(part));
        found.map_or(line.to_owned(), |(_, cells)| line.replacen(",,,,,,,,,,,", cells, 1))
    });
    fs::write(path, filled.collect::<Vec<_>>().join("\r\n")).unwrap();
}

#[test]
fn a_fleet_is_told_clinic_by_clinic_with_the_next_step_and_nothing_is_written() {
    let keys = tempfile::tempdir().unwrap();
    let scene = busy(keys.path());
    scene.ran(&["apply", "fleet.yaml", "--clinic", "birch", "-auto-approve"], 6);
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    let jane = keys.path().join("jane.pem");
    scene.ran(&["approve", "all.bundle", "--key", jane.to_str().unwrap(), "--name", "jane"], 0);
    let begin = ["apply", "fleet.yaml", "--exclude-tag", "people", "-auto-approve"];
    scene.ran(&begin, 4);
    let rollout = scene.rollout();

    // While somebody applies: their locks are no reason to wait.
    let mut locks = Vec::new();
    for (folder, id) in [
        ("clinics/.accuroform", "ash"),
        ("clinics/.accuroform", "birch"),
        (".accuroform", "fleet.shore"),
    ] {
        let place = (&State::folder(scene.path(folder)), id);
        let stop = CancellationToken::new();
        locks.push(
            Lock::acquire(place, &claim("other"), Duration::ZERO, &stop, &mut |_| {}).unwrap(),
        );
    }
    let text = scene.waits(&["--plan", "all.bundle"], 8).stdout;
    let json = scene.waits(&["--plan", "all.bundle", "--json"], 8).stdout;
    drop(locks);

    let blocks: BTreeMap<&str, &str> =
        text.split("\n\n").filter_map(|block| block.split_once('\n')).collect();
    let says = |block: &str, words: &[&str]| {
        let said = blocks.get(block).unwrap_or_else(|| panic!("no {block}: {text}"));
        for word in words {
            assert!(said.contains(word), "{block} does not say {word}: {text}");
        }
    };
    says(
        "birch",
        &[
            "a full sync of Ocean site 4101 is asked of a person",
            "next: `accuroform sync fleet.yaml --clinic birch`",
        ],
    );
    says(
        "cedar",
        &[
            "the plan all.bundle needs 2 signed approvals and has 1 (jane)",
            "next: `accuroform approve all.bundle --key KEYFILE`",
        ],
    );
    says(
        "elm",
        &[
            "the capture of 2026-01-05 09:00 +00:00 by Jane Roy is stale: it is ",
            " days old, and may be 24 h old",
            "next: `accuroform capture --restart --by NAME --manifest fleet.yaml --clinic elm`",
        ],
    );
    says(
        "fleet shore",
        &[
            &format!("the rollout {rollout} is paused before the wave rest; 2 of 4 clinics left"),
            "cedar: its plan needs 2 signed approvals and has 0",
            &format!("accuroform apply --resume {rollout} fleet.yaml --approval FILE`"),
        ],
    );
    // What has ended comes first; rows that end on one day are one thing to read.
    let soon = jiff::Zoned::now().date().tomorrow().unwrap();
    let ended = "! dogwood/OceanAPIDOGWOOD/North/One, Ann (1): access ended on 2026-01-31";
    let ends = format!(
        "! 2 rows: access ends on {soon}\n      dogwood/OceanAPIDOGWOOD/North/Three, Cem (3)\n"
    );
    says("dogwood", &[ended, &ends]);
    assert!(blocks["dogwood"].find(ended).unwrap() < blocks["dogwood"].find(&ends).unwrap());
    for quiet in ["ash", "fir"] {
        assert!(!blocks.contains_key(quiet), "{quiet}: {text}");
    }
    let closing = "6 clinics: 2 of 6 with nothing waiting. Waiting: 1 capture, 1 sync, 1 plan to approve, 1 rollout, 3 grants.\n";
    assert!(text.ends_with(closing), "{text}");

    // Programs read the same.
    let documents = documents(&json);
    let (sum, clinics) = documents.split_last().unwrap();
    let kinds = |value: &Value| -> Vec<String> {
        let waiting = value["waiting"].as_array().unwrap().iter();
        waiting.map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    let of: BTreeMap<&str, &Value> =
        clinics.iter().map(|one| (one["clinic"].as_str().unwrap(), one)).collect();
    assert_eq!(
        of.keys().copied().collect::<Vec<_>>(),
        ["ash", "birch", "cedar", "dogwood", "elm", "fir"]
    );
    let exits = of.values().map(|one| one["exit_code"].as_u64().unwrap());
    assert_eq!(exits.collect::<Vec<_>>(), [0, 6, 2, 2, 8, 0]);
    assert_eq!(kinds(of["dogwood"]), ["grant"; 3]);
    assert_eq!(of["dogwood"]["waiting"][0]["until"], "2026-01-31");
    assert_eq!(of["elm"]["capture"]["state"], "stale");
    assert_eq!(of["elm"]["capture"]["by"], "Jane Roy");
    assert_eq!(of["elm"]["waiting"][0]["leaves_unknown"], true);
    assert_eq!(of["birch"]["capture"], Value::Null);
    assert_eq!((&sum["kind"], &sum["fleet"]), (&"accuroform.status_sum".into(), &"shore".into()));
    assert_eq!((&sum["clinics"], &sum["with_nothing_waiting"]), (&6.into(), &2.into()));
    assert_eq!(sum["counts"]["grant"], 3);
    assert_eq!(kinds(sum), ["rollout"]);
    assert_eq!(sum["exit_code"], 8);
    for command in commands(&text) {
        // All but what is left out is parsed before the help is shown.
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        scene.ran(&arguments, 0);
    }
    // Whoever is selected is looked at, and no other.
    let text = scene.waits(&["--tag", "canary"], 0).stdout;
    assert_eq!(text, "2 clinics: nothing waits for a person.\n");
}

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
        let filled = blank.lines().map(|line| match line.contains(",,,,,,,,,,,") {
            true => line.replacen(",,,,,,,,,,,", cells.next().unwrap_or(&",,,,,,,,,,,"), 1),
            false => line.to_owned(),
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

#[track_caller]
fn has(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
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
            &format!("next: read the screen again: {again}"),
        ],
    );

    // Whoever ticked does not say that it is right.
    screen.read_again("jane  roy", [OCEAN; 3]);
    let same = screen.waits(6);
    has(
        &same,
        &[
            "[S011] all 3 rows",
            "jane  roy attested what is to be verified",
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
            "are ticked; read again, they are right\n",
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

const ATTEST: &str =
    "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\", connection: {attest: {}}}\n";

#[test]
fn a_rollout_waits_behind_people_and_then_for_whoever_goes_on() {
    let scene = Shore::new(&["ash canary", "birch canary", "cedar"])
        .without_waves()
        .rollout("  waves: [{name: canary, tags: [canary]}, {name: rest}]\n")
        .manifest("ash", ATTEST)
        .manifest("birch", ATTEST)
        .open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    let go_on = format!("`accuroform apply --resume {id} fleet.yaml`");
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            &format!(
                "the rollout {id} waits in the wave canary for people at ash, birch; 3 of 3 clinics left"
            ),
            &format!("next: once nothing waits there: {go_on}"),
            "Waiting: 2 syncs, 1 rollout.",
        ],
    );

    sleep(Duration::from_millis(1100));
    scene.ran(&["sync", "fleet.yaml", "--tag", "canary", "--attest", "--by", "Jane Roy"], 0);
    has(
        &scene.waits(&[], 6).stdout,
        &[
            "attested by Jane Roy, not verified",
            "next: `accuroform verify --attest --by NAME fleet.yaml --clinic ash`",
            "for people at ash, birch",
        ],
    );
    scene.ran(&["verify", "fleet.yaml", "--tag", "canary", "--attest", "--by", "Bo Roy"], 0);
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[
            "where nothing waits any more: ash, birch; 3 of 3 clinics left",
            &format!("next: {go_on}"),
        ],
    );
    scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 0);
    assert_eq!(scene.waits(&[], 0).stdout, "3 clinics: nothing waits for a person.\n");
}

#[test]
fn a_rollout_that_stopped_says_why_and_one_that_is_running_waits_for_nobody() {
    let scene = Shore::usual().faults("- {on: sync_start, nth: 1, sync: fail}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            &format!("the rollout {id} is stopped: 1 of 1 clinics are not verified (ash)"),
            "ash: applied, not verified",
            &format!(
                "next: `accuroform rollout status {id} fleet.yaml`, then `accuroform apply --resume {id} fleet.yaml`"
            ),
        ],
    );
    has(
        &said,
        &[
            "ash\n  ! the sync after the last apply was not completed and verified\n      next: `accuroform apply fleet.yaml --clinic ash`",
        ],
    );

    // While somebody goes on with it, nobody else is asked to.
    let hold = |folder: &str, name: &str, run: &str| {
        let (state, stop) = (State::folder(scene.path(folder)), CancellationToken::new());
        Lock::acquire((&state, name), &claim(run), Duration::ZERO, &stop, &mut |_| {}).unwrap()
    };
    let locks =
        [hold(".accuroform", "fleet.shore", &id), hold("clinics/.accuroform", "ash", "one")];
    let said = scene.waits(&[], 6).stdout;
    has(
        &said,
        &[
            "a sync is owed, and somebody is at work: apply one by ann@desk",
            "next: look again when that has ended",
            "Waiting: 1 sync.\n",
        ],
    );
    drop(locks);
    scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 0);
    scene.waits(&[], 0);
}

#[test]
fn of_an_older_rollout_only_that_waits_which_no_newer_one_has() {
    let scene = Shore::usual().rollout("  pause: {between_waves: manual}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let first = scene.rollout();
    // A rollout's id begins with the second in which it was begun.
    sleep(Duration::from_millis(1100));
    // A newer one of a clinic that the first is through with changes nothing for the first.
    scene.edit("clinics/ash.yaml", "version: 1", "version: 1\nsafety: {max_revocations: 9}");
    scene.ran(
        &["plan", "fleet.yaml", "--clinic", "ash", "--clinic", "birch", "-out", "two.bundle"],
        0,
    );
    scene.ran(&["apply", "two.bundle"], 4);
    let second = scene.rollout();
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[&format!(
            "the rollout {second} is paused before the wave second; 1 of 2 clinics left\n      next: `accuroform apply --resume {second} fleet.yaml`"
        )],
    );
    has(
        &said,
        &[
            &format!("the rollout {first} is paused before the wave second; 4 of 5 clinics left"),
            "birch: a newer rollout has it",
            &format!(
                "next: plan the fleet again; `accuroform rollout status {first} fleet.yaml` shows how far it came"
            ),
        ],
    );
    // Of the clinics that only the newer one has, the older says nothing.
    let said = scene.waits(&["--clinic", "ash", "--clinic", "birch"], 2).stdout;
    assert!(said.contains(&second) && !said.contains(&first), "{said}");
    sleep(Duration::from_millis(1100));
    // A rollout of all that is through leaves nothing of those before.
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    scene.ran(&["apply", "all.bundle"], 4);
    let third = scene.rollout();
    let said = scene.waits(&[], 2).stdout;
    assert!(said.contains(&third) && !said.contains(&first) && !said.contains(&second), "{said}");
    scene.ran(&["apply", "--resume", &third, "fleet.yaml"], 4);
    scene.ran(&["apply", "--resume", &third, "fleet.yaml"], 0);
    scene.waits(&[], 0);
}

#[test]
fn a_rollout_whose_plans_do_not_hold_any_more_is_not_to_be_gone_on_with() {
    let scene = Shore::usual().rollout("  pause: {between_waves: manual}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let id = scene.rollout();
    scene.edit("clinics/birch.yaml", "version: 1", "version: 1\nsafety: {max_revocations: 9}");
    let said = scene.waits(&[], 2).stdout;
    has(
        &said,
        &[
            "birch: the manifest was changed after the plan was made",
            "next: plan the fleet again; ",
        ],
    );
    // It is true: going on with it ends in a refusal.
    has(&scene.ran(&["apply", "--resume", &id, "fleet.yaml"], 4).stderr, &["P004"]);
    let damaged = scene.path(&format!(".accuroform/rollouts/{id}/rollout.json"));
    fs::write(damaged, "{").unwrap();
    has(
        &scene.waits(&[], 8).stdout,
        &["[R035] what rollouts wait for is not known", "Waiting: 1 unread part."],
    );
}

#[test]
fn a_saved_plan_is_looked_at_only_where_it_belongs() {
    let keys = tempfile::tempdir().unwrap();
    let scene = busy(keys.path());
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "cedar.json"], 0);
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    let of_fleet = scene.waits(&["--plan", "cedar.json", "--tag", "canary", "--tag", "people"], 8);
    assert!(!of_fleet.stdout.contains("cedar"), "{}", of_fleet.stdout);
    for plan in ["cedar.json", "all.bundle"] {
        for clinics in [&["--clinic", "cedar"][..], &["--clinic", "cedar", "--clinic", "ash"]] {
            let said = scene.waits(&[&["--plan", plan], clinics].concat(), 2).stdout;
            has(&said, &[&format!("the plan {plan} needs 2 signed approvals and has 0")]);
        }
    }
    has(
        &scene.waits(&["--plan", "cedar.json", "--clinic", "ash"], 5).stderr,
        &["P005", "is for clinic `cedar`"],
    );
    scene.waits(&["--plan", "all.bundle", "--clinic", "ash"], 0);
    scene.edit("fleet.yaml", "id: shore", "id: coast");
    has(&scene.waits(&["--plan", "all.bundle"], 5).stderr, &["R037"]);
    scene.edit("fleet.yaml", "id: coast", "id: shore");
    // A plan that is of no use any more is not to be signed.
    scene.edit("clinics/cedar.yaml", "version: 1", "version: 1\n# moved");
    let said = scene.waits(&["--plan", "all.bundle", "--clinic", "cedar"], 2).stdout;
    has(&said, &["[P004] the plan all.bundle: the manifest was changed after the plan was made"]);
    assert!(!said.contains("accuroform approve"), "{said}");
    // A plan that changes nothing needs nobody.
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "now.json"], 0);
    for name in ["jane", "ali"] {
        let key = keys.path().join(format!("{name}.pem"));
        scene.ran(&["approve", "now.json", "--key", key.to_str().unwrap()], 0);
    }
    scene.waits(&["--plan", "now.json", "--clinic", "cedar"], 0);
    scene.ran(&["apply", "now.json"], 0);
    scene.ran(&["plan", "fleet.yaml", "--clinic", "cedar", "-out", "empty.json"], 0);
    scene.waits(&["--plan", "empty.json", "--clinic", "cedar"], 0);
    // A clinic that left the fleet keeps the bundle from being applied.
    fs::remove_file(scene.path("clinics/ash.yaml")).unwrap();
    has(
        &scene.waits(&["--plan", "all.bundle", "--tag", "canary"], 2).stdout,
        &["[R040] the bundle all.bundle has clinics that the fleet no longer has\n      ash\n"],
    );
}

#[test]
fn nobody_waits_for_clicks_that_an_apply_made_needless() {
    let scene = Shore::usual().open();
    scene.ran(&["plan", "fleet.yaml", "--clinic", "elm", "-out", "elm.json"], 0);
    scene.ran(&["worklist", "elm.json"], 0);
    let tick = "`accuroform worklist --tick --by NAME fleet.yaml --clinic elm`";
    has(&scene.waits(&[], 2).stdout, &["elm\n  ! 0 of 3 rows of the worklist of plan ", tick]);
    scene.ran(&["apply", "elm.json"], 0);
    scene.waits(&[], 0);
}
