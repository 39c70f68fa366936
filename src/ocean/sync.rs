//! Starts a sync and waits until it is complete: green while running, blue when idle.
//!
//! A sync that was already running when we first looked may have begun before the last write, so it
//! is waited for and another is started. A sync that somebody else began after we saw the site idle
//! began after the last write, and is joined.
#![expect(clippy::disallowed_methods, reason = "this module waits")]

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::bridge::{BridgeError, Mode, Reader, RunState, Started, SyncStarter};

/// Which sync is wanted and how it is watched.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The Ocean site.
    pub site: String,
    /// Which sync.
    pub mode: Mode,
    /// Gives up waiting after this long; the sync itself goes on.
    pub timeout: Duration,
    /// Between two looks.
    pub poll: Duration,
    /// When it is cancelled, waiting ends; the sync itself goes on.
    pub stop: CancellationToken,
}

/// What is happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A run that may be too old to count is waited for.
    WaitingFor(String),
    /// Our run is running.
    Running(String),
    /// A run that somebody else began after the last write is running.
    Joined(String),
    /// A run began after the last write; the answer to our start was lost, so it may be ours.
    Unconfirmed(String),
}

/// A complete sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The run, where it is known.
    pub run: Option<String>,
    /// Who began it.
    pub origin: Origin,
}

/// Who began a run. In any case it began after the last write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This program.
    Ours,
    /// Somebody else.
    Joined,
    /// This program or somebody else: the answer to the start was lost.
    Unconfirmed,
}

impl Origin {
    /// The name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Joined => "joined",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// A sync that is not complete.
#[derive(Debug, Error)]
pub enum SyncError {
    /// Ocean says that it failed.
    #[error("sync run {run} failed: {message}")]
    Failed {
        /// The run.
        run: String,
        /// Ocean's words.
        message: String,
    },
    /// It did not end in time.
    #[error("sync run {run} was not complete after {} s; it may still be running", waited.as_secs())]
    TimedOut {
        /// The run.
        run: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Others kept the site busy, or no answer to the start came, until the time was over.
    #[error("no sync could be started within {} s", .0.as_secs())]
    NotStarted(Duration),
    /// Somebody asked to stop before it was started.
    #[error("interrupted before the sync was started; Ocean does not know of the change yet")]
    NotBegun,
    /// Somebody asked to stop waiting.
    #[error("interrupted while waiting for the sync; it may still be running")]
    Interrupted,
    /// The manifest does not say how Ocean is reached.
    #[error("the manifest has no connection to Ocean")]
    Unreached,
    /// A person was asked for it, and nobody attested it yet.
    #[error(
        "a full sync of Ocean site {site} is asked of a person since {since}, and nobody attested it"
    )]
    Asked {
        /// The Ocean site.
        site: String,
        /// Since when.
        since: Timestamp,
    },
    /// A person says that it was done, which is not verified.
    #[error("the full sync of Ocean site {site} is attested by {by}, not verified: {why}")]
    Attested {
        /// The Ocean site.
        site: String,
        /// Who says it.
        by: String,
        /// What is open.
        why: String,
    },
    /// Ocean cannot be asked.
    #[error("{0}")]
    Bridge(#[from] BridgeError),
}

impl SyncError {
    /// The codes of what waits for what a person does and says.
    pub const OF_A_PERSON: [&'static str; 2] = ["S006", "S007"];

    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "S001",
            Self::TimedOut { .. } => "S002",
            Self::NotStarted(_) => "S003",
            Self::Interrupted => "S004",
            Self::NotBegun => "S005",
            Self::Unreached => "C015",
            Self::Asked { .. } => "S006",
            Self::Attested { .. } => "S007",
            Self::Bridge(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Failed { .. } | Self::NotStarted(_) | Self::NotBegun | Self::Interrupted => {
                "run `accuroform apply` again: it starts the sync that is still owed".to_owned()
            }
            Self::TimedOut { .. } => {
                "look at Cloud Connect's status bar; then run `accuroform apply` again, with a longer --sync-timeout if needed".to_owned()
            }
            Self::Unreached => "add `ocean.connection` to the manifest".to_owned(),
            Self::Asked { .. } => "do the steps, then run `accuroform sync --attest --by NAME`".to_owned(),
            Self::Attested { .. } => {
                "look at the Patients page, then run `accuroform verify --attest --by NAME`".to_owned()
            }
            Self::Bridge(error) => error.hint(),
        }
    }

    /// Whether it waits for what a person does and says: nothing failed.
    pub const fn waits_for_a_person(&self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Attested { .. })
    }
}

/// How often a start whose answer was lost is tried again.
const STARTS: usize = 3;

