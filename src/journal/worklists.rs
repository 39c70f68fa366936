//! What people were asked to click, what they said, and what was read since. Pure.
//!
//! A person's word makes a row attested and nothing more; it is verified when it was read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::attested::Attestation;
use super::record::{Event, Record, RowPlace, RowRecord, SeenRow};
use crate::model::{Cells, RowKey, UserId};

/// The clicks of one plan, as far as the journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// The digest of the plan.
    pub plan: String,
    /// The run that handed it out first.
    pub run: String,
    /// Since when it is handed out.
    pub since: Timestamp,
    /// Its rows, in the order in which they were asked for.
    pub rows: Vec<WorklistRow>,
    /// Whether the clicks of another plan were asked for since: nobody waits for these any more.
    pub is_superseded: bool,
}

/// A row of a worklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorklistRow {
    /// The user whose grid it is in.
    pub user: String,
    /// The user's id.
    pub user_id: UserId,
    /// What is asked for.
    pub sent: RowRecord,
    /// What is known of it.
    pub standing: Standing,
}

impl WorklistRow {
    /// Whether it is this row.
    pub fn is(&self, user: &str, key: RowKey) -> bool {
        self.user == user && self.sent.key == key
    }

    /// Whether somebody has to set it, as far as people say.
    pub const fn is_left(&self) -> bool {
        matches!(self.standing, Standing::Open | Standing::Contradicted { .. })
    }
}

/// What is known of a row that a person was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody said anything.
    Open,
    /// Somebody says that it was done.
    Attested(Attestation),
    /// It was read since, and is as planned; with who says that they did it.
    Verified(Option<Attestation>),
    /// Somebody says that it was done; it was read since, and grants this.
    Contradicted {
        /// Who said so.
        said: Attestation,
        /// What it grants.
        is: Cells,
    },
}

impl Standing {
    /// Who says that they set it.
    pub const fn said(&self) -> Option<&Attestation> {
        match self {
            Self::Attested(said)
            | Self::Verified(Some(said))
            | Self::Contradicted { said, is: _ } => Some(said),
            Self::Open | Self::Verified(None) => None,
        }
    }
}

/// How far a worklist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorklistStage {
    /// Nobody said anything of any row.
    Open,
    /// Somebody said something of some rows.
    HalfDone,
    /// Every row is attested or verified, and not all are verified.
    Attested,
    /// A row is not what somebody says that it is.
    Contradicted,
    /// Every row was read and is as planned.
    Verified,
}

impl Worklist {
    /// How far it is.
    pub fn stage(&self) -> WorklistStage {
        let (mut open, mut attested, mut contradicted) = (0, 0, 0);
        for row in &self.rows {
            *match row.standing {
                Standing::Open => &mut open,
                Standing::Attested(_) => &mut attested,
                Standing::Contradicted { .. } => &mut contradicted,
                Standing::Verified(_) => continue,
            } += 1;
        }
        if contradicted > 0 {
            WorklistStage::Contradicted
        } else if open > 0 {
            if open == self.rows.len() { WorklistStage::Open } else { WorklistStage::HalfDone }
        } else if attested > 0 {
            WorklistStage::Attested
        } else {
            WorklistStage::Verified
        }
    }

    /// How many rows nobody has to click any more, as people say or as was read.
    pub fn ticked(&self) -> usize {
        let is_ticked = |row: &&WorklistRow| {
            matches!(row.standing, Standing::Attested(_) | Standing::Verified(_))
        };
        self.rows.iter().filter(is_ticked).count()
    }

    /// When the last tick was, as far as rows stand ticked.
    pub fn last_tick(&self) -> Option<Timestamp> {
        self.rows.iter().filter_map(|row| row.standing.said()).map(|said| said.at).max()
    }

    /// Everybody who says that they clicked a row of it, each once.
    pub fn clicked_by(&self) -> Vec<&str> {
        let said = self.rows.iter().filter_map(|row| row.standing.said());
        let names: BTreeSet<&str> = said.map(|said| said.by.as_str()).collect();
        names.into_iter().collect()
    }

    /// What somebody said of a row that is asked for once more, and that was not read since.
    fn ticked_before(&self, user: &str, sent: &RowRecord) -> Option<Standing> {
        let row = self.rows.iter().find(|row| row.is(user, sent.key))?;
        let is_same = row.sent.after == sent.after;
        (is_same && matches!(row.standing, Standing::Attested(_))).then(|| row.standing.clone())
    }

