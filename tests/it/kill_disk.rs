//! A disk that is full, fails or may not be written: nothing is written to the server without a
//! record, the exit says that something is wrong, and afterwards apply converges.

use std::path::Path;
use std::process::Command;

use accuroform::journal::{Journal, is_pending};
use accuroform::model::Clock;
use accuroform::state::State;

use super::kill_laws::{Goal, converged, true_to_the_records};
use super::kill_matrix::undisturbed;
use super::kill_points::{chosen, each, say};
use super::kill_run::{APPLY, Ended, Scene, Victim, world};
use super::kill_strace;

/// A journal that cannot be written ends the apply; with space again the next one converges.
#[track_caller]
fn refused_then_converges(scene: &Scene, goal: &Goal, ended: &Ended) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(matches!(ended.status.code(), Some(1 | 4 | 6)), "{ended:#?}");
    assert!(said.contains("kill.journal.jsonl"), "it names the file: {ended:#?}");
    true_to_the_records(scene, goal);
    scene.run(&APPLY).must_exit(0);
    converged(scene, goal);
}

/// The journal of an apply that nobody disturbs.
fn whole_journal() -> Vec<u8> {
    let scene = Scene::new(&world(0.05, ""));
    scene.run(&APPLY).must_exit(0);
    std::fs::read(scene.journal()).unwrap()
}

#[test]
fn a_file_that_may_not_grow_cuts_a_record_anywhere_and_nothing_is_lost() {
    let (goal, _) = undisturbed();
    let journal = whole_journal();
    let mut sizes = Vec::new();
    let mut end = 0;
    for record in journal.split_inclusive(|byte| *byte == b'\n') {
        // At the very beginning, within, and before the line break.
        sizes.extend([end, end + record.len() / 2, end + record.len() - 1]);
        end += record.len();
    }
    let sizes = chosen(sizes, 6);
    each("a full disk at a size", &sizes, |size| {
        let scene = Scene::new(&world(0.05, ""));
        // Ignored, else the limit would end the process with a signal.
        let limit = format!("trap '' XFSZ; exec prlimit --fsize={size} -- \"$0\" \"$@\"");
        let ended = Victim::default().start(scene.through(&["sh", "-c", &limit], &APPLY)).end();
        // Times differ in length, so the last record may have had room.
        if ended.status.code() == Some(0) {
            assert!(*size + 64 > journal.len());
            return false;
        }
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("File too large"), "{ended:#?}");
        assert!(matches!(ended.status.code(), Some(1 | 4 | 6)), "{ended:#?}");
        true_to_the_records(&scene, &goal);
        scene.run(&APPLY).must_exit(0);
        converged(&scene, &goal);
        true
    });
}

#[derive(Debug)]
struct Point {
    call: String,
    error: &'static str,
    when: String,
}

#[test]
fn a_disk_that_fails_at_any_write_of_the_journal_ends_the_apply_and_nothing_is_lost() {
    if !kill_strace::is_there() {
        return;
    }
    let (goal, _) = undisturbed();
    let mut points = Vec::new();
    for (call, times) in kill_strace::calls(&Scene::new(&world(0.05, "")), &APPLY) {
        let error = if kill_strace::is_write(&call) { "ENOSPC" } else { "EIO" };
        for number in 1..=times {
            // From then on, and once only.
            for when in [format!("{number}+"), number.to_string()] {
                points.push(Point { call: call.clone(), error, when });
            }
        }
    }
    let points = chosen(points, 8);
    each("a disk that fails at a write", &points, |Point { call, error, when }| {
        let scene = Scene::new(&world(0.05, ""));
        let what = kill_strace::inject(call, &format!("error={error}"), when);
        let command = kill_strace::traced(&scene, &APPLY, "/dev/null", &what);
        let ended = Victim::default().start(command).end();
        refused_then_converges(&scene, &goal, &ended);
        true
    });
}

