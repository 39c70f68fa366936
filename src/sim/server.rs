//! The HTTP side: receives requests, reads the clock, sends answers.
//!
//! [`Server::answer`] is the one place that sees every request before and after it is handled.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place of the simulator that reads the clock for a request"
)]

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::credentials::Fingerprint;
use super::handle::{Answer, Context, Request, refuse};
use super::record::Record;
use super::simulator::Clinic;

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
    pub(super) clinic: Arc<Clinic>,
    pub(super) record: Arc<Record>,
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
    let router = Router::new().fallback(move |request| {
        let server = server.clone();
        async move { server.answer(request).await }
    });
    let (quiet, told) = oneshot::channel::<()>();
    let serving = async {
        axum::serve(listener, router)
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
    async fn answer(&self, request: axum::extract::Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let query = parts.uri.query();
        let sequence =
            self.record.begin(&parts.method, (path, query), &parts.headers, Timestamp::now());
        let answer = match receive(body).await {
            Ok(body) => self.exchange(&Request {
                method: parts.method,
                path: path.to_owned(),
                query: query.map(str::to_owned),
                headers: parts.headers,
                body,
            }),
            Err(refusal) => refusal,
        };
        self.record.finish(sequence, answer.status);
        respond(answer)
    }

    fn exchange(&self, request: &Request) -> Answer {
        let mut random = [0_u8; 32];
        if getrandom::fill(&mut random).is_err() {
            return refuse(500, "internal", "the system gave no random bytes");
        }
        let context = Context { now: Timestamp::now(), random, client: self.client };
        self.clinic.exchange(request, &context)
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

fn respond(answer: Answer) -> Response<Body> {
    let Answer { status, headers, body } = answer;
    let mut response =
        Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap_or_else(|_| {
        // Only a status outside 100 to 999 gets here.
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
