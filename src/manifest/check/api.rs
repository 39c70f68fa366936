//! The settings of an HTTP bridge. Their shape has judged each text; here they get their defaults.

use std::collections::BTreeMap;

use super::super::checked::{Api, ClientCertificate, QueryValue, SecretRef};
use super::super::raw::{Entries, RawApi, RawClientCertificate, RawPaths, RawQuery, RawSecret};
use crate::model::Endpoint;

const CONCURRENCY: u32 = 8;

/// Fills in what is not written; `None` where a needed part was taken out as faulty.
pub(super) fn api(raw: RawApi) -> Option<Api> {
    let RawApi {
        url,
        client_id,
        client_secret,
        query,
        headers,
        token_path,
        paths: raw_paths,
        scope,
        ca_file,
        client_certificate: raw_certificate,
        concurrency,
        requests_per_second,
    } = raw;
    let headers: Option<BTreeMap<String, SecretRef>> = headers
        .unwrap_or_default()
        .into_iter()
        .map(|(name, raw)| Some((name, secret(raw)?)))
        .collect();
    let query: Option<BTreeMap<String, QueryValue>> = query
        .unwrap_or_default()
        .into_iter()
        .map(|(name, raw)| Some((name, query_value(raw)?)))
        .collect();
    Some(Api {
        url: url?,
        client_id: secret(client_id?)?,
        client_secret: secret(client_secret?)?,
        query: query?,
        headers: headers?,
        scope,
        paths: paths(token_path, raw_paths.unwrap_or_default()),
        ca_file,
        client_certificate: match raw_certificate {
            Some(raw) => Some(client_certificate(raw)?),
            None => None,
        },
        concurrency: usize::try_from(concurrency.unwrap_or(CONCURRENCY)).ok()?,
        requests_per_second,
    })
}

fn secret(raw: RawSecret) -> Option<SecretRef> {
    let RawSecret { env, file, command } = raw;
    let command = command.map(|Entries(words)| {
        let words = words.into_iter().map(|(_, word)| word);
        SecretRef::Command(words.collect())
    });
    env.map(SecretRef::Env).or(file.map(SecretRef::File)).or(command)
}

fn client_certificate(raw: RawClientCertificate) -> Option<ClientCertificate> {
    let RawClientCertificate { certificate_file, key } = raw;
    Some(ClientCertificate { certificate_file: certificate_file?, key: secret(key?)? })
}

fn query_value(raw: RawQuery) -> Option<QueryValue> {
    let RawQuery { env, file, command, value } = raw;
    match value {
        Some(value) => Some(QueryValue::Value(value)),
        None => secret(RawSecret { env, file, command }).map(QueryValue::Secret),
    }
}

/// The paths that differ from the contract's.
fn paths(token: Option<String>, raw: RawPaths) -> BTreeMap<Endpoint, String> {
    let RawPaths { offices, office_providers, users, grid, site, sync, sync_run, site_providers } =
        raw;
    let written = [
        (Endpoint::Token, token),
        (Endpoint::Offices, offices),
        (Endpoint::OfficeProviders, office_providers),
        (Endpoint::Users, users),
        (Endpoint::Grid, grid),
        (Endpoint::Site, site),
        (Endpoint::Sync, sync),
        (Endpoint::SyncRun, sync_run),
        (Endpoint::SiteProviders, site_providers),
    ];
    let written = written.into_iter().filter_map(|(endpoint, path)| Some((endpoint, path?)));
    written.filter(|(endpoint, path)| path != endpoint.default_path()).collect()
}
