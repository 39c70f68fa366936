//! Rollouts that wait for somebody to go on with them. Of a clinic that a newer rollout has, nobody waits
//! for what an older one planned.

use std::collections::{BTreeMap, BTreeSet};

use super::approvals::{Lack, for_plan, lack};
use super::item::{Item, Kind};
use crate::cli::cmd::saved::Saved;
use crate::cli::cmd::sign::given_lines;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{Rollouts, SelectedFleet, clinics, shown_state};
use crate::cli::lock::fleet_lock;
use crate::rollout::bundle::Entry;
use crate::rollout::{ClinicState, NotYet, Pause, Rollout, Stage, Wave, may_start_next};
use crate::state::holder;

/// What waits; `in_hand` are the clinics where people are still at work.
pub(super) fn of(
    fleet: &SelectedFleet,
    in_hand: &BTreeSet<String>,
    environment: &Environment,
) -> Vec<Item> {
    let known = Known {
        fleet,
        in_hand,
        selected: fleet.members.iter().map(|member| member.id.as_str()).collect(),
        newer: BTreeSet::new(),
    };
    known.look(environment).unwrap_or_else(|failure| {
        vec![Item::failed(Kind::Unread, "what rollouts wait for is not known", failure)]
    })
}

/// What is known beside the rollout that is looked at.
struct Known<'a> {
    fleet: &'a SelectedFleet,
    in_hand: &'a BTreeSet<String>,
    selected: BTreeSet<&'a str>,
    /// The clinics of the rollouts that are newer.
    newer: BTreeSet<String>,
}

