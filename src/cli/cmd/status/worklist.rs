//! Worklists that are not through. What was read of ticked rows since is folded in, and nothing is kept.

use super::capture;
use super::item::{Item, Kind};
use crate::cli::attest;
use crate::cli::clicks::{Seen, seen};
use crate::cli::clinic::Clinic;
use crate::finding::difference;
use crate::journal::{Record, SeenRow, Standing, Worklist, WorklistRow, WorklistStage, worklists};
use crate::live::{Grid, Snapshot};
use crate::manifest::AccuroConnection;
use crate::model::Cells;

/// As many hexadecimal digits of a plan's digest as are shown.
const SHORT: usize = 12;

pub(super) fn of(clinic: &Clinic, records: &[Record], live: Option<&Snapshot>) -> Vec<Item> {
    let is_open = |list: &Worklist| match list.stage() {
        WorklistStage::Verified => false,
        WorklistStage::Open => !live.is_some_and(|live| is_done_elsewise(clinic, list, live)),
        WorklistStage::HalfDone | WorklistStage::Attested | WorklistStage::Contradicted => true,
    };
    let open = worklists(records).into_iter().filter(|list| !list.is_superseded && is_open(list));
    open.map(|list| one(clinic, &list, live)).collect()
}

/// Whether a bridge reads every row as it was asked for, and nobody ticked any: an apply wrote them. Where
/// somebody reads the screen, somebody set them, and the tick says that a sync is owed.
fn is_done_elsewise(clinic: &Clinic, list: &Worklist, live: &Snapshot) -> bool {
    let is_as_asked = |row: &WorklistRow| {
        let grid = live.grid(&row.user).filter(|grid| !grid.has_unread(row.sent.key));
        let read = grid.and_then(Grid::rows);
        read.is_some_and(|rows| {
            let found = rows.iter().find(|read| read.key == row.sent.key);
            found.map_or(Cells::NOTHING, |read| read.cells) == row.sent.after
        })
    };
    !is_read_by_hand(clinic) && list.rows.iter().all(is_as_asked)
}

fn is_read_by_hand(clinic: &Clinic) -> bool {
    matches!(clinic.manifest.connections.accuro, AccuroConnection::Worksheet(_))
}

/// How a row stands.
enum Stands<'a> {
    /// Nobody ticked it.
    Open,
    /// Somebody ticked it, and it was not read since.
    NotRead,
    Right,
    /// Somebody ticked it, and it was read since and grants this.
    Wrong {
        by: &'a str,
        is: Cells,
    },
}

fn stands<'a>(row: &'a WorklistRow, seen: &[SeenRow]) -> Stands<'a> {
    let read = seen.iter().find(|seen| row.is(&seen.place.user, seen.place.key));
    match (&row.standing, read.map(|seen| seen.cells)) {
        (Standing::Open, None) => Stands::Open,
        // Of a row that nobody ticked only that is kept that it is as asked.
        (Standing::Verified(_), _) | (Standing::Open, Some(_)) => Stands::Right,
        (Standing::Attested(_) | Standing::Contradicted { .. }, Some(is))
            if is == row.sent.after =>
        {
            Stands::Right
        }
        (Standing::Attested(said) | Standing::Contradicted { said, is: _ }, Some(is)) => {
            Stands::Wrong { by: &said.by, is }
        }
        (Standing::Contradicted { said, is }, None) => Stands::Wrong { by: &said.by, is: *is },
        (Standing::Attested(_), None) => Stands::NotRead,
    }
}

fn one(clinic: &Clinic, list: &Worklist, live: Option<&Snapshot>) -> Item {
    let read = live.map_or_else(|| Ok(Seen::default()), |live| seen(clinic, list, live));
    // Whoever ticked has captured it: with four eyes that says nothing.
    let (read, refused) = match read {
        Ok(read) => (read.rows, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    let names = live.map(|live| live.directory.names()).unwrap_or_default();
    let mut rows = Rows { open: 0, not_read: 0, wrong: Vec::new() };
    for row in &list.rows {
        match stands(row, &read) {
            Stands::Open => rows.open += 1,
            Stands::NotRead => rows.not_read += 1,
            Stands::Right => {}
            Stands::Wrong { by, is } => {
                let address = names.address(&clinic.manifest.clinic.id, &row.user, row.sent.key);
                let differs = difference(row.sent.after, is);
                rows.wrong.push(format!(
                    "{address}: ticked by {by}, and read since it is not set (asked → is): {differs}"
                ));
            }
        }
    }
    let (code, refused) =
        refused.map_or((None, None), |failure| (failure.code, Some(failure.message)));
    let next = rows.next(clinic, refused.is_some());
    let words: Vec<String> = rows.words(list).into_iter().chain(refused).collect();
    Item { code, ..Item::new(Kind::Worklist, words.join("; ")).details(rows.wrong).next(next) }
}

/// The rows of a worklist, but for those that are right.
struct Rows {
    open: usize,
    not_read: usize,
    /// In words.
    wrong: Vec<String>,
}

impl Rows {
    fn words(&self, list: &Worklist) -> Vec<String> {
        let Self { open, not_read, wrong } = self;
        let (all, plan) = (list.rows.len(), list.plan.trim_start_matches("sha256:"));
        let plan: String = plan.chars().take(SHORT).collect();
        let of = format!("of the worklist of plan {plan}");
        let mut words = vec![match (wrong.len(), open, not_read) {
            (0, 0, 0) => format!("all {all} rows {of} were read again and are right"),
            (0, 0, _) => format!("all {all} rows {of} are attested, not verified"),
            (0, _, _) => format!("{} of {all} rows {of} are ticked", all - open),
            (1, _, _) => format!("1 of {all} rows {of} is not what somebody attested"),
            (more, _, _) => format!("{more} of {all} rows {of} are not what somebody attested"),
        }];
        if !wrong.is_empty() && *open > 0 {
            words.push(format!("{open} not ticked yet"));
        }
        if *not_read > 0 {
            words.push(format!("{not_read} not read since"));
        }
        words
    }

    fn next(&self, clinic: &Clinic, is_refused: bool) -> String {
        let Self { open, not_read, wrong } = self;
        let tick = attest::command(clinic, "worklist --tick --by NAME");
        let apply = attest::command(clinic, "apply");
        if !wrong.is_empty() {
            format!("look at the screen, set these cells, then tick them again: `{tick}`")
        } else if *open > 0 {
            format!("`{tick}`")
        } else if is_refused {
            format!("somebody else reads the screen: `{}`", capture::again(clinic))
        } else if *not_read > 0 && is_read_by_hand(clinic) {
            format!("read the rows again: `{}`", capture::touched(clinic))
        } else if *not_read > 0 {
            format!("`{apply}`, once the grid can be read")
        } else {
            format!("`{apply}` goes on")
        }
    }
}
