//! What an operator can set, and the defaults. Where it comes from (command line, environment) is `cli.rs`'s.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

use store::DatabaseUrl;

use crate::signing::LogSigner;

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
    /// What signs the heads of the log; without it they are not signed.
    pub signer: Option<LogSigner>,
}

impl Config {
    /// Only what can't be guessed; the rest as by default.
    pub fn new(listen: SocketAddr, database_url: DatabaseUrl) -> Self {
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { listen, database_url, cors_origins: Vec::new(), workers, signer: None }
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
        let refusal =
            || "expected an origin as browsers send it, such as https://example.gov.uk, without a path".to_owned();
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
