//! The command line of `mutuals`.

mod ballot;
mod check;
mod client;
mod copy;
pub mod database;
mod erasure;
mod health;
mod log;
mod log_head;
pub mod outcome;
mod service_log;
mod state_file;
mod witness;

use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches as _, Parser, Subcommand};
use domain::SCRUTINEER_ABOVE;

use crate::app::OPERATOR;
use crate::bulk::{import, sample};
use crate::caller::{access, jwt, key};
use crate::config::{ClockOptions, Config, Production};
use crate::history::witness::Witnesses;
use crate::openapi;
use crate::openapi::profile::Profile;
use crate::openapi::yaml;
use crate::{routes, server};
use ballot::BallotCommand;
use database::{Database, MakingOptions};
use health::Health;
use log::{Erase, LogCommand, Signing};
use outcome::{Failure, WrongUsage, say};
use service_log::LogOptions;

/// The register of public service mutuals, as a service for other systems.
///
/// It stores departments, the mutuals that left them, their staff ballots and their contracts, in an SQLite file or in
/// PostgreSQL, and serves them as JSON over HTTP.
#[derive(Debug, Parser)]
#[command(name = "mutuals", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogOptions,
}

const EXAMPLES: &str = "\
Examples:
  mutuals import-sample           fill a new register with the sample of real mutuals
  mutuals serve                   serve it on http://127.0.0.1:8080 (documentation: /docs/)
  mutuals keys create --role admin --label 'my own'   make a key and print it
  mutuals import --resource-type mutual mutuals.csv   enter or change the mutuals of a table
  mutuals backup copy.db          copy the register while it is being served
  mutuals copy --from sqlite:mutuals.db --to postgres://mutuals@db/register   move the register
  mutuals check                   list the records that break a rule
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
    ///
    /// Creates the register if there is none.
    Migrate(Made),
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
    ImportSample {
        #[command(flatten)]
        made: Made,
        #[command(flatten)]
        clock: ClockOptions,
    },
    /// Import a file of records: JSON lines, or a table
    ///
    /// Writes directly to the database, as an administrator: rows keep their ids and history. Ends with status 1 if a
    /// row is rejected.
    Import {
        #[command(flatten)]
        import: import::command::Arguments,
        #[command(flatten)]
        made: Made,
    },
    /// List the stored records that break a rule
    ///
    /// A rule may be newer than a record. Such a record can be read and changed as before. Each line has the record
    /// type, the id, the field, its value and what is wrong with it. Changes nothing. Ends with status 1 if a rule is
    /// broken.
    Check(Database),
    /// Make, list and revoke API keys
    Keys {
        #[command(subcommand)]
        command: key::command::Command,
        #[command(flatten)]
        database: Database,
    },
    /// Find the person behind a pseudonym in the log, or the pseudonym of a person
    Tokens {
        #[command(subcommand)]
        command: jwt::command::Command,
        #[command(flatten)]
        database: Database,
    },
    /// Copy the register into a new file, also while it is being served (SQLite)
    Backup(BackupFile),
    /// Restore the register from a copy, if there is no register yet (SQLite)
    ///
    /// Begins a new epoch of the log and adds an entry, so that clients that follow the log know where to continue.
    Restore {
        #[command(flatten)]
        copy: BackupFile,
        /// Reason for the log entry, such as why the register was restored
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        clock: ClockOptions,
    },
    /// Copy the whole register into another database, such as from SQLite to PostgreSQL
    ///
    /// Copies everything: records, log, keys, personal data. The register may be in use, and is not changed. The
    /// command checks the copy. If anything fails, it leaves no copy.
    Copy(copy::Addresses),
    /// Ask the service on this machine whether it responds
    ///
    /// Ends with status 1 if it does not. For containers and others that watch over the service without `curl`.
    Health(Health),
    /// Check, copy and witness the log of all changes, and make the key that signs it
    #[command(subcommand)]
    Log(LogCommand),
    /// Make the key and the codes of an issuer of a hosted ballot, and sign for it: without a server or a database
    #[command(subcommand)]
    Ballot(BallotCommand),
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
    made: Made,
    /// Origin of web pages that may call the service from a browser (https://example.gov.uk); repeat the option or use
    /// commas for several
    #[arg(long = "cors-origin", env = "MUTUALS_CORS_ORIGINS", value_delimiter = ',', value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    #[command(flatten)]
    jwt: jwt::Settings,
    #[command(flatten)]
    signing: Signing,
    /// Verifier key of a witness whose cosignatures of the heads are shown (NAME+ID+KEY, as `mutuals log witness-key`
    /// prints it); repeat the option or use commas for several
    #[arg(long = "log-witness", env = "MUTUALS_LOG_WITNESSES", value_delimiter = ',', value_name = "KEY")]
    log_witnesses: Vec<String>,
    /// If more people than this are entitled to vote, a ballot needs a scrutineer before it can be declared
    #[arg(long, env = "MUTUALS_SCRUTINEER_ABOVE", default_value_t = SCRUTINEER_ABOVE, value_parser = clap::value_parser!(i64).range(0..), value_name = "N")]
    scrutineer_above: i64,
    #[command(flatten)]
    production: Production,
}

