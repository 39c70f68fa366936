//! The HTTP contract with Accuro and Ocean Cloud Connect.
//!
//! A request is data (`request.rs`), its body a wire type (`wire.rs`), and sending is thin
//! (`client.rs`, with `token.rs` and `retry.rs`); `hidden.rs` keeps secrets out of what a server
//! says. [`Reader`] can only read; [`GridWriter`] writes
//! rows; [`SyncStarter`] starts a sync. Start reading at `reader.rs`.

mod answer;
mod client;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod hidden;
mod http;
mod reader;
mod request;
mod retry;
mod settings;
mod token;
mod traffic;
pub(crate) mod wire;
mod writer;

pub use client::Client;
pub use error::{BridgeError, Cause};
pub use reader::{FoundUser, Office, Provider, Reader, Run, RunState, Site, SiteProvider};
pub use settings::{Limits, Service, Settings};
pub use traffic::{HostLimits, Traffic};
pub use writer::{GridWriter, Mode, RowWrite, Started, SyncStarter, Written};
