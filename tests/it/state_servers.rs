//! Object stores that nobody here wrote, started by the tests: moto (S3) and Azurite (Azure Blob
//! Storage). `tests/state/install.sh` installs them.
//!
//! moto checks a condition and then writes, so nothing about races is proved with it; Azurite does
//! both at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use accuroform::state::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::kill_points::say;

/// Azurite's well-known account.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const BUCKET: &str = "clinic-state";

/// A place for the state of one test.
pub(crate) struct Place {
    /// `None`: the folder.
    pub(crate) url: Option<String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) folder: TempDir,
    /// Where its server listens.
    pub(crate) server: Option<SocketAddr>,
}

impl Place {
    pub(crate) fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: None, variables: BTreeMap::new(), folder, server: None }
    }

    pub(crate) fn open(&self) -> State {
        State::open(self.url.as_deref(), self.folder.path(), &self.variables).unwrap()
    }

    pub(crate) fn is_s3(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.starts_with("s3:"))
    }

    /// The same place, reached through another address.
    pub(crate) fn through(&self, address: &str) -> State {
        let direct = self.server.unwrap().to_string();
        let variables = self.variables.iter();
        let variables = variables
            .map(|(name, value)| (name.clone(), value.replace(&direct, address)))
            .collect();
        State::open(self.url.as_deref(), self.folder.path(), &variables).unwrap()
    }
}

/// A folder and, where they are installed, both stores.
pub(crate) fn places() -> Vec<Place> {
    [Some(Place::folder()), s3(), azure()].into_iter().flatten().collect()
}

/// S3, if it is installed.
pub(crate) fn s3() -> Option<Place> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let program = installed("moto", "moto/bin/moto_server")?;
        let server = Server::start(&program, |port, _| vec!["-p".to_owned(), port.to_string()]);
        server.ask(&format!("PUT /{BUCKET} HTTP/1.1\r\nHost: {}\r\n", server.address));
        Some(server)
    });
    let address = server.as_ref()?.address;
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "correct-horse-battery".to_owned()),
        ("AWS_REGION", "ca-central-1".to_owned()),
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
    ];
    Some(place("s3", address, variables))
}

/// Azure Blob Storage, if it is installed.
pub(crate) fn azure() -> Option<Place> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let program = installed("azurite", "azurite/node_modules/.bin/azurite-blob")?;
        let server = Server::start(&program, |port, folder| {
            let words = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"];
            let mut words: Vec<String> = words.map(str::to_owned).to_vec();
            let port = port.to_string();
            words.extend(["--blobPort".to_owned(), port, "--location".to_owned()]);
            words.push(folder.to_str().unwrap().to_owned());
            words
        });
        server.ask(&make_container(server.address));
        Some(server)
    });
    let address = server.as_ref()?.address;
    let variables = [
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
        ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned()),
        ("AZURE_STORAGE_ENDPOINT", format!("http://{address}/{ACCOUNT}")),
    ];
    Some(place("az", address, variables))
}

fn place<const N: usize>(
    scheme: &str,
    address: SocketAddr,
    variables: [(&str, String); N],
) -> Place {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Place {
        url: Some(format!("{scheme}://{BUCKET}/ontario/{}-{number}", std::process::id())),
        variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        folder: tempfile::tempdir().unwrap(),
        server: Some(address),
    }
}

/// A program of `install.sh`. A plain `cargo test` on a machine without it says that its tests are
/// left out; the full size, which CI runs, fails.
fn installed(name: &str, path: &str) -> Option<PathBuf> {
    if !cfg!(feature = "cloud") {
        say(&format!("shared state: the part on {name} is left out of a build without `cloud`"));
        return None;
    }
    let folder = std::env::var_os("ACCUROFORM_STATE_SERVERS")
        .map_or_else(|| PathBuf::from("target/state-servers"), PathBuf::from);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(path);
    if program.exists() {
        return Some(program);
    }
    assert!(
        std::env::var("ACCUROFORM_MATRIX").is_err(),
        "{name} is missing, which the tests of the shared state need: tests/state/install.sh"
    );
    say(&format!("shared state: the part on {name} is left out (tests/state/install.sh)"));
    None
}

struct Server {
    address: SocketAddr,
    /// Its input ends with this process, however that ends, and then the server is stopped.
    _child: Child,
    _folder: TempDir,
}

impl Server {
    fn start(program: &Path, arguments: impl FnOnce(u16, &Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("sh")
            .args(["-c", "\"$@\" & server=$!; cat >/dev/null; kill $server", "sh"])
            .arg(program)
            .args(arguments(address.port(), folder.path()))
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(90), "{} listens", program.display());
            thread::sleep(Duration::from_millis(50));
        }
        Self { address, _child: child, _folder: folder }
    }

    /// Sends a request without a body, which must succeed.
    fn ask(&self, head: &str) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "{head}Content-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{head}\n{answer}");
    }
}

/// The request that makes a container, signed as Azure asks.
fn make_container(address: SocketAddr) -> String {
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let version = "2021-08-06";
    let path = format!("/{ACCOUNT}/{BUCKET}");
    let signed = format!(
        "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n/{ACCOUNT}{path}\n\
         restype:container"
    );
    let signature = STANDARD.encode(hmac(&STANDARD.decode(KEY).unwrap(), signed.as_bytes()));
    let mut head = format!("PUT {path}?restype=container HTTP/1.1\r\nHost: {address}\r\n");
    write!(head, "x-ms-date: {date}\r\nx-ms-version: {version}\r\n").unwrap();
    write!(head, "Authorization: SharedKey {ACCOUNT}:{signature}\r\n").unwrap();
    head
}

/// HMAC-SHA256 with a key of 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert_eq!(key.len(), 64);
    let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}
