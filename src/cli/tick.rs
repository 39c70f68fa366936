//! Ticking a worklist off at a terminal, row by row. Each tick is kept at once, so that it can be
//! stopped, or end hard, and go on. A tick is what a person says: nothing is called done by it.

use std::io::BufRead;

use super::attest;
use super::clinic::Clinic;
use super::failure::Failure;
use super::printer::Printer;
use crate::journal::{Event, Journal, RowPlace};
use crate::manifest::AccuroConnection;
use crate::model::Clock;
use crate::report::{escape, way, words};
use crate::worklist::Worklist;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticked {
    /// Rows that were ticked now.
    pub(super) now: usize,
    /// Rows that nobody ticked yet.
    pub(super) left: usize,
}

impl Ticked {
    /// Nothing was left to tick.
    pub(super) const NOTHING: Self = Self { now: 0, left: 0 };
}

/// Who ticks, and where it is kept.
pub(super) struct Ticking<'a> {
    pub(super) by: &'a str,
    pub(super) clock: Clock,
    pub(super) journal: &'a mut Journal,
}

enum Answer {
    Clicked,
    NotYet,
    Stop,
}

/// What a person types to tick a clinic's worklist off.
pub(super) const TICK: &str = "worklist --tick --by NAME";

/// Asks for every row of what is left of a list of `all` rows, in order.
pub(super) fn tick(
    (list, all): (&Worklist, usize),
    ticking: &mut Ticking<'_>,
    input: &mut impl BufRead,
    printer: &mut Printer,
) -> Result<Ticked, Failure> {
    let (mut now, mut at) = (0, (None, None));
    for (user, office, row) in list.rows() {
        if at.0 != Some(user.user_id) {
            at = (Some(user.user_id), None);
            printer.story(&format!("\n{}", way(user)));
        }
        if at.1 != Some(office.office) {
            at.1 = Some(office.office);
            printer.story("\n");
            printer.line(&format!("{} ({})", office.name, office.office));
        }
        let question = format!("{}/{all} {}: {}", row.number, row.provider, words(row));
        match ask(&question, input, printer) {
            Answer::NotYet => continue,
            Answer::Stop => break,
            Answer::Clicked => {}
        }
        let place = RowPlace { user: user.user.clone(), key: row.key };
        ticking.journal.append(Event::ClicksAttested {
            plan: list.plan.clone(),
            by: ticking.by.to_owned(),
            at: ticking.clock.now(),
            rows: vec![place],
        })?;
        now += 1;
    }
    if now > 0 {
        printer.line("Press Save before you leave the screen.");
    }
    Ok(Ticked { now, left: list.rows().count() - now })
}

/// Says how far it is, and what comes next.
pub(super) fn print_ticked(
    (clinic, all): (&Clinic, usize),
    Ticked { now, left }: Ticked,
    printer: &mut Printer,
) {
    printer.result(&format!("Worklist: {now} ticked now, {left} of {all} rows left.\n"));
    let next = if left > 0 {
        format!("next: go on with `{}`", attest::command(clinic, TICK))
    } else {
        let apply = attest::command(clinic, "apply");
        match clinic.manifest.connections.accuro {
            AccuroConnection::Worksheet(_) => {
                format!("next: capture the grid again; then `{apply}` reads it and goes on")
            }
            AccuroConnection::Embedded { .. } | AccuroConnection::Api(_) => {
                format!("next: `{apply}` reads the rows again, syncs and verifies them")
            }
        }
    };
    printer.line(&next);
}

/// Asks until there is an answer. Where nobody answers, it stops.
fn ask(question: &str, input: &mut impl BufRead, printer: &mut Printer) -> Answer {
    loop {
        printer.story(&format!("  {} [y: set, n: not yet, q: stop] ", escape(question)));
        let mut typed = String::new();
        if !matches!(input.read_line(&mut typed), Ok(1..)) {
            printer.story("\n");
            return Answer::Stop;
        }
        match typed.trim() {
            "y" | "Y" => return Answer::Clicked,
            "n" | "N" => return Answer::NotYet,
            "q" | "Q" => return Answer::Stop,
            _ => printer.line("  type y, n or q"),
        }
    }
}
