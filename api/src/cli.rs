//! The command line of `mutuals`.

mod database;
mod erasure;
mod log;
pub mod outcome;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use domain::SCRUTINEER_ABOVE;
use store::DatabaseUrl;

use crate::app::Clock;
use crate::bulk::{import, sample};
use crate::caller::jwt::{self, key_set};
use crate::caller::{access, key};
use crate::config::Config;
use crate::http::proxy::{ForwardedHeader, Proxies, PublicUrl, TrustedProxy};
use crate::http::rate::Rate;
use crate::openapi;
use crate::openapi::profile::{self, Profile};
use crate::{routes, server};
use database::Database;
use log::{Erase, LogCommand, Signing};
use outcome::{Failure, WrongUsage, say};

/// The register of public service mutuals, as a service for other systems.
///
/// It stores departments, the mutuals that left them, their staff ballots and their contracts, in an SQLite file or in
/// PostgreSQL, and serves them as JSON over HTTP.
#[derive(Debug, Parser)]
#[command(name = "mutuals", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mutuals import-sample           fill a new register with the sample of real mutuals
  mutuals serve                   serve it on http://127.0.0.1:8080 (documentation: /docs/)
  mutuals keys create --role admin --label 'my own'   make a key and print it
  mutuals import --resource-type mutual mutuals.csv   enter or change the mutuals of a table
  mutuals backup copy.db          copy the register while it is being served
  mutuals log verify              check that no entry of the log was changed
  DATABASE_URL=postgres://mutuals@db/register mutuals serve --listen 0.0.0.0:8080

Exit status: 0 done, 1 failed (one line on standard error says why), 2 wrong usage.
Logs go to standard error. Set RUST_LOG=warn to log less.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the register over HTTP
    ///
    /// Updates the database schema first. On SIGTERM, finishes the requests it has begun and ends with status 0.
    Serve(Box<Serve>),
    /// Update the database schema, then end
    Migrate(Database),
    /// Print the contract (OpenAPI, YAML)
    Openapi {
        /// Version of OpenAPI: use 3.0 for client generators that do not support 3.1
        #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
        profile: Profile,
    },
    /// Print which role may do what (Markdown)
    Roles,
    /// Load the sample register
    ///
    /// Real departments, mutuals and ballots, each with its source. Importing twice changes nothing.
    ImportSample(Database),
    /// Import a file of records: JSON lines, or a table
    ///
    /// Writes directly to the database, as an administrator: rows keep their ids and history. Ends with status 1 if a
    /// row is rejected.
    Import(Import),
    /// Make, list and revoke API keys
    Keys(Keys),
    /// Copy the register into a new file, also while it is being served (SQLite)
    Backup(Copy),
    /// Restore the register from a copy, if there is no register yet (SQLite)
    Restore(Copy),
    /// Check and copy the log of all changes, and make the key that signs it
    #[command(subcommand)]
    Log(LogCommand),
    /// Erase personal data from a record and from the log, permanently
    ///
    /// The record gets a new version without the data, and the log gets an entry with the reason. The hashes of the log
    /// stay valid. Backups keep the data.
    Erase(Erase),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address and port to listen on; port 0 lets the system choose
    #[arg(long, env = "MUTUALS_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    #[command(flatten)]
    database: Database,
    /// Origin of web pages that may call the service from a browser (https://example.gov.uk); repeat the option or use
    /// commas for several
    #[arg(long = "cors-origin", env = "MUTUALS_CORS_ORIGINS", value_delimiter = ',', value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    #[command(flatten)]
    jwt: Jwt,
    #[command(flatten)]
    signing: Signing,
    /// If more people than this are entitled to vote, a ballot needs a scrutineer before it can be declared
    #[arg(long, env = "MUTUALS_SCRUTINEER_ABOVE", default_value_t = SCRUTINEER_ABOVE, value_parser = clap::value_parser!(i64).range(0..), value_name = "N")]
    scrutineer_above: i64,
    #[command(flatten)]
    production: Production,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "In production")]