#[test]
fn a_sync_that_failed_without_a_record_is_still_owed() {
    if !kill_strace::is_there() {
        return;
    }
    let (goal, _) = undisturbed();
    // Everybody is on the Patients page before, so only the journal knows of the failed sync.
    let settled = |faults: &str| {
        let grid = "name: OceanAPIKILL, grid: [\
                    {office: all, provider: all, full: [patient, scheduling, visible]}]}";
        world(0.05, faults)
            .replace("name: OceanAPIKILL}", grid)
            .replace("ocean: {", "ocean: {already_synced: true, ")
    };
    let calls = kill_strace::calls(&Scene::new(&settled("")), &APPLY);
    let (call, times) = calls.iter().find(|(call, _)| kill_strace::is_write(call)).unwrap();
    // The last records are the sync's two, what was verified, and the end.
    for lost in 1..=4 {
        let scene = Scene::new(&settled("{on: sync_start, nth: 1, sync: fail, message: busy}"));
        let when = format!("{}..{}", times - 3, times - 4 + lost);
        let what = kill_strace::inject(call, "error=ENOSPC", &when);
        let command = kill_strace::traced(&scene, &APPLY, "/dev/null", &what);
        let ended = Victim::default().start(command).end();
        ended.must_exit(6);
        assert!(ended.stderr.contains("error[S001]"), "{ended:#?}");
        assert!(is_pending(&scene.records()), "{lost} records lost");
        scene.run(&APPLY).must_exit(0);
        converged(&scene, &goal);
    }
}

/// A file system of its own for the state folder.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn with(folder: &'a Path, options: &str) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let options = format!("size=16k,mode=0700,{options}");
        let tmpfs = ["-t", "tmpfs", "-o", &options, "kill"];
        match mount_result(Command::new("mount").args(tmpfs).arg(folder)) {
            Ok(()) => Some(Self(folder)),
            Err(why) => {
                say(&format!("kill matrix: left out, no file system can be mounted here: {why}"));
                None
            }
        }
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        mount_result(Command::new("mount").args(["-o", &options]).arg(self.0)).unwrap();
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

fn mount_result(mount: &mut Command) -> Result<(), String> {
    let output = mount.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[test]
fn a_full_state_folder_ends_the_apply_before_the_next_write() {
    let (goal, _) = undisturbed();
    let scene = Scene::new(&world(0.05, ""));
    let state = scene.state();
    let Some(disk) = Mounted::with(&state, "rw") else { return };
    let ended = scene.run(&APPLY);
    ended.must_exit(4);
    assert!(ended.stdout.contains("No space left on device"), "{ended:#?}");
    assert!(ended.stdout.contains("nothing is written without a record"), "{ended:#?}");
    let written = scene.written().len();
    assert!(0 < written && written < goal.len(), "{written}");
    true_to_the_records(&scene, &goal);
    disk.remount("size=1m");
    scene.run(&APPLY).must_exit(0);
    converged(&scene, &goal);
}

#[test]
fn a_state_folder_that_may_not_be_written_is_refused_before_anything_is_asked() {
    let (goal, _) = undisturbed();
    let scene = Scene::new(&world(0.05, ""));
    let before = scene.clinic.serving.requests().len();
    let refused = || {
        let ended = scene.run(&APPLY);
        ended.must_exit(1);
        assert!(ended.stderr.contains("make the folder writable"), "{ended:#?}");
        assert_eq!(scene.clinic.serving.requests().len(), before, "nothing was asked");
    };
    std::fs::write(scene.state(), "a file where the folder should be").unwrap();
    refused();
    std::fs::remove_file(scene.state()).unwrap();
    let state = scene.state();
    if let Some(disk) = Mounted::with(&state, "ro") {
        refused();
        disk.remount("rw,size=1m");
        scene.run(&APPLY).must_exit(0);
        converged(&scene, &goal);
    }
}

#[test]
fn a_journal_that_is_cut_off_within_a_letter_can_be_read_and_continued() {
    let journal = whole_journal();
    let within: Vec<usize> = (0..journal.len()).filter(|at| journal[*at] & 0xc0 == 0x80).collect();
    assert!(!within.is_empty(), "it has letters of two bytes");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kill.journal.jsonl");
    let clock = Clock(jiff::Timestamp::now);
    for size in within {
        let left = &journal[..size];
        let whole = String::from_utf8_lossy(left).matches('\n').count();
        std::fs::write(&path, left).unwrap();
        let reading = Journal::read(&State::folder(folder.path()), "kill").unwrap();
        assert_eq!((reading.records.len(), reading.torn), (whole, true), "{size} bytes");
        let (mut continued, _) =
            Journal::open(&State::folder(folder.path()), "kill", "next", clock).unwrap();
        continued.append(accuroform::journal::Event::Verified { correct: false }).unwrap();
        let records = Journal::read(&State::folder(folder.path()), "kill").unwrap().records;
        assert_eq!(records.len(), whole + 1, "{size} bytes");
    }
}
