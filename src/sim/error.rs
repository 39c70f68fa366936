//! What can go wrong outside a request: opening the store, binding the socket, reading the log.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the simulator could not be opened, started or read.
#[derive(Debug, Error)]
pub enum SimError {
    /// The world does not hold together.
    #[error("the simulator cannot start from this world")]
    World(#[from] super::WorldError),
    /// The fault script names what the world does not have.
    #[error("the simulator cannot start with this fault script")]
    Faults(#[from] super::FaultsError),
    /// A row that the world does not have was to be written.
    #[error(
        "user {user} can have no row of office {office} and provider {provider}: the world has no \
         such user, or the provider does not work in that office"
    )]
    NoSuchRow {
        /// Whose grid.
        user: u64,
        /// Whose block.
        office: u64,
        /// Whose line.
        provider: u64,
    },
    /// Two clinics of one server would answer to the same name.
    #[error("two worlds have the tenant `{tenant}`; clinics behind one address differ in it")]
    TenantTwice {
        /// The tenant of both.
        tenant: String,
    },
    /// A clinic of one server of many has a fault script of its own.
    #[error(
        "the world of tenant `{tenant}` has faults; clinics behind one address meet one fault \
         script, which is given to their server"
    )]
    FaultsOfOne {
        /// Whose world it is.
        tenant: String,
    },
    /// The store file could not be made or opened.
    #[error("cannot open the simulator's store `{}`", path.display())]
    StoreFile {
        /// The store file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else has the store open.
    #[error(
        "the simulator's store `{}` is in use by another process; wait until it has ended, or \
         stop it, and try again",
        path.display()
    )]
    StoreInUse {
        /// The store file.
        path: PathBuf,
    },
    /// The file is there but is not a store that this version can read.
    #[error(
        "cannot read the simulator's store `{}`; to start over from the world file, delete it \
         (what the simulated clinic was told is lost)",
        path.display()
    )]
    StoreUnreadable {
        /// The store file, or `(in memory)`.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The world changed since the store was made from it.
    #[error(
        "the world of tenant `{tenant}` changed since the simulator's store `{}` was made from \
         it; delete that file to start over from the changed world (what the simulated clinic \
         was told is lost), or restore the world as it was",
        path.display()
    )]
    WorldChanged {
        /// The tenant of the world that was offered.
        tenant: String,
        /// The store file.
        path: PathBuf,
    },
    /// A change could not be made durable or the write log could not be read.
    #[error("cannot use the simulator's store")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address could not be listened on.
    #[error(
        "the simulator cannot listen on {address}; choose another address, or port 0 for any \
         free port"
    )]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server's own thread could not be started.
    #[error("the simulator cannot start its server")]
    Start(#[source] std::io::Error),
    /// The system gave no random bytes for credentials.
    #[error("the simulator got no random bytes from the system, so it cannot make credentials")]
    Random,
}
