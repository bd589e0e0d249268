//! What an operator can set, by the command line or the environment, and the defaults.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use clap::builder::TypedValueParser as _;
use clap::{Args, ValueEnum, value_parser};
use domain::{Archived, EmailAddress, Line, OcdsPrefix, WebUrl};
use store::import::Load;
use store::{DatabaseUrl, Making, SpoolSettings};

use crate::about::About;
use crate::app::Pace;
use crate::caller::jwt;
use crate::history::signing::LogSigner;
use crate::history::sweep;
use crate::history::witness::Witnesses;
use crate::http::proxy::{Proxies, PublicUrl};
use crate::http::rate::Rate;
use crate::publishing::Publishing;

/// The settings of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where the register is.
    pub database_url: DatabaseUrl,
    /// Whether it is made if there is none.
    pub making: Making,
    /// The web pages' origins that browsers may call from; none switches CORS off.
    pub cors_origins: Vec<Origin>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Whose JWT bearer tokens are taken beside API keys; none takes none.
    pub jwt: Option<jwt::Settings>,
    /// Above how many people entitled to vote a ballot needs a scrutineer to be declared.
    pub scrutineer_above: i64,
    /// What signs the heads of the log; without it they are not signed.
    pub signer: Option<LogSigner>,
    /// Whose cosignatures of these heads are accepted and shown.
    pub witnesses: Witnesses,
    /// What a service in production is held to.
    pub production: Production,
    /// Over so long it is seen how much a client takes of an export.
    pub export_window: Duration,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// What a service in production is held to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "In production")]
pub struct Production {
    /// Whether votes are kept elsewhere while a ballot of the mode `hosted` is open, such as by a backup of the disk: `no`, `yes` or
    /// `unknown`. The opening of the ballot says it. What PostgreSQL tells of archives and standbys counts as well
    #[arg(long, env = "MUTUALS_VOTES_ARCHIVED", default_value = "no", value_name = "WORD")]
    pub votes_archived: Archived,
    /// Pages for people, and the documentation of the API
    #[arg(long, env = "MUTUALS_PAGES", default_value = "on", value_name = "WORD")]
    pub pages: Switch,
    /// Text about this register for its page `/about`: who runs it, and what for (Markdown)
    #[arg(long, env = "MUTUALS_ABOUT_FILE", value_name = "FILE")]
    pub about_file: Option<PathBuf>,
    /// Address that callers use, if it differs from the one to listen on (https://register.example.gov.uk)
    #[arg(long, env = "MUTUALS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    #[command(flatten)]
    pub publisher: Publisher,
    /// Prefix of the open contracting ids under which contracts are published, as registered with the Open Contracting
    /// Partnership (ocds-213czf is that of examples)
    #[arg(long, env = "MUTUALS_OCDS_PREFIX", value_name = "PREFIX")]
    pub ocds_prefix: Option<OcdsPrefix>,
    #[command(flatten)]
    pub proxies: Proxies,
    /// Requests that each address may send in a number of seconds, such as 600/60; no limit by default
    #[arg(long = "rate-limit-per-address", env = "MUTUALS_RATE_LIMIT_PER_ADDRESS", value_name = "N/SECONDS")]
    pub rate_per_address: Option<Rate>,
    /// Requests that each key may send in a number of seconds, such as 600/60; no limit by default
    #[arg(long = "rate-limit-per-key", env = "MUTUALS_RATE_LIMIT_PER_KEY", value_name = "N/SECONDS")]
    pub rate_per_key: Option<Rate>,
    /// Maximum number of client connections at a time
    #[arg(long, env = "MUTUALS_MAX_CONNECTIONS", default_value = "10000", value_name = "N")]
    #[arg(value_parser = value_parser!(u32).range(1..).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))]
    pub max_connections: usize,
    /// Seconds within which the headers of a request, and then its body, must arrive
    #[arg(long = "request-timeout", env = "MUTUALS_REQUEST_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=3600).map(Duration::from_secs))]
    pub request_time: Duration,
    /// Seconds for which new connections are served after SIGTERM, while /readyz already fails
    #[arg(long = "drain-seconds", env = "MUTUALS_DRAIN_SECONDS", default_value = "3", value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(..=3600).map(Duration::from_secs))]
    pub drain_time: Duration,
    #[command(flatten)]
    pub clock: ClockOptions,
    /// Largest import file, in MiB
    #[arg(long = "max-import-size", env = "MUTUALS_MAX_IMPORT_SIZE", default_value = "64", value_name = "MIB")]
    #[arg(value_parser = value_parser!(u32).range(1..=4096).map(mebibytes))]
    pub import_limit: usize,
    /// Maximum number of open imports for each caller
    #[arg(long = "max-open-imports", env = "MUTUALS_MAX_OPEN_IMPORTS", default_value = "10", value_name = "N")]
    pub max_open_imports: u32,
    /// Maximum number of rows in the open imports of each caller that are not yet entered or rejected
    #[arg(long = "max-import-rows", env = "MUTUALS_MAX_IMPORT_ROWS", default_value = "1000000", value_name = "N")]
    pub max_import_rows: u32,
    /// Days for which finished imports are kept
    #[arg(long = "keep-imports", env = "MUTUALS_KEEP_IMPORTS", default_value = "30", value_name = "DAYS")]
    #[arg(value_parser = value_parser!(i64).range(1..=3650).map(TimeDelta::days))]
    pub imports_kept: TimeDelta,
    /// Folder with data files, such as `bank_holidays_uk.csv`, that replace those of the program
    #[arg(long = "data-dir", env = "MUTUALS_DATA_DIR", value_name = "FOLDER")]
    pub data_folder: Option<PathBuf>,
    /// Folder for exports that are being sent; by default the folder of the SQLite file, or for PostgreSQL the system's
    /// folder for temporary files
    #[arg(long = "export-dir", env = "MUTUALS_EXPORT_DIR", value_name = "FOLDER")]
    pub export_folder: Option<PathBuf>,
    /// Space for exports that are being sent, in MiB; one caller can use half of it
    #[arg(long = "export-space", env = "MUTUALS_EXPORT_SPACE", default_value = "4096", value_name = "MIB")]
    #[arg(value_parser = value_parser!(u64).range(1..=1 << 30))]
    pub export_space: u64,
    /// Minimum rate at which a client must read an export, in KiB a second
    #[arg(long = "export-min-rate", env = "MUTUALS_EXPORT_MIN_RATE", default_value = "8", value_name = "KIB")]
    #[arg(value_parser = value_parser!(u64).range(0..=1 << 20))]
    pub export_rate: u64,
    /// Share of one core that the service may use to compare the register with its log, in percent, or `off`
    #[arg(long, env = "MUTUALS_VERIFY_SWEEP", default_value = "1", value_name = "PERCENT|off")]
    pub verify_sweep: sweep::Share,
    /// Address and port for Prometheus metrics; off by default
    #[arg(long, env = "MUTUALS_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,
}