impl Serve {
    fn config(self) -> Result<Config, Failure> {
        let given = self.cors_origins.iter().filter(|origin| !origin.is_empty());
        let listed = self.log_witnesses.iter().map(|key| key.trim()).filter(|key| !key.is_empty());
        let (signer, witnesses) = (self.signing.signer()?, Witnesses::read(listed).map_err(WrongUsage)?);
        if signer.is_none() && !witnesses.is_empty() {
            let reason = "--log-witness also needs --signing-key-file: witnesses cosign only signed heads";
            return Err(WrongUsage(reason.to_owned()).into());
        }
        Ok(Config {
            listen: self.listen,
            database_url: self.made.database.url()?,
            making: self.made.options.making(),
            cors_origins: given.map(|origin| origin.parse()).collect::<Result<_, _>>().map_err(WrongUsage)?,
            workers: available_parallelism().map_or(1, NonZeroUsize::get),
            jwt: self.jwt.given().map_err(WrongUsage)?,
            scrutineer_above: self.scrutineer_above,
            signer,
            witnesses,
            production: self.production,
            export_window: Config::EXPORT_WINDOW,
        })
    }
}

/// The command line, for manual pages and shell completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The settings of `mutuals serve` with these arguments.
///
/// # Errors
/// In words, where one of them is wrong.
pub fn settings(arguments: &[&str]) -> Result<Config, Box<dyn std::error::Error>> {
    let serve = Serve::augment_args(clap::Command::new("serve").no_binary_name(true));
    Serve::from_arg_matches(&serve.try_get_matches_from(arguments)?)?.config()
}

/// Where a register is that may be made.
#[derive(Debug, Args)]
struct Made {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    options: MakingOptions,
}

