//! Makes a register if allowed, and updates a register to this version's schema.

use std::error::Error as StdError;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::migration::Migration as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::backend::conn::{Conn, DatabaseUrl, Purpose, SQLITE_PATIENCE, busy_timeout};
use crate::backend::files::{self, Fresh, Readers};
use crate::backend::server::{self, Use};
use crate::error::OpenError;
use crate::log::log_tree;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// «mutuals» as a number: all instances that start at once wait for this PostgreSQL advisory lock.
const ADVISORY_LOCK: i64 = 0x006d_7574_7561_6c73;

/// What SQLite says of a file that is none of its own (`SQLITE_NOTADB`).
const NOT_A_DATABASE: &str = "file is not a database";

/// Why there is no register in a PostgreSQL database.
const NO_TABLES: &str = "the database has none of its tables";

/// Whether a register is made if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// It must be there.
    Never,
    /// Where no file is, or in a PostgreSQL database that has no register.
    WhereNothingIs,
    /// In an SQLite file without a register too.
    InAnyDatabase,
}

/// Applies the migrations that are missing, one process at a time, and names them in order. A register is made where nothing is.
///
/// # Errors
/// As [`prepare`].
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
    prepare(url, Making::WhereNothingIs)
}

/// Applies the migrations that are missing, one process at a time, and names them in order.
///
/// # Errors
/// [`OpenError::Unreachable`] where the database does not answer, [`OpenError::NoRegister`] where there is none and none is to be made,
/// [`OpenError::Migration`] where a migration fails or the database has migrations that this version does not know.
pub fn prepare(url: &DatabaseUrl, making: Making) -> Result<Vec<String>, OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => prepare_file(url, path, making),
        DatabaseUrl::Postgres(_) => prepare_database(url, making),
    }
}

/// Checks that there is a register of this version's schema, and changes nothing.
///
/// # Errors
/// [`OpenError::Unreachable`] where the database does not answer, [`OpenError::NoRegister`] where there is none,
/// [`OpenError::Migration`] where its schema is that of another version.
pub fn expect_current(url: &DatabaseUrl) -> Result<(), OpenError> {
    expect_current_on(&mut open_register(url)?, url)
}

/// The same on a connection to a register.
pub(crate) fn expect_current_on(conn: &mut Conn, url: &DatabaseUrl) -> Result<(), OpenError> {
    let failed = |reason: String| OpenError::Migration { url: url.to_string(), reason };
    let known = match conn {
        Conn::Sqlite(_) => known::<diesel::sqlite::Sqlite>(&SQLITE),
        Conn::Postgres(_) => known::<diesel::pg::Pg>(&POSTGRES),
    };
    let applied: Vec<Name> = diesel::sql_query("SELECT version AS name FROM __diesel_schema_migrations")
        .load(conn)
        .map_err(|error| failed(error.to_string()))?;
    let applied: Vec<String> = applied.into_iter().map(|row| row.name).collect();
    let known = known.map_err(|error| failed(error.to_string()))?;
    refuse_unknown(&known, &applied).map_err(|error| failed(error.to_string()))?;
    if applied.len() < known.len() {
        return Err(failed("it is from an earlier version: run `mutuals migrate` first".to_owned()));
    }
    Ok(())
}

/// Opens a register for reading, whatever the version of its schema.
///
/// # Errors
/// [`OpenError::Unreachable`] where the database does not answer, [`OpenError::NoRegister`] where there is none.
pub(crate) fn open_register(url: &DatabaseUrl) -> Result<Conn, OpenError> {
    if let DatabaseUrl::Sqlite(path) = url {
        match look(path).map_err(|error| unreachable(url, error))? {
            Place::Register => {}
            place => return Err(absent(url, place.reason())),
        }
    }
    let mut conn = Conn::open(url, Purpose::Read).map_err(|error| unreachable(url, error))?;
    match has_register(&mut conn) {
        Ok(true) => Ok(conn),
        Ok(false) => Err(absent(url, NO_TABLES)),
        Err(error) => Err(unreachable(url, error)),
    }
}

