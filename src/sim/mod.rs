//! The embedded Accuro and Cloud Connect: a stand-in that speaks the whole bridge contract over a
//! real socket and keeps what it was told in a durable store.
//!
//! It imports nothing of this project's other modules, so that a mistake in the client cannot be
//! mirrored here: both sides share only `tests/wire/*.json`. It is stricter than a vendor would be:
//! what the contract does not name is refused.
//!
//! The way of a request: `server` receives it, asks `faults` what goes wrong with it and reads the
//! clock, `handle` decides the answer
//! and the changes as a pure function of (state, request, moment), `store` makes the changes
//! durable, and only then is it answered. Start reading at [`World`] (what a simulated clinic is
//! made of), then [`Sim`]; a [`SimFleet`] is many of them behind one address.

mod columns;
mod credentials;
mod date;
mod error;
mod faults;
mod fleet;
mod generate;
mod generate_fleet;
mod generate_names;
mod handle;
mod line;
mod record;
mod respond;
mod server;
mod serving;
mod simulator;
mod state;
mod store;
mod sync;
mod world;
mod world_check;
mod world_grid;
mod world_load;

pub use columns::{Columns, Level};
pub use credentials::Credentials;
pub use error::SimError;
pub use faults::{FaultKind, Faults, FaultsError};
pub use fleet::SimFleet;
pub use generate::{Generate, GenerateError};
pub use generate_fleet::GenerateFleet;
pub use record::Recorded;
pub use serving::Serving;
pub use simulator::Sim;
pub use state::{Content, RowKey, Write, Written};
pub use world::{
    Account, Appointments, Ocean, Office, Provider, Require, Token, User, World, WorldError,
};
pub use world_grid::{GridEntry, Which};
