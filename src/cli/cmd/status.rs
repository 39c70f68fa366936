//! `status`: everything that waits for a person. It takes no lock and writes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Span;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::args::StatusArgs;
use crate::cli::attest::{self, CONFIRM, Waiting};
use crate::cli::clinic::{Clinic, Purpose, Scope};
use crate::cli::cmd::each::{Said, each};
use crate::cli::cmd::saved;
use crate::cli::cmd::sign::at_hand;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SelectedFleet, Subject};
use crate::cli::printer::Printer;
use crate::journal::{Journal, WorklistStage, worklists};
use crate::ocean::SyncError;
use crate::plan::file::open;
use crate::report::escape;

pub(super) async fn run(
    args: &StatusArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let StatusArgs { manifest, select, plan, expiring, json } = args;
    let clinic = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(_) if !plan.is_empty() => {
            let message = "--plan is about the plan of one clinic";
            return Err(Failure::new(Exit::Error, "U003", message, "name it: --clinic ID"));
        }
        Subject::Fleet(fleet) => {
            let days = *expiring;
            let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| async move {
                let clinic = fleet.clinic(at, &environment)?;
                let found = Found::of(&clinic, (days, &[]), &environment).await?;
                Ok(Said { exit: found.exit(), words: found.words(), document: found.json(&clinic) })
            };
            return each(*fleet, ("with nothing waiting", *json), environment, printer, work).await;
        }
    };
    let found = Found::of(&clinic, (*expiring, plan), environment).await?;
    if *json {
        printer.json(&format!("{}\n", found.json(&clinic)));
    } else {
        found.print(&clinic, printer);
    }
    Ok(found.exit())
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// A sync: to be done, attested or verified.
    Sync,
    /// Rows of a worklist: to be clicked, or read again.
    Worklist,
    /// Signatures on a saved plan.
    Approval,
    /// Access that ends, or has ended.
    Grant,
    /// A part that could not be read: nobody knows what waits there.
    Unread,
}

/// One thing that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Item {
    kind: Kind,
    words: String,
    /// What to do next.
    next: Option<String>,
}

/// Everything that waits at one clinic.
struct Found(Vec<Item>);

impl Found {
    async fn of(
        clinic: &Clinic,
        (days, plans): (i32, &[PathBuf]),
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let mut items = Vec::new();
        items.extend(clicks(clinic)?);
        items.extend(sync(clinic, !items.is_empty())?);
        for plan in plans {
            items.extend(approvals(clinic, plan)?);
        }
        items.extend(grants(clinic, days, environment).await);
        Ok(Self(items))
    }

    /// What could not be read says nothing, so it is worst.
    fn exit(&self) -> Exit {
        let has = |kind| self.0.iter().any(|item| item.kind == kind);
        if has(Kind::Unread) {
            Exit::Unread
        } else if has(Kind::Sync) {
            Exit::NotVerified
        } else if self.0.is_empty() {
            Exit::Done
        } else {
            Exit::Changes
        }
    }

    fn words(&self) -> String {
        if self.0.is_empty() {
            return "nothing waits".to_owned();
        }
        self.0.iter().map(|item| item.words.as_str()).collect::<Vec<_>>().join("; ")
    }

    fn print(&self, clinic: &Clinic, printer: &mut Printer) {
        for Item { kind: _, words, next } in &self.0 {
            printer.result(&format!("! {}\n", escape(words)));
            if let Some(next) = next {
                printer.result(&format!("    next: {}\n", escape(next)));
            }
        }
        let id = escape(&clinic.manifest.clinic.id);
        printer.result(&match self.0.len() {
            0 => format!("Nothing waits for a person at {id}.\n"),
            1 => format!("1 thing waits for a person at {id}.\n"),
            many => format!("{many} things wait for a person at {id}.\n"),
        });
    }

    fn json(&self, clinic: &Clinic) -> Value {
        json!({
            "kind": "accuroform.status",
            "format_version": "1.0",
            "clinic": clinic.manifest.clinic.id,
            "waiting": self.0,
            "exit_code": self.exit().code(),
        })
    }
}

