//! Somebody at a terminal: what is asked, and what the answers do.

use std::fs;
use std::process::Stdio;

use nix::sys::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use serde_yaml::Value;

use super::program::Program;

/// The program on a terminal of its own.
fn terminal(program: &Program, arguments: &[&str]) -> PtySession {
    let mut command = program.command(arguments);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    spawn_command(command, Some(30_000)).unwrap()
}

/// Waits for a question and answers it.
#[track_caller]
fn answer(session: &mut PtySession, question: &str, answer: &str) {
    session.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    session.send_line(answer).unwrap();
}

/// What else is shown, and the exit code.
#[track_caller]
fn end(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().unwrap();
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn init_asks_for_what_no_flag_says_and_writes_what_was_answered() {
    let program = Program::with_manifest("");
    let mut session = terminal(&program, &["init", "new", "--tenant", "LAKESIDE"]);
    answer(&mut session, "Clinic id (a-z, 0-9, -): ", "lakeside");
    answer(&mut session, "Ocean site number: ", "4021");
    answer(&mut session, "URL of the bridge: ", "https://bridge.example.org");
    answer(&mut session, "Name that people know (default: the id): ", "Lakeside: \"the\" clinic");
    answer(&mut session, "Time zone (default: UTC): ", "");
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("next: set LAKESIDE_CLIENT_ID and LAKESIDE_CLIENT_SECRET"), "{rest}");
    assert!(!rest.contains("tenant"), "what a flag says is not asked: {rest}");
    let text = fs::read_to_string(program.folder().join("new/clinic.yaml")).unwrap();
    let manifest: Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(manifest["clinic"]["id"], "lakeside");
    assert_eq!(manifest["clinic"]["name"], "Lakeside: \"the\" clinic");
    assert_eq!(manifest["clinic"]["timezone"], "UTC");
    assert_eq!(manifest["accuro"]["tenant"], "LAKESIDE");
    assert_eq!(manifest["ocean"]["site"], "4021");
}

#[test]
fn init_makes_a_simulated_clinic_of_an_empty_id() {
    let program = Program::with_manifest("");
    let mut session = terminal(&program, &["init", "new"]);
    session.exp_string("An empty id gives a simulated clinic to try things on.").unwrap();
    answer(&mut session, "Clinic id (a-z, 0-9, -): ", "");
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("next: accuroform plan new/clinic.yaml"), "{rest}");
    assert!(program.folder().join("new/world.yaml").exists());
}

/// Nobody answers: the terminal is closed.
#[test]
fn init_writes_nothing_of_half_the_answers() {
    let program = Program::with_manifest("");
    let mut session = terminal(&program, &["init", "new", "--url", "https://bridge.example.org"]);
    answer(&mut session, "Clinic id (a-z, 0-9, -): ", "lakeside");
    session.exp_string("Accuro tenant id: ").unwrap();
    for _ in 0..4 {
        session.send_control('d').unwrap();
    }
    let (rest, code) = end(session);
    assert_eq!(code, 1, "{rest}");
    assert!(rest.contains("needs --tenant, --site"), "{rest}");
    assert!(!program.folder().join("new").exists());
}

#[test]
fn apply_writes_only_after_yes() {
    let program = Program::with_manifest("");
    assert_eq!(program.run(&["init", "new"]).code, 0);
    let manifest = "new/clinic.yaml";
    for refused in ["y", "Yes", ""] {
        let mut session = terminal(&program, &["apply", manifest]);
        session.exp_string("Only 'yes' will be accepted to approve.").unwrap();
        answer(&mut session, "Enter a value: ", refused);
        let (rest, code) = end(session);
        assert_eq!(code, 1, "{refused:?}: {rest}");
        assert!(rest.contains("not approved; nothing was written"), "{rest}");
    }
    assert_eq!(program.run(&["plan", manifest, "--detailed-exitcode"]).code, 2);
    let mut session = terminal(&program, &["apply", manifest]);
    answer(&mut session, "Enter a value: ", "yes");
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(program.run(&["plan", manifest, "--detailed-exitcode"]).code, 0);
}
