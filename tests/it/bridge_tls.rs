//! The api connection over real TLS: authorities, and a bridge that asks for a client certificate.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use accuroform::connection::{OpenError, Surroundings, open};
use accuroform::live::fetch;
use accuroform::manifest;
use accuroform::sim::{Credentials, Serving, Sim, World};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::sim_client::CONTRACT_WORLD;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `127.0.0.1` by an authority, and its key, as PEM.
fn issued(by: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    (params.signed_by(&key, by).unwrap().pem(), key.serialize_pem())
}

/// A bridge behind TLS: the simulator, and in front of it a server that may ask for a certificate.
struct Bridge {
    _serving: Serving,
    /// Aborts the server when it is dropped.
    _server: JoinSet<()>,
    folder: tempfile::TempDir,
    url: String,
}

impl Bridge {
    /// `clients` is the authority of the clients that the bridge lets in.
    async fn start(clients: Option<&Authority>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let sim = Sim::open(World::parse(CONTRACT_WORLD).unwrap(), None).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let serving = sim.serve(any, Credentials::new("clinic", "hunter2")).await.unwrap();
        let behind = serving.url().trim_start_matches("http://").to_owned();
        let servers = authority("servers");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), servers.pem()).unwrap();
        fs::write(folder.path().join("other.pem"), authority("others").pem()).unwrap();
        let (certificate, key) = issued(&servers);
        let acceptor = TlsAcceptor::from(Arc::new(config(clients, &certificate, &key)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                connections.spawn(async move {
                    let Ok(mut tls) = acceptor.accept(socket).await else { return };
                    let mut plain = TcpStream::connect(behind).await.unwrap();
                    drop(tokio::io::copy_bidirectional(&mut tls, &mut plain).await);
                });
            }
        });
        Self { _serving: serving, _server: server, folder, url }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Writes a client's certificate and key; gives the setting that names them.
    fn client(&self, by: &Authority) -> String {
        let (certificate, key) = issued(by);
        self.write("client.pem", &certificate);
        self.write("client.key", &key);
        "client_certificate: {certificate_file: client.pem, key: {file: client.key}}".to_owned()
    }

    /// Reads the clinic over a connection with these settings; gives the error's words.
    async fn read(&self, settings: &str) -> Result<usize, String> {
        let error = |error: OpenError| format!("{} {error}", error.code());
        let opened = self.open(&self.url, settings).await.map_err(error)?;
        let users = ["OceanAPILAKESIDE".to_owned()];
        match fetch(&opened.bridge().unwrap(), &users).await {
            Ok(live) => Ok(live.directory.offices.len()),
            Err(error) => Err(format!("{} {error}", error.code())),
        }
    }

    async fn open(
        &self,
        url: &str,
        settings: &str,
    ) -> Result<accuroform::connection::Opened, OpenError> {
        let text = format!(
            "\
version: 1
clinic: {{id: lakeside}}
accuro:
  tenant: LAKESIDE
  connection: &bridge
    api:
      url: \"{url}\"
      client_id: {{env: ID}}
      client_secret: {{env: SECRET}}
      {settings}
ocean: {{site: \"4021\", connection: *bridge}}
users: [{{profile: ocean, all_offices: true}}]
"
        );
        let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
        let manifest = loaded.manifest.unwrap_or_else(|| panic!("{:#?}", loaded.findings));
        let variables = [("ID", "clinic"), ("SECRET", "hunter2")];
        let variables: BTreeMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let folder = Path::new(self.folder.path()).to_owned();
        open(
            &manifest.connections,
            &Surroundings { variables: variables.into(), folder },
            &accuroform::bridge::Traffic::default(),
        )
        .await
    }
}

fn config(clients: Option<&Authority>, certificate: &str, key: &str) -> ServerConfig {
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let builder = ServerConfig::builder();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder.with_single_cert(chain, key).unwrap()
}

const CA: &str = "ca_file: ca.pem\n      scope: permissions";

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_refused_until_its_ca_file_is_named() {
    let bridge = Bridge::start(None).await;
    let refused = bridge.read("scope: permissions").await.unwrap_err();
    assert!(refused.starts_with("C001"), "{refused}");
    let other = bridge.read("ca_file: other.pem\n      scope: permissions").await.unwrap_err();
    assert!(other.starts_with("C001") && other.contains("certificate"), "{other}");
    assert!(bridge.read(CA).await.unwrap() > 0);
}

#[tokio::test]
async fn a_bridge_that_asks_for_a_certificate_gets_it() {
    let clients = authority("clients");
    let bridge = Bridge::start(Some(&clients)).await;
    let none = bridge.read(CA).await.unwrap_err();
    assert!(none.starts_with("C001") && none.contains("CertificateRequired"), "{none}");
    let certificate = bridge.client(&clients);
    assert!(bridge.read(&format!("{CA}\n      {certificate}")).await.unwrap() > 0);
    let stranger = bridge.client(&authority("strangers"));
    let stranger = bridge.read(&format!("{CA}\n      {stranger}")).await.unwrap_err();
    assert!(stranger.starts_with("C001"), "{stranger}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_said_so_before_anything_is_sent() {
    let clients = authority("clients");
    let bridge = Bridge::start(Some(&clients)).await;
    let with = format!("{CA}\n      {}", bridge.client(&clients));
    let plain = bridge.open("http://127.0.0.1:1", &with).await.unwrap_err();
    assert_eq!(plain.code(), "C011");
    assert!(plain.to_string().contains("needs an https url"), "{plain}");
    let key = fs::read_to_string(bridge.folder.path().join("client.key")).unwrap();
    let canary = key.lines().nth(1).unwrap().to_owned();
    for (file, text) in [("client.key", "canary"), ("client.pem", "none"), ("client.pem", "")] {
        bridge.client(&clients);
        bridge.write(file, text);
        let error = bridge.read(&with).await.unwrap_err();
        assert!(error.starts_with("C011") && !error.contains("canary"), "{file}: {error}");
    }
    bridge.client(&clients);
    bridge.write("client.key", &issued(&clients).1);
    let mixed = bridge.read(&with).await.unwrap_err();
    assert!(mixed.starts_with("C011") && !mixed.contains(&canary), "another key: {mixed}");
    fs::remove_file(bridge.folder.path().join("client.pem")).unwrap();
    assert!(bridge.read(&with).await.unwrap_err().starts_with("C013"));
    bridge.client(&clients);
    fs::remove_file(bridge.folder.path().join("client.key")).unwrap();
    assert!(bridge.read(&with).await.unwrap_err().starts_with("C012"));
}
