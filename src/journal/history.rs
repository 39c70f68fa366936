//! Folds the records of a journal into the runs that wrote them. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::attested::Attestation;
use super::record::{Event, Outcome, Record, RowRecord, Starter};
use super::worklists::{Standing, Worklist, WorklistRow, worklists};
use crate::model::{RowKey, UserId};

/// One apply or sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub id: String,
    /// When its first record was written.
    pub at: Timestamp,
    /// Who began what; `None`: the journal has no such record.
    pub starter: Option<Starter>,
    /// The rows that were sent or asked of a person, in the order in which they first were.
    pub rows: Vec<RunRow>,
    /// The counts.
    pub counts: Counts,
    /// Whether its last sync was complete; `None`: none was begun.
    pub synced: Option<bool>,
    /// What its verification found; `None`: there was none.
    pub verified: Option<bool>,
    /// What people were asked for and said in it, in order.
    pub said: Vec<Said>,
    /// How it ended.
    pub end: End,
}

/// What a person was asked for, or said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Said {
    /// A full sync is asked for.
    SyncAsked {
        /// The Ocean site.
        site: String,
    },
    /// A full sync was begun then and is complete.
    SyncAttested(Attestation),
    /// Who is on the Patients page.
    PageAttested {
        /// Who says it.
        by: String,
        /// How many should be there.
        expected: usize,
        /// Who of them is not.
        missing: Vec<String>,
    },
    /// So many rows of a worklist are asked for.
    ClicksAsked {
        /// How many.
        rows: usize,
    },
    /// So many rows of a worklist are set on the screen.
    ClicksAttested {
        /// Who says it.
        by: String,
        /// When it was done.
        at: Timestamp,
        /// How many.
        rows: usize,
    },
    /// So many rows of a worklist were read again.
    ClicksSeen {
        /// How many.
        rows: usize,
    },
    /// The rows of a worklist that nobody set are not asked for any more.
    ClicksWithdrawn,
}

/// A row of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The user whose grid it is in.
    pub user: String,
    /// The user's id.
    pub user_id: UserId,
    /// What was sent.
    pub sent: RowRecord,
    /// What became of it.
    pub written: Written,
}

/// What the journal knows of a row that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// This.
    Known(Outcome),
    /// Nothing: the program ended before it recorded an answer.
    Unknown,
    /// It was asked of a person, and this is known of it. It counts for the run that asked first,
    /// whoever set it and whenever it was read.
    Asked(Standing),
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As planned now, already true ones included.
    pub done: usize,
    /// Left alone because they moved.
    pub held: usize,
    /// Refused, the answer was lost, or not as a person ticked it.
    pub failed: usize,
    /// Sent without a recorded answer, or ticked by a person and not read since.
    pub unknown: usize,
    /// Never sent, or asked of a person who said nothing yet; `None`: the program ended before it could
    /// say.
    pub not_reached: Option<usize>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every row is as planned, and verification found nothing wrong.
    Verified,
    /// Every row is as planned; sync or verification did not succeed or did not run.
    NotVerified,
    /// Every row was as planned before, and nothing was left to verify.
    AlreadyTrue,
    /// Some rows are not as planned.
    Incomplete,
    /// A sync alone, complete.
    Synced,
    /// A sync alone, not complete.
    NotSynced,
    /// A sync alone, asked of a person.
    SyncAsked,
    /// Somebody says that the sync was done.
    SyncAttested,
    /// Clicks are asked of a person.
    ClicksAsked,
    /// Somebody says that rows are set on the screen.
    ClicksAttested,
    /// Rows that somebody clicked were read again.
    ClicksSeen,
    /// Clicks are not asked for any more.
    ClicksWithdrawn,
    /// Everybody who is expected was seen on the Patients page.
    PageConfirmed,
    /// Somebody is missing on the Patients page.
    PageContradicted,
    /// It wrote no last record.
    Interrupted,
    /// It has the clinic's lock.
    Running,
}

