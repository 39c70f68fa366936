//! Two processes race for one clinic's lock: exactly one has it, each time.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use accuroform::state::{Gone, Holder, Lock, LockError, Notice, State};
use tokio_util::sync::CancellationToken;

use super::lock::{CLINIC, claim, holder};
use super::state_servers::{Place, azure};

/// A process that holds a lock, or asks for it at each line.
pub(crate) struct Racer {
    pub(crate) child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Racer {
    /// Runs a test of this binary as a process of its own, in a place.
    pub(crate) fn start(test: &str, place: &Place) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", test])
            .env("ACCUROFORM_TEST_URL", place.url.as_deref().unwrap_or_default())
            .env("ACCUROFORM_TEST_FOLDER", place.folder.path())
            .envs(&place.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn go(&mut self) {
        self.input.write_all(b"\n").unwrap();
    }

    pub(crate) fn says(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some(word) = line.trim_end().strip_prefix("::") {
                return word.trim_end().to_owned();
            }
        }
    }
}

/// The place that a child was started in.
pub(crate) fn given() -> State {
    let of = |name| std::env::var(name).unwrap();
    let url = of("ACCUROFORM_TEST_URL");
    let url = (!url.is_empty()).then_some(url.as_str());
    State::open(url, of("ACCUROFORM_TEST_FOLDER").as_ref(), &std::env::vars().collect()).unwrap()
}

/// The child of the race: at each line it tries once and says how it went; at the next it gives
/// the lock back.
#[test]
#[ignore = "the child of another test"]
fn race_for_the_lock() {
    let state = given();
    let mut held = None;
    for (number, line) in std::io::stdin().lines().enumerate() {
        line.unwrap();
        if number % 2 == 1 {
            drop(held.take());
            println!("\n::free");
            continue;
        }
        let mut told = String::new();
        let claim = claim(&format!("{}-{number}", std::process::id()));
        let stop = CancellationToken::new();
        let lock = Lock::acquire((&state, CLINIC), &claim, Duration::ZERO, &stop, &mut |notice| {
            let Notice::Broken(holder, Gone::Dead) = notice else { panic!("{notice:?}") };
            told.push_str(&holder.id);
        });
        match lock {
            Ok(lock) => {
                held = Some(lock);
                println!("\n::won {told}");
            }
            Err(LockError::Held(_)) => println!("\n::lost {told}"),
            Err(error) => println!("\n::failed {error}"),
        }
    }
}

/// Races for a free lock and, every second time, for one that both may break.
fn race(place: &Place, put: impl Fn(&[u8])) {
    let dead = Holder { pid: u32::MAX, ..holder("old", Duration::from_secs(90)) };
    let dead = serde_json::to_vec(&dead).unwrap();
    let mut racers = [(); 2].map(|()| Racer::start("state_race::race_for_the_lock", place));
    let mut wins = [0, 0];
    for round in 0..200 {
        let abandoned = round % 2 == 1;
        if abandoned {
            put(&dead);
        }
        // Each is told first half of the time.
        let first = (round / 2) % 2;
        racers[first].go();
        racers[1 - first].go();
        let said: Vec<String> = racers.iter_mut().map(Racer::says).collect();
        let won = said.iter().filter(|word| word.starts_with("won")).count();
        let lost = said.iter().filter(|word| *word == "lost").count();
        assert_eq!((won, lost), (1, 1), "round {round}: {said:?}");
        let broken = said.iter().filter(|word| word.ends_with("old")).count();
        assert_eq!(broken, usize::from(abandoned), "round {round}: {said:?}");
        wins[usize::from(said[1].starts_with("won"))] += 1;
        racers.iter_mut().for_each(Racer::go);
        assert_eq!(racers.each_mut().map(Racer::says), ["free", "free"]);
    }
    assert!(wins.iter().all(|wins| *wins > 0), "it was no race: {wins:?}");
    for racer in racers {
        let Racer { mut child, input, output } = racer;
        drop(input);
        let rest: Vec<String> = output.lines().map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success(), "{rest:?}");
    }
}

#[test]
fn of_two_processes_exactly_one_takes_the_lock_in_a_folder() {
    let place = Place::folder();
    let path = place.folder.path().join("lakeside.lock");
    race(&place, |holder| fs::write(&path, holder).unwrap());
}

#[test]
fn of_two_processes_exactly_one_takes_the_lock_in_an_object_store() {
    let Some(place) = azure() else { return };
    let state = place.open();
    race(&place, |holder| state.put("locks/lakeside.json", holder).unwrap());
}
