//! `apply` where somebody reads the screen and nothing can be written: the approved plan becomes a
//! worklist. Nothing is called done by it.

use crate::apply::Applied;
use crate::approval::Approved;
use crate::cli::clicks::asked;
use crate::cli::clinic::Clinic;
use crate::cli::cmd::execute::{Ended, starter};
use crate::cli::cmd::plan::save;
use crate::cli::cmd::sync_person::ENDED;
use crate::cli::env::Environment;
use crate::cli::events;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::journal::{Journal, Outcome, RowOutcome, Worklist as Known};
use crate::report::ci::Waiting;
use crate::report::{self, WorklistForm};
use crate::worklist::worklist;

/// As many hexadecimal digits of the plan's digest as a file's name carries.
const SHORT: usize = 8;

/// Asks a person for the rows of an approved plan, unless that was done. `file` is the plan as it is
/// saved, so that the ticks and a later apply name the same; `None`: it is saved already.
pub(super) fn hand_out(
    (clinic, environment): (&Clinic, &Environment),
    (approved, file): (&Approved<'_>, Option<&str>),
    known: Option<&Known>,
    journal: &mut Journal,
    printer: &mut Printer,
) -> Result<Ended, Failure> {
    let (plan, digest, list) = (approved.plan(), approved.digest(), worklist(approved));
    if known.is_none_or(|known| known.plan != digest) {
        journal.append(starter("worklist", clinic, Some(digest), environment))?;
        for event in asked(approved) {
            journal.append(event)?;
        }
        journal.append(ENDED)?;
    }
    let hex: String = digest.trim_start_matches("sha256:").chars().take(SHORT).collect();
    let page = clinic.folder().join(format!("worklist-{hex}.html"));
    save(&page, "worklist", report::worklist(&list, WorklistForm::Html))?;
    let saved = clinic.folder().join(format!("worklist-{hex}.json"));
    if let Some(file) = file {
        save(&saved, "plan", file)?;
    }
    if !printer.streams() {
        printer.document(&report::worklist(&list, WorklistForm::Text));
    }
    let shown = file.map_or_else(|| "PLAN".to_owned(), |_| saved.display().to_string());
    printer.line(&format!("the list to print: {}", page.display()));
    let next = format!(
        "set the rows and tick them off with `accuroform worklist {shown} --tick --by NAME`, then \
         capture the grid again and run `accuroform apply {shown}`"
    );
    printer.line(&format!("next: {next}"));
    if let Some(facts) = printer.facts() {
        let what = format!("the rows of the worklist {} are to be set", page.display());
        facts.waits(Waiting { clinic: plan.clinic.clone(), what, next });
    }
    let rows = plan.users.iter().flat_map(|user| {
        user.changes.iter().map(|change| RowOutcome {
            user: user.name.clone(),
            key: change.key,
            outcome: Outcome::NotReached,
        })
    });
    let halted =
        Some("its rows are asked of a person; nothing is verified before they are read again");
    let applied = Applied { outcomes: rows.collect(), halted: halted.map(str::to_owned) };
    printer.tell(|| applied.outcomes.iter().map(|row| events::ended(plan, row)));
    printer.tell(|| [events::applied((plan, digest), None, &applied)]);
    Ok(Ended::nothing(Exit::NotVerified, (plan, &applied), printer))
}
