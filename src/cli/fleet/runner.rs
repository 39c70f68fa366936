//! Runs a rollout: wave after wave, the clinics of a wave side by side, until it is through or
//! something stops it. It decides when a clinic's turn comes; what is written is in its plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::progress::FleetProgress;
use super::rollouts::{Kept, Rollouts};
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::report::escape;
use crate::rollout::{
    ClinicState, NotYet, Pause, Rollout, Stage, StopReason, Wave, may_start_next, stop,
};

/// Applies one clinic; runs in a thread of its own, so it may wait.
pub(in crate::cli) type ApplyOne =
    Arc<dyn Fn(&Handle, &str, &mut Printer) -> Result<Turn, Failure> + Send + Sync>;

/// How the turn of a clinic ended.
pub(in crate::cli) struct Turn {
    pub(in crate::cli) stage: Stage,
    pub(in crate::cli) counts: crate::rollout::RowCounts,
    pub(in crate::cli) run: Option<String>,
    /// What went wrong, with its code, if it has one.
    pub(in crate::cli) why: Option<(Option<&'static str>, String)>,
}

/// How a rollout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum RolloutEnd {
    /// Every clinic had its turn.
    Through,
    /// A limit was reached.
    Stopped(StopReason),
    /// It waits for a person before this wave.
    Paused(String),
    /// These clinics of a wave are not as planned and verified, so the next does not begin.
    NotVerified {
        /// The wave.
        wave: String,
        /// The clinics.
        clinics: Vec<String>,
    },
    /// Somebody interrupted it, or its lock was lost.
    Interrupted,
}

impl RolloutEnd {
    /// For programs.
    pub(in crate::cli) const fn key(&self) -> &'static str {
        match self {
            Self::Through => "through",
            Self::Stopped(_) => "stopped",
            Self::Paused(_) => "paused",
            Self::NotVerified { .. } => "not-verified",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A rollout that runs.
pub(in crate::cli) struct Runner<'a> {
    pub(in crate::cli) rollouts: &'a Rollouts,
    pub(in crate::cli) rollout: &'a Rollout,
    /// What each clinic is at that had its turn now, or needs none any more.
    pub(in crate::cli) states: BTreeMap<String, ClinicState>,
    /// What the others were at before.
    earlier: BTreeMap<String, ClinicState>,
    pub(in crate::cli) apply: ApplyOne,
    pub(in crate::cli) environment: &'a Environment,
    /// Cancelled by an interrupt, and when the rollout's lock is lost.
    pub(in crate::cli) stop: &'a CancellationToken,
    /// Cancelled when the rollout's lock is lost: somebody else keeps its progress now.
    pub(in crate::cli) lost: &'a CancellationToken,
}

impl<'a> Runner<'a> {
    /// A runner that goes on where the rollout is: whoever is not as planned has another turn.
    pub(in crate::cli) fn new(
        (rollouts, kept): (&'a Rollouts, &'a Kept),
        apply: ApplyOne,
        environment: &'a Environment,
        (stop, lost): (&'a CancellationToken, &'a CancellationToken),
    ) -> Self {
        let Kept { rollout, states } = kept;
        let is_good = |(_, state): &(String, ClinicState)| state.stage.is_good();
        let (states, earlier) = states.clone().into_iter().partition(is_good);
        Self { rollouts, rollout, states, earlier, apply, environment, stop, lost }
    }

    /// What each clinic is at, those included that had no turn again.
    pub(in crate::cli) fn all(self) -> BTreeMap<String, ClinicState> {
        let Self { states, mut earlier, .. } = self;
        earlier.extend(states);
        earlier
    }

    /// Runs every wave that is not through.
    pub(in crate::cli) async fn run(
        &mut self,
        printer: &mut Printer,
    ) -> Result<RolloutEnd, Failure> {
        let rollout = self.rollout;
        let waves = || rollout.waves.iter().filter(|wave| !wave.clinics.is_empty());
        let (mut begun, mut before) = (false, None);
        for wave in waves() {
            if !wave.clinics.iter().all(|clinic| self.is_good(clinic)) {
                if let Some(end) = self.pause(wave, (begun, before), printer).await {
                    return Ok(end);
                }
                begun = true;
                self.wave(wave, printer).await?;
                // What an interrupt left open counts among no failures.
                let mut all = waves().flat_map(|wave| &wave.clinics);
                if self.stop.is_cancelled() && !all.all(|clinic| self.is_good(clinic)) {
                    return Ok(RolloutEnd::Interrupted);
                }
                match may_start_next(&rollout.stop_on, wave, self.states.values()) {
                    Ok(()) => {}
                    Err(NotYet::Stopped(reason)) => return Ok(RolloutEnd::Stopped(reason)),
                    Err(NotYet::Open(_)) => return Ok(RolloutEnd::Interrupted),
                    Err(NotYet::NotVerified(clinics)) => {
                        return Ok(RolloutEnd::NotVerified { wave: wave.name.clone(), clinics });
                    }
                }
            }
            before = self.ended(wave);
        }
        Ok(RolloutEnd::Through)
    }

    /// When the last clinic of a wave came to its end.
    fn ended(&self, wave: &Wave) -> Option<Timestamp> {
        wave.clinics.iter().filter_map(|clinic| self.states.get(clinic)).map(|state| state.at).max()
    }

    fn is_good(&self, clinic: &str) -> bool {
        self.states.get(clinic).is_some_and(|state| state.stage.is_good())
    }

