//! What a simulated clinic is at one moment, and the changes that a request makes to it.
//!
//! Plain values: the server loads a [`State`] from the store, handlers read it, and the
//! [`Changes`] that they return are made durable first and applied here second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::credentials::Fingerprint;
use super::sync::Run;
use super::world::{User, World};
use super::world_grid;

/// How long after its end a token is still told from one that never was.
const REMEMBER_TOKENS: SignedDuration = SignedDuration::from_hours(1);

/// The place of a row. Ordered by user, then office, then provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Whose grid.
    pub user: u64,
    /// Whose block.
    pub office: u64,
    /// Whose line.
    pub provider: u64,
}

/// One row as it is kept. Its revision survives a revocation, so that it is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) columns: Columns,
    pub(super) until: Option<Date>,
    pub(super) revision: u64,
    /// Whether grid pages show it. A row that a write left with nothing is not shown, and counts
    /// as absent; a row that the world began with is shown even if it grants nothing. The contract
    /// allows both, and a client must cope with both.
    pub(super) listed: bool,
}

/// What a row grants, in the write log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The nine levels.
    pub columns: Columns,
    /// Access Until.
    #[serde(with = "super::date::optional")]
    pub until: Option<Date>,
}

impl Written {
    /// Nothing granted, no date.
    pub(super) const NOTHING: Self = Self { columns: Columns::NONE, until: None };
}

/// What somebody else makes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What it is, with a revision that grows all the same: changed, and changed back.
    Same,
    /// This. As for a client's write, the revision grows only if it differs.
    New(Written),
}

/// One accepted row write. Writes that changed nothing are here too: a row that was written twice
/// shows twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Counts the writes of this store, from 1, without gaps.
    pub sequence: u64,
    /// Whose grid.
    pub user: u64,
    /// Whose block.
    pub office: u64,
    /// Whose line.
    pub provider: u64,
    /// What the row granted before; nothing there: `None`.
    pub before: Option<Written>,
    /// What it granted afterwards.
    pub after: Written,
    /// The revision afterwards.
    pub revision: u64,
    /// The key of the request that wrote it; `None` if somebody else wrote it, past the contract.
    pub idempotency_key: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An answer that is given again to the same request with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// A digest of path and body.
    pub(super) request: String,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) at: Timestamp,
}

/// What a request changes. Everything but tokens is durable.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) rows: Vec<(RowKey, Row)>,
    pub(super) writes: Vec<Write>,
    pub(super) keep: Option<(String, Kept)>,
    pub(super) forget: Vec<String>,
    pub(super) run: Option<Run>,
    /// A new token and its end. Tokens live as long as the process: a client of a restarted
    /// simulator gets a 401 and asks for another, as with any server.
    pub(super) token: Option<(Fingerprint, Timestamp)>,
    /// Whether every token becomes unknown, before a new one is added.
    pub(super) expire_tokens: bool,
}

impl Changes {
    /// Whether there is something that must be durable before the answer.
    pub(super) fn is_durable(&self) -> bool {
        let Self {
            rows,
            writes,
            keep,
            forget,
            run,
            token: _,         // not durable
            expire_tokens: _, // nor are tokens that were
        } = self;
        !rows.is_empty()
            || !writes.is_empty()
            || keep.is_some()
            || !forget.is_empty()
            || run.is_some()
    }
}

/// What a store holds of a simulated clinic.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) rows: BTreeMap<RowKey, Row>,
    pub(super) runs: BTreeMap<u64, Run>,
    pub(super) kept: BTreeMap<String, Kept>,
    pub(super) last_write: u64,
}

impl Contents {
    /// What a world begins with.
    pub(super) fn seed(world: &World, now: Timestamp) -> Self {
        let pairs = world.pairs();
        let mut rows = BTreeMap::new();
        for user in &world.users {
            for ((office, provider), seed) in world_grid::expand(&user.grid, &pairs) {
                let key = RowKey { user: user.id, office, provider };
                let row = Row {
                    columns: seed.columns,
                    until: seed.until,
                    revision: seed.revision,
                    listed: true,
                };
                rows.insert(key, row);
            }
        }
        let mut contents = Self { rows, ..Self::default() };
        if world.ocean.as_ref().is_some_and(|ocean| ocean.already_synced) {
            let run = Run::before_the_store(world, &contents.rows, now);
            contents.runs.insert(run.number, run);
        }
        contents
    }
}

/// A simulated clinic at one moment.
#[derive(Debug)]
pub(super) struct State {
    pub(super) world: Arc<World>,
    /// The (office, provider) pairs of the directory.
    pub(super) pairs: BTreeSet<(u64, u64)>,
    pub(super) contents: Contents,
    pub(super) tokens: BTreeMap<Fingerprint, Timestamp>,
}

impl State {
    pub(super) fn new(world: Arc<World>, contents: Contents) -> Self {
        Self { pairs: world.pairs(), world, contents, tokens: BTreeMap::new() }
    }

    pub(super) fn user(&self, id: u64) -> Option<&User> {
        self.world.users.iter().find(|user| user.id == id)
    }

    /// The listed rows of a user's grid after `after`, in order.
    pub(super) fn rows_after(
        &self,
        user: u64,
        after: Option<(u64, u64)>,
    ) -> impl Iterator<Item = (&RowKey, &Row)> {
        use std::ops::Bound;
        let key = |(office, provider)| RowKey { user, office, provider };
        let start = match after {
            Some(place) => Bound::Excluded(key(place)),
            None => Bound::Included(key((0, 0))),
        };
        let end = Bound::Included(key((u64::MAX, u64::MAX)));
        self.contents.rows.range((start, end)).filter(|(_, row)| row.listed)
    }

    /// Makes the changes of one request.
    pub(super) fn apply(&mut self, changes: Changes) {
        let Changes { rows, writes, keep, forget, run, token, expire_tokens } = changes;
        let contents = &mut self.contents;
        contents.rows.extend(rows);
        if let Some(last) = writes.last() {
            contents.last_write = last.sequence;
        }
        for key in forget {
            contents.kept.remove(&key);
        }
        contents.kept.extend(keep);
        contents.runs.extend(run.map(|run| (run.number, run)));
        if expire_tokens {
            self.tokens.clear();
        }
        if let Some((fingerprint, end)) = token {
            self.forget_tokens(end);
            self.tokens.insert(fingerprint, end);
        }
    }

    /// Forgets tokens that ended long before one was given out which ends at `end`, so that a
    /// server that lives long does not keep them all.
    fn forget_tokens(&mut self, end: Timestamp) {
        let lifetime = SignedDuration::from_secs(i64::from(self.world.token.lifetime_seconds));
        let long_ago = lifetime + REMEMBER_TOKENS;
        self.tokens.retain(|_, ended| end.duration_since(*ended) <= long_ago);
    }
}
