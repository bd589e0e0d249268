//! A client of a running service, for commands that work from another machine: JSON over HTTP or HTTPS.

use std::sync::Arc;
use std::time::Duration;

use domain::WebUrl;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, http};

use super::outcome::Failure;

/// Longer than the service takes to respond.
const PATIENCE: Duration = Duration::from_secs(30);
/// No response that a command reads is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// What a service responds with, whatever it is.
pub(super) struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A running service.
pub(super) struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// Of the service with this address. Its certificate must be one that this machine trusts.
    pub(super) fn to(url: &WebUrl) -> Result<Self, Failure> {
        let base = url.to_string().trim_end_matches('/').to_owned();
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .user_agent(concat!("mutuals/", env!("CARGO_PKG_VERSION")))
            .tls_config(if base.to_ascii_lowercase().starts_with("https:") { tls()? } else { TlsConfig::default() });
        Ok(Self { agent: config.build().new_agent(), base })
    }

    /// What the service has at this path.
    ///
    /// # Errors
    /// In words, where it does not respond with it.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let address = format!("{}{path}", self.base);
        let body = received(&address, self.agent.get(&address).header("accept", "application/json").call())?;
        serde_json::from_slice(&body).map_err(|error| format!("{address} responds with something unexpected: {error}"))
    }

    /// What the service responds with at this path, if that takes no longer than so, and has no more bytes than that.
    ///
    /// # Errors
    /// In words, where there is no such response.
    pub(super) fn ask(&self, path: &str, patience: Duration, longest: u64) -> Result<Answer, String> {
        let address = format!("{}{path}", self.base);
        let request = self.agent.get(&address).header("accept", "application/json");
        let asked = request.config().timeout_global(Some(patience)).build().call();
        let mut response = asked.map_err(|error| format!("cannot reach {address}: {error}"))?;
        let body = read(&address, &mut response, longest)?;
        Ok(Answer { status: response.status().as_u16(), body })
    }

    /// Sends this to a path.
    ///
    /// # Errors
    /// In words, where the service does not accept it.
    pub(super) fn post(&self, path: &str, body: &impl Serialize) -> Result<(), String> {
        let address = format!("{}{path}", self.base);
        let body = serde_json::to_vec(body).map_err(|error| error.to_string())?;
        let request = self.agent.post(&address).header("content-type", "application/json");
        received(&address, request.send(body.as_slice())).map(|_| ())
    }
}

/// The body of a successful response.
fn received(address: &str, response: Result<http::Response<Body>, Error>) -> Result<Vec<u8>, String> {
    let mut response = response.map_err(|error| format!("cannot reach {address}: {error}"))?;
    let body = read(address, &mut response, LONGEST)?;
    if response.status().is_success() {
        return Ok(body);
    }
    Err(format!("{address} responds with {}: {}", response.status(), problem(&body)))
}

fn read(address: &str, response: &mut http::Response<Body>, longest: u64) -> Result<Vec<u8>, String> {
    let body = response.body_mut().with_config().limit(longest).read_to_vec();
    body.map_err(|error| format!("cannot read what {address} responds: {error}"))
}

/// What a problem says.
pub(super) fn problem(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let faults = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
    let details: Vec<&str> =
        faults.chain([&problem]).filter_map(|said| said.get("detail").and_then(Value::as_str)).collect();
    details.join("; ")
}

/// What trusts the certificates that this machine trusts.
fn tls() -> Result<TlsConfig, Failure> {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    if roots.is_empty() {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        let why = if why.is_empty() { "there are none".to_owned() } else { why.join("; ") };
        return Err(format!(
            "cannot read the certificates that this machine trusts ({why}): install them, such as by the package ca-certificates"
        )
        .into());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots));
    Ok(tls.unversioned_rustls_crypto_provider(provider).build())
}
