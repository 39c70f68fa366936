//! From a manifest's connection settings to clients.
#![expect(clippy::disallowed_methods, reason = "world and certificate files are read here")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::secret::{self, SecretError, Surroundings};
use super::worksheet::{Accuro, Files};
use crate::bridge::{
    BridgeError, Client, GridWriter, Limits, Reader, Service, Settings, SyncStarter, Traffic,
};
use crate::manifest::{
    AccuroConnection, Api, ClientCertificate, Connections, OceanConnection, QueryValue,
};
use crate::sim::{Credentials, Serving, Sim, SimError, World};

/// Open connections of one clinic. The embedded simulator runs as long as this value lives.
#[derive(Debug)]
pub struct Opened {
    accuro: ToAccuro,
    ocean: ToOcean,
    embedded: Option<Serving>,
}

/// The way to Ocean.
#[derive(Debug)]
enum ToOcean {
    Bridge(Arc<Client>),
    /// The manifest leaves it out.
    Unreached,
    /// Nobody answers: a person is asked.
    Person,
}

/// The way to Accuro.
#[derive(Debug)]
enum ToAccuro {
    Bridge(Arc<Client>),
    /// Nobody answers: somebody reads the screen.
    Worksheet(Files),
}

impl Opened {
    /// Reads Accuro, whichever way the clinic has.
    pub fn accuro(&self) -> Accuro {
        match &self.accuro {
            ToAccuro::Bridge(client) => Accuro::Bridge(Reader::new(Arc::clone(client))),
            ToAccuro::Worksheet(files) => Accuro::Worksheet(files.clone()),
        }
    }

    /// Whether somebody reads the screen, and nothing can be written.
    pub const fn is_worksheet(&self) -> bool {
        matches!(self.accuro, ToAccuro::Worksheet(_))
    }

    /// Asks the bridge in front of Accuro.
    ///
    /// # Errors
    /// Where there is none.
    pub fn bridge(&self) -> Result<Reader, OpenError> {
        self.accuro_client().map(Reader::new)
    }

    /// Reads Ocean.
    ///
    /// # Errors
    /// Where the manifest leaves its connection out, and where a person is asked.
    pub fn ocean(&self) -> Result<Reader, OpenError> {
        self.ocean_client().map(Reader::new)
    }

    /// Writes the grid. For `apply` alone.
    ///
    /// # Errors
    /// Where there is no bridge that could write it.
    pub fn grid_writer(&self) -> Result<GridWriter, OpenError> {
        self.accuro_client().map(GridWriter::new)
    }

    /// Starts syncs. For `apply` and `sync` alone.
    ///
    /// # Errors
    /// Where the manifest leaves Ocean's connection out, and where a person is asked.
    pub fn sync_starter(&self) -> Result<SyncStarter, OpenError> {
        self.ocean_client().map(SyncStarter::new)
    }

    fn accuro_client(&self) -> Result<Arc<Client>, OpenError> {
        match &self.accuro {
            ToAccuro::Bridge(client) => Ok(Arc::clone(client)),
            ToAccuro::Worksheet(_) => Err(OpenError::NoBridge),
        }
    }

    fn ocean_client(&self) -> Result<Arc<Client>, OpenError> {
        match &self.ocean {
            ToOcean::Bridge(client) => Ok(Arc::clone(client)),
            ToOcean::Unreached => Err(OpenError::NoOcean),
            ToOcean::Person => Err(OpenError::OfAPerson),
        }
    }

    /// Ends the embedded simulator, if there is one.
    pub async fn close(self) {
        if let Some(serving) = self.embedded {
            serving.shutdown().await;
        }
    }
}

