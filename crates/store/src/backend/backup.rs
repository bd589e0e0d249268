//! Copies of an SQLite register: taken while it is in use, and put back while it is not.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::backend::migrate::migrate;
use crate::error::OpenError;

/// Writes a consistent copy of the register into a new file, while others may go on writing.
///
/// # Errors
/// [`OpenError::Copy`] where the file exists already or can't be written, and on PostgreSQL, naming the tool to use.
pub fn backup(url: &DatabaseUrl, file: &Path) -> Result<(), OpenError> {
    let source = sqlite_path(url, "pg_dump --format=custom --file=FILE URL")?;
    if !source.exists() {
        return Err(OpenError::Copy(format!("{} does not exist: there is nothing to back up", source.display())));
    }
    if file.exists() {
        return Err(OpenError::Copy(format!("{} already exists: name a new file", file.display())));
    }
    let mut conn = open(url)?;
    diesel::sql_query("VACUUM INTO $1")
        .bind::<Text, _>(file.to_string_lossy())
        .execute(&mut conn)
        .map_err(|error| OpenError::Copy(format!("cannot write {}: {error}", file.display())))?;
    std::fs::File::open(file)
        .and_then(|copy| copy.sync_all())
        .map_err(|error| OpenError::Copy(format!("cannot write {} to disk: {error}", file.display())))
}

/// Makes a backup the register. The place must be free, so that no register is ever overwritten.
///
/// # Errors
/// [`OpenError::Copy`] where the file is no sound backup, where a register is in its place, and on PostgreSQL, naming the tool to
/// use.
pub fn restore(url: &DatabaseUrl, file: &Path) -> Result<(), OpenError> {
    let target = sqlite_path(url, "pg_restore --clean --if-exists --dbname=URL FILE")?;
    // A write-ahead log left behind is as bad as a register: SQLite would write its pages over the restored ones.
    if let Some(found) = ["", "-wal", "-shm"].map(|suffix| beside(target, suffix)).iter().find(|file| file.exists()) {
        return Err(OpenError::Copy(format!(
            "{} already exists: stop the service, move the register away with its -wal and -shm files, then restore",
            found.display()
        )));
    }
    if !file.exists() {
        return Err(OpenError::Copy(format!("{} does not exist", file.display())));
    }
    let fresh = beside(target, ".restoring");
    let copied = copy_checked(file, &fresh).and_then(|()| {
        std::fs::rename(&fresh, target)
            .map_err(|error| OpenError::Copy(format!("cannot move {} into place: {error}", target.display())))
    });
    for rest in ["", "-wal", "-shm", ".lock"] {
        // Left over only where the copy was not sound.
        drop(std::fs::remove_file(beside(&fresh, rest)));
    }
    copied
}

/// Copies and then examines the copy, so that the backup itself is never opened for writing.
fn copy_checked(file: &Path, fresh: &Path) -> Result<(), OpenError> {
    let unsound = |reason: String| OpenError::Copy(format!("{} is not a valid backup: {reason}", file.display()));
    std::fs::copy(file, fresh)
        .and_then(|_| std::fs::File::open(fresh)?.sync_all())
        .map_err(|error| unsound(error.to_string()))?;
    let copy = DatabaseUrl::Sqlite(fresh.to_owned());
    let mut conn = Conn::open(&copy, Purpose::Write).map_err(|error| unsound(error.to_string()))?;
    let said: Vec<Verdict> =
        diesel::sql_query("PRAGMA integrity_check").load(&mut conn).map_err(|error| unsound(error.to_string()))?;
    if said.iter().any(|line| line.integrity_check != "ok") {
        return Err(unsound("its integrity check fails".to_owned()));
    }
    conn.batch_execute("SELECT seq FROM log_head").map_err(|_| unsound("it does not contain a register".to_owned()))?;
    drop(conn);
    migrate(&copy).map_err(|error| unsound(error.to_string()))?;
    // One file is to be put in place, without a write-ahead log beside it.
    open(&copy)?.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").map_err(|error| unsound(error.to_string()))
}

#[derive(QueryableByName)]
struct Verdict {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn open(url: &DatabaseUrl) -> Result<Conn, OpenError> {
    Conn::open(url, Purpose::Write)
        .map_err(|error| OpenError::Unreachable { url: url.to_string(), reason: error.to_string() })
}

fn sqlite_path<'u>(url: &'u DatabaseUrl, tool: &str) -> Result<&'u Path, OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            Err(OpenError::Copy(format!("the register is on PostgreSQL: use its own tools instead: {tool}")))
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
