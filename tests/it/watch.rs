//! `watch` on the program, over a real socket: what changes is printed, and nothing else.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use accuroform::sim::{Columns, Content, Level, RowKey, Written};

use crate::fleet_scene::{Scene, Shore};

/// A watch that is running, and its lines as they come.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

/// Long enough for a machine with much to do; nothing waits for it to be over.
const EVENTUALLY: Duration = Duration::from_mins(1);

impl Watch {
    fn start(scene: &Scene, more: &[&str]) -> Self {
        let mut arguments = vec!["watch", "fleet.yaml", "--clinic", "ash", "--every", "50ms"];
        arguments.extend(more);
        let mut command = scene.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                drop(sender.send(line.unwrap()));
            }
        });
        Self { child, lines }
    }

    /// The next line, which has these words.
    #[track_caller]
    fn says(&self, words: &str) -> String {
        let line = self.lines.recv_timeout(EVENTUALLY).unwrap();
        assert!(line.contains(words), "no `{words}` in `{line}`");
        assert!(line.contains(" UTC  ash  "), "{line}");
        line
    }

    /// Reads on to a line with these words: looks may fall between writes, so how many come before is not known.
    fn says_at_last(&self, words: &str) {
        while !self.lines.recv_timeout(EVENTUALLY).unwrap().contains(words) {}
    }

    /// How it ended; nothing was printed that was not looked at.
    #[track_caller]
    fn ends(mut self, code: i32) {
        let status = self.child.wait().unwrap();
        assert_eq!(self.lines.iter().collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(status.code(), Some(code));
    }
}

const PATIENT: Columns = Columns { patient: Level::Full, ..Columns::NONE };

/// Ocean's six.
const ALL: Columns = Columns {
    scheduling: Level::Full,
    billing: Level::Full,
    emr: Level::Full,
    labs: Level::Full,
    visible: Level::Full,
    ..PATIENT
};

fn write(scene: &Scene, provider: u64, columns: Columns) {
    let row = RowKey { user: 77, office: 1, provider };
    let content = Content::New(Written { columns, until: None });
    scene.clinic("ash").write_as_somebody_else(row, content).unwrap();
}

/// How many looks the bridge has seen since a mark.
fn looks(scene: &Scene, mark: u64) -> usize {
    let calls = scene.calls_since(mark);
    calls.values().flatten().filter(|call| call.path.ends_with("/offices")).count()
}

#[test]
fn what_somebody_else_writes_is_printed_and_nothing_while_nothing_changes() {
    let scene = Shore::usual().open();
    let watch = Watch::start(&scene, &["--until", "no-changes"]);
    watch.says("Plan: 3 rows to grant");
    watch.says("sync: idle (blue), last full sync never");
    // Several looks at the same clinic, and not a line.
    let mark = scene.mark();
    while looks(&scene, mark) < 5 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(watch.lines.try_recv().is_err());
    write(&scene, 1, ALL);
    watch.says("- ash/OceanAPIASH/North/One, Ann (1): nothing to be done any more");
    watch.says("Plan: 2 rows to grant");
    write(&scene, 2, PATIENT);
    watch.says("~ ash/OceanAPIASH/North/Two, Bob (2): Scheduling none → full");
    watch.says("Plan: 2 rows to grant");
    write(&scene, 1, PATIENT);
    watch.says("+ ash/OceanAPIASH/North/One, Ann (1): Scheduling none → full");
    watch.says("Plan: 3 rows to grant");
    assert!(scene.written("ash").iter().all(|write| write.idempotency_key.is_none()), "it wrote");
    for provider in 1..=3 {
        write(&scene, provider, ALL);
    }
    watch.says_at_last("No changes.");
    watch.ends(0);
}

#[test]
fn a_bridge_that_goes_away_is_told_once_and_the_watch_goes_on() {
    let scene = Shore::usual()
        .faults("- {on: offices, nth: 2, status: 403}\n- {on: offices, nth: 3, status: 403}\n")
        .open();
    let watch = Watch::start(&scene, &["--until", "no-changes"]);
    watch.says("Plan: 3 rows to grant");
    watch.says("sync: idle");
    watch.says("! look failed: ");
    watch.says("the look succeeded again");
    for provider in 1..=3 {
        write(&scene, provider, ALL);
    }
    watch.says_at_last("No changes.");
    watch.ends(0);
}

#[test]
fn a_condition_ends_the_watch_and_the_time_without_it_is_told_apart() {
    let scene = Shore::usual().open();
    for (condition, code) in [("changes", 0), ("error", 4), ("no-changes", 4)] {
        let watch = Watch::start(&scene, &["--until", condition, "--for", "200ms"]);
        watch.says("Plan: 3 rows to grant");
        watch.says("sync: idle");
        watch.ends(code);
    }
    // Without a condition the end of the time is a good end.
    let watch = Watch::start(&scene, &["--for", "50ms"]);
    watch.says("Plan: 3 rows to grant");
    watch.says("sync: idle");
    watch.ends(0);
    let scene = Shore::usual().faults("- {on: grid_read, status: 403}\n").open();
    let watch = Watch::start(&scene, &["--until", "error"]);
    watch.says("Nothing planned: no grid could be read.");
    watch.says("sync: idle");
    watch.says("! the grid of OceanAPIASH could not be read: ");
    watch.ends(0);
}

#[test]
fn a_manifest_that_becomes_faulty_is_a_look_that_failed() {
    let scene = Shore::usual().open();
    let watch = Watch::start(&scene, &["--until", "error"]);
    watch.says("Plan: 3 rows to grant");
    watch.says("sync: idle");
    scene.edit("fleet.yaml", "profile: ocean", "profile: lake");
    watch.says("! look failed: ");
    watch.ends(0);
    assert_eq!(scene.run(&["watch", "fleet.yaml", "--clinic", "ash"]).code, 1, "from the start");
    assert_eq!(scene.run(&["watch", "fleet.yaml", "--every", "1ms"]).code, 1);
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_a_good_end_unless_a_condition_was_waited_for() {
    for (signal, more, code) in [
        ("-INT", &[][..], 0),
        ("-INT", &["--until", "no-changes"], 4),
        ("-TERM", &["--until", "no-changes"], 4),
    ] {
        let scene = Shore::usual().open();
        let watch = Watch::start(&scene, more);
        watch.says("Plan: 3 rows to grant");
        watch.says("sync: idle");
        let id = watch.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        watch.ends(code);
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_watch() {
    let scene = Shore::usual().open();
    let watch = ["watch", "fleet.yaml", "--clinic", "ash", "--every", "50ms"];
    for (more, code) in [(&[][..], 0), (&["--until", "no-changes"], 4)] {
        let mut command = scene.command(&[&watch[..], more].concat());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(command.stdout(writer).status().unwrap().code(), Some(code));
    }
}
