//! How the two services are reached, and whether the two ways fit together.

use super::super::checked::{AccuroConnection, Connections, OceanConnection};
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
    let ocean = match (ocean.embedded, ocean.api) {
        (Some(_), _) => OceanConnection::Embedded,
        (None, raw) => OceanConnection::Api(Box::new(api(*raw?)?)),
    };
    Some(Connections { accuro, ocean })
}
