//! The rules of a script at work: counting calls and choosing what is done to each.

use std::sync::atomic::{AtomicU64, Ordering};

use super::action::Action;
use super::check;
use super::file::{Endpoint, Fault, Faults, Page};
use super::random::Mix;
use crate::sim::handle::Asked;

/// A checked fault.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) calls: Calls,
    pub(super) turn: Turn,
    pub(super) what: What,
}

/// The calls that a rule counts.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) on: Endpoint,
    pub(super) office: Option<u64>,
    pub(super) user: Option<u64>,
    pub(super) page: Option<Page>,
}

/// The ones among them that it is about, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// `times` of them from this one on.
    From { first: u64, times: u64 },
    /// Every so manieth.
    Every(u64),
}

/// What is done to those.
#[derive(Debug)]
pub(super) enum What {
    Always(Action),
    Random(Mix),
}

/// A script at work. The count of a rule goes over every server of one clinic in
/// one process; for a server of many clinics, over all of them.
#[derive(Debug, Default)]
pub(in crate::sim) struct Script {
    rules: Vec<(Rule, AtomicU64)>,
}

impl Script {
    /// The script of these faults; those that [`Faults::mistakes`] complains of are left out.
    pub(in crate::sim) fn new(faults: &Faults) -> Self {
        let rule = |fault: &Fault| check::rule(fault).ok();
        let rules = faults.list.iter().filter_map(rule);
        Self { rules: rules.map(|rule| (rule, AtomicU64::new(0))).collect() }
    }

    /// Counts a call and gives what is done to it: what the first rule says whose turn it is.
    pub(in crate::sim) fn next(&self, asked: &Asked) -> Option<Action> {
        let mut chosen = None;
        for (rule, seen) in &self.rules {
            if !rule.calls.include(asked) {
                continue;
            }
            let call = seen.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            if chosen.is_none() && rule.turn.includes(call) {
                chosen = match &rule.what {
                    What::Always(action) => Some(action.clone()),
                    What::Random(mix) => mix.draw(call, asked.endpoint),
                };
            }
        }
        chosen
    }
}

impl Calls {
    fn include(&self, asked: &Asked) -> bool {
        let Self { on, office, user, page } = self;
        let fits = |wanted: Option<u64>, is| wanted.is_none() || wanted == is;
        (*on == Endpoint::Any || asked.endpoint == Some(*on))
            && fits(*office, asked.office)
            && fits(*user, asked.user)
            && (page.is_none() || *page == asked.page)
    }
}

impl Turn {
    fn includes(self, call: u64) -> bool {
        match self {
            Self::From { first, times } => {
                call.checked_sub(first).is_some_and(|since| since < times)
            }
            Self::Every(step) => call.is_multiple_of(step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of ten calls get a fault.
    fn hit(turn: &str) -> Vec<usize> {
        let text = format!("- {{on: users, {turn} status: 503}}");
        let script = Script::new(&Faults::parse(&text).unwrap());
        let asked = Asked { endpoint: Some(Endpoint::Users), office: None, user: None, page: None };
        let other = Asked { endpoint: Some(Endpoint::Site), ..asked };
        assert_eq!(script.next(&other), None);
        (1..=10).filter(|_| script.next(&asked).is_some()).collect()
    }

    #[test]
    fn turns_are_counted_over_the_matching_calls() {
        assert_eq!(hit(""), (1..=10).collect::<Vec<_>>());
        assert_eq!(hit("nth: 2,"), [2]);
        assert_eq!(hit("from: 2, times: 3,"), [2, 3, 4]);
        assert_eq!(hit("from: 9,"), [9, 10]);
        assert_eq!(hit("times: 2,"), [1, 2]);
        assert_eq!(hit("every: 4,"), [4, 8]);
    }

    #[test]
    fn a_call_gets_one_fault_and_counts_for_every_rule() {
        let faults = Faults::parse("- {nth: 2, status: 500}\n- {nth: 2, status: 501}\n").unwrap();
        let script = Script::new(&faults);
        let asked = Asked { endpoint: None, office: None, user: None, page: None };
        let kinds: Vec<_> = (0..4).filter_map(|_| script.next(&asked)).map(|a| a.kind()).collect();
        assert_eq!(kinds.iter().map(ToString::to_string).collect::<Vec<_>>(), ["status_500"]);
    }

    #[test]
    fn selectors_narrow_a_match() {
        let faults =
            Faults::parse("- {on: grid_read, user: 77, page: later, status: 500}\n").unwrap();
        let script = Script::new(&faults);
        let of = |user, page| Asked {
            endpoint: Some(Endpoint::GridRead),
            office: None,
            user: Some(user),
            page: Some(page),
        };
        assert!(script.next(&of(77, Page::First)).is_none());
        assert!(script.next(&of(78, Page::Later)).is_none());
        assert!(script.next(&of(77, Page::Later)).is_some());
    }
}
