//! The HTTP client of the stores: HTTPS or this computer, no redirects, no silent retries.

use std::time::Duration;

use object_store::client::{ClientConfigKey, HttpClient, HttpConnector};
use object_store::{ClientOptions, Error};
use reqwest::{redirect, retry};

const CONNECT: Duration = Duration::from_secs(10);
/// A part of a large file fits in it on a slow line.
const ANSWER: Duration = Duration::from_mins(1);

/// Makes the clients.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient, Error> {
        // An error means that a provider is installed already; without any, building would panic.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Set for an endpoint on this computer, and by the crate itself for the addresses at which a
        // cloud hands its machines their credentials.
        let is_near = options
            .get_config_value(&ClientConfigKey::AllowHttp)
            .is_some_and(|allowed| allowed == "true");
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("accuroform/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // Ranges and lengths are those of the content as it is kept.
            .no_gzip()
            .https_only(!is_near)
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        if is_near {
            // A proxy of the environment must not see these calls.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| Error::Generic {
            store: "HTTP",
            source: error.without_url().to_string().into(),
        })?;
        Ok(HttpClient::new(client))
    }
}