struct Production {
    /// Address that callers use, if it differs from the one to listen on (https://register.example.gov.uk)
    #[arg(long, env = "MUTUALS_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// Address or network of proxies that are trusted to say where a request comes from; repeat the option or use
    /// commas for several
    #[arg(long = "trusted-proxy", env = "MUTUALS_TRUSTED_PROXIES", value_delimiter = ',', value_name = "CIDR")]
    trusted_proxies: Vec<TrustedProxy>,
    /// Header in which trusted proxies give the address of the caller
    #[arg(long, env = "MUTUALS_FORWARDED_HEADER", default_value = "x-forwarded-for", value_name = "HEADER")]
    forwarded_header: ForwardedHeader,
    /// Requests that each address may send in a number of seconds, such as 600/60; no limit by default
    #[arg(long, env = "MUTUALS_RATE_LIMIT_PER_ADDRESS", value_name = "N/SECONDS")]
    rate_limit_per_address: Option<Rate>,
    /// Requests that each key may send in a number of seconds, such as 600/60; no limit by default
    #[arg(long, env = "MUTUALS_RATE_LIMIT_PER_KEY", value_name = "N/SECONDS")]
    rate_limit_per_key: Option<Rate>,
    /// Maximum number of client connections at a time
    #[arg(long, env = "MUTUALS_MAX_CONNECTIONS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    max_connections: u32,
    /// Seconds within which the headers of a request, and then its body, must arrive
    #[arg(long, env = "MUTUALS_REQUEST_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600), value_name = "SECONDS")]
    request_timeout: u64,
    /// Largest import file, in MiB
    #[arg(long, env = "MUTUALS_MAX_IMPORT_SIZE", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096), value_name = "MIB")]
    max_import_size: u32,
    /// Days for which finished imports are kept
    #[arg(long, env = "MUTUALS_KEEP_IMPORTS", default_value_t = Config::IMPORT_DAYS, value_parser = clap::value_parser!(i64).range(1..=3650), value_name = "DAYS")]
    keep_imports: i64,
    /// Address and port for Prometheus metrics; off by default
    #[arg(long, env = "MUTUALS_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
}

impl Production {
    fn configure(self, config: &mut Config) {
        config.public_url = self.public_url;
        config.proxies = Proxies { trusted: self.trusted_proxies, header: self.forwarded_header };
        config.rate_per_address = self.rate_limit_per_address;
        config.rate_per_key = self.rate_limit_per_key;
        config.max_connections = usize::try_from(self.max_connections).unwrap_or(usize::MAX);
        config.request_time = Duration::from_secs(self.request_timeout);
        config.metrics_listen = self.metrics_listen;
        config.import_limit = usize::try_from(self.max_import_size).unwrap_or(usize::MAX).saturating_mul(1024 * 1024);
        config.imports_kept = TimeDelta::days(self.keep_imports);
    }
}

impl Serve {
    fn config(self) -> Result<Config, Failure> {
        let mut config = Config::new(self.listen, self.database.url()?);
        let given = self.cors_origins.iter().filter(|origin| !origin.is_empty());
        config.cors_origins =
            given.map(|origin| origin.parse().unwrap_or_else(|error: String| refuse_usage(&error))).collect();
        config.jwt = self.jwt.settings();
        config.scrutineer_above = self.scrutineer_above;
        self.production.configure(&mut config);
        config.signer = self.signing.signer()?;
        Ok(config)
    }
}

/// The first three go together: without them only API keys are taken.
#[derive(Debug, Args)]
#[command(next_help_heading = "JWT bearer tokens")]
struct Jwt {
    /// Issuer whose JWT bearer tokens are accepted: exactly its `iss`
    #[arg(long = "jwt-issuer", env = "MUTUALS_JWT_ISSUER", value_name = "URL", default_value = "")]
    issuer: String,
    /// Audience that tokens must have in their `aud`
    #[arg(long = "jwt-audience", env = "MUTUALS_JWT_AUDIENCE", value_name = "TEXT", default_value = "")]
    audience: String,
    /// File with the issuer's public keys, a JWK set; read again when it changes
    #[arg(long = "jwt-jwks-file", env = "MUTUALS_JWT_JWKS_FILE", value_name = "FILE", default_value = "")]
    jwks_file: String,
    /// Signature algorithms that tokens may use
    #[arg(long = "jwt-algorithms", env = "MUTUALS_JWT_ALGORITHMS", value_delimiter = ',', value_name = "NAME")]
    #[arg(default_value = "RS256,ES256,EdDSA")]
    algorithms: Vec<String>,
    /// Claim that names the role
    #[arg(long = "jwt-role-claim", env = "MUTUALS_JWT_ROLE_CLAIM", value_name = "CLAIM")]
    #[arg(default_value = jwt::Settings::ROLE_CLAIM)]
    role_claim: String,
    /// Claim that lists the departments, by slug or id; `*` for all
    #[arg(long = "jwt-departments-claim", env = "MUTUALS_JWT_DEPARTMENTS_CLAIM", value_name = "CLAIM")]
    #[arg(default_value = jwt::Settings::DEPARTMENTS_CLAIM)]
    departments_claim: String,
    /// Longest time for which a token may be valid
    #[arg(long = "jwt-max-lifetime", env = "MUTUALS_JWT_MAX_LIFETIME", value_name = "SECONDS")]
    #[arg(default_value_t = jwt::Settings::MAX_LIFETIME_SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    max_lifetime: u32,
}

