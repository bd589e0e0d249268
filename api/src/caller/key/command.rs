//! `mutuals keys`: keys for operators, made and revoked on the database itself. The first key of a register comes from here.

use std::io::Write as _;

use actix_web::rt::System;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use domain::{ApiKey, Department, Id, Key, KeyId, Lifetime, Name, Role, Scope};
use store::key::{NewKey, StoredKey};
use store::{DatabaseUrl, IdPage, Making, Stamp, Store};
use uuid::Uuid;

use super::secret::Secret;
use crate::app::{Clock, OPERATOR};
use crate::cli::database::MakingOptions;
use crate::cli::outcome::{self, Failure, Register};
use crate::config::ClockOptions;

/// What can be done with keys on the database.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key and print it, alone, on standard output
    ///
    /// It is never shown again: the register keeps only its hash.
    Create(Create),
    /// List all keys, including those that no longer work, without their secrets
    List,
    /// Revoke a key: it stops working within a second, permanently
    Revoke {
        /// The key's id, as `list` shows it
        id: String,
    },
}

/// The key that is to be made.
#[derive(Debug, Args)]
pub struct Create {
    /// department_editor, mutual_editor, procurement_officer, scrutineer, auditor or admin
    #[arg(long)]
    role: String,
    /// What the key is for, such as the system that will use it
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// Department that the key is limited to, by slug or id; repeat the option for several. The default is all
    /// departments
    #[arg(long = "department", value_name = "SLUG")]
    departments: Vec<String>,
    /// After how many days the key stops working: 1 to 365
    #[arg(long, default_value_t = 90, value_name = "DAYS")]
    expires_in: i64,
    /// Make a key only if there is none yet; otherwise print nothing
    #[arg(long)]
    if_first: bool,
    #[command(flatten)]
    making: MakingOptions,
    #[command(flatten)]
    clock: ClockOptions,
}

pub fn perform(command: Command, url: &DatabaseUrl) -> Result<(), Failure> {
    const CALL: (&str, &str) = (OPERATOR, "mutuals-keys");
    match command {
        Command::Create(create) => {
            let clock_tolerance = Some(create.clock.tolerance);
            let register = Register { url, making: create.making.making(), clock_tolerance };
            outcome::on(register, CALL, async |store, stamp| create.perform(store, stamp).await)
        }
        Command::List => {
            let store = outcome::open(url)?;
            System::new().block_on(list(&store))
        }
        Command::Revoke { id } => {
            // A key that has come into wrong hands must not work on because of a clock.
            let register = Register { url, making: Making::Never, clock_tolerance: None };
            outcome::on(register, CALL, async |store, stamp| {
                let id: KeyId = id.parse()?;
                let key = store.write(stamp, move |tx| store::key::revoke(tx, id)).await?;
                outcome::print(&format!("revoked the key {id} ({})\n", label(&key)))
            })
        }
    }
}

impl Create {
    async fn perform(self, store: &Store, stamp: Stamp) -> Result<(), Failure> {
        if self.if_first && !all(store).await?.is_empty() {
            return Ok(());
        }
        let (label, role): (Name, Role) = (self.label.parse()?, self.role.parse()?);
        let expires_at = Lifetime::try_from(self.expires_in)?.ends(stamp.now);
        let departments = self.departments.iter().map(|key| key.parse()).collect::<Result<Vec<Key<_>>, _>>()?;
        let id = Id::from_uuid(Uuid::now_v7());
        let secret = Secret::make(id).map_err(|error| format!("cannot get random numbers from the system: {error}"))?;
        let hash = secret.hash();
        let made = store.write(stamp, move |tx| {
            let scope = scope(tx, &departments)?;
            let key = ApiKey { label: label.clone(), role, scope };
            store::key::insert(tx, &NewKey { id, hash, key, expires_at, makers_expires_at: None })
        });
        made.await.map_err(refusal)?;
        print(secret.reveal())
    }
}

fn scope(tx: &mut store::ReadTx<'_>, departments: &[Key<Department>]) -> Result<Scope, store::Error> {
    if departments.is_empty() {
        return Ok(Scope::All);
    }
    Ok(Scope::Departments(store::reference::resolve(tx, departments)?))
}

/// A line for each key: id, role, departments, when it expires, when it was last used, what became of it, label.
async fn list(store: &Store) -> Result<(), Failure> {
    let now = Clock::system().now();
    let lines: String = all(store).await?.iter().map(|key| line(key, now) + "\n").collect();
    outcome::print(&lines)
}

fn line(key: &StoredKey, now: chrono::DateTime<chrono::Utc>) -> String {
    let written = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let departments = match &key.scope {
        Scope::All => "all departments".to_owned(),
        Scope::Departments(own) => format!("{} department(s)", own.len()),
    };
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", written(at)));
    let state = match key.revoked_at {
        Some(at) => format!("revoked {}", written(at)),
        None if key.expires_at <= now => format!("expired {}", written(key.expires_at)),
        None => format!("expires {}", written(key.expires_at)),
    };
    format!("{}  {:18}  {departments:17}  {state}  {used}  {}", key.id, key.role, label(key))
}

fn label(key: &StoredKey) -> &str {
    key.label.as_ref().map_or("its label was erased", |label| label.as_str())
}

async fn all(store: &Store) -> Result<Vec<StoredKey>, store::Error> {
    let page = IdPage { limit: 10_000, descending: false, after: None };
    let (keys, _) = store.read(move |tx| store::key::list(tx, &page)).await?;
    Ok(keys)
}

/// A key that was made and not printed is lost, so that it must not go unnoticed, be it that nobody reads it.
fn print(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| outcome::cannot_write(&error))
}

/// The faults themselves, where a rule refused.
fn refusal(error: store::Error) -> Failure {
    match error {
        store::Error::Rule(faults) => {
            faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join("; ").into()
        }
        other => other.into(),
    }
}
