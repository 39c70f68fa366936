//! A sync that is asked of a person: what is said, when it counts, and what is owed until then.

use std::fs;
use std::process::Command;

use accuroform::journal::{AskedSync, Journal, SyncState, asked_sync, hands, is_pending};
use accuroform::state::State;
use serde_json::Value;
use tempfile::TempDir;

use super::program::Ended;

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: Main Street}]
providers:
  - {id: 1042, first: Anita, last: Singh, offices: [1]}
  - {id: 1043, first: Bo, last: Roy, offices: [1]}
users: [{id: 77, name: OceanAPILAKESIDE}]
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {attest: {}}}
users: [{profile: ocean, all_offices: true}]
";

/// A clinic whose syncs are asked of a person.
pub(crate) struct Clinic(TempDir);

impl Clinic {
    pub(crate) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("world.yaml"), WORLD).unwrap();
        fs::write(folder.path().join("clinic.yaml"), format!("{MANIFEST}{more}")).unwrap();
        Self(folder)
    }

    /// One whose rows are written, and whose sync is asked for.
    fn applied(more: &str) -> Self {
        let clinic = Self::new(more);
        clinic.run(&["apply", "-auto-approve"], 6);
        clinic
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.0.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = Ended::of(self.command(arguments).output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        ended
    }

    pub(crate) fn records(&self) -> Vec<accuroform::journal::Record> {
        let state = State::folder(self.0.path().join(".accuroform"));
        Journal::read(&state, "lakeside").unwrap().records
    }

    /// Somebody does the sync, which takes a while, and says so.
    #[track_caller]
    pub(crate) fn attest(&self, by: &str) -> Ended {
        Clinic::wait_behind(self.asked().unwrap().since);
        self.run(&["sync", "--attest", "--by", by], 0)
    }

    /// Waits until the second of a record is over.
    fn wait_behind(at: jiff::Timestamp) {
        while jiff::Timestamp::now() < at + jiff::SignedDuration::from_secs(1) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn asked(&self) -> Option<AskedSync> {
        asked_sync(&self.records())
    }

    fn state(&self) -> SyncState {
        self.asked().unwrap().state
    }

    fn owes(&self) -> bool {
        is_pending(&self.records())
    }

    /// Somebody adds a provider, so that there is something to write again.
    fn another_provider(&self) {
        let world =
            WORLD.replace("users:", "  - {id: 1044, first: Cy, last: Ode, offices: [1]}\nusers:");
        fs::write(self.0.path().join("world.yaml"), world).unwrap();
        fs::remove_file(self.0.path().join(".accuroform/world.sim.redb")).unwrap();
    }
}

#[test]
fn a_sync_is_pending_then_attested_then_verified_and_only_then_nothing_is_owed() {
    let clinic = Clinic::new("");
    let applied = clinic.run(&["apply", "-auto-approve"], 6);
    assert!(applied.stdout.contains("2 rows done"), "{}", applied.stdout);
    for words in ["Sync Full Schedule", "green", "blue", "360060307451", "Site Admin", "site 4021"]
    {
        assert!(applied.stdout.contains(words), "{words}: {}", applied.stdout);
    }
    assert!(applied.stdout.contains("accuroform sync --attest --by NAME clinic.yaml"));
    assert!(!applied.stdout.contains("complete (blue)"), "nobody saw it: {}", applied.stdout);
    assert_eq!(clinic.state(), SyncState::Pending);
    assert!(clinic.owes());

    // Again it is not asked for again: it is the same sync that is waited for.
    let records = clinic.records().len();
    let again = clinic.run(&["apply", "-auto-approve"], 6);
    assert!(again.stdout.contains("Sync Full Schedule"), "{}", again.stdout);
    clinic.run(&["sync"], 6);
    assert_eq!(clinic.records().len(), records);
    let plan = clinic.run(&["plan"], 0);
    assert!(plan.stderr.contains("asked of a person"), "{}", plan.stderr);

    let attested = clinic.attest("Jane Roy");
    assert!(attested.stdout.contains("attested by Jane Roy, not verified"), "{}", attested.stdout);
    assert!(attested.stderr.contains("verify --attest --by NAME clinic.yaml"));
    assert!(matches!(clinic.state(), SyncState::Attested(_)));
    assert!(clinic.owes(), "what a person says is not verified");
    clinic.run(&["apply", "-auto-approve"], 6);

    let listed = clinic.run(&["verify"], 6);
    for name in ["Singh, Anita (1042)", "Roy, Bo (1043)"] {
        assert!(listed.stdout.contains(name), "{}", listed.stdout);
    }
    let confirmed = clinic.run(&["verify", "--attest", "--by", "Jane Roy"], 0);
    assert!(confirmed.stdout.contains("Verified: attested by Jane Roy, verified by Jane Roy"));
    assert!(matches!(clinic.state(), SyncState::Verified { .. }));
    assert!(!clinic.owes());
    clinic.run(&["apply", "-auto-approve"], 0);
    clinic.run(&["verify"], 0);
    clinic.run(&["history", "verify"], 0);

    let history = clinic.run(&["history"], 0).stdout;
    for words in [
        "a full sync of site 4021 is asked of a person",
        "Jane Roy attests a full sync, begun at ",
        "Jane Roy attests that all 2 expected are on the Patients page",
        "attested, not verified",
        "applied, not verified",
    ] {
        assert!(history.contains(words), "{words}: {history}");
    }
}

#[test]
fn who_is_missing_is_a_finding_until_somebody_sees_them() {
    let clinic = Clinic::applied("");
    clinic.attest("Jane Roy");
    let page = |missing: &[&str], code| {
        clinic.run(&[&["verify", "--attest", "--by", "Bo Roy"], missing].concat(), code)
    };
    let unknown = page(&["--missing", "Nobody"], 1);
    assert!(unknown.stderr.contains("S012"), "{}", unknown.stderr);
    assert!(matches!(clinic.state(), SyncState::Attested(_)), "nothing was kept");
    let missing =
        page(&["--missing", "singh,  anita", "--missing", "Anita Singh", "--missing", "1042"], 6);
    assert!(missing.stdout.contains("attested by Jane Roy, not verified"), "{}", missing.stdout);
    assert!(missing.stdout.contains("Bo Roy misses Singh, Anita (1042)"), "{}", missing.stdout);
    let SyncState::Contradicted { missing, .. } = clinic.state() else { panic!() };
    assert_eq!(missing, ["Singh, Anita (1042)"]);
    assert!(clinic.owes());
    // The sync that was looked at says nothing more, however often it is attested.
    let SyncState::Contradicted { sync, page: seen, .. } = clinic.state() else { panic!() };
    let again = ["sync", "--attest", "--by", "Jane Roy", "--at", &sync.at.to_string()];
    let same = clinic.run(&again, 5).stderr;
    assert!(same.contains("S009") && same.contains("misses Singh, Anita (1042)"), "{same}");
    assert!(matches!(clinic.state(), SyncState::Contradicted { .. }), "it is still a finding");
    // Somebody selects the provider and syncs once more.
    Clinic::wait_behind(seen.at);
    clinic.attest("Jane Roy");
    assert!(matches!(clinic.state(), SyncState::Attested(_)));
    page(&[], 0);
    assert!(!clinic.owes());
    let nothing = page(&[], 1);
    assert!(nothing.stderr.contains("S008"), "{}", nothing.stderr);
}

#[test]
fn a_sync_from_before_the_last_write_or_from_the_future_does_not_count() {
    let clinic = Clinic::applied("");
    let attest =
        |at: &str, code| clinic.run(&["sync", "--attest", "--by", "Jane", "--at", at], code).stderr;
    let since = clinic.asked().unwrap().since;
    let before = since - jiff::SignedDuration::from_millis(1);
    assert!(attest(&before.to_string(), 5).contains("S009"));
    assert!(attest("2026-01-05T09:00", 5).contains("S009"), "in the zone of the clinic");
    let future = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(5);
    assert!(attest(&future.to_string(), 5).contains("S009"));
    for wrong in ["yesterday", "25:00", "2026-03-08T02:30", "2026-11-01T01:30", ""] {
        assert!(attest(wrong, 1).contains("U003"), "{wrong}");
    }
    assert_eq!(clinic.state(), SyncState::Pending, "nothing was kept");
    assert!(attest(&since.to_string(), 5).contains("S009"), "in the same second");
    let half = since + jiff::SignedDuration::from_millis(500);
    Clinic::wait_behind(since);
    assert!(attest(&half.to_string(), 5).contains("S009"), "in the same second, with a fraction");
    clinic.attest("Jane");
    let SyncState::Attested(said) = clinic.state() else { panic!() };
    assert!(said.at > since);
    let there = said.at.in_tz("America/Toronto").unwrap();
    attest(&there.strftime("%Y-%m-%dT%H:%M:%S").to_string(), 0);
    assert_eq!(clinic.state(), SyncState::Attested(said), "a time of the clinic's zone");
}

#[test]
fn a_write_after_a_sync_that_was_attested_asks_for_another() {
    let clinic = Clinic::applied("");
    clinic.attest("Jane");
    let first = clinic.asked().unwrap();
    clinic.another_provider();
    clinic.run(&["apply", "-auto-approve"], 6);
    assert_eq!(clinic.state(), SyncState::Pending, "the attested sync did not see the last write");
    assert_ne!(clinic.asked().unwrap().run, first.run);
    let early = clinic.run(&["verify", "--attest", "--by", "Bo"], 6);
    assert!(early.stderr.contains("S010"), "{}", early.stderr);
    let at = first.since.to_string();
    clinic.run(&["sync", "--attest", "--by", "Jane", "--at", &at], 5);
}

#[test]
fn nobody_confirms_the_page_over_a_grid_that_is_not_right() {
    let clinic = Clinic::applied("");
    clinic.attest("Jane");
    clinic.another_provider();
    let records = clinic.records().len();
    let ended = clinic.run(&["verify", "--attest", "--by", "Bo"], 6);
    assert!(ended.stdout.contains("so nothing was attested"), "{}", ended.stdout);
    assert_eq!(clinic.records().len(), records);
}

/// The manifest still asks for what was taken back; the sync is about the undo.
#[test]
fn the_sync_of_an_undo_is_verified_against_the_undo() {
    let clinic = Clinic::applied("safety: {allow_empty: true, max_revoked_rows_percent: 100}\n");
    clinic.attest("Jane");
    clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
    clinic.run(&["undo", "-auto-approve"], 6);
    assert_eq!(clinic.state(), SyncState::Pending);
    clinic.attest("Jane");
    let looked = clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
    assert!(looked.stdout.contains("is taken back"), "{}", looked.stdout);
    assert!(!clinic.owes());
    // Written again, it is about the manifest again.
    clinic.run(&["apply", "-auto-approve"], 6);
    clinic.attest("Jane");
    let looked = clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
    assert!(looked.stdout.contains("the grid is what the manifest says"), "{}", looked.stdout);
}

#[test]
fn with_four_eyes_somebody_else_verifies() {
    let clinic = Clinic::applied("safety: {four_eyes: true}\n");
    clinic.attest("Jane Roy");
    let same = clinic.run(&["verify", "--attest", "--by", " JANE  roy"], 5);
    assert!(same.stderr.contains("S011"), "{}", same.stderr);
    assert!(clinic.owes());
    // Whoever attested before counts, too: both did what is to be verified.
    clinic.attest("Cy Ode");
    assert_eq!(hands(&clinic.records()), ["Jane Roy", "Cy Ode"]);
    clinic.run(&["verify", "--attest", "--by", "Jane Roy"], 5);
    clinic.run(&["verify", "--attest", "--by", "Bo Roy"], 0);
    assert!(!clinic.owes());
    assert_eq!(hands(&clinic.records()), [""; 0]);
}

/// Where somebody else does the syncs of an apply, one that was asked for by name is looked at like any other.
#[test]
fn a_sync_that_was_asked_for_by_name_is_owed_until_somebody_saw_who_is_expected() {
    let clinic = Clinic::applied("");
    let path = clinic.folder().join("clinic.yaml");
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(&path, manifest.replace("{attest: {}}", "{attest: {}}, sync: none")).unwrap();
    clinic.attest("Jane");
    let open = clinic.run(&["verify"], 6);
    assert!(open.stdout.contains("2 providers expected there"), "{}", open.stdout);
    clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
    let page = clinic.records().into_iter().find_map(|record| match record.event {
        accuroform::journal::Event::PageAttested { expected, .. } => Some(expected),
        _ => None,
    });
    assert_eq!(page.unwrap().len(), 2, "not over nobody");
    clinic.run(&["verify"], 0);
}

#[test]
fn what_nobody_asked_for_cannot_be_attested() {
    let clinic = Clinic::new("");
    let nothing = clinic.run(&["sync", "--attest", "--by", "Jane"], 1);
    assert!(nothing.stderr.contains("S008"), "{}", nothing.stderr);
    for wrong in [
        &["sync", "--attest"][..],
        &["sync", "--by", "Jane"],
        &["sync", "--at", "09:00"],
        &["verify", "--missing", "1042"],
        &["verify", "--attest"],
        &["sync", "--attest", "--by", "  "],
    ] {
        let code = clinic.command(wrong).output().unwrap().status.code().unwrap();
        assert!([1, 2].contains(&code), "{wrong:?}: {code}");
    }
    assert_eq!(clinic.records(), []);
    // By name it can be asked for, and is then waited for like any other.
    clinic.run(&["sync"], 6);
    assert_eq!(clinic.state(), SyncState::Pending);
    let manifest = fs::read_to_string(clinic.folder().join("clinic.yaml")).unwrap();
    let embedded = manifest.replace("attest: {}", "embedded: {}");
    fs::write(clinic.folder().join("clinic.yaml"), embedded).unwrap();
    let told = clinic.run(&["sync", "--attest", "--by", "Jane"], 1);
    assert!(told.stderr.contains("U003"), "{}", told.stderr);
    // What tells by itself takes over from the person.
    clinic.run(&["apply", "-auto-approve"], 0);
    assert_eq!(clinic.asked(), None);
    assert!(!clinic.owes());
}

/// Each of those who attest at once is kept or told that somebody else is at it, and nothing is lost.
#[test]
fn people_who_attest_at_the_same_time_do_so_one_after_the_other() {
    let clinic = Clinic::applied("");
    Clinic::wait_behind(clinic.asked().unwrap().since);
    let begin = |number: usize| {
        let by = format!("Person {number}");
        let mut command = clinic.command(&["sync", "--attest", "--by", &by]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        (by, command.spawn().unwrap())
    };
    let all: Vec<_> = (0..6).map(begin).collect();
    let ended = all.into_iter().map(|(by, mut child)| (by, child.wait().unwrap().code().unwrap()));
    let (kept, locked): (Vec<_>, Vec<_>) = ended.partition(|(_, code)| *code == 0);
    assert!(!kept.is_empty() && locked.iter().all(|(_, code)| *code == 7), "{kept:?} {locked:?}");
    let said: Vec<String> = clinic
        .records()
        .into_iter()
        .filter_map(|record| match record.event {
            accuroform::journal::Event::SyncAttested { by, .. } => Some(by),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), kept.len());
    assert!(kept.iter().all(|(by, _)| said.contains(by)));
    let SyncState::Attested(last) = clinic.state() else { panic!() };
    assert_eq!(Some(&last.by), said.last());
    clinic.run(&["history", "verify"], 0);
}

#[test]
fn programs_read_the_state_of_it() {
    let clinic = Clinic::new("");
    let document = |arguments: &[&str], code| -> Value {
        serde_json::from_str(&clinic.run(arguments, code).stdout).unwrap()
    };
    let applied = clinic.run(&["apply", "--json", "-auto-approve"], 6).stdout;
    let events: Vec<Value> =
        applied.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().find(|event| event["type"] == kind);
    assert_eq!(of("sync_asked").unwrap()["code"], "S006");
    assert!(of("sync_complete").or(of("sync_errored")).is_none(), "{applied}");
    let verified = of("verify_complete").unwrap();
    assert_eq!(verified["grid"], true);
    assert_eq!(verified["correct"], Value::Null, "who is missing nobody saw");
    let names = &verified["expected_on_patients_page"]["providers"];
    assert_eq!(names.as_array().unwrap().len(), 2);
    clinic.attest("Jane");
    let attested = document(&["sync", "--attest", "--by", "Jane", "--json"], 0);
    assert_eq!(attested["sync"]["state"], "attested");
    assert_eq!(attested["sync"]["complete"], false, "attested is not complete");
    let verified = document(&["verify", "--attest", "--by", "Bo", "--json"], 0);
    assert_eq!(verified["asked_sync"]["state"]["state"], "verified");
    let history = document(&["history", "--json"], 0);
    assert_eq!(history["runs"][0]["end"], "page-confirmed");
    assert_eq!(history["runs"][1]["end"], "sync-attested");
    assert_eq!(history["runs"][3]["end"], "not-verified");
}

/// A process can be killed behind any record: whatever is there then, nothing is called more than it
/// is, and the same commands lead to the end.
#[test]
fn killed_behind_any_record_it_converges_and_nothing_is_called_more_than_it_is() {
    let clinic = Clinic::applied("");
    clinic.attest("Jane");
    clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
    let path = clinic.folder().join(".accuroform/lakeside.journal.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let position = |kind: &str| {
        lines.iter().position(|line| line.contains(&format!("\"kind\":\"{kind}\""))).unwrap() + 1
    };
    // An older program reads what it knows, and says of the rest that it is newer.
    for line in &lines {
        let is_new =
            ["sync-asked", "sync-attested", "page-attested"].iter().any(|kind| line.contains(kind));
        assert!(line.starts_with(if is_new { "{\"v\":2," } else { "{\"v\":1," }), "{line}");
    }
    let (written, asked) = (position("batch-started"), position("sync-asked"));
    let (attested, confirmed) = (position("sync-attested"), position("page-attested"));
    for kept in 0..=lines.len() {
        // Half a record is what a crash leaves.
        let torn = lines.get(kept).map_or("", |line| &line[..line.len() / 2]);
        fs::write(&path, format!("{}{torn}", lines[..kept].concat())).unwrap();
        assert_eq!(clinic.owes(), (written..confirmed).contains(&kept), "after {kept}");
        let state = clinic.asked().map(|asked| asked.state);
        assert_eq!(state.is_some(), kept >= asked, "after {kept}");
        let state = state.as_ref();
        assert_eq!(state.is_some_and(|state| state.attested().is_some()), kept >= attested);
        let verified = matches!(state, Some(SyncState::Verified { .. }));
        assert_eq!(verified, kept >= confirmed, "after {kept}");
        if kept < written {
            continue;
        }
        if kept < confirmed {
            clinic.run(&["apply", "-auto-approve"], 6);
            if kept < attested {
                clinic.run(&["verify", "--attest", "--by", "Bo"], 6);
                clinic.attest("Jane");
            }
            clinic.run(&["verify", "--attest", "--by", "Bo"], 0);
        }
        clinic.run(&["apply", "-auto-approve"], 0);
        assert!(!clinic.owes(), "after {kept}");
        clinic.run(&["history", "verify"], 0);
    }
}
