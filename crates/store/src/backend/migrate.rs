//! Brings a database up to this version's schema.

use std::fs::File;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::Migration as _;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::error::OpenError;
use crate::log::log_tree;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// «mutuals» as a number: all instances that start at once wait for this PostgreSQL advisory lock.
const ADVISORY_LOCK: i64 = 0x006d_7574_7561_6c73;

/// Applies the migrations that are missing, one process at a time, and names them in order.
///
/// # Errors
/// [`OpenError::Unreachable`] where the database does not answer, [`OpenError::Migration`] where a migration fails or
/// the database has migrations that this version does not know.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
    let unreachable = |reason: String| OpenError::Unreachable { url: url.to_string(), reason };
    let _lock = match url {
        DatabaseUrl::Sqlite(path) => Some(lock_beside(path).map_err(|error| unreachable(error.to_string()))?),
        DatabaseUrl::Postgres(_) => None,
    };
    let mut conn = Conn::open(url, Purpose::Migrate).map_err(|error| unreachable(error.to_string()))?;
    let failed = |reason: String| OpenError::Migration { url: url.to_string(), reason };
    let applied = match &mut conn {
        Conn::Sqlite(conn) => apply(conn, SQLITE),
        Conn::Postgres(conn) => {
            // A migration may take longer than a request's statement.
            conn.batch_execute(&format!(
                "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({ADVISORY_LOCK})"
            ))
            .map_err(|error| failed(error.to_string()))?;
            apply(conn, POSTGRES)
        }
    }
    .map_err(failed)?;
    log_tree::catch_up(&mut conn).map_err(|error| failed(error.to_string()))?;
    Ok(applied)
}

/// Held until the file is closed, by the end of the process at the latest.
fn lock_beside(path: &Path) -> std::io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(name)?;
    file.lock()?;
    Ok(file)
}

fn apply<C, DB>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, String>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
{
    let known: Vec<String> = diesel::migration::MigrationSource::<DB>::migrations(&source)
        .map_err(|error| error.to_string())?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = conn.applied_migrations().map_err(|error| error.to_string())?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(format!(
            "it has the migration {newer}, which this version of the program does not know: use a newer version"
        ));
    }
    let run = conn.run_pending_migrations(source).map_err(|error| error.to_string())?;
    Ok(run.iter().map(ToString::to_string).collect())
}
