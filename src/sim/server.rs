//! The HTTP side: receives requests, reads the clock, sends answers.
//!
//! [`Server::answer`] is the one place that sees every request before and after it is handled.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place of the simulator that reads the clock for a request, and waits"
)]

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Response;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::credentials::Fingerprint;
use super::faults::{Action, Script};
use super::fleet::Clinics;
use super::handle::{Answer, Context, Request, asked, refuse};
use super::line::{Lines, Scissors};
use super::record::Record;
use super::respond;
use super::simulator::{Exchanged, Meddling, RunEnd};

/// The largest request body that is read.
const LARGEST_BODY: usize = 4 << 20;
/// How much of a larger one is received and thrown away, so that its sender gets to read the
/// refusal instead of a broken connection.
const LARGEST_DRAINED: usize = 64 << 20;
/// How long answers under way may take to go out after the server was told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How a server ends.
pub(super) enum Stop {
    /// After the answers under way.
    Gracefully,
    /// Whatever is under way.
    AtOnce,
}

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) clinics: Clinics,
    pub(super) record: Arc<Record>,
    pub(super) faults: Arc<Script>,
    pub(super) client: Fingerprint,
}

/// Serves until it is told to stop.
pub(super) async fn run(
    listener: TcpListener,
    server: Server,
    ready: oneshot::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<Stop>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            // Nobody waits any more if the start was given up.
            drop(ready.send(Err(error)));
            return;
        }
    };
    let router =
        Router::new().fallback(move |ConnectInfo(scissors): ConnectInfo<Scissors>, request| {
            let server = server.clone();
            async move { server.answer(&scissors, request).await }
        });
    let service = router.into_make_service_with_connect_info::<Scissors>();
    let (quiet, told) = oneshot::channel::<()>();
    let serving = async {
        axum::serve(Lines(listener), service)
            .with_graceful_shutdown(async {
                // An error means that `quiet` is gone, and then this is, too.
                let _ = told.await;
            })
            .await
    };
    let stopping = async {
        if ready.send(Ok(())).is_err() {
            return;
        }
        match stopped.await {
            Ok(Stop::Gracefully) => {
                // An error means that the server has ended already.
                let _ = quiet.send(());
                tokio::time::sleep(LAST_ANSWERS).await;
            }
            Ok(Stop::AtOnce) | Err(_) => {}
        }
    };
    tokio::select! {
        // The accept loop goes on after errors, so this ends only when it was told to.
        _ = serving => {}
        () = stopping => {}
    }
}

impl Server {
    async fn answer(&self, scissors: &Scissors, request: axum::extract::Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let query = parts.uri.query();
        let sequence =
            self.record.begin(&parts.method, (path, query), &parts.headers, Timestamp::now());
        let response = match receive(body).await {
            Ok(body) => {
                let request = Request {
                    method: parts.method,
                    path: path.to_owned(),
                    query: query.map(str::to_owned),
                    headers: parts.headers,
                    body,
                };
                self.treat(sequence, scissors, &request).await
            }
            Err(refusal) => respond::whole(refusal),
        };
        let status = (!scissors.have_cut()).then(|| response.status().as_u16());
        self.record.finish(sequence, status);
        response
    }

    /// Handles a request, and does to it what the fault script says.
    async fn treat(&self, sequence: u64, scissors: &Scissors, request: &Request) -> Response<Body> {
        let Request { method, path, query, headers: _, body: _ } = request;
        let action = self.faults.next(&asked(method, path, query.as_deref()));
        if let Some(action) = &action {
            self.record.faulted(sequence, action.kind());
        }
        let meddled = |meddling| self.exchange(sequence, request, meddling);
        let handled = || meddled(Meddling::default());
        match action {
            None => respond::whole(handled()),
            Some(Action::Status { status, retry_after, text }) => {
                respond::status(status, retry_after, text)
            }
            Some(Action::Delay(time)) => {
                tokio::time::sleep(time).await;
                respond::whole(handled())
            }
            Some(Action::DelayAnswer(time)) => {
                let answer = handled();
                tokio::time::sleep(time).await;
                respond::whole(answer)
            }
            Some(Action::Reset) => {
                scissors.cut();
                respond::nothing()
            }
            Some(Action::AfterWrite) => {
                handled();
                scissors.cut();
                respond::nothing()
            }
            Some(Action::Truncated) => respond::truncated(handled()),
            Some(Action::CutJson) => respond::cut_json(handled()),
            Some(Action::Huge { bytes }) => respond::huge(bytes),
            Some(Action::Slow) => respond::slow(handled()),
            Some(Action::NotJson) => respond::not_json(),
            Some(Action::Redirect { location }) => respond::redirect(&location),
            Some(Action::Before { kind: _, elsewhere }) => {
                respond::whole(meddled(Meddling { before: Some(elsewhere), run: None }))
            }
            Some(Action::RunFails { message }) => {
                let run = Some(RunEnd::Fails { message });
                respond::whole(meddled(Meddling { before: None, run }))
            }
            Some(Action::RunHangs) => {
                let run = Some(RunEnd::Never);
                respond::whole(meddled(Meddling { before: None, run }))
            }
        }
    }

    fn exchange(&self, sequence: u64, request: &Request, meddling: Meddling) -> Answer {
        let clinic = match self.clinics.of(request) {
            Ok(clinic) => clinic,
            Err(refusal) => return refusal,
        };
        let mut random = [0_u8; 32];
        if getrandom::fill(&mut random).is_err() {
            return refuse(500, "internal", "the system gave no random bytes");
        }
        let context = Context { now: Timestamp::now(), random, client: self.client };
        let Exchanged { answer, committed } = clinic.exchange(request, &context, meddling);
        if committed {
            self.record.committed(sequence);
        }
        answer
    }
}

/// The whole body, or the refusal of one that is too large or broken off.
async fn receive(body: Body) -> Result<Vec<u8>, Answer> {
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| refuse(400, "body-incomplete", "the body ended before its end"))?;
        received = received.saturating_add(chunk.len());
        if received <= LARGEST_BODY {
            bytes.extend_from_slice(&chunk);
        } else if received > LARGEST_DRAINED {
            break;
        }
    }
    if received > LARGEST_BODY {
        let message = format!("the body is larger than {LARGEST_BODY} bytes");
        return Err(refuse(413, "body-too-large", &message));
    }
    Ok(bytes)
}