    /// Of a list whose place another took: the rows that somebody ticked and that are read as asked.
    fn confirm(&mut self, rows: &[SeenRow]) {
        for SeenRow { place, cells } in rows {
            let Some(row) = self.row(place).filter(|row| row.sent.after == *cells) else {
                continue;
            };
            if let Standing::Attested(said) = &row.standing {
                row.standing = Standing::Verified(Some(said.clone()));
            }
        }
    }

    fn row(&mut self, place: &RowPlace) -> Option<&mut WorklistRow> {
        self.rows.iter_mut().find(|row| row.is(&place.user, place.key))
    }

    fn attest(&mut self, by: &str, at: Timestamp, rows: &[RowPlace]) {
        for place in rows {
            if let Some(row) = self.row(place) {
                row.standing = Standing::Attested(Attestation { by: by.to_owned(), at });
            }
        }
    }

    /// What is known of its rows once these were read.
    pub fn see(&mut self, rows: &[SeenRow]) {
        for SeenRow { place, cells } in rows {
            let Some(row) = self.row(place) else { continue };
            let said = row.standing.said().cloned();
            row.standing = match (*cells == row.sent.after, said) {
                (true, said) => Standing::Verified(said),
                (false, Some(said)) => Standing::Contradicted { said, is: *cells },
                (false, None) => Standing::Open,
            };
        }
    }
}

/// Every worklist of a journal, oldest first.
pub fn worklists(records: &[Record]) -> Vec<Worklist> {
    let mut order: Vec<Worklist> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        match &record.event {
            Event::ClicksAsked { plan, user, user_id, rows } => {
                let place = *at.entry(plan).or_insert_with(|| {
                    order.push(Worklist {
                        plan: plan.clone(),
                        run: record.apply.clone(),
                        since: record.at,
                        rows: Vec::new(),
                        is_superseded: false,
                    });
                    order.len() - 1
                });
                let before = order.iter().position(|list| !list.is_superseded);
                for (at, worklist) in order.iter_mut().enumerate() {
                    worklist.is_superseded = at != place;
                }
                for sent in rows {
                    let standing = before
                        .and_then(|at| order.get(at))
                        .and_then(|list| list.ticked_before(user, sent));
                    let Some(worklist) = order.get_mut(place) else { continue };
                    // Handed out again, what was said of it stays said.
                    if worklist.rows.iter().all(|row| !row.is(user, sent.key)) {
                        let standing = standing.unwrap_or(Standing::Open);
                        let (user, user_id, sent) = (user.clone(), *user_id, sent.clone());
                        worklist.rows.push(WorklistRow { user, user_id, sent, standing });
                    }
                }
            }
            Event::ClicksAttested { plan, by, at: done, rows } => {
                if let Some(worklist) = at.get(plan.as_str()).and_then(|at| order.get_mut(*at)) {
                    worklist.attest(by, *done, rows);
                }
            }
            Event::ClicksSeen { plan, rows } => {
                for worklist in &mut order {
                    if worklist.plan == *plan {
                        worklist.see(rows);
                    } else {
                        worklist.confirm(rows);
                    }
                }
            }
            Event::Started(_)
            | Event::BatchStarted { .. }
            | Event::BatchEnded { .. }
            | Event::SyncStarted { .. }
            | Event::SyncEnded { .. }
            | Event::SyncAsked { .. }
            | Event::SyncAttested { .. }
            | Event::PageAttested { .. }
            | Event::Verified { .. }
            | Event::Ended { .. } => {}
        }
    }
    order
}

/// Rows that are found as asked though nobody said that they set them: somebody wrote them since, so
/// they count like rows that were written.
#[derive(Debug, Default)]
pub(super) struct Unsaid<'r>(BTreeSet<(&'r str, &'r RowPlace)>);

impl<'r> Unsaid<'r> {
    /// Whether the event finds such a row. Every event has to be shown, in order.
    pub(super) fn is_written(&mut self, event: &'r Event) -> bool {
        match event {
            Event::ClicksAttested { plan, rows, .. } => {
                self.0.extend(rows.iter().map(|row| (plan.as_str(), row)));
                false
            }
            Event::ClicksSeen { plan, rows } => {
                let said = &self.0;
                rows.iter().any(|row| !said.contains(&(plan.as_str(), &row.place)))
            }
            Event::Started(_)
            | Event::BatchStarted { .. }
            | Event::BatchEnded { .. }
            | Event::SyncStarted { .. }
            | Event::SyncEnded { .. }
            | Event::SyncAsked { .. }
            | Event::SyncAttested { .. }
            | Event::PageAttested { .. }
            | Event::ClicksAsked { .. }
            | Event::Verified { .. }
            | Event::Ended { .. } => false,
        }
    }
}