    /// Waits as the rollout says before `next` begins: for a person, unless it is a person who goes on
    /// with it now; or so long after the end of the wave before, in whichever run that was.
    async fn pause(
        &self,
        next: &Wave,
        (begun, before): (bool, Option<Timestamp>),
        printer: &mut Printer,
    ) -> Option<RolloutEnd> {
        match self.rollout.pause {
            Pause::None => None,
            Pause::Manual => begun.then(|| RolloutEnd::Paused(next.name.clone())),
            Pause::For(seconds) => {
                let since = self.environment.clock.now().duration_since(before?).as_secs();
                let left = seconds.saturating_sub(u64::try_from(since).unwrap_or_default());
                if left == 0 {
                    return None;
                }
                printer.line(&format!("waiting {left} s before the wave {}", next.name));
                tokio::select! {
                    () = self.environment.wait(Duration::from_secs(left)) => None,
                    () = self.stop.cancelled() => Some(RolloutEnd::Interrupted),
                }
            }
        }
    }

    /// Runs the clinics of a wave. Once something stops the rollout no further one begins; those
    /// that are under way come to their end.
    async fn wave(&mut self, wave: &Wave, printer: &mut Printer) -> Result<(), Failure> {
        let left: Vec<&String> =
            wave.clinics.iter().filter(|clinic| !self.is_good(clinic)).collect();
        let count = super::clinics(left.len());
        printer.line(&format!("wave {}: {count}", escape(&wave.name)));
        printer.tell(|| [events::wave_begins(&wave.name, &left)]);
        let mut progress = FleetProgress::new(left.len(), "applied", printer);
        let mut running = JoinSet::new();
        let mut left = left.into_iter();
        let side_by_side = usize::try_from(self.rollout.max_parallel).unwrap_or(usize::MAX);
        let result = loop {
            while running.len() < side_by_side && !self.must_stop() {
                let Some(clinic) = left.next() else { break };
                if let Err(failure) = self.begin(clinic, &wave.name, printer) {
                    self.stop.cancel();
                    printer.failure(&failure);
                    break;
                }
                self.spawn(clinic.clone(), progress.line(clinic), &mut running);
            }
            let Some(joined) = running.join_next().await else { break Ok(()) };
            match joined {
                Ok((clinic, line, turn, account)) => {
                    progress.finish(&line, printer);
                    if let Err(failure) = self.end((&clinic, &wave.name), turn, &account, printer) {
                        // Nobody would know where to go on.
                        self.stop.cancel();
                        printer.failure(&failure);
                    }
                }
                Err(error) => {
                    self.stop.cancel();
                    let message = format!("applying a clinic ended unexpectedly: {error}");
                    printer.failure(&Failure::plain(Exit::Incomplete, message));
                }
            }
        };
        progress.end(printer);
        result
    }

    fn must_stop(&self) -> bool {
        self.stop.is_cancelled() || stop(&self.rollout.stop_on, self.states.values()).is_some()
    }

    fn spawn(
        &self,
        clinic: String,
        line: ProgressBar,
        running: &mut JoinSet<(String, ProgressBar, Result<Turn, Failure>, String)>,
    ) {
        let (apply, handle) = (Arc::clone(&self.apply), Handle::current());
        running.spawn_blocking(move || {
            let mut printer = Printer::kept(line.clone());
            line.set_message("reading");
            let turn = apply(&handle, &clinic, &mut printer);
            (clinic, line, turn, printer.into_account())
        });
    }

    fn state(&self, clinic: &str, wave: &str) -> ClinicState {
        ClinicState::waiting(clinic, wave, 0, self.environment.clock.now())
    }

    /// Keeps that a clinic's turn began.
    fn begin(&mut self, clinic: &str, wave: &str, printer: &mut Printer) -> Result<(), Failure> {
        let mut state = self.state(clinic, wave);
        state.stage = Stage::Running;
        self.rollouts.save(&self.rollout.id, &state)?;
        self.states.insert(clinic.to_owned(), state);
        printer.tell(|| [events::clinic_begins(clinic, wave)]);
        Ok(())
    }

    /// Keeps how a clinic's turn ended, and says it.
    fn end(
        &mut self,
        (clinic, wave): (&str, &str),
        turn: Result<Turn, Failure>,
        account: &str,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let mut state = self.state(clinic, wave);
        let mut next = None;
        match turn {
            Ok(Turn { stage, counts, run, why }) => {
                state.stage = stage;
                state.counts = counts;
                state.run = run;
                let (code, message) = why.filter(|_| !stage.is_good()).unzip();
                state.code = code.flatten().map(str::to_owned);
                state.message = message;
            }
            Err(Failure { code, message, hint, exit }) => {
                state.stage = Stage::after(exit.code(), &state.counts);
                state.code = code.map(str::to_owned);
                state.message = Some(message);
                next = hint;
            }
        }
        // Kept before it is said: whoever reads it may rely on it.
        let saved = if self.lost.is_cancelled() {
            Ok(())
        } else {
            self.rollouts.save(&self.rollout.id, &state)
        };
        let words = super::shown_state(&state);
        printer.line(&escape(&words));
        if !state.stage.is_good() || state.counts.held > 0 {
            let next = next.map(|next| format!("hint: {}", escape(&next)));
            for line in account.lines().chain(next.as_deref()) {
                printer.line(&format!("    {line}"));
            }
        }
        printer.tell(|| [events::clinic_ended(&state, &words)]);
        self.states.insert(clinic.to_owned(), state);
        saved
    }
}
