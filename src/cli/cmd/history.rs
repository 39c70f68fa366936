//! `history`: what was applied, one run, and whether the journal is sound.

use serde_json::json;

use crate::cli::args::{HistoryArgs, HistoryCommand, HistoryShowArgs, HistoryVerifyArgs};
use crate::cli::clinic::Clinic;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::journal::{Checked, Journal, Run, runs};
use crate::report::{escape, history, history_json, run, run_json};
use crate::state;

pub(super) fn run_command(
    args: &HistoryArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let HistoryArgs { command, manifest, select, json } = args;
    match command {
        None => {
            match Subject::load(manifest, select, environment, printer)? {
                Subject::Clinic(clinic) => list(&clinic, *json, printer)?,
                Subject::Fleet(fleet) => {
                    for at in 0..fleet.members.len() {
                        list(&fleet.clinic(at, environment)?, *json, printer)?;
                    }
                }
            }
            Ok(Exit::Done)
        }
        Some(HistoryCommand::Show(args)) => show(args, environment, printer),
        Some(HistoryCommand::Verify(args)) => verify(args, environment, printer),
    }
}

fn list(clinic: &Clinic, json: bool, printer: &mut Printer) -> Result<(), Failure> {
    let runs = read(clinic, printer)?;
    let id = &clinic.manifest.clinic.id;
    printer.result(&if json { history_json(id, &runs) } else { history(id, &runs) });
    Ok(())
}

/// The runs of the clinic's journal, oldest first.
pub(super) fn read(clinic: &Clinic, printer: &mut Printer) -> Result<Vec<Run>, Failure> {
    let (state, id) = (clinic.state()?, &clinic.manifest.clinic.id);
    // Read before the journal: a run that ends in between is then in the journal with its end.
    let holder = state::holder(&state, id)?;
    let reading = Journal::read(&state, id)?;
    if reading.torn && holder.is_none() {
        printer.line("note: the journal's last record was cut off by a crash and does not count");
    }
    Ok(runs(&reading.records, holder.as_ref().map(|holder| holder.id.as_str())))
}

fn show(
    args: &HistoryShowArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let HistoryShowArgs { id, manifest, select, json } = args;
    let clinic = Subject::load(manifest, select, environment, printer)?.one()?;
    let runs = read(&clinic, printer)?;
    let clinic = &clinic.manifest.clinic.id;
    let one = find(clinic, &runs, id)?;
    printer.result(&if *json { run_json(clinic, one) } else { run(clinic, one) });
    Ok(Exit::Done)
}

/// The run with this id, or the only one whose id begins so.
pub(super) fn find<'r>(clinic: &str, runs: &'r [Run], id: &str) -> Result<&'r Run, Failure> {
    let exact = runs.iter().find(|run| run.id == id);
    let begun: Vec<&Run> = runs.iter().filter(|run| run.id.starts_with(id)).collect();
    match (exact, begun.as_slice()) {
        (Some(one), _) => Ok(one),
        (None, [one]) => Ok(*one),
        (None, []) => Err(Failure::new(
            Exit::Error,
            "H001",
            format!("the journal of {clinic} has no run `{id}`"),
            "`accuroform history` lists them",
        )),
        (None, several) => {
            let ids: Vec<&str> = several.iter().map(|run| run.id.as_str()).take(5).collect();
            Err(Failure::new(
                Exit::Error,
                "H002",
                format!("{} runs of {clinic} begin with `{id}`", several.len()),
                format!("write more of it: {}", ids.join(", ")),
            ))
        }
    }
}

fn verify(
    args: &HistoryVerifyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let HistoryVerifyArgs { manifest, select, head, json } = args;
    let clinic = Subject::load(manifest, select, environment, printer)?.one()?;
    let id = &clinic.manifest.clinic.id;
    let checked = Journal::check(&clinic.state()?, id)?;
    let kept = head.as_deref().map(|head| Kept::find(head, &checked));
    let lost = matches!(kept, Some(Kept { at: None, .. }));
    let sound = checked.faults.is_empty() && !lost;
    let exit = if sound { Exit::Done } else { Exit::Error };
    if *json {
        let faults = checked.faults.iter().map(
            |fault| json!({"line": fault.line(), "seq": fault.seq(), "message": fault.to_string()}),
        );
        let document = json!({
            "kind": "accuroform.history.verify",
            "format_version": "1.0",
            "clinic": id,
            "sound": sound,
            "records": checked.records.len(),
            "head": checked.head,
            "torn": checked.torn,
            "faults": faults.collect::<Vec<_>>(),
            "kept_head": kept.as_ref().map(|kept| json!({"head": kept.head, "record": kept.at})),
            "exit_code": exit.code(),
        });
        printer.result(&format!("{document}\n"));
        return Ok(exit);
    }
    for fault in &checked.faults {
        printer.failure(&Failure {
            code: Some("J003"),
            message: format!("the journal of {id}: {fault}"),
            hint: None,
            exit,
        });
    }
    if checked.torn {
        printer.line("note: the last line is cut off, as a crash leaves it, and does not count");
    }
    if let Some(kept) = &kept {
        kept.print(id, &checked, printer);
    }
    let records = checked.records.len();
    let words = match (checked.faults.len(), records) {
        (0, 1) => "The chain is sound: 1 record".to_owned(),
        (0, _) => format!("The chain is sound: {records} records"),
        (1, _) => format!("The chain is not sound: 1 fault in {records} records"),
        (faults, _) => format!("The chain is not sound: {faults} faults in {records} records"),
    };
    printer.result(&format!("{words}. Head: {}\n", checked.head));
    Ok(exit)
}

/// A digest that was kept elsewhere when it was the journal's head.
struct Kept {
    head: String,
    /// After how many records it was the head.
    at: Option<usize>,
}

impl Kept {
    fn find(typed: &str, checked: &Checked) -> Self {
        let typed = typed.to_ascii_lowercase();
        let head = if typed.starts_with("sha256:") { typed } else { format!("sha256:{typed}") };
        Self { at: checked.records_at(&head), head }
    }

    fn print(&self, clinic: &str, checked: &Checked, printer: &mut Printer) {
        let Self { head, at } = self;
        match at {
            None => printer.failure(&Failure::new(
                Exit::Error,
                "H003",
                format!("the journal of {clinic} does not contain the head {}", escape(head)),
                "its last records were removed, or records were written anew; compare a backup",
            )),
            Some(at) => {
                let since = checked.records.len().saturating_sub(*at);
                let records = if since == 1 { "record" } else { "records" };
                printer.result(&format!(
                    "The head that was kept is that of record {at}; {since} {records} since.\n"
                ));
            }
        }
    }
}