/// Makes the tables on a connection, all of them or none.
pub(crate) fn make_tables(conn: &mut Conn) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
    #[expect(clippy::disallowed_methods, reason = "nobody else uses a register that is being made")]
    match conn {
        Conn::Sqlite(conn) => conn.transaction(|conn| apply(conn, SQLITE)),
        Conn::Postgres(conn) => conn.transaction(|conn| apply(conn, POSTGRES)),
    }
}

/// Held until the file is closed, by the end of the process at the latest.
pub(crate) fn lock_beside(path: &Path) -> io::Result<File> {
    let file = files::open_or_make_private(&files::beside(path, ".lock"))?;
    file.lock()?;
    Ok(file)
}

/// The same on PostgreSQL, held until the connection ends. Statements may take as long as they take.
pub(crate) fn lock_database(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         SELECT pg_advisory_lock({ADVISORY_LOCK})"
    ))
}

/// Whether a database has the tables of a register.
pub(crate) fn has_register(conn: &mut Conn) -> QueryResult<bool> {
    let found = match conn {
        Conn::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'log_head'",
        Conn::Postgres(_) => "SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass('log_head')",
    };
    Ok(!diesel::sql_query(found).load::<Name>(conn)?.is_empty())
}

/// What is at the path of an SQLite register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nothing,
    /// A link to a file that is not there.
    LooseLink,
    Empty,
    Register,
    /// An SQLite database with other tables, or with none.
    OtherTables,
    /// No SQLite database at all.
    OtherContent,
}

impl Place {
    /// What is there, in words.
    fn reason(self) -> &'static str {
        match self {
            Self::Register => "the file is a register",
            Self::Nothing => "the file does not exist",
            Self::LooseLink => "the path is a link to a file that does not exist",
            Self::Empty => "the file is empty",
            Self::OtherTables => "the file is an SQLite database without the tables of a register",
            Self::OtherContent => "the file is not an SQLite database",
        }
    }
}

