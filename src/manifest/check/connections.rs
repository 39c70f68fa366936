//! How the two services are reached, and whether the two ways fit together.

use std::time::Duration;

use super::super::checked::{
    AccuroConnection, Connections, Ocean, OceanConnection, SyncMode, Worksheet,
};
use super::super::pattern;
use super::super::raw::{RawAccuroConnection, RawOceanConnection, RawWorksheet};
use super::api::api;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};

/// How old a capture may be where the manifest does not say.
const MAX_AGE: Duration = Duration::from_hours(24);

/// Checks both connections.
pub(super) fn connections(
    context: &mut Context<'_>,
    accuro: Option<RawAccuroConnection>,
    (site, ocean): (Option<&Ocean>, Option<RawOceanConnection>),
) -> Option<Connections> {
    let unreached = may_be_unreached(context, site, ocean.is_some());
    let accuro = accuro?;
    let Some(ocean) = ocean else {
        let ocean = unreached.then_some(OceanConnection::Unreached)?;
        return Some(Connections { accuro: to_accuro(accuro)?, ocean });
    };
    let other = match (&accuro.embedded, &accuro.api, &accuro.worksheet) {
        (None, Some(_), _) => Some("api"),
        (None, None, Some(_)) => Some("worksheet"),
        (Some(_), ..) | (None, None, None) => None,
    };
    if let Some(other) = other.filter(|_| ocean.embedded.is_some()) {
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
            .related("accuro is reached here", connection("accuro").key(other)),
        );
    }
    let accuro = to_accuro(accuro)?;
    let ocean = match (ocean.embedded, ocean.api, ocean.attest) {
        (Some(_), _, _) => OceanConnection::Embedded,
        (None, None, Some(_)) => OceanConnection::Attest,
        (None, raw, _) => OceanConnection::Api(Box::new(api(*raw?)?)),
    };
    Some(Connections { accuro, ocean })
}

/// Whether Ocean needs no connection: nothing of it is asked where its sync is somebody else's.
fn may_be_unreached(context: &mut Context<'_>, site: Option<&Ocean>, has_connection: bool) -> bool {
    let path = KeyPath::root().key("ocean");
    // What is faulty was reported already.
    let is_written = has_connection || context.is_written(&path.key("connection"));
    if is_written || !context.is_written(&path) {
        return false;
    }
    let nobody_asks = site.is_none_or(|site| site.sync == SyncMode::None);
    if !nobody_asks {
        let finding = Diagnostic::error(Code::MissingField, path, "`ocean` has no `connection`")
            .on_key()
            .hint("add `connection`, or `sync: none` if somebody else starts the sync");
        context.report(context.source.in_own_file(finding));
    }
    nobody_asks
}

fn to_accuro(raw: RawAccuroConnection) -> Option<AccuroConnection> {
    let RawAccuroConnection { embedded, api: bridge, worksheet } = raw;
    Some(match (embedded, bridge, worksheet) {
        (Some(embedded), ..) => AccuroConnection::Embedded { world: embedded.world? },
        (None, Some(bridge), _) => AccuroConnection::Api(Box::new(api(*bridge)?)),
        (None, None, raw) => {
            let RawWorksheet { file, directory, max_age } = raw?;
            let max_age = max_age.map_or(Some(MAX_AGE), |age| pattern::age(&age).ok())?;
            AccuroConnection::Worksheet(Worksheet { file: file?, directory: directory?, max_age })
        }
    })
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