/// Who publishes the register, and under which licence: what the contract says of both.
#[derive(Clone, Debug, Default, Args)]
pub struct Publisher {
    /// Name of who answers for this register (Register team, Cabinet Office)
    #[arg(long, env = "MUTUALS_CONTACT_NAME", value_name = "NAME")]
    pub contact_name: Option<Line<100>>,
    /// Page on which to reach them
    #[arg(long, env = "MUTUALS_CONTACT_URL", value_name = "URL")]
    pub contact_url: Option<WebUrl>,
    /// Their e-mail address, which everybody sees
    #[arg(long, env = "MUTUALS_CONTACT_EMAIL", value_name = "ADDRESS")]
    pub contact_email: Option<EmailAddress>,
    /// Name of the licence for the data (Open Government Licence v3.0)
    #[arg(long, env = "MUTUALS_LICENCE_NAME", value_name = "NAME")]
    pub licence_name: Option<Line<100>>,
    /// Text of that licence
    #[arg(long, env = "MUTUALS_LICENCE_URL", value_name = "URL", requires = "licence_name")]
    pub licence_url: Option<WebUrl>,
}

/// When the clock is not trusted.
#[derive(Clone, Copy, Debug, Args)]
pub struct ClockOptions {
    /// Seconds by which the clock may jump, be behind the newest log entry or differ from the clock of PostgreSQL;
    /// beyond this, changes are rejected
    #[arg(long = "clock-tolerance", env = "MUTUALS_CLOCK_TOLERANCE", default_value = "60", value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(i64).range(1..=31_536_000).map(TimeDelta::seconds))]
    pub tolerance: TimeDelta,
}

impl Production {
    /// What the operator says of the register.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn about(&self) -> std::io::Result<About> {
        let text = self.about_file.as_ref().map(fs::read_to_string);
        let Publisher { contact_name, contact_url, contact_email, licence_name, licence_url } = &self.publisher;
        let licence_url = licence_url.as_ref().map(ToString::to_string);
        Ok(About {
            text: text.transpose()?,
            contact_name: contact_name.as_ref().map(ToString::to_string),
            contact_url: contact_url.as_ref().map(ToString::to_string),
            contact_email: contact_email.as_ref().map(ToString::to_string),
            licence: licence_name.as_ref().map(|name| (name.to_string(), licence_url)),
        })
    }

    /// Who publishes open contracting data; none without a prefix.
    pub fn publishing(&self) -> Option<Publishing> {
        let Publisher { contact_name, contact_url, licence_url, .. } = &self.publisher;
        let name = contact_name.as_ref().map(Line::as_str);
        let (page, licence) =
            (contact_url.as_ref().map(ToString::to_string), licence_url.as_ref().map(ToString::to_string));
        Some(Publishing::new(self.ocds_prefix.clone()?, name, page, licence))
    }

    /// The limits on the open imports of one caller.
    pub fn import_quota(&self) -> Load {
        Load { imports: self.max_open_imports.into(), rows: self.max_import_rows.into() }
    }
}

impl Config {
    /// The default period over which a client's reading rate is measured.
    pub const EXPORT_WINDOW: Duration = Duration::from_secs(30);
    /// The time for a head and for a body, by default.
    pub const REQUEST_TIME: Duration = Duration::from_secs(10);

    /// The folder for exports that are being sent, and the space for them.
    pub fn exports(&self) -> SpoolSettings {
        let Production { export_folder, export_space, .. } = &self.production;
        SpoolSettings { folder: export_folder.clone(), limit: export_space.saturating_mul(1024 * 1024) }
    }

    /// The minimum rate at which a client must read an export.
    pub fn export_pace(&self) -> Pace {
        let bytes_a_second = self.production.export_rate.saturating_mul(1024);
        Pace { window: self.export_window, bytes: bytes_a_second.saturating_mul(self.export_window.as_secs()) }
    }

    /// Where callers reach the service: the address that they know, or else this machine.
    pub fn address(&self) -> String {
        let here = || format!("http://localhost:{}", self.listen.port());
        self.production.public_url.as_ref().map_or_else(here, |url| url.as_str().to_owned())
    }
}

fn mebibytes(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
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
