//! What people were asked for, what they said, and what was found, of syncs. Pure.
//!
//! A person's word makes a thing attested and nothing more. A sync is verified when somebody saw who
//! is on the Patients page.

use jiff::Timestamp;
use serde::Serialize;

use super::read::wrote_nothing;
use super::record::{Event, Record};
use super::worklists::Unsaid;

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
    let mut unsaid = Unsaid::default();
    for record in records {
        if unsaid.is_written(&record.event) {
            asked = None;
        }
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
            | Event::ClicksWithdrawn { .. }
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
            | Event::ClicksWithdrawn { .. }
            | Event::Verified { .. }
            | Event::Ended { .. } => {}
        }
    }
    hands
}
