//! A worklist over the binary: handed out, ticked at a terminal, stopped, gone on with, read again; and
//! `status`, which says what waits.

use std::process::Stdio;

use accuroform::journal::{Event, Standing, WorklistStage, is_pending, worklists};
use nix::sys::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use serde_json::Value;

use super::attest::Clinic;

/// A clinic with a saved plan of two rows.
fn planned(more: &str) -> Clinic {
    let clinic = Clinic::new(more);
    clinic.run(&["plan", "-out", "plan.json"], 0);
    clinic
}

fn list(clinic: &Clinic) -> accuroform::journal::Worklist {
    worklists(&clinic.records()).pop().unwrap()
}

fn terminal(clinic: &Clinic, by: &str) -> PtySession {
    let mut command = clinic.command(&["worklist", "plan.json", "--tick", "--by", by]);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    spawn_command(command, Some(30_000)).unwrap()
}

#[track_caller]
fn answer(session: &mut PtySession, question: &str, answer: &str) {
    session.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    session.exp_string("[y: set, n: not yet, q: stop]").unwrap();
    session.send_line(answer).unwrap();
}

#[track_caller]
fn end(mut session: PtySession) -> String {
    let rest = session.exp_eof().unwrap();
    let status = session.process().wait().unwrap();
    assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}: {rest}");
    rest
}

