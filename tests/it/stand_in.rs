//! A server that answers what a test tells it to, byte for byte, and remembers what it was asked.
//!
//! It is written from the contract alone, on plain threads and sockets: it shares nothing with the
//! client or the simulator, and it can break every rule of HTTP.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use accuroform::bridge::{Client, GridWriter, Limits, Reader, Service, Settings, SyncStarter};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::sim_client::wire;

pub(crate) const CLIENT_ID: &str = "canary-client";
pub(crate) const SECRET: &str = "canary-secret";
pub(crate) const QUERY: &str = "canary query&value=1";
pub(crate) const HEADER: &str = "canary-header";
/// Every token is this and the number of the token call.
pub(crate) const TOKEN: &str = "canary-token-";

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// As it was on the wire, percent-encoded, without the query.
    pub(crate) path: String,
    /// As it was on the wire.
    pub(crate) raw_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many requests of this method and path came before.
    pub(crate) nth: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice");
        value
    }

    /// The decoded query, in order.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let url = Url::parse(&format!("http://x/?{}", self.raw_query)).unwrap();
        url.query_pairs().into_owned().collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection is closed without a byte.
    Hangup,
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// A success whose body never ends.
    Endless,
    /// A success whose body begins and then stops, until the client goes away.
    Stall,
    /// This, as soon as so many requests wait side by side.
    Together(usize, Box<Reply>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Answer(status, headers, body.to_string().into_bytes())
    }

    /// A fixture that both sides of the contract are tested against.
    pub(crate) fn wire(status: u16, name: &str) -> Self {
        Self::json(status, &wire(name))
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        let headers = vec![("content-type", "text/html".to_owned())];
        Self::Answer(status, headers, body.as_bytes().to_vec())
    }

    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        Self::json(status, &json!({"error": code, "message": "as the test wants it"}))
    }

    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        let Self::Answer(status, mut headers, body) = self else {
            panic!("only an answer has headers")
        };
        headers.push((name, value.to_owned()));
        Self::Answer(status, headers, body)
    }
}

type Handler = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

struct State {
    handler: Handler,
    seen: Mutex<Vec<Seen>>,
    /// Requests without an answer now, and the most there ever were.
    waiting: Mutex<(usize, usize)>,
    changed: Condvar,
    over: AtomicBool,
}

/// A listening server; it ends with this value.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

/// What each call is answered, in turn; the last answer is repeated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script(BTreeMap<String, Vec<Reply>>);

impl Script {
    /// The answers of the contract's examples for office 1, user 77 and site 4021.
    pub(crate) fn contract() -> Self {
        let site = "/cloud-connect/sites/4021";
        Self::default()
            .on("GET /rest/v1/offices", [Reply::wire(200, "offices.json")])
            .on("GET /rest/v1/providers/offices/1", [Reply::wire(200, "providers.json")])
            .on("GET /rest/v1/permissions/users", [Reply::wire(200, "users.json")])
            .on(GET_GRID, [Reply::wire(200, "grid.page.last.json")])
            .on(PATCH_GRID, [Reply::wire(200, "grid.patch.response.json")])
            .on(&format!("GET {site}"), [Reply::wire(200, "site.idle.json")])
            .on(&format!("POST {site}/sync"), [Reply::wire(202, "sync.start.response.json")])
            .on(&format!("GET {site}/sync/r-8"), [Reply::wire(200, "sync.run.succeeded.json")])
            .on(&format!("GET {site}/providers"), [Reply::wire(200, "site.providers.json")])
    }

    pub(crate) fn on(mut self, call: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.0.insert(call.to_owned(), replies.into_iter().collect());
        self
    }

    fn reply(&self, seen: &Seen) -> Reply {
        let call = seen.call();
        match self.0.get(&call) {
            Some(replies) => replies.get(seen.nth).or(replies.last()).unwrap().clone(),
            None if call == TOKEN_CALL => token(&format!("{TOKEN}{}", seen.nth + 1)),
            None => Reply::refusal(404, "no-such-path"),
        }
    }
}

pub(crate) const TOKEN_CALL: &str = "POST /oauth/token";
pub(crate) const GET_GRID: &str = "GET /rest/v1/permissions/users/77/grid";
pub(crate) const PATCH_GRID: &str = "PATCH /rest/v1/permissions/users/77/grid";

/// The answer to a token call.
pub(crate) fn token(token: &str) -> Reply {
    let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
    Reply::json(200, &body)
}

impl StandIn {
    pub(crate) fn scripted(script: Script) -> Self {
        Self::start(move |seen| script.reply(seen))
    }

