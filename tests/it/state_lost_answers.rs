//! Answers of a store that are lost: what was written is found out, and nothing is written twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accuroform::journal::{Event, Journal};
use accuroform::model::Clock;
use accuroform::state::{self, Lock, State};
use tokio_util::sync::CancellationToken;

use super::kill_proxy::{Moment, Passing, Proxy, Then};
use super::lock::{CLINIC, claim};
use super::state_servers::{Place, azure, s3};

const CLOCK: Clock = Clock(jiff::Timestamp::now);

fn event() -> Event {
    Event::Verified { correct: true }
}

/// The stores, each behind a proxy.
fn stores() -> impl Iterator<Item = (Place, Proxy, State)> {
    [s3(), azure()].into_iter().flatten().map(|place| {
        let proxy = Proxy::to(place.server.unwrap());
        let address = proxy.url().replace("http://", "");
        let state = place.through(&address);
        (place, proxy, state)
    })
}

/// Loses the next so many writes there; says how many were lost.
fn lose(proxy: &Proxy, moment: Moment, times: usize) -> Arc<AtomicUsize> {
    let lost = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lost);
    proxy.watch(move |passing: &Passing| {
        let is_write = passing.line.starts_with("PUT ") && passing.moment == moment;
        if is_write && count.load(Ordering::SeqCst) < times {
            count.fetch_add(1, Ordering::SeqCst);
            return Then::Lose;
        }
        Then::Pass
    });
    lost
}

#[test]
fn a_record_whose_answer_was_lost_is_there_once() {
    for moment in [Moment::Before, Moment::Handled] {
        for (place, proxy, state) in stores() {
            let mut journal = Journal::open(&state, CLINIC, "one", CLOCK).unwrap().0;
            for record in 1..=3 {
                let lost = lose(&proxy, moment, 2);
                journal.append(event()).unwrap();
                assert_eq!(lost.load(Ordering::SeqCst), 2, "record {record}, {moment:?}");
            }
            let checked = Journal::check(&place.open(), CLINIC).unwrap();
            assert_eq!((checked.records.len(), checked.faults), (3, Vec::new()), "{moment:?}");
        }
    }
}

/// Each failure here waits for every attempt, so each store has a test of its own.
fn no_answer_at_all((place, proxy, state): (Place, Proxy, State)) {
    let records = || {
        let checked = Journal::check(&place.open(), CLINIC).unwrap();
        assert_eq!(checked.faults, []);
        checked.records.len()
    };
    let mut journal = Journal::open(&state, CLINIC, "one", CLOCK).unwrap().0;
    journal.append(event()).unwrap();
    // It never arrives.
    lose(&proxy, Moment::Before, usize::MAX);
    let error = journal.append(event()).unwrap_err();
    assert_eq!(error.code(), "J001", "{error}");
    assert_eq!(journal.append(event()).unwrap_err().code(), "J005");
    assert_eq!(records(), 1);
    // It arrives, and no answer ever does: what is there is the record.
    lose(&proxy, Moment::Handled, 0);
    let mut journal = Journal::open(&state, CLINIC, "two", CLOCK).unwrap().0;
    lose(&proxy, Moment::Handled, usize::MAX);
    journal.append(event()).unwrap();
    assert_eq!(records(), 2);
}

#[test]
fn a_record_that_never_reaches_s3_closes_the_journal() {
    stores().filter(|(place, ..)| place.is_s3()).for_each(no_answer_at_all);
}

#[test]
fn a_record_that_never_reaches_azure_closes_the_journal() {
    stores().filter(|(place, ..)| !place.is_s3()).for_each(no_answer_at_all);
}

#[test]
fn a_lock_whose_answer_was_lost_is_held_and_can_be_given_back() {
    for (place, proxy, state) in stores() {
        let take = |id: &str| {
            let stop = CancellationToken::new();
            let asked = (&state, CLINIC);
            Lock::acquire(asked, &claim(id), Duration::ZERO, &stop, &mut |_| ())
        };
        for id in ["one", "two"] {
            let lost = lose(&proxy, Moment::Handled, 1);
            let lock = take(id).unwrap();
            assert_eq!(lost.load(Ordering::SeqCst), 1);
            let held = state::holder(&place.open(), CLINIC).unwrap();
            assert_eq!(held.map(|holder| holder.id), Some(id.to_owned()));
            assert_eq!(take("other").unwrap_err().code(), "L001");
            let lost = lose(&proxy, Moment::Handled, 1);
            lock.release().unwrap();
            assert_eq!(lost.load(Ordering::SeqCst), 1);
            assert_eq!(state::holder(&place.open(), CLINIC).unwrap(), None);
        }
    }
}

#[test]
fn a_name_that_was_created_by_a_lost_request_is_ours() {
    for (place, proxy, state) in stores() {
        for (name, moment) in [("a", Moment::Before), ("b", Moment::Handled)] {
            lose(&proxy, moment, 1);
            assert!(state.create(name, b"ours").unwrap(), "{moment:?}");
            lose(&proxy, moment, 1);
            assert!(!state.create(name, b"theirs").unwrap(), "{moment:?}");
            assert_eq!(place.open().get(name).unwrap().unwrap(), b"ours");
        }
    }
}
