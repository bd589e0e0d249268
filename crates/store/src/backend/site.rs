//! Checks that the address of a store still leads to the database that the store was opened on.
//!
//! If an SQLite file is removed or replaced, it stays open, and changes to it are lost when the process ends. A new
//! connection would open another register. So a store remembers which file it was opened on, and uses neither.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::ConnectionError;

use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::error::Error;

/// The database that the connections of a store lead to.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    url: DatabaseUrl,
    file: Option<Arc<File>>,
}

/// The file of an SQLite register.
#[derive(Debug)]
struct File {
    path: PathBuf,
    own: Identity,
    log_path: PathBuf,
    /// The write-ahead log, once something was written to it.
    log: Mutex<Option<Identity>>,
}

/// A file whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Site {
    /// The database that is at this address now.
    pub(crate) fn of(url: &DatabaseUrl) -> std::io::Result<Self> {
        let file = match url {
            DatabaseUrl::Sqlite(path) => Some(Arc::new(File::at(path)?)),
            DatabaseUrl::Postgres(_) => None,
        };
        Ok(Self { url: url.clone(), file })
    }

    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Opens a connection to this database and to no other.
    pub(crate) fn open(&self, purpose: Purpose) -> Result<Conn, ConnectionError> {
        let check = || self.check().map_err(|error| ConnectionError::BadConnection(error.to_string()));
        check()?;
        let conn = Conn::open(&self.url, purpose)?;
        check()?;
        Ok(conn)
    }

    /// Opens another connection for the writer. The write-ahead log may be a new one then.
    pub(crate) fn open_again(&self) -> Result<Conn, ConnectionError> {
        let conn = self.open(Purpose::Write)?;
        if let Some(file) = &self.file {
            *file.log() = None;
        }
        Ok(conn)
    }

    /// Notes what the write-ahead log is: called after a commit, when there is one.
    pub(crate) fn note_log(&self) {
        if let Some(file) = &self.file {
            let mut log = file.log();
            if log.is_none() {
                *log = Identity::of(&file.log_path).ok();
            }
        }
    }

    /// Refuses a database that is not at its address any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what happened to which file.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Some(file) = &self.file else { return Ok(()) };
        is_same(&file.path, file.own)?;
        match *file.log() {
            Some(log) => is_same(&file.log_path, log),
            None => Ok(()),
        }
    }
}

impl File {
    fn at(path: &Path) -> std::io::Result<Self> {
        // SQLite keeps the log beside the file itself, wherever a link to it is.
        let mut log_path = fs::canonicalize(path)?.into_os_string();
        log_path.push("-wal");
        let own = Identity::of(path)?;
        Ok(Self { path: path.to_owned(), own, log_path: log_path.into(), log: Mutex::default() })
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Option<Identity>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity {
    fn of(path: &Path) -> std::io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self { device: found.dev(), inode: found.ino() })
    }
}

fn is_same(path: &Path, known: Identity) -> Result<(), Error> {
    match Identity::of(path) {
        Ok(found) if found == known => Ok(()),
        Ok(_) => Err(Error::Unavailable(format!(
            "{} was replaced while it was open: put the file back, or stop the service and start it on the new one",
            path.display()
        ))),
        Err(error) => Err(Error::Unavailable(format!(
            "{} was removed while it was open, so put it back: {error}",
            path.display()
        ))),
    }
}