/// Why a connection cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A secret cannot be had.
    #[error("{0}")]
    Secret(#[from] SecretError),
    /// A file that the connection names cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The embedded simulator cannot be started.
    #[error("cannot start the embedded simulator from {}: {}", world.display(), chain(problem))]
    Embedded {
        /// The world file.
        world: PathBuf,
        /// Why.
        problem: Box<SimError>,
    },
    /// Ocean's connection is embedded, but nothing is.
    #[error("the Ocean connection is embedded, but the Accuro connection is not")]
    NoSimulator,
    /// The URL is none.
    #[error("the url of the {0} connection cannot be read")]
    Url(Service),
    /// A bridge is needed, and somebody reads the screen.
    #[error("the Accuro connection is a worksheet: no bridge is there to write the grid")]
    NoBridge,
    /// Ocean is needed, and the manifest leaves it out.
    #[error("the manifest has no connection to Ocean")]
    NoOcean,
    /// Ocean is to be read, and a person is asked.
    #[error("the Ocean connection is `attest`: nothing of Ocean is read, a person looks at it")]
    OfAPerson,
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(#[from] BridgeError),
}

/// An error with everything behind it, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    words
}

impl OpenError {
    /// A stable code that a user may search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Secret(_) => "C012",
            Self::File { .. } => "C013",
            Self::Embedded { .. } => "C014",
            Self::NoSimulator | Self::Url(_) => "C011",
            Self::NoOcean => "C015",
            Self::OfAPerson => "C017",
            Self::NoBridge => "C016",
            Self::Settings(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Secret(error) => error.hint(),
            Self::File { .. } => "check the path, which is relative to the manifest".to_owned(),
            Self::Embedded { .. } => {
                "mend the world file, or delete its store to start over".to_owned()
            }
            Self::NoSimulator | Self::Url(_) => "mend the connections in the manifest".to_owned(),
            Self::NoOcean => "add `ocean.connection` to the manifest".to_owned(),
            Self::OfAPerson => "ask with `accuroform sync`; say what is seen with \
                                `accuroform verify --attest --by NAME`"
                .to_owned(),
            Self::NoBridge => {
                "`accuroform apply` asks people for its rows (docs/people.md)".to_owned()
            }
            Self::Settings(error) => error.hint(),
        }
    }
}

/// Where the simulator keeps the state of a world: beside the world file.
pub fn store_path(world: &Path) -> PathBuf {
    let stem = world.file_stem().unwrap_or_default().to_string_lossy();
    world.with_file_name(".accuroform").join(format!("{stem}.sim.redb"))
}

/// Opens both connections over what they share with those of other clinics. Nothing is sent yet.
pub async fn open(
    connections: &Connections,
    surroundings: &Surroundings,
    traffic: &Traffic,
) -> Result<Opened, OpenError> {
    let embedded = match &connections.accuro {
        AccuroConnection::Embedded { world } => {
            Some(Embedded::start(surroundings.folder.join(world)).await?)
        }
        AccuroConnection::Api(_) | AccuroConnection::Worksheet(_) => None,
    };
    let settings = |service, api: Option<&Api>| match (api, &embedded) {
        (Some(api), _) => api_settings(api, service, surroundings),
        (None, Some(embedded)) => Ok(embedded.settings(service)),
        (None, None) => Err(OpenError::NoSimulator),
    };
    let client = |settings| Ok::<_, OpenError>(Arc::new(Client::sharing(settings, traffic)?));
    let accuro = match &connections.accuro {
        AccuroConnection::Embedded { .. } => {
            ToAccuro::Bridge(client(settings(Service::Accuro, None)?)?)
        }
        AccuroConnection::Api(api) => {
            ToAccuro::Bridge(client(settings(Service::Accuro, Some(api))?)?)
        }
        AccuroConnection::Worksheet(worksheet) => {
            ToAccuro::Worksheet(Files::of(worksheet, &surroundings.folder))
        }
    };
    let ocean = match &connections.ocean {
        OceanConnection::Unreached => ToOcean::Unreached,
        OceanConnection::Attest => ToOcean::Person,
        OceanConnection::Embedded => ToOcean::Bridge(client(settings(Service::Ocean, None)?)?),
        OceanConnection::Api(api) => ToOcean::Bridge(client(settings(Service::Ocean, Some(api))?)?),
    };
    Ok(Opened { accuro, ocean, embedded: embedded.map(|embedded| embedded.serving) })
}

