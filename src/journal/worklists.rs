//! What people were asked to click, what they said, and what was read since. Pure.
//!
//! A person's word makes a row attested and nothing more; it is verified when it was read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::attested::Attestation;
use super::record::{Event, Record, RowPlace, RowRecord, SeenRow};
use super::undo::TOGETHER;
use crate::model::{Cells, RowKey, UserId};

/// The clicks of one plan, as far as the journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// The digest of the plan.
    pub plan: String,
    /// The run that asked for it.
    pub run: String,
    /// The run that its plan takes back, if it is an undo.
    pub undoes: Option<String>,
    /// Its rows, in the order in which they were asked for.
    pub rows: Vec<WorklistRow>,
    /// Of the list that counts: rows of older lists that somebody ticked and nobody read since. Nobody is
    /// asked for them, but a word was given, and they have to be read before anything is called done.
    pub earlier: Vec<WorklistRow>,
    /// Whether clicks were asked for anew since, or these are not asked for any more: nobody waits for them.
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

    /// What is known of it once it was read.
    fn see(&mut self, cells: Cells) {
        let said = self.standing.said().cloned();
        self.standing = match (cells == self.sent.after, said) {
            (true, said) => Standing::Verified(said),
            (false, Some(said)) => Standing::Contradicted { said, is: cells },
            (false, None) => Standing::Open,
        };
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
        } else if attested > 0 || !self.earlier.is_empty() {
            WorklistStage::Attested
        } else {
            WorklistStage::Verified
        }
    }

    /// Whether its rows were asked for by the manifest; or, where `undone` names the runs that are taken
    /// back, by these or by an undo of them.
    pub fn is_of(&self, undone: Option<&str>) -> bool {
        match undone {
            None => self.undoes.is_none(),
            Some(runs) => {
                self.undoes.as_deref() == Some(runs)
                    || runs.split(TOGETHER).any(|run| run == self.run)
            }
        }
    }

    /// Whether somebody ticked a row that was not read since.
    pub fn has_unread(&self) -> bool {
        let is_attested = |row: &WorklistRow| matches!(row.standing, Standing::Attested(_));
        !self.earlier.is_empty() || self.rows.iter().any(is_attested)
    }

    /// When the last tick was, as far as rows stand ticked.
    pub fn last_tick(&self) -> Option<Timestamp> {
        self.said().map(|said| said.at).max()
    }

    /// Everybody who says that they clicked a row of it, each once.
    pub fn clicked_by(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.said().map(|said| said.by.as_str()).collect();
        names.into_iter().collect()
    }

    fn said(&self) -> impl Iterator<Item = &Attestation> {
        self.rows.iter().chain(&self.earlier).filter_map(|row| row.standing.said())
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
            if let Some(row) = self.row(place) {
                row.see(*cells);
            }
            self.earlier.retain(|row| !row.is(&place.user, place.key));
        }
    }
}

/// Every worklist of a journal, oldest first. A plan whose rows were asked for twice has two.
pub fn worklists(records: &[Record]) -> Vec<Worklist> {
    let mut known = Known::default();
    for record in records {
        known.add(record);
    }
    known.ended()
}

/// Worklists while the records are still being read.
#[derive(Default)]
struct Known<'r> {
    /// The run that the last one that began takes back.
    undoes: Option<&'r str>,
    lists: Vec<Worklist>,
    /// The ticks that nobody read since, each as it stands on the list on which it was made.
    ticks: BTreeMap<RowPlace, WorklistRow>,
}

impl<'r> Known<'r> {
    fn add(&mut self, record: &'r Record) {
        match &record.event {
            Event::ClicksAsked { plan, user, user_id, rows } => {
                self.begin(plan, record);
                let Self { undoes: _, lists, ticks } = self;
                let Some(list) = lists.last_mut() else { return };
                for sent in rows {
                    if list.rows.iter().any(|row| row.is(user, sent.key)) {
                        continue;
                    }
                    // Asked for once more, what was said of it stays said.
                    let place = RowPlace { user: user.clone(), key: sent.key };
                    let same = ticks.get(&place).filter(|tick| tick.sent.after == sent.after);
                    let standing = same.map_or(Standing::Open, |tick| tick.standing.clone());
                    let (user, user_id, sent) = (user.clone(), *user_id, sent.clone());
                    list.rows.push(WorklistRow { user, user_id, sent, standing });
                }
            }
            Event::ClicksAttested { plan, by, at, rows } => {
                let Self { undoes: _, lists, ticks } = self;
                let Some(list) = newest(lists, plan) else { return };
                list.attest(by, *at, rows);
                for place in rows {
                    if let Some(row) = list.row(place) {
                        ticks.insert(place.clone(), row.clone());
                    }
                }
            }
            Event::ClicksSeen { plan, rows } => {
                if let Some(list) = newest(&mut self.lists, plan) {
                    list.see(rows);
                }
                // Older lists know it, too, of what was ticked on them last.
                for SeenRow { place, cells } in rows {
                    let Some(tick) = self.ticks.remove(place) else { continue };
                    for row in self.lists.iter_mut().filter_map(|list| list.row(place)) {
                        if row.standing == tick.standing {
                            row.see(*cells);
                        }
                    }
                }
            }
            Event::ClicksWithdrawn { plan } => {
                if let Some(list) = newest(&mut self.lists, plan) {
                    list.is_superseded = true;
                }
            }
            Event::Started(starter) => self.undoes = starter.undoes.as_deref(),
            Event::BatchStarted { .. }
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

    /// A list for what a run asks: the newest counts, also of a plan that was asked for before.
    fn begin(&mut self, plan: &str, record: &Record) {
        if self.lists.last().is_some_and(|list| list.plan == plan && list.run == record.apply) {
            return;
        }
        for list in &mut self.lists {
            list.is_superseded = true;
        }
        self.lists.push(Worklist {
            plan: plan.to_owned(),
            run: record.apply.clone(),
            undoes: self.undoes.map(str::to_owned),
            rows: Vec::new(),
            earlier: Vec::new(),
            is_superseded: false,
        });
    }

    fn ended(mut self) -> Vec<Worklist> {
        if let Some(list) = self.lists.iter_mut().find(|list| !list.is_superseded) {
            let is_own = |tick: &WorklistRow| {
                let own = list.rows.iter().find(|row| row.is(&tick.user, tick.sent.key));
                own.is_some_and(|row| row.standing == tick.standing)
            };
            list.earlier = self.ticks.into_values().filter(|tick| !is_own(tick)).collect();
        }
        self.lists
    }
}

/// The newest list of a plan: its words are about this one.
fn newest<'l>(lists: &'l mut [Worklist], plan: &str) -> Option<&'l mut Worklist> {
    lists.iter_mut().rev().find(|list| list.plan == plan)
}

/// Rows that are found as asked though nobody said that they set them: somebody wrote them since, so
/// they count like rows that were written.
#[derive(Debug, Default)]
pub(super) struct Unsaid<'r>(BTreeSet<&'r RowPlace>);

impl<'r> Unsaid<'r> {
    /// Whether the event finds such a row. Every event has to be shown, in order.
    pub(super) fn is_written(&mut self, event: &'r Event) -> bool {
        match event {
            Event::ClicksAttested { rows, .. } => {
                self.0.extend(rows);
                false
            }
            // What was said is spent once it was read: whoever sets the row after that is not who said so.
            Event::ClicksSeen { rows, .. } => {
                rows.iter().filter(|row| !self.0.remove(&row.place)).count() > 0
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
            | Event::ClicksWithdrawn { .. }
            | Event::Verified { .. }
            | Event::Ended { .. } => false,
        }
    }
}
