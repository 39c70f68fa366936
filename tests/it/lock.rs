//! The lock of a clinic: who gets it, who loses it, and what is said of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use accuroform::model::Clock;
use accuroform::state::{self, Claim, Gone, Holder, Lock, LockError, Loss, Notice, State};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub(crate) const CLINIC: &str = "lakeside";
const LEASE: Duration = Duration::from_mins(1);

pub(crate) fn claim(id: &str) -> Claim {
    Claim {
        id: id.to_owned(),
        operation: "apply".to_owned(),
        who: "ann".to_owned(),
        host: "desk".to_owned(),
        lease: LEASE,
        clock: Clock(Timestamp::now),
    }
}

/// Takes the lock, with what was said on the way.
fn take(state: &Path, claim: &Claim) -> (Result<Lock, LockError>, Vec<String>) {
    take_within(state, claim, Duration::ZERO, &CancellationToken::new())
}

fn take_within(
    state: &Path,
    claim: &Claim,
    timeout: Duration,
    stop: &CancellationToken,
) -> (Result<Lock, LockError>, Vec<String>) {
    let mut told = Vec::new();
    let lock =
        Lock::acquire((&State::folder(state), CLINIC), claim, timeout, stop, &mut |notice| {
            told.push(match notice {
                Notice::Broken(holder, Gone::Dead) => format!("dead {}", holder.id),
                Notice::Broken(holder, Gone::Silent) => format!("silent {}", holder.id),
                Notice::Waiting(holder) => format!("waiting {}", holder.id),
            });
        });
    (lock, told)
}

fn path(state: &Path) -> PathBuf {
    state.join("lakeside.lock")
}

/// Puts the lock of somebody else there: their last word was `age` ago.
fn put(state: &Path, holder: &Holder, age: Duration) {
    fs::write(path(state), serde_json::to_vec(holder).unwrap()).unwrap();
    let file = File::options().write(true).open(path(state)).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

/// A holder that this process made, renewed `age` ago.
pub(crate) fn holder(id: &str, age: Duration) -> Holder {
    let folder = tempfile::tempdir().unwrap();
    let lock = take(folder.path(), &claim(id)).0.unwrap();
    let holder = state::holder(&State::folder(folder.path()), CLINIC).unwrap().unwrap();
    lock.release().unwrap();
    Holder { renewed: holder.renewed - age, ..holder }
}

#[test]
fn a_lock_names_its_holder_is_private_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".accuroform");
    let lock = take(&state, &claim("one")).0.unwrap();
    let held = state::holder(&State::folder(&state), CLINIC).unwrap().unwrap();
    assert_eq!((held.id.as_str(), held.pid), ("one", std::process::id()));
    let error = take(&state, &claim("two")).0.unwrap_err();
    assert_eq!(error.code(), "L001");
    let expected = format!(
        "the clinic is locked: apply one by ann@desk (process {}), since {}",
        held.pid, held.created
    );
    assert_eq!(error.to_string(), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&path(&state))), (0o700, 0o600));
    }
    lock.release().unwrap();
    let left: Vec<_> =
        fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lakeside.lock.guard"]);
    drop(take(&state, &claim("two")).0.unwrap());
    assert_eq!(
        state::holder(&State::folder(&state), CLINIC).unwrap(),
        None,
        "dropping gives it back too"
    );
}

#[test]
fn a_silent_holder_of_another_host_is_broken_after_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path();
    let old = Duration::from_secs(61);
    let elsewhere = |age| Holder { host: "elsewhere".to_owned(), ..holder("old", age) };

    put(state, &elsewhere(Duration::from_secs(50)), Duration::from_secs(50));
    assert_eq!(take(state, &claim("new")).0.unwrap_err().code(), "L001", "within its lease");
    put(state, &elsewhere(old), Duration::ZERO);
    assert_eq!(take(state, &claim("new")).0.unwrap_err().code(), "L001", "a clock is wrong");
    put(state, &elsewhere(Duration::ZERO), old);
    assert_eq!(take(state, &claim("new")).0.unwrap_err().code(), "L001", "the other clock");
    put(state, &elsewhere(old), old);
    let (lock, told) = take(state, &claim("new"));
    assert_eq!(told, ["silent old"]);
    drop(lock.unwrap());
}

#[test]
fn the_number_of_a_process_counts_only_where_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path();
    let dead = Holder { pid: u32::MAX, ..holder("old", Duration::ZERO) };
    put(state, &Holder { host: "elsewhere".to_owned(), ..dead.clone() }, Duration::ZERO);
    assert_eq!(take(state, &claim("new")).0.unwrap_err().code(), "L001", "another host");
    put(state, &Holder { process: None, ..dead.clone() }, Duration::ZERO);
    assert_eq!(take(state, &claim("new")).0.unwrap_err().code(), "L001", "nothing is known");
    if cfg!(target_os = "linux") {
        put(state, &dead, Duration::ZERO);
        assert_eq!(take(state, &claim("new")).1, ["dead old"]);
        // The number was given again, to us.
        let mut again = Holder { pid: std::process::id(), ..dead };
        again.process.as_mut().unwrap().started += 1;
        put(state, &again, Duration::ZERO);
        assert_eq!(take(state, &claim("new")).1, ["dead old"]);
    }
}

