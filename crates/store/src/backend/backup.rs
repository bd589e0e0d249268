//! Copies of an SQLite register: taken while it is in use, and put back while it is not.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::StaffBallotId;

use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::backend::files::{self, Fresh, beside};
use crate::backend::migrate::{self, open_register};
use crate::ballot_box::beside_register;
use crate::error::{Error, OpenError};
use crate::log::renewal::{self, Renewal};
use crate::transaction::Stamp;
use crate::writer;

/// Writes a consistent copy of the register into a new file, while others may go on writing. Gives the ballots that are open: their
/// votes are not in it.
///
/// # Errors
/// [`OpenError::Copy`] where the file exists already or can't be written, and on PostgreSQL, naming the tool to use.
pub fn backup(url: &DatabaseUrl, file: &Path) -> Result<Vec<StaffBallotId>, OpenError> {
    let register = sqlite_path(url, "pg_dump --format=custom --file=FILE URL")?;
    drop(open_register(url)?);
    let unwritable = |error: &dyn fmt::Display| OpenError::Copy(format!("cannot write {}: {error}", file.display()));
    let copy = files::make_private(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => OpenError::Copy(format!("{} already exists: name a new file", file.display())),
        _ => unwritable(&error),
    })?;
    // SQLite takes an empty file for a new one.
    let copied = diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(file.to_string_lossy()).execute(&mut open(url)?);
    let on_disk = || copy.sync_all().and_then(|()| files::sync_folder(file)).map_err(|error| unwritable(&error));
    let copied = copied.map_err(|error| unwritable(&error)).and_then(|_| on_disk());
    let left_out = copied.and_then(|()| beside_register(register).map_err(|error| unwritable(&error)));
    left_out.inspect_err(|_| drop(fs::remove_file(file)))
}

/// Restores a backup as the register, and begins a new epoch of its log. There must be no file in its place, so that no
/// register is ever overwritten. Another program that starts on it or restores to it waits for the end.
///
/// # Errors
/// [`OpenError::Copy`] where the file is no sound backup, where a register is in its place, and on PostgreSQL, naming the tool to
/// use.
pub fn restore(url: &DatabaseUrl, file: &Path, stamp: &Stamp, reason: Option<&str>) -> Result<Renewal, OpenError> {
    let target = sqlite_path(url, "pg_restore --clean --if-exists --dbname=URL FILE")?;
    expect_free(target)?;
    if !file.exists() {
        return Err(OpenError::Copy(format!("{} does not exist", file.display())));
    }
    let unplaced = |error: &dyn fmt::Display| OpenError::Copy(format!("cannot write {}: {error}", target.display()));
    let _lock = migrate::lock_beside(target).map_err(|error| unplaced(&error))?;
    expect_free(target)?;
    let fresh = Fresh::beside(target, ".restoring").map_err(|error| unplaced(&error))?;
    let begin = |conn: &mut Conn| writer::write_alone(conn, stamp, |tx| renewal::begin(tx, reason));
    let renewal = copy_checked(file, &fresh, begin)?;
    fresh.put_in_place().map_err(|error| unplaced(&error))?;
    Ok(renewal)
}

/// Refuses a place where a register is, or was.
pub(crate) fn expect_free(target: &Path) -> Result<(), OpenError> {
    // A write-ahead log left behind is as bad as a register: SQLite would write its pages over the new ones.
    match ["", "-wal", "-shm"].map(|suffix| beside(target, suffix)).iter().find(|file| file.exists()) {
        None => Ok(()),
        Some(found) => Err(OpenError::Copy(format!(
            "{} already exists: name a new file, or stop the service and move the register away with its -wal and -shm files",
            found.display()
        ))),
    }
}

/// Copies the backup, then checks and changes only the copy, so that the backup itself is never opened for writing.
fn copy_checked<T>(
    file: &Path,
    fresh: &Fresh,
    change: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, OpenError> {
    let unsound = |reason: String| OpenError::Copy(format!("{} is not a valid backup: {reason}", file.display()));
    let copied = File::options().write(true).open(fresh.path());
    copied
        .and_then(|mut copy| io::copy(&mut File::open(file)?, &mut copy))
        .map_err(|error| unsound(error.to_string()))?;
    let mut conn = open(&fresh.url()).map_err(|error| unsound(error.to_string()))?;
    let said: Vec<Verdict> =
        diesel::sql_query("PRAGMA integrity_check").load(&mut conn).map_err(|error| unsound(error.to_string()))?;
    if said.iter().any(|line| line.integrity_check != "ok") {
        return Err(unsound("its integrity check fails".to_owned()));
    }
    conn.batch_execute("SELECT seq FROM log_head").map_err(|_| unsound("it does not contain a register".to_owned()))?;
    drop(conn);
    migrate::migrate(&fresh.url()).map_err(|error| unsound(error.to_string()))?;
    change(&mut open(&fresh.url())?).map_err(|error| unsound(error.to_string()))
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