    pub(crate) fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(handler, State::converse)
    }

    /// Speaks TLS, with a certificate for 127.0.0.1 from the authority of `tests/tls`.
    pub(crate) fn secured(script: Script) -> Self {
        use rustls::pki_types::pem::PemObject as _;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = CertificateDer::pem_slice_iter(include_bytes!("../tls/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap();
        let config = Arc::new(config);
        Self::listen(
            move |seen| script.reply(seen),
            move |state, stream| {
                let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                state.converse(rustls::StreamOwned::new(tls, stream))
            },
        )
    }

    fn listen(
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
        converse: impl Fn(&State, TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            handler: Box::new(handler),
            seen: Mutex::default(),
            waiting: Mutex::default(),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let (shared, converse) = (Arc::clone(&state), Arc::new(converse));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, converse) = (Arc::clone(&shared), Arc::clone(&converse));
                // A client that goes away ends the connection, not the server.
                std::thread::spawn(move || {
                    drop(stream.set_nodelay(true).and_then(|()| converse(&shared, stream)));
                });
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The requests of one method and path.
    pub(crate) fn calls(&self, call: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.call() == call).collect()
    }

    /// The most requests that ever waited for an answer side by side.
    pub(crate) fn most_waiting(&self) -> usize {
        self.state.waiting.lock().unwrap().1
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

impl State {
    /// Answers the requests of one connection until either side ends it.
    fn converse<S: Read + Write>(&self, stream: S) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        if reader.fill_buf()?.first() == Some(&0x16) {
            // A TLS greeting to a plain port, answered as plain servers do.
            let writer = reader.get_mut();
            return writer.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        }
        while let Some(mut request) = read_request(&mut reader)? {
            {
                let mut seen = self.seen.lock().unwrap();
                request.nth = seen.iter().filter(|one| one.call() == request.call()).count();
                seen.push(request.clone());
            }
            self.count(1);
            let mut reply = (self.handler)(&request);
            if let Reply::Together(many, then) = reply {
                self.wait_for(many);
                reply = *then;
            }
            self.count(-1);
            let writer = reader.get_mut();
            match reply {
                Reply::Answer(status, headers, body) => {
                    answer(writer, status, &headers, &body)?;
                }
                Reply::Hangup | Reply::Together(..) => return Ok(()),
                Reply::Bytes(bytes) => return writer.write_all(&bytes),
                Reply::Endless => {
                    writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")?;
                    writer.write_all(b"transfer-encoding: chunked\r\n\r\n")?;
                    let chunk = [b' '; 0x4000];
                    loop {
                        writer.write_all(b"4000\r\n")?;
                        writer.write_all(&chunk)?;
                        writer.write_all(b"\r\n")?;
                    }
                }
                Reply::Stall => {
                    writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[")?;
                    let mut rest = Vec::new();
                    return reader.read_to_end(&mut rest).map(drop);
                }
            }
        }
        Ok(())
    }

    fn count(&self, change: isize) {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.0 = waiting.0.checked_add_signed(change).unwrap();
        waiting.1 = waiting.1.max(waiting.0);
        self.changed.notify_all();
    }

    /// Waits until so many requests wait, then lets each of them go on.
    fn wait_for(&self, many: usize) {
        let waiting = self.waiting.lock().unwrap();
        let patience = Duration::from_secs(20);
        let enough = self.changed.wait_timeout_while(waiting, patience, |(_, most)| *most < many);
        drop(enough.unwrap());
    }
}

fn read_request<S: Read>(reader: &mut BufReader<S>) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().unwrap_or(0);
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, raw_query) = (path.to_owned(), query.to_owned());
    Ok(Some(Seen { method, path, raw_query, headers, body, nth: 0 }))
}

fn answer(
    writer: &mut impl Write,
    status: u16,
    headers: &[(&str, String)],
    body: &[u8],
) -> std::io::Result<()> {
    let headers: String =
        headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} As Told\r\ncontent-length: {length}\r\n{headers}\r\n");
    writer.write_all(head.as_bytes())?;
    writer.write_all(body)?;
    writer.flush()
}

/// A connection to the stand-in with a secret of every kind and impatient limits.
pub(crate) fn settings(url: &str) -> Settings {
    let secret = |text: &str| SecretString::from(text.to_owned());
    Settings {
        service: Service::Accuro,
        url: Url::parse(url).unwrap(),
        client_id: secret(CLIENT_ID),
        client_secret: secret(SECRET),
        query: vec![("uuid".to_owned(), secret(QUERY))],
        headers: vec![("X-Subscription-Key".to_owned(), secret(HEADER))],
        scope: Some("permissions".to_owned()),
        paths: BTreeMap::new(),
        identity: None,
        ca: None,
        concurrency: 4,
        requests_per_second: None,
        limits: limits(),
    }
}

/// Limits under which a test never waits for long, and never fails because the machine is busy.
pub(crate) fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        total: Duration::from_mins(1),
        backoff: Duration::from_millis(1),
        retries: 4,
        body: 64 * 1024,
    }
}

/// Everything that a connection can do.
pub(crate) struct Bridge {
    pub(crate) client: Arc<Client>,
    pub(crate) reader: Reader,
    pub(crate) writer: GridWriter,
    pub(crate) starter: SyncStarter,
}

impl Bridge {
    pub(crate) fn to(server: &StandIn) -> Self {
        Self::with(settings(&server.url()))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let client = Arc::new(Client::new(settings).unwrap());
        Self {
            reader: Reader::new(Arc::clone(&client)),
            writer: GridWriter::new(Arc::clone(&client)),
            starter: SyncStarter::new(Arc::clone(&client)),
            client,
        }
    }
}

/// Fails if a secret, or the beginning of one, is anywhere in the text.
pub(crate) fn assert_no_secret(text: &str) {
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{SECRET}"));
    let secrets = [SECRET, TOKEN, HEADER, QUERY, "canary+query", "canary%20query", &basic];
    for secret in secrets {
        assert!(!text.contains(secret), "`{secret}` is shown: {text}");
    }
}