/// The sync that is owed; rows that are still to be set come first.
fn sync(clinic: &Clinic, has_clicks: bool) -> Result<Option<Item>, Failure> {
    let Waiting { is_owed, asked } = attest::waiting(clinic)?;
    let open = asked.as_ref().and_then(attest::open).filter(|_| attest::is_asked(clinic));
    Ok(match open {
        _ if !is_owed => None,
        Some(open) => {
            let is_pending = matches!(open, SyncError::Asked { .. });
            let next = if is_pending { "sync" } else { CONFIRM };
            let next = Some(format!("`{}`", attest::command(clinic, next)));
            Some(Item { kind: Kind::Sync, words: open.to_string(), next })
        }
        None if has_clicks => Some(Item {
            kind: Kind::Sync,
            words: "a sync is owed once the worklist is through".to_owned(),
            next: None,
        }),
        None => Some(Item {
            kind: Kind::Sync,
            words: "the sync after the last apply was not completed and verified".to_owned(),
            next: Some(format!("`{}`", attest::command(clinic, "apply"))),
        }),
    })
}

/// Worklists that are not through.
fn clicks(clinic: &Clinic) -> Result<Vec<Item>, Failure> {
    let records = Journal::read(&clinic.state()?, &clinic.manifest.clinic.id)?.records;
    let open = worklists(&records).into_iter().filter(|list| !list.is_superseded);
    let items = open.filter_map(|list| {
        let (ticked, all) = (list.ticked(), list.rows.len());
        let plan: String = list.plan.trim_start_matches("sha256:").chars().take(12).collect();
        let (words, next) = match list.stage() {
            WorklistStage::Verified => return None,
            WorklistStage::Open | WorklistStage::HalfDone => (
                format!("{ticked} of {all} rows of the worklist of plan {plan} are ticked"),
                "`accuroform worklist PLAN --tick --by NAME`",
            ),
            WorklistStage::Attested => (
                format!("all {all} rows of the worklist of plan {plan} are attested, not verified"),
                "read the rows again (`accuroform capture`, where no bridge is), then `accuroform apply`",
            ),
            WorklistStage::Contradicted => (
                format!("rows of the worklist of plan {plan} are not what somebody attested"),
                "set them, or make a new plan",
            ),
        };
        Some(Item { kind: Kind::Worklist, words, next: Some(next.to_owned()) })
    });
    Ok(items.collect())
}

/// The signatures that a saved plan lacks.
fn approvals(clinic: &Clinic, path: &Path) -> Result<Option<Item>, Failure> {
    let (plan, digest) = open(&saved::read(path)?)?;
    let saved = saved::Saved { plan, digest };
    saved.must_belong_to(clinic)?;
    let Some(demand) = clinic.demand() else { return Ok(None) };
    let given = at_hand(Some(&demand), true, path, &[])?;
    let counted = demand.count(&saved.plan, &saved.digest, &given).counted.len();
    let (required, shown) = (demand.required, path.display());
    Ok((counted < required).then(|| Item {
        kind: Kind::Approval,
        words: format!("the plan {shown} needs {required} signed approvals and has {counted}"),
        next: Some(format!("`accuroform approve {shown} --key KEYFILE`")),
    }))
}

/// Managed rows whose access ends soon or has ended; or what could not be read.
async fn grants(clinic: &Clinic, days: i32, environment: &Environment) -> Vec<Item> {
    let unread = |words: String| Item { kind: Kind::Unread, words, next: None };
    let read = async {
        let opened = clinic.connect(environment).await?;
        let planned = clinic.plan(&opened.accuro(), Purpose::Manifest, Scope::ALL).await;
        opened.close().await;
        planned
    };
    let plan = match read.await {
        Ok(planned) => planned.plan,
        Err(failure) => {
            return vec![unread(format!("grants that end are not known: {}", failure.message))];
        }
    };
    let today = clinic.today(environment);
    let last = today.checked_add(Span::new().days(days)).unwrap_or(jiff::civil::Date::MAX);
    let mut items: Vec<Item> =
        plan.unread.iter().map(|unread_part| unread(unread_part.reason.clone())).collect();
    for user in &plan.users {
        let soon = user.ends.iter().filter(|(until, _)| until.0 <= last);
        items.extend(soon.map(|(until, key)| {
            let address = plan.names.address(&plan.clinic, &user.name, *key);
            let verb = if until.0 < today { "ended" } else { "ends" };
            Item {
                kind: Kind::Grant,
                words: format!("{address}: access {verb} on {until}"),
                next: Some("write another date in the manifest, or take the row out".to_owned()),
            }
        }));
    }
    items
}
