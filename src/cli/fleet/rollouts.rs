//! Rollouts in the fleet's state: what each is, its bundle, and what each of its clinics is at.
//!
//! A rollout is a few small objects, so that it can be kept in an object store and looked at while
//! it runs: `rollouts/ID/rollout.json`, `rollouts/ID/clinics/CLINIC.json`, `bundles/DIGEST.jsonl`, and
//! `rollouts/ID/approvals.jsonl` where it was begun with signed ones.
//! Live is the truth here, too: they say where to go on, never what to write.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use super::spool::SavedBundle;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::rollout::bundle::Bundle;
use crate::rollout::{ClinicState, Rollout, named_after};
use crate::state::State;

/// The rollouts of a state.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Rollouts {
    state: State,
}

/// A rollout and what each of its clinics is at.
#[derive(Debug)]
pub(in crate::cli) struct Kept {
    pub(in crate::cli) rollout: Rollout,
    /// By clinic; a clinic whose turn has not come is not there.
    pub(in crate::cli) states: BTreeMap<String, ClinicState>,
}

impl Rollouts {
    pub(in crate::cli) fn new(state: State) -> Self {
        Self { state }
    }

    /// Where they are.
    pub(in crate::cli) const fn state(&self) -> &State {
        &self.state
    }

    /// Keeps a new rollout, its bundle and the approvals that it is begun with.
    pub(in crate::cli) fn begin(
        &self,
        rollout: &Rollout,
        bundle: &Path,
        approvals: &str,
    ) -> Result<(), Failure> {
        self.state.put_file(&bundle_name(&rollout.bundle_digest), bundle)?;
        if !approvals.is_empty() {
            self.state.put(&approvals_name(&rollout.id), approvals.as_bytes())?;
        }
        let text =
            serde_json::to_vec_pretty(rollout).map_err(|error| damaged(&rollout.id, &error))?;
        self.state.create(&format!("rollouts/{}/rollout.json", rollout.id), &text)?;
        Ok(())
    }

    /// The approvals that a rollout was begun with, a line each.
    pub(in crate::cli) fn approvals(&self, rollout: &str) -> Result<String, Failure> {
        let text = self.state.get(&approvals_name(rollout))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Keeps what a clinic is at.
    pub(in crate::cli) fn save(&self, rollout: &str, state: &ClinicState) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(state).map_err(|error| damaged(rollout, &error))?;
        let name = format!("rollouts/{rollout}/clinics/{}.json", state.clinic);
        Ok(self.state.put(&name, &text)?)
    }

    /// What a rollout is called that is begun now: `id`, or something later where another has a later id.
    pub(in crate::cli) fn name(&self, id: &str) -> Result<String, Failure> {
        Ok(named_after(id, self.ids()?.last().map(String::as_str)))
    }

    /// The ids of all rollouts, oldest first.
    pub(in crate::cli) fn ids(&self) -> Result<Vec<String>, Failure> {
        let names = self.state.list("rollouts")?;
        let id = |name: &String| {
            let id = name.strip_prefix("rollouts/")?.strip_suffix("/rollout.json")?;
            (!id.contains('/')).then(|| id.to_owned())
        };
        Ok(names.iter().filter_map(id).collect())
    }

    /// A rollout by its id, or by a beginning of it that no other has; the last where none is named.
    pub(in crate::cli) fn find(&self, typed: Option<&str>) -> Result<Kept, Failure> {
        let ids = self.ids()?;
        let found: Vec<&String> = match typed {
            None => ids.last().into_iter().collect(),
            Some(typed) if ids.iter().any(|id| id == typed) => {
                ids.iter().filter(|id| *id == typed).collect()
            }
            Some(typed) => ids.iter().filter(|id| id.starts_with(typed)).collect(),
        };
        let named = typed.map(|typed| format!(" `{typed}`")).unwrap_or_default();
        match found.as_slice() {
            [id] => self.load(id),
            [] => Err(self.none(&named)),
            several => Err(Failure::new(
                Exit::Error,
                "R033",
                format!("{} rollouts begin with{named}", several.len()),
                "write more of its id",
            )),
        }
    }

    fn load(&self, id: &str) -> Result<Kept, Failure> {
        Ok(Kept { rollout: self.rollout(id)?, states: self.states(id)? })
    }

    /// The rollout that is to be taken back: the one that is named, or the last that takes none back itself.
    pub(in crate::cli) fn find_to_undo(&self, typed: Option<&str>) -> Result<Kept, Failure> {
        if typed.is_some() {
            return self.find(typed);
        }
        for id in self.ids()?.iter().rev() {
            if !self.rollout(id)?.is_undo {
                return self.load(id);
            }
        }
        Err(self.none(""))
    }

    fn none(&self, named: &str) -> Failure {
        let message = format!("there is no rollout{named} in {}", self.state.describe());
        Failure::new(Exit::Error, "R033", message, "`accuroform apply` of a fleet begins one")
    }

    /// What a rollout is.
    pub(in crate::cli) fn rollout(&self, id: &str) -> Result<Rollout, Failure> {
        let text = self.state.get(&format!("rollouts/{id}/rollout.json"))?;
        parse(id, &text.unwrap_or_default())
    }

    /// What each clinic of a rollout is at.
    pub(in crate::cli) fn states(
        &self,
        id: &str,
    ) -> Result<BTreeMap<String, ClinicState>, Failure> {
        let mut states = BTreeMap::new();
        for name in self.state.list(&format!("rollouts/{id}/clinics"))? {
            if let Some(text) = self.state.get(&name)? {
                let state: ClinicState = parse(id, &text)?;
                states.insert(state.clinic.clone(), state);
            }
        }
        Ok(states)
    }

    /// The bundle of a rollout, verified.
    pub(in crate::cli) fn bundle(&self, rollout: &Rollout) -> Result<Bundle<File>, Failure> {
        let digest = &rollout.bundle_digest;
        let there = NamedTempFile::new().map_err(|error| {
            let message = format!("cannot make a file for the bundle: {error}");
            Failure::new(
                Exit::Error,
                "F001",
                message,
                "make room in the folder for temporary files",
            )
        })?;
        let missing = |what: &str| {
            let message = format!("the bundle {digest} of rollout {} {what}", rollout.id);
            Failure::new(Exit::Refused, "R034", message, "plan the fleet again and apply that plan")
        };
        if !self.state.get_file(&bundle_name(digest), there.path())? {
            return Err(missing("is not in the state any more"));
        }
        let bundle = SavedBundle::open(there.path())?;
        if bundle.digest() != digest {
            return Err(missing("was exchanged for another"));
        }
        Ok(bundle)
    }
}

fn approvals_name(rollout: &str) -> String {
    format!("rollouts/{rollout}/approvals.jsonl")
}

fn bundle_name(digest: &str) -> String {
    format!("bundles/{}.jsonl", digest.trim_start_matches("sha256:"))
}

fn parse<T: DeserializeOwned>(id: &str, text: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(text).map_err(|error| damaged(id, &error))
}

fn damaged(id: &str, error: &serde_json::Error) -> Failure {
    let message = format!("cannot read the rollout {id}: {error}");
    Failure::new(Exit::Error, "R035", message, "plan the fleet again and apply that plan")
}
