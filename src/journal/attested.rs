//! What people were asked for, what they said, and what was found: of syncs and of worklists. Pure.
//!
//! A person's word makes a thing attested and nothing more. A sync is verified when somebody saw who
//! is on the Patients page; a row when it was read again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::read::wrote_nothing;
use super::record::{Event, Record, RowPlace, SeenRow};
use crate::model::{Cells, RowKey};

/// Who says that something was done, and when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attestation {
    /// Who says it.
    pub by: String,
    /// When it was done.
    pub at: Timestamp,
}

/// The sync that was asked of a person last, if it is younger than the last write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedSync {
    /// The run that asked for it.
    pub run: String,
    /// The Ocean site.
    pub site: String,
    /// Since when it is asked for: a sync that was begun before may not have seen every write.
    pub since: Timestamp,
    /// How far it is.
    pub state: SyncState,
}

impl AskedSync {
    /// Whether a sync that was begun then has seen every write. The journal's clock has whole seconds,
    /// so in the same second it may have been begun before.
    pub fn counts(&self, begun: Timestamp) -> bool {
        begun > self.since
    }
}

/// How far a sync that was asked of a person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum SyncState {
    /// Nobody said anything yet.
    Pending,
    /// Somebody says that it was done. Who is on the Patients page, nobody said.
    Attested(Attestation),
    /// Somebody says that it was done, and somebody that people are missing on the Patients page.
    Contradicted {
        /// Who says that it was done.
        sync: Attestation,
        /// Who looked at the page, and when.
        page: Attestation,
        /// Who is missing.
        missing: Vec<String>,
    },
    /// Everybody who is expected was seen on the Patients page.
    Verified {
        /// Who says that the sync was done.
        sync: Attestation,
        /// Who looked at the page, and when.
        page: Attestation,
    },
}

impl SyncState {
    /// The name in JSON.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Attested(_) => "attested",
            Self::Contradicted { .. } => "contradicted",
            Self::Verified { .. } => "verified",
        }
    }

    /// Who says that the sync was done.
    pub const fn attested(&self) -> Option<&Attestation> {
        match self {
            Self::Pending => None,
            Self::Attested(sync)
            | Self::Contradicted { sync, .. }
            | Self::Verified { sync, .. } => Some(sync),
        }
    }
}

/// The sync that was asked of a person after the last write. `None`: none was, somebody has to ask.
pub fn asked_sync(records: &[Record]) -> Option<AskedSync> {
    let (mut asked, mut before_batch) = (None::<AskedSync>, None);
    for record in records {
        match &record.event {
            Event::SyncAsked { site } => {
                asked = Some(AskedSync {
                    run: record.apply.clone(),
                    site: site.clone(),
                    since: record.at,
                    state: SyncState::Pending,
                });
            }
            Event::SyncAttested { by, begun } => {
                // One that was begun before it was asked for does not count, whoever wrote it down.
                if let Some(asked) = asked.as_mut().filter(|asked| asked.counts(*begun)) {
                    asked.state = SyncState::Attested(Attestation { by: by.clone(), at: *begun });
                }
            }
            Event::PageAttested { by, expected: _, missing } => {
                let page = Attestation { by: by.clone(), at: record.at };
                if let Some(asked) = &mut asked
                    && let Some(sync) = asked.state.attested().cloned()
                {
                    asked.state = if missing.is_empty() {
                        SyncState::Verified { sync, page }
                    } else {
                        let missing = missing.iter().map(|one| one.name.clone()).collect();
                        SyncState::Contradicted { sync, page, missing }
                    };
                }
            }
            Event::BatchStarted { .. } => before_batch = asked.take(),
            Event::BatchEnded { outcomes, .. } if wrote_nothing(outcomes) => {
                asked = before_batch.take();
            }
            // Whatever was asked for before, this comes after it.
            Event::ClicksAttested { .. } | Event::SyncStarted { .. } => asked = None,
            Event::Started(_)
            | Event::BatchEnded { .. }
            | Event::SyncEnded { .. }
            | Event::Verified { .. }
            | Event::ClicksAsked { .. }
            | Event::ClicksSeen { .. }
            | Event::Ended { .. } => {}
        }
    }
    asked
}

