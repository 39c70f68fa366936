//! From a URL and the environment to a store.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use reqwest::Url;

use super::error::Hidden;
use super::http::Connector;
use super::thread::Network;
use super::{Inner, LIMIT, Objects, Stored, Stores};
use crate::model::{Cloud, StateUrl};
use crate::state::error::StateError;

/// The variables that are read. What weakens a connection (other certificates, plain HTTP, requests
/// that nobody signed) is not among them.
const S3: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE_KMS_KEY_ID",
];
const GOOGLE: &[&str] = &[
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BASE_URL",
];
const AZURE: &[&str] = &[
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_ENDPOINT",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_AUTHORITY_HOST",
    "AZURE_FEDERATED_TOKEN_FILE",
];

/// The variables that name a server, which must be HTTPS or this computer.
const ENDPOINTS: &[&str] = &[
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "GOOGLE_BASE_URL",
    "AZURE_STORAGE_ENDPOINT",
    "AZURE_AUTHORITY_HOST",
];

/// The variables whose values must not be printed.
const SECRETS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
];

/// A variable that is set.
type Setting<'a> = (&'a str, &'a str);

impl Objects {
    /// The store behind a URL. Nothing is connected yet.
    pub(in crate::state) fn open(
        url: &StateUrl,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, StateError> {
        let place = url.to_string();
        let StateUrl::Bucket { cloud, bucket, prefix } = url else {
            let problem = "it is a folder".to_owned();
            return Err(StateError::Settings { place, problem });
        };
        let known = match cloud {
            Cloud::S3 => S3,
            Cloud::Google => GOOGLE,
            Cloud::Azure => AZURE,
        };
        let settings: Vec<Setting<'_>> = known
            .iter()
            .filter_map(|name| Some((*name, variables.get(*name)?.as_str())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let secrets = settings.iter().filter(|(name, _)| SECRETS.contains(name));
        let hidden = Hidden::of(secrets.map(|(_, value)| (*value).to_owned()));
        let refused = |problem| StateError::Settings { place: place.clone(), problem };
        let is_near = is_near(&settings).map_err(refused)?;
        let make = |retry: RetryConfig| {
            let options = ClientOptions::new().with_allow_http(is_near);
            build(*cloud, bucket, &settings, (options, retry))
                .map_err(|error| refused(hidden.text(&error)))
        };
        let patient = RetryConfig {
            max_retries: 4,
            retry_timeout: Duration::from_secs(30),
            ..RetryConfig::default()
        };
        let once = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let stores = Stores { patient: make(patient)?, once: make(once)? };
        let network = Network::start().map_err(|error| refused(error.to_string()))?;
        let inner =
            Inner { network, stores, prefix: Key::from(prefix.as_str()), url: place, hidden };
        Ok(Self { inner: Arc::new(inner), limit: LIMIT })
    }
}

fn build(
    cloud: Cloud,
    bucket: &str,
    settings: &[Setting<'_>],
    (options, retry): (ClientOptions, RetryConfig),
) -> Stored<Arc<dyn ObjectStore>> {
    let lower = settings.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value));
    match cloud {
        Cloud::S3 => {
            let mut builder = AmazonS3Builder::new();
            for (name, value) in lower {
                builder = builder.with_config(name.parse::<AmazonS3ConfigKey>()?, value);
            }
            let builder = builder.with_bucket_name(bucket).with_client_options(options);
            let store = builder.with_retry(retry).with_http_connector(Connector).build()?;
            Ok(Arc::new(store))
        }
        Cloud::Google => {
            let mut builder = GoogleCloudStorageBuilder::new();
            for (name, value) in lower {
                builder = builder.with_config(name.parse::<GoogleConfigKey>()?, value);
            }
            let builder = builder.with_bucket_name(bucket).with_client_options(options);
            let store = builder.with_retry(retry).with_http_connector(Connector).build()?;
            Ok(Arc::new(store))
        }
        Cloud::Azure => {
            let mut builder = MicrosoftAzureBuilder::new();
            for (name, value) in lower {
                builder = builder.with_config(name.parse::<AzureConfigKey>()?, value);
            }
            let builder = builder.with_container_name(bucket).with_client_options(options);
            let store = builder.with_retry(retry).with_http_connector(Connector).build()?;
            Ok(Arc::new(store))
        }
    }
}

/// Whether the servers are on this computer. Elsewhere they must be HTTPS.
fn is_near(settings: &[Setting<'_>]) -> Result<bool, String> {
    let mut is_near = false;
    for (name, value) in settings.iter().filter(|(name, _)| ENDPOINTS.contains(name)) {
        let Ok(url) = value.parse::<Url>() else { return Err(format!("{name} is not a URL")) };
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_plain {
            return Err(format!("{name} has a user, a password, a query or a fragment"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => is_near = true,
            _ => return Err(format!("{name} must be https, or http to a loopback address")),
        }
    }
    Ok(is_near)
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str, variables: &[(&str, &str)]) -> Result<Objects, StateError> {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Objects::open(&url.parse().unwrap(), &variables)
    }

    #[test]
    fn only_https_and_this_computer_are_spoken_to() {
        let keys =
            [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "correct-horse")];
        let at = |endpoint| {
            let settings = [&keys[..], &[("AWS_ENDPOINT_URL", endpoint)]].concat();
            open("s3://clinic-state", &settings)
        };
        for near in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9", "https://a.b"] {
            assert!(at(near).is_ok(), "{near}");
        }
        for far in ["http://10.0.0.1:9000", "http://localhost.example.org", "ftp://127.0.0.1", "x"]
        {
            assert_eq!(at(far).unwrap_err().code(), "T003", "{far}");
        }
        let error = at("https://key:hunter2@a.b").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn what_weakens_a_connection_is_not_read() {
        let known = || [S3, GOOGLE, AZURE].concat();
        for word in ["ALLOW", "INVALID", "SKIP", "PROXY", "UNSIGNED", "EMULATOR"] {
            assert!(known().iter().all(|name| !name.contains(word)), "{word}");
        }
        for name in ENDPOINTS.iter().chain(SECRETS) {
            assert!(known().contains(name), "{name}");
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = open("az://clinic-state", &[]).unwrap_err();
        assert_eq!(error.code(), "T003");
        assert!(error.to_string().contains("cannot open the state az://clinic-state: "), "{error}");
    }
}