impl Known<'_> {
    fn look(mut self, environment: &Environment) -> Result<Vec<Item>, Failure> {
        let file = &self.fleet.file;
        let rollouts = Rollouts::new(file.state.clone()?);
        let held = holder(rollouts.state(), &fleet_lock(&file.fleet.id)).ok().flatten();
        let (here, now) = (environment.host(), environment.clock.now());
        let at_work = held.filter(|holder| !holder.is_gone(&here, now)).map(|holder| holder.id);
        let mut items = Vec::new();
        for id in rollouts.ids()?.iter().rev() {
            if file.members.iter().all(|member| self.newer.contains(&member.id)) {
                break;
            }
            let rollout = rollouts.rollout(id)?;
            // One place may keep those of several fleets.
            if rollout.fleet != file.fleet.id {
                continue;
            }
            let all = || rollout.waves.iter().flat_map(|wave| &wave.clinics);
            if at_work.as_ref() != Some(id) && all().any(|clinic| self.is_meant(clinic)) {
                let states = rollouts.states(id)?;
                items.extend(self.one((&rollouts, &rollout), &states, environment)?);
            }
            self.newer.extend(all().cloned());
        }
        Ok(items)
    }

    /// Whether somebody may wait for this clinic.
    fn is_meant(&self, clinic: &str) -> bool {
        self.selected.contains(clinic) && !self.newer.contains(clinic)
    }

    fn one(
        &self,
        (rollouts, rollout): (&Rollouts, &Rollout),
        states: &BTreeMap<String, ClinicState>,
        environment: &Environment,
    ) -> Result<Option<Item>, Failure> {
        let is_good =
            |clinic: &String| states.get(clinic).is_some_and(|state| state.stage.is_good());
        let all = || rollout.waves.iter().flat_map(|wave| &wave.clinics);
        let left: Vec<&String> = all().filter(|clinic| !is_good(clinic)).collect();
        let is_left = |wave: &&Wave| !wave.clinics.iter().all(is_good);
        let (true, Some(wave)) =
            (left.iter().any(|clinic| self.is_meant(clinic)), rollout.waves.iter().find(is_left))
        else {
            return Ok(None);
        };
        let Waiting { words, on } = self.waiting(rollout, wave, states);
        // What a clinic that waits for people is at, its own block says.
        let open = wave.clinics.iter().filter_map(|clinic| states.get(clinic));
        let open = open.filter(|state| !state.stage.is_good() && state.stage != Stage::Asked);
        let mut details: Vec<String> = open.map(shown_state).collect();
        let lacks = self.lacks((rollouts, rollout), &left, environment)?;
        let is_moot = lacks.iter().any(|(_, lack)| matches!(lack, Lack::Moot(_)));
        let (id, path) = (&rollout.id, self.fleet.file.path.display());
        let look = format!("`accuroform rollout status {id} {path}`");
        let go_on = if lacks.is_empty() {
            format!("`accuroform apply --resume {id} {path}`")
        } else {
            format!(
                "have its bundle signed, then `accuroform apply --resume {id} {path} --approval FILE`"
            )
        };
        let next = if is_moot {
            format!("plan the fleet again; {look} shows how far it came")
        } else {
            match on {
                On::Limit => format!("{look}, then {go_on}"),
                On::People => format!("once nothing waits there: {go_on}"),
                On::Nobody => go_on,
            }
        };
        details.extend(lacks.into_iter().map(|(clinic, lack)| match lack {
            Lack::Moot(Failure { message, .. }) => format!("{clinic}: {message}"),
            Lack::TooFew(words, _) => format!("{clinic}: its plan {words}"),
        }));
        let (left, total) = (left.len(), clinics(all().count()));
        let words = format!("the rollout {id} {words}; {left} of {total} left");
        Ok(Some(Item::new(Kind::Rollout, words).details(details).next(next)))
    }

    /// What the plans of the clinics that are left lack.
    fn lacks(
        &self,
        (rollouts, rollout): (&Rollouts, &Rollout),
        left: &[&String],
        environment: &Environment,
    ) -> Result<Vec<(String, Lack)>, Failure> {
        let given = given_lines("the approvals of the rollout", &rollouts.approvals(&rollout.id)?);
        let mut bundle = match rollouts.bundle(rollout) {
            Err(failure) if failure.exit == Exit::Refused => {
                return Ok(vec![(rollout.id.clone(), Lack::Moot(failure))]);
            }
            bundle => bundle?,
        };
        let mut lacks = Vec::new();
        let moot = |why: &str| Lack::Moot(Failure::plain(Exit::Refused, why));
        for id in left {
            let Some(member) = self.fleet.file.member(id) else {
                lacks.push(((*id).clone(), moot("the fleet has no such clinic any more")));
                continue;
            };
            if self.newer.contains(*id) {
                lacks.push(((*id).clone(), moot("a newer rollout has it")));
                continue;
            }
            if let Some(Entry::Planned { plan, digest, .. }) = bundle.entry(id)? {
                let clinic = self.fleet.file.clinic(member, environment)?;
                let given = for_plan(&given, &digest);
                let lack = lack(&clinic, &Saved { plan: *plan, digest }, &given);
                lacks.extend(lack.map(|lack| ((*id).clone(), lack)));
            }
        }
        Ok(lacks)
    }

    /// Why it is not through, by the first wave that is not.
    fn waiting(
        &self,
        rollout: &Rollout,
        wave: &Wave,
        states: &BTreeMap<String, ClinicState>,
    ) -> Waiting {
        let name = &wave.name;
        let is_begun = wave.clinics.iter().any(|clinic| states.contains_key(clinic));
        let is_asked =
            |clinic: &String| states.get(clinic).is_some_and(|state| state.stage == Stage::Asked);
        let (words, on) = match may_start_next(&rollout.stop_on, wave, states.values()) {
            _ if !is_begun && !states.is_empty() => match rollout.pause {
                Pause::Manual => (format!("is paused before the wave {name}"), On::Nobody),
                Pause::None | Pause::For(_) => {
                    (format!("was ended before the wave {name}"), On::Nobody)
                }
            },
            Err(NotYet::Stopped(reason)) => (format!("is stopped: {reason}"), On::Limit),
            Err(NotYet::NotVerified(left)) if left.iter().all(is_asked) => {
                let is_done = |clinic: &String| {
                    self.selected.contains(clinic.as_str()) && !self.in_hand.contains(clinic)
                };
                let names = left.join(", ");
                if left.iter().all(is_done) {
                    let words = "for people at these clinics, where nothing waits any more";
                    (format!("waited in the wave {name} {words}: {names}"), On::Nobody)
                } else {
                    (format!("waits in the wave {name} for people at {names}"), On::People)
                }
            }
            Err(NotYet::NotVerified(_)) => (
                format!("does not go on behind the wave {name}, which is not verified"),
                On::Nobody,
            ),
            Err(NotYet::Open(_)) | Ok(()) => {
                (format!("was interrupted in the wave {name}"), On::Nobody)
            }
        };
        Waiting { words, on }
    }
}

/// What a rollout waits for.
struct Waiting {
    words: String,
    on: On,
}

/// What has to come before somebody goes on with a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// What people do at clinics.
    People,
    /// A look at why it stopped.
    Limit,
    /// Nothing.
    Nobody,
}
