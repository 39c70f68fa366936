//! Connections as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::pattern::{
    AGE, ENV, HEADER, PATH, PATH_OFFICE, PATH_RUN, PATH_SITE, PATH_USER, TEXT, URL,
};
use super::Entries;

/// How Accuro is reached: exactly one of the three.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "AccuroConnection",
    extend("minProperties" = 1, "maxProperties" = 1)
)]
pub(in crate::manifest) struct RawAccuroConnection {
    /// The simulator inside accuroform.
    pub(in crate::manifest) embedded: Option<RawEmbedded>,
    /// An HTTP bridge: a service that answers the calls listed under `paths`.
    pub(in crate::manifest) api: Option<Box<RawApi>>,
    /// What somebody reads at the Manage Security screen, where no bridge is: see `accuroform capture`.
    pub(in crate::manifest) worksheet: Option<RawWorksheet>,
}

/// What somebody reads at the Manage Security screen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Worksheet")]
pub(in crate::manifest) struct RawWorksheet {
    /// The capture that `accuroform capture` writes, relative to this file.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) file: Option<String>,
    /// The offices and their providers, relative to this file.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) directory: Option<String>,
    /// How old a capture may be and still be planned from: `30m`, `24h`, `3d`; 30 days at most.
    #[schemars(regex(pattern = AGE), extend("default" = "24h"))]
    pub(in crate::manifest) max_age: Option<String>,
}

/// The simulator inside accuroform.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EmbeddedAccuro")]
pub(in crate::manifest) struct RawEmbedded {
    /// The file that describes the simulated clinic, relative to this file.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) world: Option<String>,
}

/// How Ocean Cloud Connect is reached: exactly one of the three.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "OceanConnection",
    extend("minProperties" = 1, "maxProperties" = 1)
)]
pub(in crate::manifest) struct RawOceanConnection {
    /// The simulator of Accuro's `embedded` connection: write `{}`.
    pub(in crate::manifest) embedded: Option<RawNothing>,
    /// An HTTP bridge: a service that answers the calls listed under `paths`.
    pub(in crate::manifest) api: Option<Box<RawApi>>,
    /// A person: the full sync is asked of a Site Admin, who attests it. Write `{}`.
    pub(in crate::manifest) attest: Option<RawNothing>,
}

/// No settings: `{}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NoSettings")]
pub(in crate::manifest) struct RawNothing {}

/// An HTTP bridge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Api")]
pub(in crate::manifest) struct RawApi {
    /// The base URL: `https`, or `http` to this computer. No user, query or fragment.
    #[schemars(required, regex(pattern = URL))]
    pub(in crate::manifest) url: Option<String>,
    /// Where the OAuth client id is read.
    #[schemars(with = "RawSecret")]
    pub(in crate::manifest) client_id: Option<RawSecret>,
    /// Where the OAuth client secret is read.
    #[schemars(with = "RawSecret")]
    pub(in crate::manifest) client_secret: Option<RawSecret>,
    /// Query parameters of every call.
    #[schemars(extend("propertyNames" = {"pattern": TEXT}))]
    pub(in crate::manifest) query: Option<BTreeMap<String, RawQuery>>,
    /// Extra headers of every call.
    #[schemars(extend("propertyNames" = {"pattern": HEADER}))]
    pub(in crate::manifest) headers: Option<BTreeMap<String, RawSecret>>,
    /// The path of the token call.
    #[schemars(regex(pattern = PATH), extend("default" = "/oauth/token"))]
    pub(in crate::manifest) token_path: Option<String>,
    /// Paths that differ from the contract's.
    pub(in crate::manifest) paths: Option<RawPaths>,
    /// The OAuth scope to ask for.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) scope: Option<String>,
    /// A PEM file with extra certificate authorities, relative to this file.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) ca_file: Option<String>,
    /// The certificate that this program shows to the bridge, where it asks for one.
    pub(in crate::manifest) client_certificate: Option<RawClientCertificate>,
    /// The most calls at the same time.
    #[schemars(range(min = 1, max = 64), extend("default" = 8))]
    pub(in crate::manifest) concurrency: Option<u32>,
    /// The most calls a second. Default: no limit.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub(in crate::manifest) requests_per_second: Option<u32>,
}