/// The running simulator and the way in.
struct Embedded {
    serving: Serving,
    url: Url,
    credentials: Credentials,
}

impl Embedded {
    async fn start(world: PathBuf) -> Result<Self, OpenError> {
        let text = fs::read_to_string(&world)
            .map_err(|error| OpenError::File { path: world.clone(), error })?;
        let failed = |problem: SimError| OpenError::Embedded {
            world: world.clone(),
            problem: Box::new(problem),
        };
        let parsed = World::parse(&text).map_err(|error| failed(error.into()))?;
        let credentials = Credentials::random().map_err(failed)?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sim = Sim::open(parsed, Some(&store_path(&world))).map_err(failed)?;
        let serving = sim.serve(listen, credentials.clone()).await.map_err(failed)?;
        let url = Url::parse(&serving.url()).map_err(|_| OpenError::NoSimulator)?;
        Ok(Self { serving, url, credentials })
    }

    fn settings(&self, service: Service) -> Settings {
        Settings {
            service,
            url: self.url.clone(),
            client_id: SecretString::from(self.credentials.client_id.clone()),
            client_secret: self.credentials.client_secret.clone(),
            query: Vec::new(),
            headers: Vec::new(),
            scope: None,
            paths: BTreeMap::new(),
            ca: None,
            identity: None,
            concurrency: 8,
            requests_per_second: None,
            limits: Limits::default(),
        }
    }
}

/// Reads every secret of a connection and its certificate file.
fn api_settings(
    api: &Api,
    service: Service,
    surroundings: &Surroundings,
) -> Result<Settings, OpenError> {
    let Api {
        url,
        client_id,
        client_secret,
        query,
        headers,
        scope,
        paths,
        ca_file,
        client_certificate,
        concurrency,
        requests_per_second,
    } = api;
    let secret = |field: &str, from| {
        secret::read(from, &format!("{field} of the {service} connection"), surroundings)
    };
    let query = query.iter().map(|(name, value)| {
        let value = match value {
            QueryValue::Secret(from) => secret(&format!("query.{name}"), from)?,
            QueryValue::Value(text) => SecretString::from(text.clone()),
        };
        Ok::<_, SecretError>((name.clone(), value))
    });
    let headers = headers.iter().map(|(name, from)| {
        Ok::<_, SecretError>((name.clone(), secret(&format!("headers.{name}"), from)?))
    });
    let file = |path: &String| {
        let path = surroundings.folder.join(path);
        fs::read(&path).map_err(|error| OpenError::File { path, error })
    };
    let ca = ca_file.as_ref().map(file);
    let identity =
        client_certificate.as_ref().map(|ClientCertificate { certificate_file, key }| {
            let certificate = String::from_utf8_lossy(&file(certificate_file)?).into_owned();
            let key = secret("client_certificate.key", key)?;
            let both = Zeroizing::new(format!("{certificate}\n{}\n", key.expose_secret()));
            Ok::<_, OpenError>(SecretString::from(both.as_str()))
        });
    Ok(Settings {
        service,
        url: Url::parse(url).map_err(|_| OpenError::Url(service))?,
        client_id: secret("client_id", client_id)?,
        client_secret: secret("client_secret", client_secret)?,
        query: query.collect::<Result<_, _>>()?,
        headers: headers.collect::<Result<_, _>>()?,
        scope: scope.clone(),
        paths: paths.clone(),
        ca: ca.transpose()?,
        identity: identity.transpose()?,
        concurrency: *concurrency,
        requests_per_second: *requests_per_second,
        limits: Limits::default(),
    })
}
