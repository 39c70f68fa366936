//! How the two services are reached, and whether the two ways fit together.

use super::super::checked::{AccuroConnection, Connections, OceanConnection, SyncMode};
use super::super::raw::{RawAccuroConnection, RawOceanConnection};
use super::api::api;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};

/// Checks both connections.
pub(super) fn connections(
    context: &mut Context<'_>,
    accuro: Option<RawAccuroConnection>,
    ocean: Option<RawOceanConnection>,
) -> Option<Connections> {
    let (accuro, ocean) = (accuro?, ocean?);
    if ocean.embedded.is_some() && accuro.embedded.is_none() && accuro.api.is_some() {
        let connection = |service| KeyPath::root().key(service).key("connection");
        context.report(
            Diagnostic::error(
                Code::Contradiction,
                connection("ocean").key("embedded"),
                "ocean is embedded, and accuro is not",
            )
            .on_key()
            .hint(
                "the simulated Ocean shows the simulated Accuro: use `api` for both, or `embedded`",
            )
            .related("accuro is reached here", connection("accuro").key("api")),
        );
    }
    let accuro = match (accuro.embedded, accuro.api) {
        (Some(embedded), _) => AccuroConnection::Embedded { world: embedded.world? },
        (None, raw) => AccuroConnection::Api(Box::new(api(*raw?)?)),
    };
    let ocean = match (ocean.embedded, ocean.api, ocean.attest) {
        (Some(_), _, _) => OceanConnection::Embedded,
        (None, None, Some(_)) => OceanConnection::Attest,
        (None, raw, _) => OceanConnection::Api(Box::new(api(*raw?)?)),
    };
    Some(Connections { accuro, ocean })
}

/// A person is asked for what the Ocean article describes step by step, which is the full sync.
pub(super) fn asked_sync(context: &mut Context<'_>, connections: &Connections, sync: SyncMode) {
    if connections.ocean == OceanConnection::Attest && sync == SyncMode::Recent {
        let ocean = KeyPath::root().key("ocean");
        context.report(
            Diagnostic::error(
                Code::Contradiction,
                ocean.key("sync"),
                "only the full sync is asked of a person",
            )
            .hint("write `sync: full`, or `sync: none` where nobody is to be asked")
            .related("a person is asked here", ocean.key("connection").key("attest")),
        );
    }
}