#[derive(Debug, Args)]
struct BackupFile {
    /// The copy
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Does what the command line asks.
pub fn main() -> ExitCode {
    let Cli { command, log } = Cli::parse();
    log.begin();
    match perform(command) {
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
        Command::Migrate(made) => {
            let applied = store::prepare(&made.database.url()?, made.options.making())?;
            say(&if applied.is_empty() {
                "already up to date".to_owned()
            } else {
                format!("applied {}", applied.join(", "))
            });
            Ok(())
        }
        Command::Openapi { profile } => {
            outcome::print(&yaml::written(&profile.of(openapi::contract(routes::described))))
        }
        Command::Roles => outcome::print(&access::page::of(&openapi::document(routes::described))),
        Command::ImportSample { made, clock } => import_sample(&made, clock),
        Command::Import { import, made } => {
            import::command::perform(&import, (&made.database.url()?, made.options.making()))
        }
        Command::Check(database) => check::perform(&database.url()?),
        Command::Keys { command, database } => key::command::perform(command, &database.url()?),
        Command::Tokens { command, database } => jwt::command::perform(command, &database.url()?),
        Command::Backup(copy) => {
            let open = store::backup(&copy.database.url()?, &copy.file)?;
            say(&format!("copied to {}", copy.file.display()));
            open.iter().for_each(|ballot| say(&format!("the votes of the open ballot {ballot} are not in the copy")));
            Ok(())
        }
        Command::Restore { copy, reason, clock } => restore(&copy, clock, reason.as_deref()),
        Command::Copy(addresses) => copy::perform(&addresses),
        Command::Health(asked) => health::perform(&asked),
        Command::Log(command) => log::perform(command),
        Command::Ballot(command) => ballot::perform(command),
        Command::Erase(erase) => log::erase(&erase),
    }
}

fn restore(copy: &BackupFile, clock: ClockOptions, reason: Option<&str>) -> Result<(), Failure> {
    let (url, reason) = (copy.database.url()?, reason.map(log::noted).transpose()?);
    let stamp = outcome::stamp((OPERATOR, "restore"));
    let begun = store::restore(&url, &copy.file, &stamp, reason.as_deref())?;
    say(&format!("restored {} to {url}; {}", copy.file.display(), log::told_epoch(&begun)));
    // No register is there to settle its clock before.
    if let Some(doubt) = outcome::open_guarded(&url, clock.tolerance)?.judge_clock() {
        say(&format!("{doubt}: before you serve the register, set the clock right or run `mutuals log settle-clock`"));
    }
    Ok(())
}

fn import_sample(made: &Made, clock: ClockOptions) -> Result<(), Failure> {
    let url = made.database.url()?;
    let clock_tolerance = Some(clock.tolerance);
    let register = outcome::Register { url: &url, making: made.options.making(), clock_tolerance };
    let done = outcome::on(register, ("sample", "import-sample"), async |store, stamp| {
        store.bring_documents_up_to_date(&stamp).await?;
        Ok(sample::import(store, stamp).await?)
    })?;
    say(&format!(
        "imported {} departments with {} commitments, {} mutuals with {} staff ballots, and {} contracts with {} competitions and {} notices into {url}; {} records were there already",
        done.departments,
        done.commitments,
        done.mutuals,
        done.staff_ballots,
        done.contracts,
        done.competitions,
        done.notices,
        done.left
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
    fn help_never_shows_the_value_of_database_url() {
        let mut help = Cli::command();
        let serve = help.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        assert!(serve.contains("[env: DATABASE_URL]"), "{serve}");
    }

    /// The cells of the rows of the guide's table of settings.
    fn settings_of_the_guide() -> Vec<Vec<String>> {
        let page = include_str!("../../docs/guide/running.md");
        let section = page.split("\n## ").find(|section| section.starts_with("Settings\n")).unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| ")).skip(2);
        let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
        rows.map(|row| row.trim_matches('|').split('|').map(cell).collect()).collect()
    }

    #[test]
    fn every_setting_is_in_the_guide_with_its_variable_and_default() {
        let mut rows = settings_of_the_guide();
        let root = Cli::command();
        let serve = root.get_subcommands().find(|command| command.get_name() == "serve").unwrap();
        for setting in serve.get_arguments().chain(root.get_arguments()).filter(|it| !it.is_hide_set()) {
            let option = format!("--{}", setting.get_long().unwrap());
            let variable = setting.get_env().map_or("", |name| name.to_str().unwrap());
            let at = rows.iter().position(|row| row[0] == option).unwrap_or_else(|| panic!("{option} is not there"));
            let row = rows.remove(at);
            assert_eq!(row[1], variable, "{option}");
            let default: Vec<_> = setting.get_default_values().iter().map(|value| value.to_str().unwrap()).collect();
            if !default.concat().is_empty() && setting.get_num_args().is_none_or(|number| number.takes_values()) {
                assert_eq!(row[2], default.join(","), "{option}");
            }
        }
        // What only other commands take.
        for command in root.get_subcommands() {
            let own = command.get_arguments().filter_map(|it| Some((it.get_long()?, it.get_env()?.to_str()?)));
            for (option, variable) in own
                .filter(|(_, variable)| serve.get_arguments().all(|it| it.get_env().is_none_or(|own| own != *variable)))
            {
                let option = format!("{} --{option}", command.get_name());
                let at =
                    rows.iter().position(|row| row[0] == option).unwrap_or_else(|| panic!("{option} is not there"));
                assert_eq!(rows.remove(at)[1], variable);
            }
        }
        assert_eq!(rows.iter().map(|row| &*row[1]).collect::<Vec<_>>(), ["RUST_LOG"], "no option is called so");
    }

    #[test]
    fn the_packages_set_what_there_is() {
        let root = Cli::command();
        let serve = root.get_subcommands().find(|command| command.get_name() == "serve").unwrap();
        let settings = serve.get_arguments().chain(root.get_arguments()).filter_map(|it| it.get_env()?.to_str());
        let known: Vec<&str> = settings.chain(["RUST_LOG"]).collect();
        let package = include_str!("../../packaging/debian/default");
        let lines = package.lines().chain(include_str!("../../Containerfile").lines());
        let given =
            lines.filter_map(|line| line.trim_start_matches(['#', ' ']).trim_start_matches("ENV ").split_once('='));
        let is_variable = |name: &str| name == "DATABASE_URL" || name == "RUST_LOG" || name.starts_with("MUTUALS_");
        let given: Vec<&str> = given.map(|(name, _)| name).filter(|name| is_variable(name)).collect();
        assert!(given.len() > 8, "{given:?}");
        let unknown: Vec<_> = given.iter().filter(|name| !known.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