/// Everybody who says that they did something that was not verified since: clicks and syncs.
pub fn hands(records: &[Record]) -> Vec<String> {
    let mut hands: Vec<String> = Vec::new();
    for record in records {
        match &record.event {
            Event::ClicksAttested { by, .. } | Event::SyncAttested { by, .. } => {
                if !hands.contains(by) {
                    hands.push(by.clone());
                }
            }
            Event::PageAttested { missing, .. } if missing.is_empty() => hands.clear(),
            Event::Verified { correct: true } => hands.clear(),
            Event::Started(_)
            | Event::BatchStarted { .. }
            | Event::BatchEnded { .. }
            | Event::SyncStarted { .. }
            | Event::SyncEnded { .. }
            | Event::SyncAsked { .. }
            | Event::PageAttested { .. }
            | Event::ClicksAsked { .. }
            | Event::ClicksSeen { .. }
            | Event::Verified { .. }
            | Event::Ended { .. } => {}
        }
    }
    hands
}

/// The clicks of one plan, as far as the journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// The digest of the plan.
    pub plan: String,
    /// The run that handed it out.
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
    /// Where it is.
    pub key: RowKey,
    /// What it will grant.
    pub after: Cells,
    /// What is known of it.
    pub standing: Standing,
}

/// What is known of a row that a person was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let ticks = self.rows.iter().filter_map(|row| match &row.standing {
            Standing::Attested(said)
            | Standing::Verified(Some(said))
            | Standing::Contradicted { said, is: _ } => Some(said.at),
            Standing::Open | Standing::Verified(None) => None,
        });
        ticks.max()
    }

    /// Everybody who says that they clicked a row of it, each once.
    pub fn clicked_by(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .rows
            .iter()
            .filter_map(|row| match &row.standing {
                Standing::Attested(said)
                | Standing::Verified(Some(said))
                | Standing::Contradicted { said, is: _ } => Some(said.by.as_str()),
                Standing::Open | Standing::Verified(None) => None,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn row(&mut self, place: &RowPlace) -> Option<&mut WorklistRow> {
        self.rows.iter_mut().find(|row| row.user == place.user && row.key == place.key)
    }

    fn attest(&mut self, by: &str, at: Timestamp, rows: &[RowPlace]) {
        for place in rows {
            if let Some(row) = self.row(place) {
                row.standing = Standing::Attested(Attestation { by: by.to_owned(), at });
            }
        }
    }

    fn see(&mut self, rows: &[SeenRow]) {
        for SeenRow { place, cells } in rows {
            let Some(row) = self.row(place) else { continue };
            let said = match &row.standing {
                Standing::Open | Standing::Verified(None) => None,
                Standing::Attested(said)
                | Standing::Verified(Some(said))
                | Standing::Contradicted { said, is: _ } => Some(said.clone()),
            };
            row.standing = match (*cells == row.after, said) {
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
            Event::ClicksAsked { plan, user, user_id: _, rows } => {
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
                for (at, worklist) in order.iter_mut().enumerate() {
                    worklist.is_superseded = at != place;
                }
                let Some(worklist) = order.get_mut(place) else { continue };
                for sent in rows {
                    let place = RowPlace { user: user.clone(), key: sent.key };
                    // Handed out again, what was said of it stays said.
                    if worklist.row(&place).is_none() {
                        let RowPlace { user, key } = place;
                        let row =
                            WorklistRow { user, key, after: sent.after, standing: Standing::Open };
                        worklist.rows.push(row);
                    }
                }
            }
            Event::ClicksAttested { plan, by, at: done, rows } => {
                if let Some(worklist) = at.get(plan.as_str()).and_then(|at| order.get_mut(*at)) {
                    worklist.attest(by, *done, rows);
                }
            }
            Event::ClicksSeen { plan, rows } => {
                if let Some(worklist) = at.get(plan.as_str()).and_then(|at| order.get_mut(*at)) {
                    worklist.see(rows);
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