#[test]
fn a_lock_file_that_cannot_be_read_is_nobodys_to_take() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in
        [("", "EOF"), ("{\"v\":2}", "format version 2"), ("{\"v\":1}", "missing field")]
    {
        fs::write(path(folder.path()), text).unwrap();
        let error = take(folder.path(), &claim("new")).0.unwrap_err();
        assert_eq!(error.code(), "L003");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_heartbeat_renews_the_lock_and_notices_when_it_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path();
    let short = Claim { lease: Duration::from_millis(300), ..claim("one") };
    let other = holder("other", Duration::ZERO);

    let stop = CancellationToken::new();
    let lock = take_within(state, &short, Duration::ZERO, &stop).0.unwrap();
    let written = || fs::metadata(path(state)).unwrap().modified().unwrap();
    let first = written();
    wait_until(|| written() > first);
    assert!(!stop.is_cancelled());
    put(state, &other, Duration::ZERO);
    wait_until(|| stop.is_cancelled());
    assert_eq!(lock.loss(), Some(&Loss::TakenOver(other.clone())));
    drop(lock);
    assert_eq!(
        state::holder(&State::folder(state), CLINIC).unwrap(),
        Some(other),
        "it is not ours to remove"
    );

    state::unlock(&State::folder(state), CLINIC, "other").unwrap();
    let stop = CancellationToken::new();
    let lock = take_within(state, &short, Duration::ZERO, &stop).0.unwrap();
    state::unlock(&State::folder(state), CLINIC, "one").unwrap();
    wait_until(|| stop.is_cancelled());
    assert_eq!(lock.loss(), Some(&Loss::Removed));
}

pub(crate) fn wait_until(is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never happened");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn unlock_removes_the_lock_with_this_id_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path();
    assert_eq!(state::unlock(&State::folder(state), CLINIC, "one").unwrap_err().code(), "L006");
    let _lock = take(state, &claim("one")).0.unwrap();
    let error = state::unlock(&State::folder(state), CLINIC, "on").unwrap_err();
    assert_eq!(error.code(), "L005");
    assert!(error.to_string().contains("held by apply one by ann@desk"), "{error}");
    assert_eq!(state::unlock(&State::folder(state), CLINIC, "one").unwrap().id, "one");
    assert_eq!(state::holder(&State::folder(state), CLINIC).unwrap(), None);
}

/// A clinic for the binary, whose sync takes so many seconds.
fn clinic(sync_seconds: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/first-apply/steps.in");
    fs::copy(cases.join("clinic.yaml"), folder.path().join("clinic.yaml")).unwrap();
    let world = fs::read_to_string(cases.join("world.yaml")).unwrap();
    let world: Vec<String> = world
        .lines()
        .map(|line| match line.split_once("full_sync_seconds:") {
            Some((before, _)) => format!("{before}full_sync_seconds: {sync_seconds}"),
            None => line.to_owned(),
        })
        .collect();
    assert!(world.iter().any(|line| line.contains(sync_seconds)), "{world:?}");
    fs::write(folder.path().join("world.yaml"), world.join("\n") + "\n").unwrap();
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
    command.args(arguments).current_dir(folder).env_clear();
    command.env("USER", "ben").env("HOSTNAME", "desk");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn exit_7_names_the_holder_and_the_next_step() {
    let folder = clinic("0.1");
    let state = folder.path().join(".accuroform");
    let _lock = take(&state, &claim("one")).0.unwrap();
    for arguments in [["apply", "-auto-approve"], ["sync", "--lock-timeout=1s"]] {
        let output = program(folder.path(), &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(7));
        let text = stderr(&output);
        let held = state::holder(&State::folder(&state), CLINIC).unwrap().unwrap();
        let expected = format!(
            "error[L001]: the clinic is locked: apply one by ann@desk (process {}), since {}\n\
             hint: wait until it has ended (`--lock-timeout 10m` waits); if it certainly runs no \
             more: accuroform unlock one\n",
            held.pid, held.created
        );
        assert!(text.ends_with(&expected), "{text}");
        assert_eq!(text.contains("waiting for the lock of apply one"), arguments[0] == "sync");
    }
    assert!(!state.join("lakeside.journal.jsonl").exists(), "nothing was recorded or done");

    let output = program(folder.path(), &["unlock", "two"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(stderr(&output).contains("error[L005]: two does not hold the lock"));
    let output = program(folder.path(), &["unlock", "one"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let output = program(folder.path(), &["apply", "-auto-approve"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_lock_timeout_waits_until_the_lock_is_free() {
    let folder = clinic("0.1");
    let lock = take(&folder.path().join(".accuroform"), &claim("one")).0.unwrap();
    let child = program(folder.path(), &["sync", "--lock-timeout", "60s"]).spawn().unwrap();
    thread::sleep(Duration::from_millis(600));
    lock.release().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("waiting for the lock of apply one by ann@desk"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_lock_of_a_killed_run_is_broken_with_a_note() {
    let folder = clinic("600");
    let state = folder.path().join(".accuroform");
    let mut child = program(folder.path(), &["sync"]).spawn().unwrap();
    let journal = state.join("lakeside.journal.jsonl");
    wait_until(|| fs::read_to_string(&journal).is_ok_and(|text| text.contains("sync-started")));
    let history = program(folder.path(), &["history"]).output().unwrap();
    let text = String::from_utf8(history.stdout).unwrap();
    assert!(text.contains(": running\n"), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
    let left = state::holder(&State::folder(&state), CLINIC).unwrap().unwrap();

    let output = program(folder.path(), &["sync", "--sync-timeout=0s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    let expected =
        format!("note: removed the lock of {left}: its process ended without removing it\n");
    assert!(stderr(&output).starts_with(&expected), "{}", stderr(&output));
    assert_eq!(state::holder(&State::folder(&state), CLINIC).unwrap(), None);
    let history = program(folder.path(), &["history"]).output().unwrap();
    let text = String::from_utf8(history.stdout).unwrap();
    assert!(text.contains(&format!("sync {}: interrupted: no end record", left.id)), "{text}");
}