/// What one look at a run's end gave.
enum End {
    Succeeded,
    Failed(String),
}

/// Starts a sync and waits for its end. Call it after the last write.
pub async fn sync(
    reader: &Reader,
    starter: &SyncStarter,
    watch: &Watch,
    tell: &mut dyn FnMut(Progress),
) -> Result<Synced, SyncError> {
    let Watch { site, mode, timeout, poll: _, stop: _ } = watch;
    let (site, mode) = (site.as_str(), *mode);
    let watched = Watched { reader, watch, deadline: Instant::now() + *timeout };
    let mut lost = 0;
    while Instant::now() < watched.deadline {
        // Who lost the clinic's lock starts nothing any more.
        if watch.stop.is_cancelled() {
            return Err(SyncError::Interrupted);
        }
        let seen = reader.site(site).await?;
        if let Some(run) = seen.running {
            watched.older(run, tell).await?;
            continue;
        }
        let busy = match starter.start(site, mode).await {
            Ok(Started::Run(run)) => {
                tell(Progress::Running(run.clone()));
                return watched.complete(run, Origin::Ours).await;
            }
            Ok(Started::Busy(run)) => Some((run, Origin::Joined)),
            Err(error) if error.changed_nothing() => return Err(error.into()),
            Err(error) => {
                // The answer was lost; only a look can tell whether a sync was begun.
                let now = reader.site(site).await?;
                let (before, after) = match mode {
                    Mode::Full => (&seen.last_full, &now.last_full),
                    Mode::Recent => (&seen.last_recent, &now.last_recent),
                };
                if now.running.is_none() && before != after {
                    return Ok(Synced { run: None, origin: Origin::Unconfirmed });
                }
                lost += 1;
                if now.running.is_none() && lost >= STARTS {
                    return Err(error.into());
                }
                match now.running {
                    Some(Some(run)) => Some((run, Origin::Unconfirmed)),
                    // A run without a name cannot be watched: it is waited for as an older one.
                    Some(None) | None => None,
                }
            }
        };
        if let Some((run, origin)) = busy {
            if serves(reader.sync_run(site, &run).await?.mode, mode) {
                tell(match origin {
                    Origin::Unconfirmed => Progress::Unconfirmed(run.clone()),
                    Origin::Ours | Origin::Joined => Progress::Joined(run.clone()),
                });
                return watched.complete(run, origin).await;
            }
            tell(Progress::WaitingFor(run.clone()));
            watched.end(&run).await?;
        }
    }
    Err(SyncError::NotStarted(watch.timeout))
}

/// Whether a run of one mode does what a run of another is wanted for.
fn serves(run: Mode, wanted: Mode) -> bool {
    run == Mode::Full || run == wanted
}

struct Watched<'a> {
    reader: &'a Reader,
    watch: &'a Watch,
    deadline: Instant,
}

impl Watched<'_> {
    async fn complete(&self, run: String, origin: Origin) -> Result<Synced, SyncError> {
        match self.end(&run).await? {
            End::Succeeded => Ok(Synced { run: Some(run), origin }),
            End::Failed(message) => Err(SyncError::Failed { run, message }),
        }
    }

    /// Waits for a run that may be too old to count; one without a name until the site is idle.
    async fn older(
        &self,
        run: Option<String>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<(), SyncError> {
        let name = run.clone().unwrap_or_else(|| "without a name".to_owned());
        tell(Progress::WaitingFor(name.clone()));
        match run {
            Some(run) => self.end(&run).await.map(drop),
            None => self.pause(&name).await,
        }
    }

    /// Waits until the next look, unless the time is over or somebody asks to stop.
    async fn pause(&self, run: &str) -> Result<(), SyncError> {
        if Instant::now() + self.watch.poll > self.deadline {
            let (run, waited) = (run.to_owned(), self.watch.timeout);
            return Err(SyncError::TimedOut { run, waited });
        }
        tokio::select! {
            () = self.watch.stop.cancelled() => Err(SyncError::Interrupted),
            () = tokio::time::sleep(self.watch.poll) => Ok(()),
        }
    }

    /// Waits for the end of a run, good or bad.
    async fn end(&self, run: &str) -> Result<End, SyncError> {
        loop {
            let last = Instant::now() + self.watch.poll > self.deadline;
            match self.reader.sync_run(&self.watch.site, run).await {
                Ok(seen) => match seen.state {
                    RunState::Succeeded => return Ok(End::Succeeded),
                    RunState::Failed(message) => return Ok(End::Failed(message)),
                    RunState::Running => {}
                },
                // One look that fails says nothing about the run.
                Err(error) if last || error.changed_nothing() => return Err(error.into()),
                Err(_) => {}
            }
            self.pause(run).await?;
        }
    }
}
