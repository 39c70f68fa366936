//! What a rollout and its clinics are at, as people read it.

use std::collections::BTreeMap;
use std::path::Path;

use super::runner::RolloutEnd;
use crate::cli::clicks::WAITING;
use crate::cli::exit::Exit;
use crate::ocean::SyncError;
use crate::report::ci::{Outcomes, Waiting};
use crate::report::escape;
use crate::rollout::{ClinicState, Rollout, RowCounts, Stage};

/// The word for a stage.
pub(in crate::cli) const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting",
        Stage::Running => "running",
        Stage::Verified => "verified",
        Stage::Unchanged => "unchanged",
        Stage::Asked => "waiting for a person",
        Stage::Applied => "applied, not verified",
        Stage::Held => "held",
        Stage::Incomplete => "incomplete",
        Stage::Failed => "failed",
        Stage::Refused => "refused",
    }
}

/// `lakeside: verified; 12 rows done`
pub(in crate::cli) fn shown_state(state: &ClinicState) -> String {
    let ClinicState { clinic, stage, counts, code, message, .. } = state;
    let RowCounts { done, held, failed, not_reached, rows: _ } = counts;
    let mut words = vec![format!("{clinic}: {}", word(*stage))];
    let counted =
        [(done, "done"), (held, "held"), (failed, "failed"), (not_reached, "not reached")];
    let counted: Vec<String> = counted
        .into_iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !counted.is_empty() {
        words.push(format!("rows: {}", counted.join(", ")));
    }
    if let Some(message) = message {
        let code = code.as_ref().map(|code| format!("[{code}] ")).unwrap_or_default();
        words.push(format!("{code}{message}"));
    }
    words.join("; ")
}

/// Every wave with its clinics.
pub(in crate::cli) fn status(rollout: &Rollout, states: &BTreeMap<String, ClinicState>) -> String {
    let mut lines = vec![format!("Rollout {} of fleet {}", rollout.id, rollout.fleet)];
    for wave in &rollout.waves {
        lines.push(String::new());
        lines.push(format!("{}: {}", wave.name, super::clinics(wave.clinics.len())));
        for clinic in &wave.clinics {
            let line = states
                .get(clinic)
                .map_or_else(|| format!("{clinic}: {}", word(Stage::Waiting)), shown_state);
            lines.push(format!("  {}", escape(&line)));
        }
    }
    lines.push(String::new());
    lines.push(sum(rollout, states));
    lines.join("\n") + "\n"
}

/// A line for each wave: `canary: 2 verified.`
pub(in crate::cli) fn waves(rollout: &Rollout, states: &BTreeMap<String, ClinicState>) -> String {
    let waves = rollout.waves.iter().filter(|wave| !wave.clinics.is_empty());
    let line = |wave: &crate::rollout::Wave| {
        format!("  {}: {}\n", wave.name, counted(wave.clinics.iter(), states))
    };
    waves.map(line).collect::<Vec<_>>().concat()
}

/// `Rollout of 6 clinics: 4 verified, 2 waiting.`
pub(in crate::cli) fn sum(rollout: &Rollout, states: &BTreeMap<String, ClinicState>) -> String {
    let all = || rollout.waves.iter().flat_map(|wave| &wave.clinics);
    format!("Rollout of {}: {}.", super::clinics(all().count()), counted(all(), states))
}

fn counted<'a>(
    clinics: impl Iterator<Item = &'a String>,
    states: &BTreeMap<String, ClinicState>,
) -> String {
    let mut counts: BTreeMap<Stage, usize> = BTreeMap::new();
    for clinic in clinics {
        let stage = states.get(clinic).map_or(Stage::Waiting, |state| state.stage);
        *counts.entry(stage).or_default() += 1;
    }
    let words = counts.iter().map(|(stage, count)| format!("{count} {}", word(*stage)));
    words.collect::<Vec<_>>().join(", ")
}

/// What became of the rows of all clinics.
pub(in crate::cli) fn outcomes(
    rollout: &Rollout,
    states: &BTreeMap<String, ClinicState>,
    exit: Exit,
) -> Outcomes {
    let is_asked = |state: &ClinicState| state.stage == Stage::Asked;
    // Nobody can say more before people did and said what they are asked for.
    let waits = states.values().any(is_asked)
        && states.values().all(|state| state.stage.is_good() || is_asked(state));
    let verified = (!waits).then_some(exit == Exit::Done);
    let mut all = Outcomes { verified, ..Outcomes::default() };
    for state in states.values() {
        let RowCounts { done, held, failed, not_reached, rows: _ } = state.counts;
        all.done += done;
        all.held += held;
        all.failed += failed;
        all.not_reached += not_reached;
        if !matches!(state.stage, Stage::Verified | Stage::Unchanged) {
            all.lines.push(shown_state(state));
        }
    }
    all.lines.push(sum(rollout, states));
    all
}

/// What people are waited for before the rollout goes on.
pub(in crate::cli) fn waiting(
    rollout: &Rollout,
    states: &BTreeMap<String, ClinicState>,
    fleet: &Path,
) -> Vec<Waiting> {
    let id = &rollout.id;
    let asked = states.values().filter(|state| state.stage == Stage::Asked);
    let waiting = |state: &ClinicState| Waiting {
        clinic: state.clinic.clone(),
        what: state.message.clone().unwrap_or_default(),
        next: format!(
            "{}; then `accuroform apply --resume {id} {}`",
            asked_of(state, fleet),
            fleet.display()
        ),
    };
    asked.map(waiting).collect()
}

/// What people do at a clinic that waits for them.
pub(in crate::cli) fn asked_of(state: &ClinicState, fleet: &Path) -> String {
    let fleet = fleet.display();
    match state.code.as_deref() {
        Some(WAITING) => format!(
            "`accuroform worklist {fleet}` lists the rows that are asked of them, with `--tick --by NAME \
             --clinic ID` they are ticked off, then the grid is captured again"
        ),
        Some(code) if SyncError::OF_A_PERSON.contains(&code) => format!(
            "`accuroform sync {fleet}` lists the syncs that are asked of them, to be attested and verified"
        ),
        Some(_) | None => format!(
            "`accuroform status {fleet}` says which rows have to be set or read again, and how"
        ),
    }
}

/// How the command ends: what is worst about the clinics, and about the rollout.
pub(in crate::cli) fn exit(
    rollout: &Rollout,
    states: &BTreeMap<String, ClinicState>,
    end: &RolloutEnd,
) -> Exit {
    let all = rollout.waves.iter().flat_map(|wave| &wave.clinics);
    let each: Vec<Stage> =
        all.map(|clinic| states.get(clinic).map_or(Stage::Waiting, |state| state.stage)).collect();
    let had_turn = || each.iter().filter(|stage| !stage.is_open());
    let holds = states.values().any(|state| state.counts.held > 0);
    if each.iter().all(|stage| stage.is_good()) {
        if holds { Exit::Incomplete } else { Exit::Done }
    } else if had_turn().count() > 0 && had_turn().all(|stage| *stage == Stage::Refused) {
        Exit::Refused
    } else if *end != RolloutEnd::Interrupted
        && each
            .iter()
            .all(|stage| stage.is_good() || matches!(stage, Stage::Applied | Stage::Asked))
    {
        Exit::NotVerified
    } else {
        Exit::Incomplete
    }
}
