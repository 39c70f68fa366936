//! Whether a process still runs, where the system can say so for certain.
//!
//! A number of a process means something on one host, since one start of it, and within one process
//! namespace (two containers of one host may share its name and still not see each other). Where
//! any of that is unknown nothing is said, and the lease decides.
#![expect(clippy::disallowed_methods, reason = "asks the system about processes")]

use std::fs;
use std::io::ErrorKind;

use super::holder::Process;

/// This process, where the system can say so (Linux).
pub(super) fn this() -> Option<Process> {
    let (_, started) = state_and_start(std::process::id())?;
    Some(Process { realm: realm()?, started })
}

/// Whether the process with this number, recorded as `process`, certainly no longer runs.
pub(super) fn is_gone(pid: u32, process: &Process) -> bool {
    // Where other people's processes are hidden, a missing one proves nothing.
    let all_visible = || fs::read_to_string("/proc/1/stat").is_ok();
    if realm().as_ref() != Some(&process.realm) {
        return false;
    }
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse(&stat)
            .is_some_and(|(state, started)| started != process.started || "ZX".contains(state)),
        Err(error) => error.kind() == ErrorKind::NotFound && all_visible(),
    }
}

/// The start of this host and the process namespace.
fn realm() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.to_str()?))
}

fn state_and_start(pid: u32) -> Option<(char, u64)> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The state and the start time. The program's name before them is in parentheses and may itself
/// hold blanks and parentheses.
fn parse(stat: &str) -> Option<(char, u64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_hold_anything() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert_eq!(parse(stat), Some(('S', 4711)));
        assert_eq!(parse("7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_runs_and_one_with_another_start_does_not() {
        let this = this().unwrap();
        let pid = std::process::id();
        assert!(!is_gone(pid, &this));
        assert!(is_gone(pid, &Process { started: this.started + 1, ..this.clone() }));
        // A number that no process can have.
        assert!(is_gone(u32::MAX, &this));
        let elsewhere = Process { realm: "elsewhere".to_owned(), ..this };
        assert!(!is_gone(u32::MAX, &elsewhere), "nothing is known of another host");
    }
}
