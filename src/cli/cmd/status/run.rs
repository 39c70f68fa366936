//! The command: one clinic, or a fleet side by side and then its rollouts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::approvals::Plans;
use super::found::Found;
use super::item::{Item, Kind, exit};
use super::{rollouts, shown};
use crate::cli::args::StatusArgs;
use crate::cli::clinic::Clinic;
use crate::cli::cmd::each::worse;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SelectedFleet, Subject, side_by_side};
use crate::cli::printer::Printer;

pub(in crate::cli::cmd) async fn run(
    args: &StatusArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let StatusArgs { manifest, select, plan, expiring, json } = args;
    let subject = Subject::load(manifest, select, environment, printer)?;
    let plans = Plans::open(plan)?;
    match subject {
        Subject::Clinic(clinic) => {
            one(&clinic, (*expiring, *json, &plans), environment, printer).await
        }
        Subject::Fleet(fleet) => all(*fleet, (*expiring, *json, plans), environment, printer).await,
    }
}

async fn one(
    clinic: &Clinic,
    (days, json, plans): (i32, bool, &Plans),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    plans.must_be_of(clinic)?;
    let found = Found::of(clinic, (days, plans), environment).await?;
    if json {
        printer.json(&format!("{}\n", found.json()));
    } else {
        printer.result(&shown::of_clinic(&found.clinic, &found.items));
        if let Some(when) = &found.goes_stale {
            printer.line(&format!("note: the capture goes stale at {when}"));
        }
    }
    Ok(found.exit())
}

async fn all(
    fleet: SelectedFleet,
    (days, json, plans): (i32, bool, Plans),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    plans.must_be_of_fleet(&fleet.file)?;
    let (fleet, plans) = (Arc::new(fleet), Arc::new(plans));
    let known = Arc::clone(&plans);
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let plans = Arc::clone(&known);
        async move {
            let clinic = fleet.clinic(at, &environment)?;
            Found::of(&clinic, (days, &plans), &environment).await
        }
    };
    let mut sum = Sum { worst: Exit::Done, good: 0, kinds: BTreeMap::new() };
    let (mut in_hand, mut blocks, mut stale) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    side_by_side((&fleet, "looked at"), environment, printer, work, &mut |id, result, printer| {
        let found = result.unwrap_or_else(|failure| Found::failed(id.clone(), failure));
        sum.add(&found.items, found.exit());
        sum.good += usize::from(found.items.is_empty());
        if found.is_in_hand() {
            in_hand.insert(id.clone());
        }
        if json {
            printer.json(&format!("{}\n", found.json()));
        } else {
            blocks.insert(id.clone(), shown::block(&id, &found.items));
        }
        stale.extend(found.goes_stale.map(|when| (id, when)));
        Ok(())
    })
    .await?;
    let mut items = plans.gone(&fleet.file);
    items.extend(rollouts::of(&fleet, &in_hand, environment));
    sum.add(&items, exit(&items));
    let total = fleet.members.len();
    if json {
        printer.json(&format!("{}\n", sum.json((&fleet.file.fleet.id, total), &items)));
        return Ok(sum.worst);
    }
    printer.result(&blocks.into_values().collect::<String>());
    printer.result(&shown::block(&format!("fleet {}", fleet.file.fleet.id), &items));
    printer.result(&shown::closing((total, sum.good), &sum.kinds));
    if !stale.is_empty() {
        let soon: Vec<String> = stale.iter().map(|(id, when)| format!("{id} at {when}")).collect();
        printer.line(&format!("note: captures that go stale soon: {}", soon.join(", ")));
    }
    Ok(sum.worst)
}

/// What waits over all clinics.
struct Sum {
    worst: Exit,
    /// Clinics at which nothing waits.
    good: usize,
    kinds: BTreeMap<Kind, usize>,
}

impl Sum {
    fn add(&mut self, items: &[Item], exit: Exit) {
        self.worst = worse(self.worst, exit);
        for item in items {
            *self.kinds.entry(item.kind).or_default() += 1;
        }
    }

    fn json(&self, (fleet, total): (&str, usize), items: &[Item]) -> serde_json::Value {
        json!({
            "kind": "accuroform.status_sum",
            "format_version": "1.0",
            "fleet": fleet,
            "clinics": total,
            "with_nothing_waiting": self.good,
            "counts": self.kinds,
            "waiting": items,
            "exit_code": self.worst.code(),
        })
    }
}