fn look(path: &Path) -> io::Result<Place> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => return Ok(Place::Empty),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(if path.is_symlink() { Place::LooseLink } else { Place::Nothing });
        }
        Err(error) => return Err(error),
    }
    // Opened by SQLite alone: where a process closes a file, it loses the locks that it has on it otherwise. Opened as it is: what turns
    // out to be no register must not get a write-ahead log.
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(io::Error::other)?;
    // The last process that closes the file has it for itself meanwhile.
    conn.batch_execute(&busy_timeout(SQLITE_PATIENCE)).map_err(io::Error::other)?;
    match has_register(&mut Conn::Sqlite(conn)) {
        Ok(true) => Ok(Place::Register),
        Ok(false) => Ok(Place::OtherTables),
        Err(error) if error.to_string() == NOT_A_DATABASE => Ok(Place::OtherContent),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn prepare_file(url: &DatabaseUrl, path: &Path, making: Making) -> Result<Vec<String>, OpenError> {
    let failed = |error: io::Error| unreachable(url, error);
    if making == Making::Never || path.is_symlink() {
        // Not even a lock is left beside a place where a register should be.
        let place = look(path).map_err(failed)?;
        if matches!(place, Place::Nothing | Place::LooseLink) {
            return Err(absent(url, place.reason()));
        }
    }
    let _lock = lock_beside(path).map_err(failed)?;
    match (look(path).map_err(failed)?, making) {
        (Place::Nothing, Making::WhereNothingIs | Making::InAnyDatabase) => make_file(url, path),
        (Place::Empty | Place::OtherTables, Making::InAnyDatabase) => make_in(url),
        (Place::Register, _) => {
            if files::readers(path).map_err(failed)? == Readers::Everybody {
                log::warn!(
                    "every user of this machine can read {0}: run `chmod 600 {0}`, and the same for its -wal and -shm files",
                    path.display()
                );
            }
            bring_up_to_date(url, &mut Conn::open(url, Purpose::Write).map_err(|error| unreachable(url, error))?)
        }
        (place @ (Place::Empty | Place::OtherTables), Making::WhereNothingIs) => {
            Err(absent(url, &format!("{}. To make one in this file, add --create", place.reason())))
        }
        (place, _) => Err(absent(url, place.reason())),
    }
}

/// Makes a register beside its place and moves it there, so that none is ever there in part.
fn make_file(url: &DatabaseUrl, path: &Path) -> Result<Vec<String>, OpenError> {
    let fresh = Fresh::beside(path, ".creating").map_err(|error| unreachable(url, error))?;
    let applied = make_in(&fresh.url())?;
    fresh.put_in_place().map_err(|error| unreachable(url, error))?;
    Ok(applied)
}

fn make_in(url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
    let mut conn = Conn::open(url, Purpose::Write).map_err(|error| unreachable(url, error))?;
    make_tables(&mut conn).map_err(|error| not_made(url, &error.to_string()))
}

fn prepare_database(url: &DatabaseUrl, making: Making) -> Result<Vec<String>, OpenError> {
    let mut conn = Conn::open(url, Purpose::Write).map_err(|error| unreachable(url, error))?;
    server::check(&mut conn, Use::Writing).map_err(|reason| unreachable(url, reason))?;
    lock_database(&mut conn).map_err(|error| unreachable(url, error))?;
    let is_there = has_register(&mut conn).map_err(|error| unreachable(url, error))?;
    match making {
        _ if is_there => bring_up_to_date(url, &mut conn),
        Making::Never => Err(absent(url, NO_TABLES)),
        Making::WhereNothingIs | Making::InAnyDatabase => {
            make_tables(&mut conn).map_err(|error| not_made(url, &error.to_string()))
        }
    }
}

fn bring_up_to_date(url: &DatabaseUrl, conn: &mut Conn) -> Result<Vec<String>, OpenError> {
    settle(conn).map_err(|error| unreachable(url, error))?;
    let failed = |reason: String| OpenError::Migration { url: url.to_string(), reason };
    let applied = match conn {
        Conn::Sqlite(conn) => apply(conn, SQLITE),
        Conn::Postgres(conn) => apply(conn, POSTGRES),
    }
    .map_err(|error| failed(error.to_string()))?;
    log_tree::catch_up(conn).map_err(|error| failed(error.to_string()))?;
    Ok(applied)
}

type Failure = Box<dyn StdError + Send + Sync>;

/// Copies SQLite's write-ahead log into the file. After a disk failure, the content of the log may be only in memory,
/// and later commits would depend on it. If another process has the register open, that process is responsible for the
/// log.
fn settle(conn: &mut Conn) -> QueryResult<()> {
    const PATIENCE: Duration = Duration::from_millis(100);
    match conn {
        Conn::Postgres(_) => Ok(()),
        Conn::Sqlite(conn) => conn.batch_execute(&format!(
            "{}PRAGMA wal_checkpoint(TRUNCATE); {}",
            busy_timeout(PATIENCE),
            busy_timeout(SQLITE_PATIENCE)
        )),
    }
}

fn apply<C, DB>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, Failure>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
{
    let applied: Vec<String> = conn.applied_migrations()?.iter().map(ToString::to_string).collect();
    refuse_unknown(&known::<DB>(&source)?, &applied)?;
    let run = conn.run_pending_migrations(source)?;
    Ok(run.iter().map(ToString::to_string).collect())
}

/// The versions of the migrations that this program knows.
fn known<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, Failure> {
    let migrations = diesel::migration::MigrationSource::<DB>::migrations(source)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn refuse_unknown(known: &[String], applied: &[String]) -> Result<(), Failure> {
    match applied.iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(newer) => Err(format!(
            "it has the migration {newer}, which this version of the program does not know: use a newer version"
        )
        .into()),
    }
}

fn unreachable(url: &DatabaseUrl, error: impl ToString) -> OpenError {
    OpenError::Unreachable { url: url.to_string(), reason: error.to_string() }
}

fn absent(url: &DatabaseUrl, reason: &str) -> OpenError {
    OpenError::NoRegister { url: url.to_string(), reason: reason.to_owned() }
}

fn not_made(url: &DatabaseUrl, reason: &str) -> OpenError {
    let reason = format!(
        "{reason}. Nothing was changed. If the database has tables of another program, name a database for the register alone"
    );
    OpenError::Migration { url: url.to_string(), reason }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}