#[test]
fn rows_are_ticked_one_by_one_and_it_stops_and_goes_on() {
    let clinic = planned("");
    let text = clinic.run(&["worklist", "plan.json"], 0).stdout;
    assert!(text.contains("pick exactly OceanAPILAKESIDE"), "{text}");
    assert_eq!(text.matches("[ ] ").count(), 2, "{text}");
    assert_eq!(list(&clinic).stage(), WorklistStage::Open);
    assert!(!is_pending(&clinic.records()), "nobody says that anything was written");

    let mut session = terminal(&clinic, "Jane Roy");
    session.exp_string("pick exactly OceanAPILAKESIDE").unwrap();
    session.exp_string("\nMain Street (1)").unwrap();
    answer(&mut session, "1/2 Roy, Bo (1043): Patient full", "y");
    answer(&mut session, "2/2 Singh, Anita (1042)", "perhaps");
    session.exp_string("type y, n or q").unwrap();
    answer(&mut session, "2/2 Singh, Anita (1042)", "q");
    let rest = end(session);
    assert!(rest.contains("Press Save") && !rest.contains("u{"), "{rest}");
    assert!(rest.contains("1 ticked now, 1 of 2 rows left"), "{rest}");
    let half = list(&clinic);
    assert_eq!(
        (half.stage(), half.rows.iter().filter(|row| !row.is_left()).count()),
        (WorklistStage::HalfDone, 1)
    );
    assert_eq!(half.clicked_by(), ["Jane Roy"]);
    assert!(is_pending(&clinic.records()), "what was clicked is not verified");

    // It was said, and not done: the rows are read again before the next tick.
    let mut session = terminal(&clinic, "Cy Ode");
    answer(&mut session, "1/2 Roy, Bo (1043)", "n");
    answer(&mut session, "2/2 Singh, Anita (1042)", "y");
    let rest = end(session);
    assert!(rest.contains("1 ticked now, 1 of 2 rows left"), "{rest}");
    let now = list(&clinic);
    assert_eq!(now.stage(), WorklistStage::Contradicted);
    assert!(
        matches!(&now.rows[0].standing, Standing::Attested(said) if said.by == "Cy Ode")
            || matches!(&now.rows[1].standing, Standing::Attested(said) if said.by == "Cy Ode")
    );
    let status = clinic.run(&["status"], 6).stdout;
    assert!(status.contains("not what somebody attested"), "{status}");

    // Nobody answers: it stops, and what was said stays.
    clinic
        .command(&["worklist", "plan.json", "--tick", "--by", "X"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let again = list(&clinic);
    assert!(again.clicked_by().contains(&"Jane Roy"));
    clinic.run(&["history", "verify"], 0);
    let history = clinic.run(&["history"], 0).stdout;
    assert!(history.contains("Jane Roy attests 1 row as set at"), "{history}");
    assert!(history.contains("2 rows asked of a person"), "{history}");
}

/// The rows become what the list says, by whatever hand; then they are verified and not before.
#[test]
fn attested_rows_are_verified_once_they_are_read_as_planned() {
    let clinic = planned("");
    clinic.run(&["worklist", "plan.json"], 0);
    let mut session = terminal(&clinic, "Jane Roy");
    answer(&mut session, "1/2", "y");
    answer(&mut session, "2/2", "y");
    let rest = end(session);
    assert!(rest.contains("0 of 2 rows left"), "{rest}");
    assert_eq!(list(&clinic).stage(), WorklistStage::Attested, "a tick verifies nothing");
    let status = clinic.run(&["status"], 6).stdout;
    // The bridge tells at once that nobody set them.
    assert!(status.contains("2 of 2 rows") && status.contains("not what somebody"), "{status}");
    assert!(status.contains("ticked by Jane Roy, and read since it is not set"), "{status}");
    assert_eq!(list(&clinic).stage(), WorklistStage::Attested, "status keeps nothing");
    // Somebody else's program writes what the person says that they clicked.
    let elsewhere = Clinic::new("");
    elsewhere.run(&["apply", "-auto-approve"], 6);
    let store = ".accuroform/world.sim.redb";
    std::fs::copy(elsewhere.folder().join(store), clinic.folder().join(store)).unwrap();
    clinic.run(&["worklist", "plan.json"], 0);
    let seen = list(&clinic);
    assert_eq!(seen.stage(), WorklistStage::Verified);
    assert_eq!(seen.clicked_by(), ["Jane Roy"], "and it is known who did it");
    // The sync is still owed, and asked for by an apply that finds everything true.
    clinic.run(&["apply", "plan.json"], 6);
    clinic.attest("Jane Roy");
    clinic.run(&["verify", "--attest", "--by", "Bo Roy"], 0);
    clinic.run(&["status"], 0);
}

#[test]
fn a_worklist_is_handed_out_once_and_only_for_an_approved_plan() {
    let clinic = planned("");
    for format in ["text", "markdown", "csv", "html"] {
        clinic.run(&["worklist", "plan.json", "--format", format], 0);
    }
    let asked = clinic
        .records()
        .iter()
        .filter(|one| matches!(one.event, Event::ClicksAsked { .. }))
        .count();
    assert_eq!(asked, 1);
    assert_eq!(clinic.records().len(), 3, "printed again, it is nothing to keep");
    // Another plan takes its place.
    clinic.run(&["plan", "-out", "other.json", "-target", "provider:Singh, Anita"], 0);
    clinic.run(&["worklist", "other.json"], 0);
    let all = worklists(&clinic.records());
    assert_eq!(all.iter().map(|one| one.is_superseded).collect::<Vec<_>>(), [true, false]);
    // Of the manifest it is what is left of the newest list; nothing else goes with it.
    let left = clinic.run(&["worklist", "clinic.yaml"], 0).stdout;
    assert!(left.contains("Singh, Anita") && !left.contains("Roy, Bo"), "{left}");
    let usage = clinic.run(&["worklist", "clinic.yaml", "--approval", "a.json"], 1);
    assert!(usage.stderr.contains("go with a saved plan"), "{}", usage.stderr);
    let bridge = clinic.run(&["apply", "-auto-approve", "--worklist", "list.md"], 1);
    assert!(bridge.stderr.contains("a bridge writes those of lakeside"), "{}", bridge.stderr);
    let records = clinic.records().len();
    let manifest = std::fs::read_to_string(clinic.folder().join("clinic.yaml")).unwrap();
    std::fs::write(clinic.folder().join("clinic.yaml"), format!("{manifest}# changed\n")).unwrap();
    let stale = clinic.run(&["worklist", "plan.json"], 5);
    assert!(stale.stderr.contains("P004"), "{}", stale.stderr);
    assert_eq!(clinic.records().len(), records, "nothing is handed out");
}

#[test]
fn a_plan_that_a_limit_refuses_is_not_handed_out() {
    let clinic =
        Clinic::new("policy: {deny: [separation-of-duties], separate: [[patient, visible]]}\n");
    clinic.run(&["plan", "-out", "plan.json"], 5);
    let refused = clinic.run(&["worklist", "plan.json"], 5);
    assert!(!refused.stdout.contains("[ ]"), "{}", refused.stdout);
    assert_eq!(clinic.records(), []);
}

#[test]
fn status_says_what_waits_and_what_it_could_not_read() {
    let clinic = Clinic::new("");
    let nothing = clinic.run(&["status"], 0).stdout;
    assert_eq!(nothing, "Nothing waits for a person at lakeside.\n");
    let soon = jiff::Zoned::now().date().tomorrow().unwrap();
    let manifest = std::fs::read_to_string(clinic.folder().join("clinic.yaml")).unwrap();
    let dated = manifest.replace(
        "all_offices: true",
        &format!("all_offices: true, offices: [{{id: 1, all_providers: true, providers: [{{id: 1042, until: {soon}}}]}}]"),
    );
    std::fs::write(clinic.folder().join("clinic.yaml"), &dated).unwrap();
    let ends = clinic.run(&["status"], 2).stdout;
    assert!(ends.contains(&format!("Singh, Anita (1042): access ends on {soon}")), "{ends}");
    clinic.run(&["status", "--expiring", "0d"], 0);
    clinic.run(&["apply", "-auto-approve"], 6);
    let text = clinic.run(&["status", "--json"], 6).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let kinds: Vec<&str> = document["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["sync", "grant"]);
    let before = clinic.records();
    std::fs::write(clinic.folder().join("world.yaml"), "version: 9").unwrap();
    let unread = clinic.run(&["status"], 8).stdout;
    assert!(unread.contains("grants that end are not known"), "{unread}");
    assert!(unread.contains("asked of a person"), "what is known is still said: {unread}");
    assert_eq!(clinic.records(), before, "it writes nothing");
}

#[test]
fn status_counts_the_approvals_of_a_saved_plan() {
    let key = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let clinic = Clinic::new(&format!(
        "safety: {{approvals: {{keys: [{{name: Jane, key: \"{key}\"}}], not_the_planner: false}}}}\n"
    ));
    clinic.run(&["plan", "-out", "plan.json"], 0);
    let status = clinic.run(&["status", "--plan", "plan.json"], 2).stdout;
    assert!(status.contains("needs 1 signed approval and has 0"), "{status}");
    let refused = clinic.run(&["worklist", "plan.json"], 5);
    assert!(refused.stderr.contains("P012"), "{}", refused.stderr);
    assert_eq!(clinic.records(), []);
}

/// What the bridge writes, nobody has to set.
#[test]
fn rows_that_a_bridge_wrote_are_not_asked_of_people_any_more() {
    let clinic = planned("");
    clinic.run(&["worklist", "plan.json"], 0);
    let mut session = terminal(&clinic, "Jane Roy");
    answer(&mut session, "1/2", "y");
    answer(&mut session, "2/2", "q");
    end(session);
    clinic.run(&["apply", "plan.json"], 6);
    assert!(list(&clinic).is_superseded);
    let status = clinic.run(&["status"], 6).stdout;
    assert!(!status.contains("worklist") && status.contains("1 thing waits"), "{status}");
    let left = clinic.run(&["worklist"], 0);
    assert!(left.stderr.contains("No rows are asked of a person."), "{}", left.everything());
    clinic.attest("Jane Roy");
    clinic.run(&["verify", "--attest", "--by", "Bo Roy"], 0);
    clinic.run(&["status"], 0);
    clinic.run(&["history", "verify"], 0);
}
