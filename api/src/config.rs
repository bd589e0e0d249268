//! What an operator can set, and the defaults. Where it comes from (command line, environment) is `cli.rs`'s.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use domain::SCRUTINEER_ABOVE;
use store::DatabaseUrl;

use crate::caller::jwt;
use crate::history::signing::LogSigner;
use crate::http::proxy::{Proxies, PublicUrl};
use crate::http::rate::Rate;

/// The settings of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where the register is.
    pub database_url: DatabaseUrl,
    /// The web pages' origins that browsers may call from; none switches CORS off.
    pub cors_origins: Vec<Origin>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Whose JWT bearer tokens are taken beside API keys; none takes none.
    pub jwt: Option<jwt::Settings>,
    /// Connections at a time.
    pub max_connections: usize,
    /// The head of a request, and then its body, may each take so long to arrive.
    pub request_time: Duration,
    /// A connection may be idle for so long.
    pub idle_time: Duration,
    /// The address that callers know, where it isn't the one that the service listens on.
    pub public_url: Option<PublicUrl>,
    /// Who is believed on where a request comes from.
    pub proxies: Proxies,
    /// Where Prometheus may ask; nowhere by default.
    pub metrics_listen: Option<SocketAddr>,
    /// How often each address may call.
    pub rate_per_address: Option<Rate>,
    /// How often each key may be used.
    pub rate_per_key: Option<Rate>,
    /// Above how many people entitled to vote a ballot needs a scrutineer to be declared.
    pub scrutineer_above: i64,
    /// What signs the heads of the log; without it they are not signed.
    pub signer: Option<LogSigner>,
    /// A file to be imported may have so many bytes.
    pub import_limit: usize,
    /// So long imports that are over are kept.
    pub imports_kept: TimeDelta,
}

impl Config {
    /// Connections at a time, by default.
    pub const MAX_CONNECTIONS: usize = 10_000;
    /// The size of a file to be imported, by default.
    pub const IMPORT_MIB: usize = 64;
    /// For how many days imports that are over are kept, by default.
    pub const IMPORT_DAYS: i64 = 30;
    /// The time for a head and for a body, by default.
    pub const REQUEST_TIME: Duration = Duration::from_secs(10);

    /// Only what can't be guessed; the rest as by default.
    pub fn new(listen: SocketAddr, database_url: DatabaseUrl) -> Self {
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            listen,
            database_url,
            cors_origins: Vec::new(),
            workers,
            max_connections: Self::MAX_CONNECTIONS,
            request_time: Self::REQUEST_TIME,
            idle_time: Duration::from_secs(75),
            public_url: None,
            proxies: Proxies::default(),
            metrics_listen: None,
            rate_per_address: None,
            rate_per_key: None,
            jwt: None,
            scrutineer_above: SCRUTINEER_ABOVE,
            signer: None,
            import_limit: Self::IMPORT_MIB.saturating_mul(1024 * 1024),
            imports_kept: TimeDelta::days(Self::IMPORT_DAYS),
        }
    }

    /// Where callers reach the service: the address that they know, or else this machine.
    pub fn address(&self) -> String {
        let here = || format!("http://localhost:{}", self.listen.port());
        self.public_url.as_ref().map_or_else(here, |url| url.as_str().to_owned())
    }
}

/// A web page's origin: scheme, host and, where it isn't the scheme's own, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refusal = || "expected an origin such as https://example.gov.uk, without a path".to_owned();
        let text = text.trim();
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(refusal)?;
        let is_plain =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
        if is_plain { Ok(Self(text.to_ascii_lowercase())) } else { Err(refusal()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for origin in ["https://example.gov.uk", "http://localhost:3000", "http://[::1]:80"] {
            assert_eq!(origin.parse::<Origin>().unwrap().as_str(), origin);
        }
        for other in
            ["example.gov.uk", "https://", "https://example.gov.uk/", "https://*", "ftp://x", "https://a b", "*"]
        {
            assert!(other.parse::<Origin>().is_err(), "{other}");
        }
    }
}
