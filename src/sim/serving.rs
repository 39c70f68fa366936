//! Starting and stopping a server.
//!
//! A server has a thread and a runtime of its own, so that ending it ends every connection with
//! it, whatever runtime its starter lives in, and so that waiting for a disk holds up nobody else.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::credentials::Credentials;
use super::error::SimError;
use super::faults::Script;
use super::fleet::Clinics;
use super::record::{Observer, Record, Recorded};
use super::server::{self, Server, Stop};
use super::simulator::Sim;

/// How many requests the server of one clinic remembers.
const REMEMBERED: usize = 100_000;

/// A server of one simulated clinic or of many. Dropping it stops it at once.
pub struct Serving {
    /// Where it listens; the real port if port 0 was asked for.
    pub address: SocketAddr,
    record: Arc<Record>,
    stop: Option<oneshot::Sender<Stop>>,
    ended: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sim {
    /// Listens on `listen` and answers whoever has a token; tokens are given to `credentials`.
    pub async fn serve(
        &self,
        listen: SocketAddr,
        credentials: Credentials,
    ) -> Result<Serving, SimError> {
        let served = Served {
            clinics: Clinics::One(Arc::clone(&self.clinic)),
            observer: self.observer.clone(),
            faults: Arc::clone(&self.faults),
            remembered: REMEMBERED,
            workers: 0,
        };
        served.serve(listen, &credentials).await
    }
}

/// What a server serves, and how.
pub(super) struct Served {
    pub(super) clinics: Clinics,
    pub(super) observer: Option<Observer>,
    pub(super) faults: Arc<Script>,
    /// How many requests its record keeps.
    pub(super) remembered: usize,
    /// Threads besides the one that listens; without any, that one does everything.
    pub(super) workers: usize,
}

impl Served {
    pub(super) async fn serve(
        self,
        listen: SocketAddr,
        credentials: &Credentials,
    ) -> Result<Serving, SimError> {
        let Self { clinics, observer, faults, remembered, workers } = self;
        let no_listener = |source| SimError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).map_err(no_listener)?;
        listener.set_nonblocking(true).map_err(no_listener)?;
        let address = listener.local_addr().map_err(no_listener)?;
        let record = Arc::new(Record::new(observer, remembered));
        let server =
            Server { clinics, record: Arc::clone(&record), faults, client: credentials.digest() };
        let (stop, stopped) = oneshot::channel();
        let (ready, readiness) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("accuroform-sim".to_owned())
            .spawn(move || {
                run(workers, (listener, server), ready, stopped);
                // Nobody waits any more if the server was dropped.
                let _ = end.send(());
            })
            .map_err(SimError::Start)?;
        let serving = Serving { address, record, stop: Some(stop), ended, thread: Some(thread) };
        match readiness.await {
            Ok(Ok(())) => Ok(serving),
            Ok(Err(error)) => Err(SimError::Start(error)),
            Err(_) => Err(SimError::Start(io::Error::other("the server's thread ended"))),
        }
    }
}

/// The server's thread.
fn run(
    workers: usize,
    (listener, server): (TcpListener, Server),
    ready: oneshot::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<Stop>,
) {
    let mut builder = match workers {
        0 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = match builder.worker_threads(workers.max(1)).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Nobody waits any more if the start was given up.
            drop(ready.send(Err(error)));
            return;
        }
    };
    // Dropping the runtime afterwards ends every connection that is left.
    runtime.block_on(server::run(listener, server, ready, stopped));
}

impl Serving {
    /// The base address for a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.record.all()
    }

    /// Stops listening, lets answers under way go out, and ends. When this returns, the server
    /// holds the store open no longer.
    pub async fn shutdown(mut self) {
        self.tell(Stop::Gracefully);
        // An error means that the thread is gone, which is what is waited for.
        let _ = (&mut self.ended).await;
        self.join();
    }

    fn tell(&mut self, stop: Stop) {
        if let Some(sender) = self.stop.take() {
            // An error means that the server has ended already.
            let _ = sender.send(stop);
        }
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the server was printed by its thread; there is nothing left to stop.
            drop(thread.join());
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.tell(Stop::AtOnce);
        self.join();
    }
}
