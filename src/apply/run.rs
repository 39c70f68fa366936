//! Sends the batches of an approved plan, one after the other, with a record before and after each.

use tokio_util::sync::CancellationToken;

use super::batch::{self, Row, Settled};
use crate::approval::Approved;
use crate::bridge::{BridgeError, GridWriter, Reader, Written};
use crate::journal::{Event, Hold, Journal, JournalError, Outcome, RowOutcome};
use crate::model::{Names, RowKey, UserId, sha256};
use crate::plan::{Change, HeldRow, Plan, UserPlan};

/// The most rows in a batch.
const BATCH: usize = 500;

/// What an apply needs.
#[derive(Debug)]
pub struct Apply<'a> {
    /// Looks up what became of rows whose answer was lost.
    pub reader: &'a Reader,
    /// Writes.
    pub writer: &'a GridWriter,
    /// Records.
    pub journal: &'a mut Journal,
    /// When it is cancelled, what is in flight is finished and nothing more is sent.
    pub stop: &'a CancellationToken,
}

/// How far an apply is, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows with an outcome.
    pub settled: usize,
    /// Rows of the plan.
    pub planned: usize,
}

/// What happens while a plan is applied.
#[derive(Debug)]
pub enum Happening<'a> {
    /// These rows are about to be sent, and it is recorded. A row that is sent again, because nothing
    /// of its batch was written, is not named again.
    Sending {
        /// The batch.
        batch: usize,
        /// Whose grid it is.
        user: &'a str,
        /// The rows.
        rows: &'a [RowKey],
    },
    /// A row came to its end. This is said once of every row, whatever happens.
    Ended(&'a RowOutcome),
    /// So far it is.
    At(Progress),
}

/// What became of the plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// One outcome for each planned row, in plan order, then those that an undo holds.
    pub outcomes: Vec<RowOutcome>,
    /// Why it ended early, if it did.
    pub halted: Option<String>,
}

impl Applied {
    /// How many rows ended so.
    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|row| is(&row.outcome)).count()
    }

    /// Whether every planned row is as planned, and none is held.
    pub fn is_whole(&self) -> bool {
        self.outcomes.iter().all(|row| matches!(row.outcome, Outcome::Done | Outcome::AlreadyTrue))
    }

    /// What became of a plan whose every row is as planned before anything is sent.
    pub fn already_true(plan: &Plan) -> Self {
        let rows = plan.users.iter().flat_map(|user| {
            let keys = user.changes.iter().map(|change| (change.key, Outcome::AlreadyTrue));
            named(user, keys)
        });
        Self { outcomes: rows.chain(left_alone(plan)).collect(), halted: None }
    }

    /// Whether anything in the grid is different because of this apply, or may be. A row that was
    /// already true was written after the plan was read, perhaps by a try without an answer.
    pub fn may_have_written(&self) -> bool {
        self.outcomes.iter().any(|row| match row.outcome {
            Outcome::Done | Outcome::AlreadyTrue | Outcome::Failed(_) => true,
            Outcome::Held(_) | Outcome::Refused(_) | Outcome::NotReached => false,
        })
    }
}

/// What ends an apply before its last row.
enum Halt {
    /// Nothing more can be recorded, so nothing more may be written.
    Journal(JournalError),
    /// The service refuses or cannot be reached.
    Bridge(String),
    /// Somebody asked for it.
    Stopped,
}

