//! How many points are tried, two at a time, and how many that were.

use std::fmt::Debug;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

/// Whether every point is wanted, as `.ci/run` asks for.
pub(crate) fn is_full() -> bool {
    std::env::var("ACCUROFORM_MATRIX").is_ok_and(|value| value == "full")
}

/// All points, or `few` of them, evenly over the whole.
pub(crate) fn chosen<T>(points: Vec<T>, few: usize) -> Vec<T> {
    if is_full() || points.len() <= few {
        return points;
    }
    let all = points.len();
    let wanted = |at: usize| at * few / all != (at + 1) * few / all;
    points.into_iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, point)| point).collect()
}

/// Two points run at the same time, whatever the number of tests.
static FREE: Mutex<usize> = Mutex::new(2);
static FREED: Condvar = Condvar::new();

struct Slot;

impl Slot {
    fn take() -> Self {
        let free = FREE.lock().unwrap();
        *FREED.wait_while(free, |free| *free == 0).unwrap() -= 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *FREE.lock().unwrap() += 1;
        FREED.notify_one();
    }
}

/// Says at which point it went wrong.
struct Named<'a, T: Debug>(&'a T);

impl<T: Debug> Drop for Named<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            say(&format!("failed at {:?}", self.0));
        }
    }
}

/// Tries every point. `point` says whether the boundary was reached: the number of looks at a
/// running sync differs with the load of the machine, so some of the last ones may be missing.
pub(crate) fn each<T: Debug + Sync>(what: &str, points: &[T], point: impl Fn(&T) -> bool + Sync) {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(one) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let _slot = Slot::take();
                    let _named = Named(one);
                    if !point(one) {
                        missed.lock().unwrap().push(one);
                    }
                }
            });
        }
    });
    let (missed, all) = (missed.into_inner().unwrap(), points.len());
    say(&format!("kill matrix: {what}: {all} points, {} of them not reached", missed.len()));
    assert!(missed.len() * 5 <= all, "too many boundaries were not reached: {missed:?}");
}

/// Shown also when the test passes.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
