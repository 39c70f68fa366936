//! A thread of its own for the requests, so that callers may wait for them anywhere.

use std::io;
use std::pin::Pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread. It ends with the last who may give it work.
pub(super) struct Network(UnboundedSender<Job>);

impl Network {
    pub(super) fn start() -> io::Result<Self> {
        let (jobs, mut given) = unbounded_channel::<Job>();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let work = async move {
            let mut running = JoinSet::new();
            loop {
                tokio::select! {
                    job = given.recv() => match job {
                        Some(job) => drop(running.spawn(job)),
                        None => return,
                    },
                    // A panic in a job is told to its caller by the answer that never comes.
                    Some(_) = running.join_next() => {}
                }
            }
        };
        thread::Builder::new().name("state".to_owned()).spawn(move || runtime.block_on(work))?;
        Ok(Self(jobs))
    }

    /// Runs a request to its end, or for as long as it may take.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        request: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, &'static str> {
        let (tell, told) = mpsc::sync_channel(1);
        let job = async move {
            // The caller waits for as long as this runs.
            drop(tell.send(timeout(limit, request).await));
        };
        self.0.send(Box::pin(job)).map_err(|_| STOPPED)?;
        told.recv().map_err(|_| STOPPED)?.map_err(|_| "it took too long")
    }
}

const STOPPED: &str = "the thread for it ended";
