//! Everything that waits at one clinic: its journal is read once, then its grid.

use serde_json::{Value, json};

use super::approvals::Plans;
use super::capture::{self, Facts};
use super::item::{Item, Kind, exit};
use super::{grants, sync, worklist};
use crate::cli::clinic::Clinic;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::connection::{Asked, ReadError, SheetError};
use crate::journal::{Journal, Record};
use crate::live::Snapshot;
use crate::plan::Targets;
use crate::report;

/// What waits at one clinic.
pub(super) struct Found {
    pub(super) clinic: String,
    pub(super) items: Vec<Item>,
    /// What is known of its capture, where somebody reads the screen.
    capture: Option<Facts>,
    /// When its capture goes stale, if that is soon. Nobody has to do anything yet.
    pub(super) goes_stale: Option<String>,
}

impl Found {
    pub(super) async fn of(
        clinic: &Clinic,
        (days, plans): (i32, &Plans),
        environment: &Environment,
    ) -> Result<Self, Failure> {
        // First the journal: what a bridge says then is younger than every tick that is known.
        let journal = records(clinic);
        let looked = look(clinic, environment).await;
        let live = looked.as_ref().ok();
        let plan = live.map(|live| clinic.plan_of(&clinic.manifest, live, &Targets::default()));
        let capture = capture::of(clinic, (&looked, plan.as_ref()), environment.clock.now());
        let (capture, mut items) =
            capture.map_or((None, Vec::new()), |(facts, items)| (Some(facts), items));
        let mut unread = Vec::new();
        match &journal {
            Ok(records) => {
                let clicks = worklist::of(clinic, records, live);
                let owed = sync::of(clinic, (records, !clicks.is_empty()), environment);
                items.extend(clicks);
                items.extend(owed);
            }
            Err(failure) => {
                let what = "what was asked of people is not known";
                unread.push(Item::failed(Kind::Unread, what, failure.clone()));
            }
        }
        items.extend(plans.lacking(clinic)?);
        if let Some(plan) = &plan {
            items.extend(grants::of(plan, days, clinic.today(environment)));
        }
        match looked {
            Ok(_) if capture.is_none() => {
                let parts = plan.as_ref().map(report::unread).unwrap_or_default();
                let part = |words| Item::new(Kind::Unread, words).next("look again later");
                unread.extend(parts.into_iter().map(part));
            }
            Err(Blind::Bridge(failure)) => {
                unread.push(Item::failed(Kind::Unread, "grants that end are not known", failure));
            }
            // Said of the capture.
            Ok(_) | Err(Blind::Sheet(_)) => {}
        }
        items.extend(unread);
        let goes_stale = capture.as_ref().and_then(|facts| facts.goes_stale(clinic));
        Ok(Self { clinic: clinic.manifest.clinic.id.clone(), items, capture, goes_stale })
    }

    /// A clinic that could not be looked at.
    pub(super) fn failed(clinic: String, failure: Failure) -> Self {
        let item = Item::failed(Kind::Unread, "what waits there is not known", failure);
        Self { clinic, items: vec![item], capture: None, goes_stale: None }
    }

    pub(super) fn exit(&self) -> Exit {
        exit(&self.items)
    }

    /// Whether people are still at work on its rows or its sync.
    pub(super) fn is_in_hand(&self) -> bool {
        let is_in_hand =
            |item: &Item| matches!(item.kind, Kind::Worklist | Kind::Sync) || item.leaves_unknown;
        self.items.iter().any(is_in_hand)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "kind": "accuroform.status",
            "format_version": "1.1",
            "clinic": self.clinic,
            "waiting": self.items,
            "capture": self.capture,
            "exit_code": self.exit().code(),
        })
    }
}

fn records(clinic: &Clinic) -> Result<Vec<Record>, Failure> {
    Ok(Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?.records)
}

/// Why nothing of the grid is known.
pub(super) enum Blind {
    /// A file of the worksheet cannot be used.
    Sheet(SheetError),
    /// The bridge does not answer, or nobody could ask it.
    Bridge(Failure),
}

async fn look(clinic: &Clinic, environment: &Environment) -> Result<Snapshot, Blind> {
    let opened = clinic.connect(environment).await.map_err(Blind::Bridge)?;
    let (id, tenant) = (&clinic.manifest.clinic.id, &clinic.manifest.tenant);
    let asked = Asked { clinic: id, tenant, users: &clinic.users(), now: environment.clock.now() };
    let read = opened.accuro().read(asked).await;
    opened.close().await;
    read.map_err(|error| match error {
        ReadError::Sheet(error) => Blind::Sheet(error),
        ReadError::Bridge(error) => Blind::Bridge(error.into()),
    })
}