impl Apply<'_> {
    /// Runs the whole plan. Every planned row gets exactly one outcome, whatever happens.
    pub async fn run(
        mut self,
        approved: &Approved<'_>,
        tell: &mut dyn FnMut(Happening<'_>),
    ) -> Applied {
        let plan = approved.plan();
        let planned = plan.users.iter().map(|user| user.changes.len()).sum();
        let mut applied = Applied::default();
        let mut batches = 0;
        for user in &plan.users {
            let mut outcomes = Vec::new();
            for changes in user.changes.chunks(BATCH) {
                if applied.halted.is_none()
                    && let Err(halt) = self
                        .chunk((user, &plan.names), changes, (&mut batches, &mut outcomes), tell)
                        .await
                {
                    applied.halted = Some(words(&halt));
                }
                let settled = applied.outcomes.len() + outcomes.len();
                tell(Happening::At(Progress { settled, planned }));
            }
            applied.outcomes.extend(in_plan_order(user, outcomes));
        }
        for row in &applied.outcomes {
            // The others were said as their answers came.
            if row.outcome == Outcome::NotReached {
                tell(Happening::Ended(row));
            }
        }
        for row in left_alone(plan) {
            tell(Happening::Ended(&row));
            applied.outcomes.push(row);
        }
        applied
    }

    /// Sends one chunk until each of its rows has an outcome or the apply must end.
    async fn chunk(
        &mut self,
        (user, names): (&UserPlan, &Names),
        changes: &[Change],
        (batches, outcomes): (&mut usize, &mut Vec<(RowKey, Outcome)>),
        tell: &mut dyn FnMut(Happening<'_>),
    ) -> Result<(), Halt> {
        let mut unsaid: Vec<RowKey> = changes.iter().map(|change| change.key).collect();
        let mut rows: Vec<Row> = changes.iter().copied().map(Row::new).collect();
        while !rows.is_empty() {
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            *batches += 1;
            let batch = *batches;
            let key = idempotency_key(self.journal.apply_id(), batch);
            let started = Event::BatchStarted {
                batch,
                key: key.clone(),
                user: user.name.clone(),
                user_id: user.id,
                rows: rows.iter().map(|row| row.record(user, names)).collect(),
            };
            self.journal.append(started).map_err(Halt::Journal)?;
            if !unsaid.is_empty() {
                tell(Happening::Sending { batch, user: &user.name, rows: &unsaid });
                unsaid.clear();
            }
            let writes: Vec<_> = rows.iter().map(Row::write).collect();
            let answer = self.writer.write(user.id, &writes, &key).await;
            let (settled, halt) = self.settle(user.id, &rows, answer).await;
            let ended: Vec<RowOutcome> = named(user, settled.outcomes.iter().cloned()).collect();
            let event = Event::BatchEnded { batch, outcomes: ended.clone() };
            outcomes.extend(settled.outcomes);
            // What is said was recorded, or at least tried.
            let recorded = self.journal.append(event);
            for row in &ended {
                tell(Happening::Ended(row));
            }
            recorded.map_err(Halt::Journal)?;
            if let Some(halt) = halt {
                return Err(halt);
            }
            rows = settled.again;
        }
        Ok(())
    }

    /// What an answer means for the rows, and whether the apply must end with it.
    async fn settle(
        &self,
        user: UserId,
        rows: &[Row],
        answer: Result<Written, BridgeError>,
    ) -> (Settled, Option<Halt>) {
        let conflict = matches!(answer, Ok(Written::Conflict(_)));
        let (mut settled, why, halt) = match answer {
            Ok(Written::All(now)) => {
                (batch::written(rows, &now), "the answer shows another value".to_owned(), None)
            }
            Ok(Written::Conflict(moved)) => {
                (batch::conflict(rows, &moved), "a conflict that names no row".to_owned(), None)
            }
            Ok(Written::Invalid { message, rows: refused }) => {
                (batch::invalid(rows, &refused, &message), message, None)
            }
            Err(error) if error.changed_nothing() => {
                let why = error.to_string();
                let failed = |row: &Row| (row.change.key, Outcome::Refused(why.clone()));
                let outcomes = rows.iter().map(failed).collect();
                let settled = Settled { outcomes, ..Settled::default() };
                return (settled, Some(Halt::Bridge(format!("{error}; {}", error.hint()))));
            }
            Err(error) => {
                let settled = Settled { unclear: rows.to_vec(), ..Settled::default() };
                (settled, error.to_string(), Some(Halt::Bridge(error.to_string())))
            }
        };
        if settled.unclear.is_empty() {
            return (settled, halt);
        }
        match self.reader.grid(user).await {
            Ok(grid) => {
                let look = if conflict { batch::conflict_looked_up } else { batch::looked_up };
                let seen = look(&settled.unclear, &grid, &why);
                settled.outcomes.extend(seen.outcomes);
                settled.again.extend(seen.again);
                (settled, halt)
            }
            Err(error) => {
                let why = format!("{why}; whether it was written is unknown: {error}");
                let unknown = settled.unclear.iter().map(|row| row.change.key);
                settled.outcomes.extend(unknown.map(|key| (key, Outcome::Failed(why.clone()))));
                (settled, Some(Halt::Bridge(error.to_string())))
            }
        }
    }
}

/// The outcomes of one user in plan order; a row without one was not reached.
fn in_plan_order(user: &UserPlan, outcomes: Vec<(RowKey, Outcome)>) -> Vec<RowOutcome> {
    let mut known: std::collections::BTreeMap<_, _> = outcomes.into_iter().collect();
    let all = user
        .changes
        .iter()
        .map(|change| (change.key, known.remove(&change.key).unwrap_or(Outcome::NotReached)));
    named(user, all).collect()
}

/// The rows that the plan of an undo holds: never sent, and not as they were before its run.
fn left_alone(plan: &Plan) -> impl Iterator<Item = RowOutcome> {
    plan.held.iter().map(|held| {
        let HeldRow { user, key, was, is, reason } = held;
        let hold = Hold::Unplanned { was: *was, now: *is, reason: *reason };
        RowOutcome { user: user.clone(), key: *key, outcome: Outcome::Held(hold) }
    })
}

fn named(
    user: &UserPlan,
    outcomes: impl Iterator<Item = (RowKey, Outcome)>,
) -> impl Iterator<Item = RowOutcome> {
    outcomes.map(|(key, outcome)| RowOutcome { user: user.name.clone(), key, outcome })
}

fn words(halt: &Halt) -> String {
    match halt {
        Halt::Journal(error) => format!("{error}; nothing is written without a record"),
        Halt::Bridge(words) => words.clone(),
        Halt::Stopped => "interrupted".to_owned(),
    }
}

/// A UUID that is the same whenever the same batch of the same apply is sent.
fn idempotency_key(apply: &str, batch: usize) -> String {
    let digest = sha256(format!("{apply}/{batch}").as_bytes());
    let hex: Vec<char> = digest.chars().skip("sha256:".len()).collect();
    let part =
        |from: usize, to: usize| -> String { hex.iter().skip(from).take(to - from).collect() };
    // Version 8: "custom", with the variant of RFC 9562.
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idempotency_key_is_a_uuid_and_names_the_batch() {
        let key = idempotency_key("a1", 1);
        assert_eq!(key.len(), 36);
        assert_eq!(key.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(key, idempotency_key("a1", 1));
        assert_ne!(key, idempotency_key("a1", 2));
        assert_ne!(key, idempotency_key("a2", 1));
    }
}
