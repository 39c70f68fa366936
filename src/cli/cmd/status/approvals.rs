//! The approvals that saved plans lack: of one clinic, or of each clinic of a bundle.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::item::{Item, Kind};
use crate::approval::{Approver, Count, Given, NotApproved};
use crate::cli::clinic::Clinic;
use crate::cli::cmd::saved::{self, Saved};
use crate::cli::cmd::sign::{at_hand, at_hand_of_bundle};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetFile, SavedBundle};
use crate::plan::file::open;
use crate::rollout::bundle::{Bundle, Entry};

/// The saved plans that were named. Where they are, nothing else knows.
pub(super) struct Plans(Vec<(PathBuf, Kept)>);

enum Kept {
    /// The plan of one clinic.
    One(Saved),
    /// The plans of many, and the approvals beside them.
    Many { bundle: Mutex<Bundle<File>>, given: Vec<Given> },
}

impl Plans {
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let kept = |path: &PathBuf| {
            let kept = if SavedBundle::is_there(path) {
                let bundle = Mutex::new(SavedBundle::open(path)?);
                Kept::Many { bundle, given: at_hand_of_bundle(path, &[]).0 }
            } else {
                let (plan, digest) = open(&saved::read(path)?)?;
                Kept::One(Saved { plan, digest })
            };
            Ok((path.clone(), kept))
        };
        paths.iter().map(kept).collect::<Result<_, Failure>>().map(Self)
    }

    /// Refuses the plan of another clinic.
    pub(super) fn must_be_of(&self, clinic: &Clinic) -> Result<(), Failure> {
        self.must_be(|id| id == clinic.manifest.clinic.id)
    }

    /// Refuses plans of clinics that the fleet does not have, and bundles of another fleet.
    pub(super) fn must_be_of_fleet(&self, file: &FleetFile) -> Result<(), Failure> {
        for (path, kept) in &self.0 {
            let Kept::Many { bundle, given: _ } = kept else { continue };
            let bundle = bundle.lock().unwrap_or_else(PoisonError::into_inner);
            let (of, is) = (&bundle.header().fleet.id, &file.fleet.id);
            if of != is {
                let path = path.display();
                let message =
                    format!("the bundle {path} is of the fleet `{of}`, the manifest of `{is}`");
                return Err(Failure::new(
                    Exit::Refused,
                    "R037",
                    message,
                    "name the fleet's manifest",
                ));
            }
        }
        self.must_be(|id| file.member(id).is_some())
    }

    fn must_be(&self, is_meant: impl Fn(&str) -> bool) -> Result<(), Failure> {
        let other = self.0.iter().find_map(|(path, kept)| match kept {
            Kept::One(saved) if !is_meant(&saved.plan.clinic) => Some((path, &saved.plan.clinic)),
            Kept::One(_) | Kept::Many { .. } => None,
        });
        let Some((path, clinic)) = other else { return Ok(()) };
        let message =
            format!("the plan {} is for clinic `{clinic}`, the manifest is not", path.display());
        Err(Failure::new(Exit::Refused, "P005", message, "name the manifest of that clinic"))
    }

    /// What the plans of a clinic lack.
    pub(super) fn lacking(&self, clinic: &Clinic) -> Result<Vec<Item>, Failure> {
        let id = &clinic.manifest.clinic.id;
        let Some(demand) = clinic.demand() else { return Ok(Vec::new()) };
        let mut items = Vec::new();
        for (path, kept) in &self.0 {
            match kept {
                Kept::One(saved) if saved.plan.clinic == *id => {
                    let given = at_hand(Some(&demand), true, path, &[])?;
                    items.extend(lack(clinic, saved, &given).map(|lack| lack.item(path)));
                }
                Kept::One(_) => {}
                Kept::Many { bundle, given } => {
                    let mut bundle = bundle.lock().unwrap_or_else(PoisonError::into_inner);
                    let Some(Entry::Planned { plan, digest, .. }) = bundle.entry(id)? else {
                        continue;
                    };
                    drop(bundle);
                    let given = for_plan(given, &digest);
                    let saved = Saved { plan: *plan, digest };
                    items.extend(lack(clinic, &saved, &given).map(|lack| lack.item(path)));
                }
            }
        }
        Ok(items)
    }

    /// Clinics of a bundle that the fleet no longer has: it cannot be applied, whoever signs it.
    pub(super) fn gone(&self, file: &FleetFile) -> Vec<Item> {
        let gone = |(path, kept): &(PathBuf, Kept)| {
            let Kept::Many { bundle, given: _ } = kept else { return None };
            let bundle = bundle.lock().unwrap_or_else(PoisonError::into_inner);
            let is_gone = |(clinic, _): &(&str, bool)| file.member(clinic).is_none();
            let gone: Vec<String> =
                bundle.clinics().filter(is_gone).map(|(clinic, _)| clinic.to_owned()).collect();
            let words =
                format!("the bundle {} has clinics that the fleet no longer has", path.display());
            let item = Item { code: Some("R040"), ..Item::new(Kind::Approval, words) };
            (!gone.is_empty()).then(|| item.details(gone).next("plan the fleet again"))
        };
        self.0.iter().filter_map(gone).collect()
    }
}

/// Why a plan cannot be applied with the approvals at hand.
pub(super) enum Lack {
    /// Nobody can approve it: it is of another manifest, or names are not resolved.
    Moot(Failure),
    /// In words, and those that do not count.
    TooFew(String, Vec<String>),
}

impl Lack {
    fn item(self, path: &Path) -> Item {
        let shown = path.display();
        match self {
            Self::Moot(failure) => {
                Item::failed(Kind::Approval, &format!("the plan {shown}"), failure)
            }
            Self::TooFew(words, not_counted) => {
                Item::new(Kind::Approval, format!("the plan {shown} {words}"))
                    .details(not_counted)
                    .next(format!("`accuroform approve {shown} --key KEYFILE`"))
            }
        }
    }
}

/// What a plan lacks, with these approvals; nothing where the clinic demands none.
pub(super) fn lack(clinic: &Clinic, saved: &Saved, given: &[Given]) -> Option<Lack> {
    if let Err(failure) = saved.must_belong_to(clinic) {
        return Some(Lack::Moot(failure));
    }
    let errors = saved.plan.errors();
    if errors > 0 {
        return Some(Lack::Moot(NotApproved::Unresolved(errors).into()));
    }
    // Nobody is asked about a plan that changes nothing.
    let demand = clinic.demand().filter(|_| !saved.plan.is_empty())?;
    let Count { counted, not_counted } = demand.count(&saved.plan, &saved.digest, given);
    let (required, has) = (demand.required, counted.len());
    if has >= required {
        return None;
    }
    let by: Vec<&str> = counted.iter().map(|Approver { name, .. }| name.as_str()).collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    let approvals = if required == 1 { "approval" } else { "approvals" };
    let words = format!("needs {required} signed {approvals} and has {has}{by}");
    Some(Lack::TooFew(words, not_counted.iter().map(ToString::to_string).collect()))
}

/// The approvals that may be for the plan with this digest: signatures are dear to check, and those of a
/// bundle are those of all its clinics.
pub(super) fn for_plan(given: &[Given], digest: &str) -> Vec<Given> {
    let may_be = |given: &&Given| {
        given.approval.as_ref().map_or(true, |approval| approval.plan_digest == digest)
    };
    given.iter().filter(may_be).cloned().collect()
}