/// The runs of a journal, oldest first. `running` is the run that has the clinic's lock now.
pub fn runs(records: &[Record], running: Option<&str>) -> Vec<Run> {
    let mut order: Vec<&str> = Vec::new();
    let mut open: BTreeMap<&str, Open> = BTreeMap::new();
    for record in records {
        let run = open.entry(&record.apply).or_insert_with(|| {
            order.push(&record.apply);
            Open::new(record)
        });
        run.add(&record.event);
    }
    for list in worklists(records) {
        if let Some(run) = open.get_mut(list.run.as_str()) {
            run.ask(list);
        }
    }
    let folded = |id: &str| open.remove(id).map(|run| run.close(running == Some(id)));
    order.into_iter().filter_map(folded).collect()
}

/// A run whose records are still being read.
struct Open {
    run: Run,
    at: BTreeMap<(String, RowKey), usize>,
    ended: bool,
}

impl Open {
    fn new(first: &Record) -> Self {
        let run = Run {
            id: first.apply.clone(),
            at: first.at,
            starter: None,
            rows: Vec::new(),
            counts: Counts::default(),
            synced: None,
            verified: None,
            said: Vec::new(),
            end: End::Interrupted,
        };
        Self { run, at: BTreeMap::new(), ended: false }
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::Started(starter) => self.run.starter = Some(starter.as_ref().clone()),
            Event::BatchStarted { batch: _, key: _, user, user_id, rows } => {
                for sent in rows {
                    let place = (user.clone(), sent.key);
                    // Sent again, perhaps at another revision: the first record has its before.
                    self.at.entry(place).or_insert_with(|| {
                        let (user, sent, written) = (user.clone(), sent.clone(), Written::Unknown);
                        self.run.rows.push(RunRow { user, user_id: *user_id, sent, written });
                        self.run.rows.len() - 1
                    });
                }
            }
            Event::BatchEnded { batch: _, outcomes } => {
                for outcome in outcomes {
                    let at = self.at.get(&(outcome.user.clone(), outcome.key));
                    if let Some(row) = at.and_then(|at| self.run.rows.get_mut(*at)) {
                        row.written = Written::Known(outcome.outcome.clone());
                    }
                }
            }
            Event::SyncAsked { .. }
            | Event::SyncAttested { .. }
            | Event::PageAttested { .. }
            | Event::ClicksAsked { .. }
            | Event::ClicksAttested { .. }
            | Event::ClicksSeen { .. }
            | Event::ClicksWithdrawn { .. } => {
                if let Event::SyncAsked { .. } = event {
                    self.run.synced = Some(false);
                }
                self.run.said.extend(said(event));
            }
            Event::SyncStarted { mode: _ } => self.run.synced = Some(false),
            Event::SyncEnded { complete, detail: _ } => self.run.synced = Some(*complete),
            Event::Verified { correct } => self.run.verified = Some(*correct),
            Event::Ended { done, held, failed, not_reached } => {
                self.ended = true;
                let (done, held, failed) = (*done, *held, *failed);
                let not_reached = Some(*not_reached);
                self.run.counts = Counts { done, held, failed, unknown: 0, not_reached };
            }
        }
    }

    /// Adds the rows that the run asked of a person.
    fn ask(&mut self, list: Worklist) {
        self.run.rows.extend(list.rows.into_iter().map(|row| {
            let WorklistRow { user, user_id, sent, standing } = row;
            RunRow { user, user_id, sent, written: Written::Asked(standing) }
        }));
    }

    fn close(self, running: bool) -> Run {
        let Self { mut run, at: _, ended } = self;
        let is_asked = |row: &RunRow| matches!(row.written, Written::Asked(_));
        if !ended || run.rows.iter().any(is_asked) {
            run.counts = counted(&run.rows);
        }
        let operation = run.starter.as_ref().map(|starter| starter.operation.as_str());
        let sync_alone = operation == Some("sync");
        let Counts { done: _, held, failed, unknown, not_reached } = run.counts;
        let whole = held + failed + unknown + not_reached.unwrap_or_default() == 0;
        let already = |row: &RunRow| row.written == Written::Known(Outcome::AlreadyTrue);
        run.end = if running && !ended {
            End::Running
        } else if let Some(end) = by_people(operation, &run.said) {
            end
        } else if sync_alone {
            match (run.synced, run.verified) {
                (Some(true), None | Some(true)) => End::Synced,
                (Some(false) | None, _) if !ended => End::Interrupted,
                _ => End::NotSynced,
            }
        } else if !ended {
            End::Interrupted
        } else if !whole {
            End::Incomplete
        } else if run.synced != Some(false) && run.verified == Some(true) {
            End::Verified
        } else if run.synced.is_none() && run.verified.is_none() && run.rows.iter().all(already) {
            End::AlreadyTrue
        } else {
            End::NotVerified
        };
        run
    }
}

