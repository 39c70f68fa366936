//! How long a capture is believed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::capture::Capture;

/// Clocks of two machines may differ by so much.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Whether a capture is believed at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is.
    Fresh,
    /// It is older than it may be: nothing is known of the grid any more.
    Stale,
    /// It says that the screen will be read: a clock is wrong, and nobody knows how old it is.
    Ahead,
}

impl Freshness {
    /// The word for programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Ahead => "ahead",
        }
    }
}

/// Whether a time is further ahead of now than clocks differ.
pub fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > SKEW
}

impl Capture {
    /// Whether the capture is believed now: up to `max_age` after it, that second included.
    pub fn freshness(&self, now: Timestamp, max_age: Duration) -> Freshness {
        if is_ahead(self.at, now) {
            Freshness::Ahead
        } else if now > self.good_until(max_age) {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    /// The last second at which it is believed.
    pub fn good_until(&self, max_age: Duration) -> Timestamp {
        let max_age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::MAX);
        self.oldest().saturating_add(max_age).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn captured(at: i64) -> Capture {
        let at = Timestamp::from_second(at).unwrap();
        let (clinic, tenant, by) = ("lakeside".into(), "LAKESIDE".into(), "Jane Roy".into());
        Capture { clinic, tenant, at, by, grids: BTreeMap::new(), kept: BTreeMap::new() }
    }

    fn seen(age: i64, max_age: u64) -> Freshness {
        let now = Timestamp::from_second(1_767_621_600 + age).unwrap();
        captured(1_767_621_600).freshness(now, Duration::from_secs(max_age))
    }

    #[test]
    fn it_is_believed_for_max_age_to_the_second_and_as_much_ahead_as_clocks_differ() {
        for (age, expected) in [
            (-301, Freshness::Ahead),
            (-300, Freshness::Fresh),
            (-1, Freshness::Fresh),
            (0, Freshness::Fresh),
            (3600, Freshness::Fresh),
            (3601, Freshness::Stale),
        ] {
            assert_eq!(seen(age, 3600), expected, "{age} s");
        }
        assert_eq!(seen(0, 0), Freshness::Fresh);
        assert_eq!(seen(1, 0), Freshness::Stale);
    }

    #[test]
    fn no_age_is_too_much_to_count() {
        let end = captured(Timestamp::MAX.as_second());
        let now = Timestamp::from_second(0).unwrap();
        assert_eq!(end.freshness(now, Duration::MAX), Freshness::Ahead);
        assert_eq!(end.freshness(Timestamp::MAX, Duration::MAX), Freshness::Fresh);
        let begin = captured(Timestamp::MIN.as_second());
        assert_eq!(begin.freshness(Timestamp::MAX, Duration::from_hours(720)), Freshness::Stale);
    }

    proptest! {
        /// A capture is ahead, then fresh, then stale, and never believed again.
        #[test]
        fn what_is_stale_stays_stale(age in -100_000_i64..100_000, more in 0_i64..100_000, max_age in 0_u64..100_000) {
            let order = |one| match one { Freshness::Ahead => 0, Freshness::Fresh => 1, Freshness::Stale => 2 };
            prop_assert!(order(seen(age, max_age)) <= order(seen(age + more, max_age)));
            // A longer time never makes a capture less believed.
            let longer = seen(age, max_age + u64::try_from(more).unwrap());
            prop_assert!(order(longer) <= order(seen(age, max_age)));
        }
    }
}