impl Jwt {
    fn settings(self) -> Option<jwt::Settings> {
        let needed =
            [("--jwt-issuer", &self.issuer), ("--jwt-audience", &self.audience), ("--jwt-jwks-file", &self.jwks_file)];
        let missing: Vec<_> = needed.iter().filter(|(_, value)| value.is_empty()).map(|(option, _)| *option).collect();
        if missing.len() == needed.len() {
            return None;
        }
        if !missing.is_empty() {
            refuse_usage(&format!("JWT bearer tokens also need {}", missing.join(" and ")));
        }
        let mut settings = jwt::Settings::new(self.issuer, self.audience, self.jwks_file);
        let algorithms = self.algorithms.iter().map(|name| key_set::parse_algorithm(name));
        settings.algorithms = algorithms.map(|read| read.unwrap_or_else(|error| refuse_usage(&error))).collect();
        settings.role_claim = self.role_claim;
        settings.departments_claim = self.departments_claim;
        settings.max_lifetime = TimeDelta::seconds(self.max_lifetime.into());
        Some(settings)
    }
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    import: import::command::Arguments,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Keys {
    #[command(subcommand)]
    command: key::command::Command,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Copy {
    /// The copy
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Does what the command line asks.
pub fn main() -> ExitCode {
    // What actix-http calls errors is what clients send that isn't HTTP.
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info,actix_http=off"))
        .format(|line, record| {
            let now = Clock::system().now().to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(line, "[{now} {:<5} {}] {}", record.level(), record.target(), record.args())
        })
        .init();
    match perform(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(WrongUsage(reason)) = failure.downcast_ref() {
                refuse_usage(reason);
            }
            // A database's library may say it in several lines.
            let said = failure.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            drop(writeln!(std::io::stderr(), "mutuals: {said}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => Ok(server::run(serve.config()?)?),
        Command::Migrate(database) => {
            let applied = store::migrate(&database.url()?)?;
            say(&if applied.is_empty() {
                "already up to date".to_owned()
            } else {
                format!("applied {}", applied.join(", "))
            });
            Ok(())
        }
        Command::Openapi { profile } => {
            std::io::stdout().write_all(profile::yaml(&profile.of(openapi::contract(routes::described))).as_bytes())?;
            Ok(())
        }
        Command::Roles => {
            std::io::stdout().write_all(access::page::of(&openapi::document(routes::described)).as_bytes())?;
            Ok(())
        }
        Command::ImportSample(database) => import_sample(&database.url()?),
        Command::Import(Import { import, database }) => import::command::perform(&import, &database.url()?),
        Command::Keys(keys) => key::command::perform(keys.command, &keys.database.url()?),
        Command::Backup(copy) => {
            store::backup(&copy.database.url()?, &copy.file)?;
            say(&format!("copied to {}", copy.file.display()));
            Ok(())
        }
        Command::Restore(copy) => {
            let url = copy.database.url()?;
            store::restore(&url, &copy.file)?;
            say(&format!("restored {} to {url}", copy.file.display()));
            Ok(())
        }
        Command::Log(command) => log::perform(command),
        Command::Erase(erase) => log::erase(&erase),
    }
}

fn import_sample(url: &DatabaseUrl) -> Result<(), Failure> {
    let done = outcome::on(url, ("sample", "import-sample"), async |store, stamp| {
        store.bring_documents_up_to_date(&stamp).await?;
        Ok(sample::import(store, stamp).await?)
    })?;
    say(&format!(
        "imported {} departments with {} commitments, {} mutuals and {} staff ballots into {url}; {} records were there already",
        done.departments, done.commitments, done.mutuals, done.staff_ballots, done.left
    ));
    Ok(())
}

/// Ends the program with status 2.
fn refuse_usage(reason: &str) -> ! {
    Cli::command().error(ErrorKind::ValueValidation, reason).exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_settings_of_tokens_have_the_same_defaults_here() {
        let arguments = ["mutuals", "serve", "--jwt-issuer=i", "--jwt-audience=a", "--jwt-jwks-file=f"];
        let Command::Serve(serve) = Cli::parse_from(arguments).command else { panic!("another command") };
        assert_eq!(serve.config().unwrap().jwt, Some(jwt::Settings::new("i", "a", "f")));
    }

    #[test]
    fn help_never_shows_the_value_of_database_url() {
        let mut help = Cli::command();
        let serve = help.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        assert!(serve.contains("[env: DATABASE_URL]"), "{serve}");
    }
}
