//! Runs a rollout: wave after wave, the clinics of a wave side by side, until it is through or
//! something stops it. It decides when a clinic's turn comes; what is written is in its plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use indicatif::ProgressBar;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::progress::FleetProgress;
use super::rollouts::{Kept, Rollouts};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Events;
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
            Self::Interrupted => "interrupted",
        }
    }
}

/// A rollout that runs.
pub(in crate::cli) struct Runner<'a> {
    pub(in crate::cli) rollouts: &'a Rollouts,
    pub(in crate::cli) rollout: &'a Rollout,
    /// What each clinic is at.
    pub(in crate::cli) states: BTreeMap<String, ClinicState>,
    pub(in crate::cli) apply: ApplyOne,
    pub(in crate::cli) environment: &'a Environment,
    /// Cancelled by an interrupt, and when the rollout's lock is lost.
    pub(in crate::cli) stop: &'a CancellationToken,
    pub(in crate::cli) events: Option<Events>,
}

impl<'a> Runner<'a> {
    /// A runner that goes on where the rollout is: whoever is not as planned has another turn.
    pub(in crate::cli) fn new(
        (rollouts, kept): (&'a Rollouts, &'a Kept),
        apply: ApplyOne,
        environment: &'a Environment,
        stop: &'a CancellationToken,
    ) -> Self {
        let Kept { rollout, states } = kept;
        let good = states.iter().filter(|(_, state)| state.stage.is_good());
        let states = good.map(|(clinic, state)| (clinic.clone(), state.clone())).collect();
        Self { rollouts, rollout, states, apply, environment, stop, events: None }
    }

    /// Runs every wave that is not through.
    pub(in crate::cli) async fn run(
        &mut self,
        printer: &mut Printer,
    ) -> Result<RolloutEnd, Failure> {
        let rollout = self.rollout;
        let mut begun = false;
        for wave in rollout.waves.iter().filter(|wave| !wave.clinics.is_empty()) {
            if wave.clinics.iter().all(|clinic| self.is_good(clinic)) {
                continue;
            }
            if begun && let Some(end) = self.pause(wave, printer).await {
                return Ok(end);
            }
            begun = true;
            self.wave(wave, printer).await?;
            match may_start_next(&rollout.stop_on, wave, self.states.values()) {
                Ok(()) => {}
                Err(NotYet::Stopped(reason)) => return Ok(RolloutEnd::Stopped(reason)),
                Err(NotYet::Open(_)) => return Ok(RolloutEnd::Interrupted),
            }
        }
        Ok(RolloutEnd::Through)
    }

    fn is_good(&self, clinic: &str) -> bool {
        self.states.get(clinic).is_some_and(|state| state.stage.is_good())
    }

    /// Waits as the rollout says before `next` begins.
    async fn pause(&self, next: &Wave, printer: &mut Printer) -> Option<RolloutEnd> {
        match self.rollout.pause {
            Pause::None => None,
            Pause::Manual => Some(RolloutEnd::Paused(next.name.clone())),
            Pause::For(seconds) => {
                printer.line(&format!("waiting {seconds} s before the wave {}", next.name));
                tokio::select! {
                    () = self.environment.wait(seconds) => None,
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
        self.tell(
            "wave_start",
            &format!("wave {}: {count}", wave.name),
            serde_json::json!({"wave": wave.name, "clinics": left}),
            printer,
        );
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
                Ok((clinic, line, turn, story)) => {
                    progress.finish(&line, printer);
                    if let Err(failure) = self.end((&clinic, &wave.name), turn, &story, printer) {
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
            (clinic, line, turn, printer.into_story())
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
        self.tell(
            "clinic_start",
            &format!("{clinic}: begun"),
            serde_json::json!({"clinic": clinic, "wave": wave}),
            printer,
        );
        Ok(())
    }

    /// Keeps how a clinic's turn ended, and says it.
    fn end(
        &mut self,
        (clinic, wave): (&str, &str),
        turn: Result<Turn, Failure>,
        story: &str,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let mut state = self.state(clinic, wave);
        match turn {
            Ok(Turn { stage, counts, run }) => {
                state.stage = stage;
                state.counts = counts;
                state.run = run;
            }
            Err(Failure { code, message, hint: _, exit }) => {
                state.stage = Stage::after(exit.code(), &state.counts);
                state.code = code.map(str::to_owned);
                state.message = Some(message);
            }
        }
        // Kept before it is said: whoever reads it may rely on it.
        let saved = self.rollouts.save(&self.rollout.id, &state);
        let words = super::shown_state(&state);
        printer.line(&escape(&words));
        if !state.stage.is_good() {
            for line in story.lines() {
                printer.line(&format!("    {line}"));
            }
        }
        let fields = serde_json::to_value(&state).unwrap_or_default();
        self.tell("clinic_complete", &words, fields, printer);
        self.states.insert(clinic.to_owned(), state);
        saved
    }

    fn tell(&self, kind: &str, message: &str, fields: serde_json::Value, printer: &mut Printer) {
        if let Some(events) = &self.events {
            events.emit((kind, "info", message), fields, printer);
        }
    }
}
