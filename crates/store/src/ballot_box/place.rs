//! Where a box is: on SQLite in a file beside the register, on PostgreSQL in tables of the register's database.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::StaffBallotId;

use super::cast::{self, Contents};
use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::backend::dialect;
use crate::backend::files::{self, COMPANIONS, Fresh, beside};
use crate::backend::fragment::Fragment;
use crate::backend::site::Site;
use crate::error::Error;

/// What stands between the name of the register's file and the ballot's id in the name of a box.
const SUFFIX: &str = "-ballot-";
/// The write-ahead log of a box. SQLite removes it with the last connection, and what was in it would stay on the disk.
const LOG: &str = "-wal";
/// What the kept name of such a log begins with; the number of its file is after it.
const KEPT_LOG: &str = "-kept-wal-";
/// Entries that one statement inserts.
const AT_A_TIME: usize = 500;

/// The tables of a box in a file. What PostgreSQL has beside the register is the same.
const TABLES: &str = "\
CREATE TABLE ballot_boxes (
    staff_ballot_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ballot_box_roll (
    staff_ballot_id TEXT NOT NULL,
    entry TEXT NOT NULL,
    spend TEXT,
    PRIMARY KEY (staff_ballot_id, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE ballot_box_votes (
    staff_ballot_id TEXT NOT NULL,
    tracker TEXT NOT NULL,
    choice TEXT NOT NULL,
    PRIMARY KEY (staff_ballot_id, tracker)
) STRICT, WITHOUT ROWID;";

/// A caster that the server lost in the midst of a transaction locks the box no longer than this.
const POSTGRES_BOX: &str = "SET idle_in_transaction_session_timeout = '5s'";

pub(super) struct Place<'s> {
    site: &'s Site,
    ballot: StaffBallotId,
}

impl<'s> Place<'s> {
    pub(super) fn of(site: &'s Site, ballot: StaffBallotId) -> Self {
        Self { site, ballot }
    }

    /// The box's file beside the register's; none on PostgreSQL.
    fn file(&self) -> Option<PathBuf> {
        match self.site.url() {
            DatabaseUrl::Sqlite(register) => Some(beside(register, &format!("{SUFFIX}{}", self.ballot))),
            DatabaseUrl::Postgres(_) => None,
        }
    }

    /// A connection to the box; none where there is no file for it.
    pub(super) fn open(&self) -> Result<Option<(Site, Conn)>, Error> {
        let closed = |error: diesel::ConnectionError| Error::Unavailable(error.to_string());
        let Some(file) = self.file() else {
            let mut conn = self.site.open(Purpose::Write).map_err(closed)?;
            conn.batch_execute(POSTGRES_BOX).map_err(Error::from)?;
            return Ok(Some((self.site.clone(), conn)));
        };
        if !file.exists() {
            return Ok(None);
        }
        let site = Site::of(&DatabaseUrl::Sqlite(file.clone())).map_err(unavailable)?;
        let mut conn = site.open(Purpose::Write).map_err(closed)?;
        // No thread of its own checkpoints a box.
        conn.batch_execute("PRAGMA wal_autocheckpoint = 1000; SELECT 1 FROM ballot_boxes").map_err(Error::from)?;
        // SQLite has the log there since that statement, and leaves it there as long as this connection is open.
        keep(&beside(&file, LOG), &beside(&file, KEPT_LOG)).map_err(unavailable)?;
        Ok(Some((site, conn)))
    }

    /// Makes the box. A file is put in its place once it is complete.
    pub(super) fn make(&self, entries: &[String]) -> Result<(), Error> {
        if self.open()?.map(|(_, mut conn)| self.has_votes(&mut conn)).transpose()?.unwrap_or_default() {
            return Err(Error::Internal(format!("there is a box with votes of the ballot {} already", self.ballot)));
        }
        let Some(file) = self.file() else {
            let mut conn = self.site.open(Purpose::Write).map_err(|error| Error::Unavailable(error.to_string()))?;
            dialect::control(&mut conn, &["BEGIN"])?;
            self.empty(&mut conn)?;
            self.fill(&mut conn, entries)?;
            return dialect::control(&mut conn, &["COMMIT"]).map_err(Error::from);
        };
        let fresh = Fresh::beside(&file, ".making").map_err(unavailable)?;
        let mut conn =
            Conn::open(&fresh.url(), Purpose::Write).map_err(|error| Error::Unavailable(error.to_string()))?;
        conn.batch_execute(TABLES).map_err(Error::from)?;
        dialect::control(&mut conn, &["BEGIN"])?;
        self.fill(&mut conn, entries)?;
        dialect::control(&mut conn, &["COMMIT"])?;
        drop(conn);
        fresh.put_in_place().map_err(|error| Error::Unavailable(error.to_string()))?;
        // A box that cannot be kept until it is written over is none that people may vote in.
        self.open().map(drop)
    }

    pub(super) fn seal(&self) -> Result<Option<Contents>, Error> {
        let Some((_, mut conn)) = self.open()? else { return Ok(None) };
        let begin = if self.file().is_some() { "BEGIN IMMEDIATE" } else { "BEGIN" };
        dialect::control(&mut conn, &[begin])?;
        let contents = cast::seal(&mut conn, self.ballot)?;
        dialect::control(&mut conn, &["COMMIT"])?;
        Ok(contents)
    }

    pub(super) fn reopen(&self) -> Result<(), Error> {
        let Some((_, mut conn)) = self.open()? else { return Ok(()) };
        cast::reopen(&mut conn, self.ballot).map_err(Error::from)
    }

    /// What was written is written over before its file goes, as far as the disk writes over what it is told to.
    pub(super) fn destroy(&self) -> Result<(), Error> {
        let Some(file) = self.file() else { return self.destroy_rows() };
        let logs = endings_beside(&beside(&file, KEPT_LOG)).map_err(unavailable)?;
        let logs: Vec<String> = logs.iter().map(|ending| format!("{KEPT_LOG}{ending}")).collect();
        // The box itself is the last to go: as long as it is there, somebody will see that it must.
        let suffixes = logs.iter().map(String::as_str).chain(COMPANIONS).chain([""]);
        suffixes.into_iter().try_for_each(|suffix| wipe(&beside(&file, suffix))).map_err(unavailable)?;
        files::sync_folder(&file).map_err(unavailable)
    }

    /// Where there is no other box, the tables begin with new files. Otherwise the rows of the others stay, and what was deleted is
    /// vacuumed.
    fn destroy_rows(&self) -> Result<(), Error> {
        let mut conn = self.site.open(Purpose::Write).map_err(|error| Error::Unavailable(error.to_string()))?;
        dialect::control(&mut conn, &["BEGIN"])?;
        let is_alone = !self.has_others(&mut conn)? && {
            dialect::control(&mut conn, &["LOCK TABLE ballot_boxes, ballot_box_roll, ballot_box_votes"])?;
            !self.has_others(&mut conn)?
        };
        if is_alone {
            return dialect::control(
                &mut conn,
                &["TRUNCATE ballot_boxes, ballot_box_roll, ballot_box_votes", "COMMIT"],
            )
            .map_err(Error::from);
        }
        self.empty(&mut conn)?;
        dialect::control(&mut conn, &["COMMIT"])?;
        let vacuum = ["SET statement_timeout = 0", "VACUUM ballot_box_roll", "VACUUM ballot_box_votes"];
        vacuum.into_iter().try_for_each(|statement| conn.batch_execute(statement)).map_err(Error::from)
    }

    fn has_others(&self, conn: &mut Conn) -> QueryResult<bool> {
        let others = Fragment::default().sql("SELECT staff_ballot_id FROM ballot_boxes WHERE staff_ballot_id <> ");
        let other = others.parameter(self.ballot.to_string()).sql(" LIMIT 1").giving::<Text>();
        Ok(other.get_result::<String>(conn).optional()?.is_some())
    }

    fn empty(&self, conn: &mut Conn) -> QueryResult<()> {
        for table in ["ballot_box_votes", "ballot_box_roll", "ballot_boxes"] {
            let rows = Fragment::default().sql(format!("DELETE FROM {table} WHERE staff_ballot_id = "));
            rows.parameter(self.ballot.to_string()).statement().execute(conn)?;
        }
        Ok(())
    }

    fn fill(&self, conn: &mut Conn, entries: &[String]) -> QueryResult<()> {
        let ballot = self.ballot.to_string();
        let state = Fragment::default().sql("INSERT INTO ballot_boxes (staff_ballot_id, state) VALUES (");
        state.parameter(&ballot).sql(", 'open')").statement().execute(conn)?;
        for some in entries.chunks(AT_A_TIME) {
            let mut insert = Fragment::default().sql("INSERT INTO ballot_box_roll (staff_ballot_id, entry) VALUES ");
            for (position, entry) in some.iter().enumerate() {
                let before = if position == 0 { "(" } else { ", (" };
                insert = insert.sql(before).parameter(&ballot).sql(", ").parameter(entry).sql(")");
            }
            insert.statement().execute(conn)?;
        }
        Ok(())
    }

    fn has_votes(&self, conn: &mut Conn) -> Result<bool, Error> {
        let votes = Fragment::default().sql("SELECT tracker FROM ballot_box_votes WHERE staff_ballot_id = ");
        let first = votes.parameter(self.ballot.to_string()).sql(" LIMIT 1").giving::<Text>();
        Ok(first.get_result::<String>(conn).optional()?.is_some())
    }
}

/// The ballots that there is a box of.
pub(super) fn all(site: &Site) -> Result<Vec<StaffBallotId>, Error> {
    match site.url() {
        DatabaseUrl::Sqlite(register) => beside_register(register).map_err(unavailable),
        DatabaseUrl::Postgres(_) => {
            let mut conn = site.open(Purpose::Read).map_err(|error| Error::Unavailable(error.to_string()))?;
            let all = Fragment::default().sql("SELECT staff_ballot_id FROM ballot_boxes").giving::<Text>();
            let ids: Vec<String> = all.load(&mut conn)?;
            Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
        }
    }
}

/// The ballots that there is a box of beside an SQLite register.
pub(crate) fn beside_register(register: &Path) -> io::Result<Vec<StaffBallotId>> {
    let endings = endings_beside(&beside(register, SUFFIX))?;
    Ok(endings.iter().filter_map(|id| id.parse().ok()).collect())
}

/// How the names of the files go on that begin with this one's.
fn endings_beside(path: &Path) -> io::Result<Vec<String>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in fs::read_dir(folder)? {
        found.extend(file?.file_name().to_string_lossy().strip_prefix(&*name.to_string_lossy()).map(str::to_owned));
    }
    Ok(found)
}

/// Gives a file another name too, so that what is in it stays where somebody removes it by the first. There is one such name for each
/// file that this was done with, whatever became of the others.
fn keep(path: &Path, kept: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(path)?);
        match fs::hard_link(path, beside(kept, &inode.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let needed =
                    "the file system of the register must let a file have two names, so that votes can be wiped";
                return Err(io::Error::new(error.kind(), format!("{needed}: {error}")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes zeros over a file and takes it away, if it is there.
fn wipe(path: &Path) -> io::Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut file = match File::options().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut left = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    while left > 0 {
        let some = ZEROS.get(..left.min(ZEROS.len())).unwrap_or_default();
        file.write_all(some)?;
        left = left.saturating_sub(some.len());
    }
    file.sync_all()?;
    fs::remove_file(path)
}

fn unavailable(error: io::Error) -> Error {
    Error::Unavailable(error.to_string())
}
