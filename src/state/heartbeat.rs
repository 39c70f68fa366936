//! Says at every third of the lease that the holder is alive, and notices when the lock is lost.
//!
//! A thread of its own: it must go on while the program waits for an answer of a person.
#![expect(clippy::disallowed_methods, reason = "measures how long the lock was not renewed")]

use std::fmt;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::holder::Holder;
use super::lock::LockError;
use super::lock_place::LockPlace;
use crate::model::Clock;

/// How a lock was lost while it was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Somebody removed it.
    Removed,
    /// Somebody else holds it.
    TakenOver(Holder),
    /// It could not be renewed, so others may take it.
    NotRenewed(String),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("somebody removed it"),
            Self::TakenOver(holder) => write!(f, "it is now held by {holder}"),
            Self::NotRenewed(why) => write!(f, "it could not be renewed: {why}"),
        }
    }
}

/// A running heartbeat.
#[derive(Debug)]
pub(super) struct Heartbeat {
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    loss: Arc<OnceLock<Loss>>,
}

/// What the thread works with.
pub(super) struct Beat {
    pub(super) place: LockPlace,
    pub(super) holder: Holder,
    pub(super) lease: Duration,
    pub(super) clock: Clock,
    /// Cancelled when the lock is lost, so that nothing more is written.
    pub(super) stop: CancellationToken,
}

impl Heartbeat {
    /// Begins for a lock that was asked for at `asked`.
    pub(super) fn start(beat: Beat, asked: Instant) -> io::Result<Self> {
        let (end, ended) = mpsc::channel::<()>();
        let told = Arc::new(OnceLock::new());
        let shared = Arc::clone(&told);
        let run = move || {
            let mut good = asked;
            let mut wait = (beat.lease / 3).saturating_sub(good.elapsed());
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                // What is renewed counts from before the answer.
                let asked = Instant::now();
                let gone = match beat.renew() {
                    Ok(None) => {
                        good = asked;
                        wait = (beat.lease / 3).saturating_sub(good.elapsed());
                        continue;
                    }
                    Ok(Some(loss)) => loss,
                    // A full disk may have room again before others take the lock for dead.
                    Err(_) if good.elapsed() < beat.lease * 2 / 3 => {
                        wait = beat.lease / 12;
                        continue;
                    }
                    Err(error) => Loss::NotRenewed(error.to_string()),
                };
                told.get_or_init(|| gone);
                beat.stop.cancel();
                return;
            }
        };
        let thread = thread::Builder::new().name("lock".to_owned()).spawn(run)?;
        Ok(Self { end: Some(end), thread: Some(thread), loss: shared })
    }

    pub(super) fn loss(&self) -> Option<&Loss> {
        self.loss.get()
    }

    /// Ends the thread and waits for it, so that nothing is renewed after the lock is removed.
    /// `false`: it was ended before.
    pub(super) fn end(&mut self) -> bool {
        drop(self.end.take());
        let Some(thread) = self.thread.take() else { return false };
        // A panic in it was printed; the lock is removed all the same.
        drop(thread.join());
        true
    }
}

impl Beat {
    /// Renews the lock, unless it is lost.
    fn renew(&self) -> Result<Option<Loss>, LockError> {
        self.place.renew(&Holder { renewed: self.clock.now(), ..self.holder.clone() })
    }
}
