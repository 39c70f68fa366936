//! The HTTP client that the contract asks for: no redirects, no silent retries, HTTPS or loopback.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// Builds it; nothing is connected yet.
pub(super) fn client(settings: &Settings) -> Result<reqwest::Client, String> {
    // An error means that a provider is installed already; without any, building would panic.
    drop(rustls::crypto::ring::default_provider().install_default());
    let loopback = must_be_safe(&settings.url)?;
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("accuroform/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .https_only(!loopback)
        .connect_timeout(settings.limits.connect)
        .timeout(settings.limits.answer)
        .pool_idle_timeout(Duration::from_secs(30));
    if loopback {
        // A proxy of the environment must not see calls to this machine.
        builder = builder.no_proxy();
    }
    if let Some(pem) = &settings.ca {
        let unusable = |error: reqwest::Error| format!("the ca_file cannot be used: {error}");
        let certificates = Certificate::from_pem_bundle(pem).map_err(unusable)?;
        if certificates.is_empty() {
            return Err("the ca_file holds no PEM certificate".to_owned());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(pem) = &settings.identity {
        if settings.url.scheme() != "https" {
            return Err("a client_certificate needs an https url".to_owned());
        }
        // The parser's words may repeat a piece of the text, and the text holds the key.
        let identity = Identity::from_pem(pem.expose_secret().as_bytes()).map_err(|_| {
            "the client_certificate and its key are not PEM, or the key is encrypted".to_owned()
        })?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| error.without_url().to_string())
}

/// Whether the URL names this machine, the only one that plain HTTP may reach.
pub(super) fn must_be_safe(url: &Url) -> Result<bool, String> {
    let loopback = is_loopback(url);
    if url.scheme() == "https" || url.scheme() == "http" && loopback {
        Ok(loopback)
    } else {
        Err("the url must be https, or http to a loopback address".to_owned())
    }
}

/// Whether the URL names this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// What every request of a connection carries. It is no part of the client, which others share.
pub(super) fn headers(extra: &[(String, SecretString)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in extra {
        let unusable =
            || format!("the header `{name}` cannot be sent: check its name and its value");
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}