/// How a run ended in which nothing but people's words was recorded. They count from when they are
/// recorded, whatever becomes of the process.
fn by_people(operation: Option<&str>, said: &[Said]) -> Option<End> {
    if operation? == "worklist" && said.is_empty() {
        return Some(End::ClicksAsked);
    }
    match (operation?, said.last()?) {
        ("sync", Said::SyncAsked { .. }) => Some(End::SyncAsked),
        ("sync", Said::SyncAttested(_)) => Some(End::SyncAttested),
        ("verify", Said::PageAttested { missing, .. }) if missing.is_empty() => {
            Some(End::PageConfirmed)
        }
        ("verify", Said::PageAttested { .. }) => Some(End::PageContradicted),
        ("worklist", Said::ClicksAsked { .. }) => Some(End::ClicksAsked),
        ("worklist", Said::ClicksAttested { .. }) => Some(End::ClicksAttested),
        ("worklist", Said::ClicksSeen { .. }) => Some(End::ClicksSeen),
        ("worklist", Said::ClicksWithdrawn) => Some(End::ClicksWithdrawn),
        _ => None,
    }
}

fn said(event: &Event) -> Option<Said> {
    match event {
        Event::SyncAsked { site } => Some(Said::SyncAsked { site: site.clone() }),
        Event::SyncAttested { by, begun } => {
            Some(Said::SyncAttested(Attestation { by: by.clone(), at: *begun }))
        }
        Event::PageAttested { by, expected, missing } => Some(Said::PageAttested {
            by: by.clone(),
            expected: expected.len(),
            missing: missing.iter().map(|one| one.name.clone()).collect(),
        }),
        Event::ClicksAsked { rows, .. } => Some(Said::ClicksAsked { rows: rows.len() }),
        Event::ClicksAttested { plan: _, by, at, rows } => {
            Some(Said::ClicksAttested { by: by.clone(), at: *at, rows: rows.len() })
        }
        Event::ClicksSeen { plan: _, rows } => Some(Said::ClicksSeen { rows: rows.len() }),
        Event::ClicksWithdrawn { plan: _ } => Some(Said::ClicksWithdrawn),
        Event::Started(_)
        | Event::BatchStarted { .. }
        | Event::BatchEnded { .. }
        | Event::SyncStarted { .. }
        | Event::SyncEnded { .. }
        | Event::Verified { .. }
        | Event::Ended { .. } => None,
    }
}

/// The counts of a run that did not write its own.
fn counted(rows: &[RunRow]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        *match row.written {
            Written::Known(Outcome::Done | Outcome::AlreadyTrue)
            | Written::Asked(Standing::Verified(_)) => &mut counts.done,
            Written::Known(Outcome::Held(_)) => &mut counts.held,
            Written::Known(Outcome::Refused(_) | Outcome::Failed(_))
            | Written::Asked(Standing::Contradicted { .. }) => &mut counts.failed,
            Written::Known(Outcome::NotReached)
            | Written::Unknown
            | Written::Asked(Standing::Attested(_)) => &mut counts.unknown,
            Written::Asked(Standing::Open) => counts.not_reached.get_or_insert_default(),
        } += 1;
    }
    counts
}
