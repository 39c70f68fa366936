//! A seeded mix: which call gets which fault follows from the seed and the number of the call, so
//! the same sequence of calls meets the same faults.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::action::Action;
use super::file::Endpoint;
use super::kind::FaultKind;

/// A checked mix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mix {
    pub(super) seed: u64,
    pub(super) percent: f64,
    pub(super) of: Vec<FaultKind>,
    pub(super) delay: Duration,
}

impl Mix {
    /// What happens to the `call`th matching call, which is one of this endpoint.
    pub(super) fn draw(&self, call: u64, endpoint: Option<Endpoint>) -> Option<Action> {
        let [hit, choice, draw, _] = self.numbers(call);
        // The upper half is exact as a float.
        let share = f64::from(u32::try_from(hit >> 32).unwrap_or(u32::MAX)) / 4_294_967_296.0;
        if share * 100.0 >= self.percent {
            return None;
        }
        let fitting: Vec<FaultKind> =
            self.of.iter().copied().filter(|kind| fits(*kind, endpoint)).collect();
        let count = u64::try_from(fitting.len()).ok().filter(|count| *count > 0)?;
        let kind = fitting.get(usize::try_from(choice % count).ok()?)?;
        Some(Action::drawn(*kind, self, draw))
    }

    fn numbers(&self, call: u64) -> [u64; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.seed.to_be_bytes());
        hasher.update(call.to_be_bytes());
        let bytes: [u8; 32] = hasher.finalize().into();
        let mut numbers = [0; 4];
        for (number, chunk) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
            *number = chunk.try_into().map_or(0, u64::from_be_bytes);
        }
        numbers
    }
}

/// Whether this kind can do anything to a call of this endpoint.
fn fits(kind: FaultKind, endpoint: Option<Endpoint>) -> bool {
    match kind {
        FaultKind::ExpireTokens => endpoint != Some(Endpoint::Token),
        FaultKind::SyncFail | FaultKind::SyncHang | FaultKind::SyncAlreadyRunning => {
            endpoint == Some(Endpoint::SyncStart)
        }
        FaultKind::Status(_)
        | FaultKind::Delay
        | FaultKind::DelayAnswer
        | FaultKind::Reset
        | FaultKind::AfterWrite
        | FaultKind::Truncated
        | FaultKind::CutJson
        | FaultKind::Huge
        | FaultKind::Slow
        | FaultKind::NotJson
        | FaultKind::Redirect
        | FaultKind::ConcurrentWriter
        | FaultKind::SyncStartedByOther => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(seed: u64, percent: f64) -> Mix {
        let of = vec![FaultKind::Status(503), FaultKind::Reset, FaultKind::SyncFail];
        Mix { seed, percent, of, delay: Duration::ZERO }
    }

    fn kinds(mix: &Mix, endpoint: Endpoint) -> Vec<Option<FaultKind>> {
        (1..=2000).map(|call| Some(mix.draw(call, Some(endpoint))?.kind())).collect()
    }

    #[test]
    fn a_seed_gives_the_same_faults_and_another_seed_others() {
        let first = kinds(&mix(7, 10.0), Endpoint::Users);
        assert_eq!(first, kinds(&mix(7, 10.0), Endpoint::Users));
        assert_ne!(first, kinds(&mix(8, 10.0), Endpoint::Users));
        let hit = first.iter().flatten().count();
        assert!((150..250).contains(&hit), "{hit} of 2000 at 10 percent");
    }

    #[test]
    fn only_faults_that_fit_the_call_are_chosen() {
        let on = |endpoint| {
            let mut kinds: Vec<_> = kinds(&mix(7, 50.0), endpoint).into_iter().flatten().collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        assert_eq!(on(Endpoint::Users), [FaultKind::Status(503), FaultKind::Reset]);
        assert_eq!(on(Endpoint::SyncStart).len(), 3);
    }

    #[test]
    fn none_and_all_mean_none_and_all() {
        assert_eq!(kinds(&mix(7, 0.0), Endpoint::Users).iter().flatten().count(), 0);
        assert_eq!(kinds(&mix(7, 100.0), Endpoint::Users).iter().flatten().count(), 2000);
    }
}
