//! Events of a fleet.

use std::collections::BTreeMap;

use super::event::Event;
use super::fleet::{
    ClinicComplete, ClinicPlanned, ClinicStart, ClinicUnread, FleetPlanned, RolloutEnd,
    RolloutStart, WaveStart,
};
use super::line::{Level, Told};
use super::of_plan::refused;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{ClinicPlan, MemberPlan};
use crate::report;
use crate::rollout::{ClinicState, Rollout};

/// A clinic was planned, or could not be.
pub(in crate::cli) fn clinic_planned(planned: &MemberPlan) -> Told {
    let MemberPlan { clinic, result } = planned;
    match result {
        Ok(ClinicPlan { plan, refusals, sealed, owed }) => {
            let words = format!("{clinic}: {}", report::summary_line(plan));
            let event = ClinicPlanned {
                digest: sealed.digest.clone(),
                summary: plan.summary(),
                complete: plan.is_complete(),
                unread: plan.unread.clone(),
                errors: plan.errors(),
                refusals: refusals.iter().map(|one| refused(plan, one, &sealed.digest)).collect(),
                sync_owed: *owed,
            };
            let is_good = plan.is_complete() && plan.errors() == 0 && refusals.is_empty();
            let event = Event::ClinicPlanned(Box::new(event));
            Told::new(Level::error_unless(is_good), words, event)
        }
        Err(failure) => {
            let Failure { code, message, hint, exit: _ } = failure.clone();
            let words = format!("{clinic}: {message}");
            let code = code.map(str::to_owned);
            let event = Event::ClinicUnread(ClinicUnread { code, message, hint });
            Told::new(Level::Error, words, event)
        }
    }
    .of(clinic)
}

/// The whole fleet was planned.
pub(in crate::cli) fn fleet_planned(words: String, planned: FleetPlanned) -> Told {
    let is_good = matches!(planned.exit_code, 0 | 2);
    Told::new(Level::error_unless(is_good), words, Event::FleetPlanned(planned))
}

/// A rollout begins, or goes on.
pub(in crate::cli) fn rollout_begins(rollout: &Rollout, resumed: bool) -> Told {
    let wave = |wave: &crate::rollout::Wave| WaveStart {
        wave: wave.name.clone(),
        clinics: wave.clinics.clone(),
    };
    let waves = rollout.waves.iter().map(wave).collect();
    let verb = if resumed { "goes on" } else { "begins" };
    let message = format!("the rollout {} {verb}", rollout.id);
    let rollout = rollout.id.clone();
    Told::info(message, Event::RolloutStart(RolloutStart { rollout, resumed, waves }))
}

/// A wave begins, with the clinics that have a turn in it.
pub(in crate::cli) fn wave_begins(wave: &str, clinics: &[&String]) -> Told {
    let message = format!("wave {wave}: {}", crate::cli::fleet::clinics(clinics.len()));
    let clinics = clinics.iter().map(|clinic| (*clinic).clone()).collect();
    Told::info(message, Event::WaveStart(WaveStart { wave: wave.to_owned(), clinics }))
}

/// The turn of a clinic begins.
pub(in crate::cli) fn clinic_begins(clinic: &str, wave: &str) -> Told {
    let event = Event::ClinicStart(ClinicStart { wave: wave.to_owned() });
    Told::info(format!("{clinic}: begun"), event).of(clinic)
}

/// The turn of a clinic ended.
pub(in crate::cli) fn clinic_ended(state: &ClinicState, words: &str) -> Told {
    let ClinicState { clinic, wave, stage, counts, run, code, message, at, .. } = state.clone();
    let is_good = stage.is_good();
    let event = ClinicComplete { wave, stage, counts, run, code, message, at };
    let event = Event::ClinicComplete(Box::new(event));
    Told::new(Level::error_unless(is_good), words, event).of(&clinic)
}

/// How a rollout ended.
pub(in crate::cli) struct RolloutEnded<'a> {
    pub(in crate::cli) rollout: &'a str,
    /// The key of its end.
    pub(in crate::cli) end: &'a str,
    /// What to do next.
    pub(in crate::cli) next: Option<&'a str>,
    pub(in crate::cli) clinics: &'a BTreeMap<String, ClinicState>,
    pub(in crate::cli) exit: Exit,
}

/// A rollout ended.
pub(in crate::cli) fn rollout_ended(words: String, ended: &RolloutEnded<'_>) -> Told {
    let RolloutEnded { rollout, end, next, clinics, exit } = ended;
    let event = RolloutEnd {
        rollout: (*rollout).to_owned(),
        end: (*end).to_owned(),
        next: next.map(str::to_owned),
        clinics: (*clinics).clone(),
        exit_code: exit.code(),
    };
    Told::new(Level::error_unless(*exit == Exit::Done), words, Event::RolloutEnd(event))
}