/// A certificate of this program and its key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClientCertificate")]
pub(in crate::manifest) struct RawClientCertificate {
    /// A PEM file with the certificate and what links it to its authority, relative to this file.
    #[schemars(required, regex(pattern = TEXT))]
    pub(in crate::manifest) certificate_file: Option<String>,
    /// Where its private key is read, unencrypted PEM.
    #[schemars(with = "RawSecret")]
    pub(in crate::manifest) key: Option<RawSecret>,
}

/// Where a secret is read: exactly one of the three. The secret itself is never written here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Secret", extend("minProperties" = 1, "maxProperties" = 1))]
pub(in crate::manifest) struct RawSecret {
    /// The name of an environment variable.
    #[schemars(regex(pattern = ENV))]
    pub(in crate::manifest) env: Option<String>,
    /// A file, relative to this file. White space around its content is dropped.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) file: Option<String>,
    /// A program and its arguments; what it prints is the secret.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(in crate::manifest) command: Option<Entries<String>>,
}

/// A query parameter: read like a secret, or a plain `value` on purpose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "QueryParameter",
    extend("minProperties" = 1, "maxProperties" = 1)
)]
pub(in crate::manifest) struct RawQuery {
    /// The name of an environment variable.
    #[schemars(regex(pattern = ENV))]
    pub(in crate::manifest) env: Option<String>,
    /// A file, relative to this file. White space around its content is dropped.
    #[schemars(regex(pattern = TEXT))]
    pub(in crate::manifest) file: Option<String>,
    /// A program and its arguments; what it prints is the value.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(in crate::manifest) command: Option<Entries<String>>,
    /// A value that is no secret.
    pub(in crate::manifest) value: Option<String>,
}

/// Paths of the bridge that differ from the contract's. Each starts with `/` and keeps the
/// placeholders of its default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Paths")]
pub(in crate::manifest) struct RawPaths {
    /// The list of offices.
    #[schemars(regex(pattern = PATH), extend("default" = "/rest/v1/offices"))]
    pub(in crate::manifest) offices: Option<String>,
    /// The providers of an office.
    #[schemars(
        regex(pattern = PATH_OFFICE),
        extend("default" = "/rest/v1/providers/offices/{officeId}")
    )]
    pub(in crate::manifest) office_providers: Option<String>,
    /// The search for a user.
    #[schemars(regex(pattern = PATH), extend("default" = "/rest/v1/permissions/users"))]
    pub(in crate::manifest) users: Option<String>,
    /// A user's grid.
    #[schemars(
        regex(pattern = PATH_USER),
        extend("default" = "/rest/v1/permissions/users/{userId}/grid")
    )]
    pub(in crate::manifest) grid: Option<String>,
    /// An Ocean site.
    #[schemars(
        regex(pattern = PATH_SITE),
        extend("default" = "/cloud-connect/sites/{site}")
    )]
    pub(in crate::manifest) site: Option<String>,
    /// The start of a sync.
    #[schemars(
        regex(pattern = PATH_SITE),
        extend("default" = "/cloud-connect/sites/{site}/sync")
    )]
    pub(in crate::manifest) sync: Option<String>,
    /// The state of one sync.
    #[schemars(
        regex(pattern = PATH_RUN),
        extend("default" = "/cloud-connect/sites/{site}/sync/{runId}")
    )]
    pub(in crate::manifest) sync_run: Option<String>,
    /// The providers that Ocean shows.
    #[schemars(
        regex(pattern = PATH_SITE),
        extend("default" = "/cloud-connect/sites/{site}/providers")
    )]
    pub(in crate::manifest) site_providers: Option<String>,
}
