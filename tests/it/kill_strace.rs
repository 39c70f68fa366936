//! Ends or disturbs a process at a system call on its journal, with `strace`: nothing in the
//! product knows that it is tested.

use std::collections::BTreeMap;
use std::process::Command;

use super::kill_points::say;
use super::kill_run::{Running, Scene, Victim, signal};

/// Calls on the journal by name, and how often each is made in one apply.
pub(crate) type Calls = BTreeMap<String, usize>;

const WRITES: [&str; 3] = ["write", "pwrite64", "writev"];
const FLUSHES: [&str; 2] = ["fdatasync", "fsync"];

pub(crate) fn is_write(call: &str) -> bool {
    WRITES.contains(&call)
}

/// Whether the journal's part can run. A plain `cargo test` on a machine without strace says that it
/// is left out; the full size, which CI runs, fails.
pub(crate) fn is_there() -> bool {
    if Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        std::env::var("ACCUROFORM_MATRIX").is_err(),
        "strace is missing, which the tests of the journal need: `apt-get install strace`"
    );
    say("kill matrix: the journal's part is left out: it needs strace (`apt-get install strace`)");
    false
}

/// The words before the program: traces `call` on the journal alone and does `what` to it.
fn starter<'a>(journal: &'a str, trace: &'a str, what: &'a [String], log: &'a str) -> Vec<&'a str> {
    let mut words = vec!["strace", "-f", "-qq", "-o", log, "-P", journal, "-e", trace];
    for one in what {
        words.extend(["-e", one]);
    }
    words
}

/// Runs `arguments` under strace. With `log` `/dev/stderr` each call is a line of the story.
pub(crate) fn traced(scene: &Scene, arguments: &[&str], log: &str, what: &[String]) -> Command {
    let journal = scene.journal();
    let trace = format!("trace={},{}", WRITES.join(","), FLUSHES.join(","));
    scene.through(&starter(journal.to_str().unwrap(), &trace, what, log), arguments)
}

/// `inject=write:signal=SIGKILL:when=3`
pub(crate) fn inject(call: &str, what: &str, when: &str) -> Vec<String> {
    vec![format!("inject={call}:{what}:when={when}")]
}

/// Which calls an undisturbed apply makes on its journal.
pub(crate) fn calls(scene: &Scene, arguments: &[&str]) -> Calls {
    let log = scene.path("strace.log");
    let command = traced(scene, arguments, log.to_str().unwrap(), &[]);
    let ended = Victim::default().start(command).end();
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{ended:#?}");
    let mut calls = Calls::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        // `1234  write(9, …`; a call that another thread interrupts is told in two lines.
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split_once('('));
        if let Some((call, _)) = call {
            *calls.entry(call.to_owned()).or_default() += 1;
        }
    }
    let seen: Vec<_> = calls.keys().map(String::as_str).collect();
    assert!(seen.iter().any(|call| is_write(call)), "{seen:?}");
    assert!(seen.iter().any(|call| FLUSHES.contains(call)), "{seen:?}");
    calls
}

/// Waits until the call was made for the `times`th time, and ends the process that made it while
/// strace holds it there. `false` if it ended before.
pub(crate) fn kill_after(running: &mut Running, call: &str, times: usize) -> bool {
    let Some(line) = running.counts(&format!("{call}("), times) else { return false };
    let thread: String = line
        .trim_start_matches(|letter: char| !letter.is_ascii_digit())
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    signal("KILL", &thread);
    // Else strace would wait for as long as it was told to hold the process.
    running.kill();
    true
}
