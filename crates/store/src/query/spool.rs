//! Exports: read in one go into an unlinked temporary file, and sent from there at the client's own pace.
//!
//! The snapshot lives only while the database is read, so a slow client does not keep it open. All files together have
//! limited space, and each caller a share of it. A file is deleted with its last user.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::backend::conn::{self, DatabaseUrl, Pool};
use crate::backend::{dialect, files};
use crate::error::{Error, OpenError};
use crate::log::entry::Head;
use crate::log::entry_log;
use crate::random;
use crate::share::{Amounts, Client, Place};
use crate::transaction::ReadTx;

/// The maximum number of exports that are read from the database at a time.
pub(crate) const AT_A_TIME: u32 = 3;
/// The maximum number of exports that are read or sent at a time.
pub(crate) const KEPT: usize = 64;
/// The maximum for one caller.
pub(crate) const KEPT_BY_ONE: usize = 2;
/// The maximum time to read the database, which is the life of the snapshot.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// Where such files are, and how much they may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// The folder. Without one, it is that of an SQLite register, and beside PostgreSQL the system's for temporary files.
    pub folder: Option<PathBuf>,
    /// In bytes, for all files together. One caller may have half of it, and callers without a key three quarters.
    pub limit: u64,
}

impl SpoolSettings {
    /// The limit where the operator sets none: 4 GiB.
    pub const LIMIT: u64 = 4 << 30;
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self { folder: None, limit: Self::LIMIT }
    }
}

/// The folder of the files and what they hold.
pub(crate) struct Spool {
    folder: PathBuf,
    amounts: Arc<Mutex<Amounts>>,
}

impl Spool {
    /// For a register. A folder that was named must be one that files can be made in.
    pub(crate) fn open(settings: &SpoolSettings, url: &DatabaseUrl) -> Result<Self, OpenError> {
        let folder = match (&settings.folder, url) {
            (Some(folder), _) => folder.clone(),
            (None, DatabaseUrl::Sqlite(path)) => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            },
            (None, DatabaseUrl::Postgres(_)) => std::env::temp_dir(),
        };
        if settings.folder.is_some() {
            nameless_file(&folder)
                .map_err(|source| OpenError::Spool { folder: folder.clone(), reason: source.to_string() })?;
        }
        Ok(Self { folder, amounts: Arc::new(Mutex::new(Amounts::new(settings.limit))) })
    }

    /// Reads on this thread until `next` gives none, or as long as it is `wanted`, which is asked at each piece.
    pub(crate) fn fill<E: From<Error>>(
        &self,
        pool: &Pool,
        mut next: impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, E>,
        client: Client,
        wanted: impl Fn() -> bool,
    ) -> Result<Filled, E> {
        let mut room = Room { amounts: Arc::clone(&self.amounts), client, bytes: 0 };
        let file = nameless_file(&self.folder).map_err(|error| self.unusable(&error))?;
        let mut writer = BufWriter::with_capacity(BUFFER, file);
        let mut session = in_snapshot(pool)?;
        // Until it is known that the connection is as it was, nobody else is to get it.
        session.broken = true;
        let mut tx = ReadTx::on(&mut session.conn);
        let end = Instant::now() + LONGEST;
        let filled = entry_log::newest(&mut tx).map_err(E::from).and_then(|head| {
            while let Some(piece) = next(&mut tx)? {
                if !wanted() {
                    return Err(Error::Unavailable("the client has stopped waiting for an export".to_owned()).into());
                }
                if Instant::now() > end {
                    return Err(Error::Unavailable(format!("an export took more than {} s", LONGEST.as_secs())).into());
                }
                room.take(piece.len())?;
                writer.write_all(&piece).map_err(|error| self.unusable(&error))?;
            }
            Ok(head)
        });
        session.broken = dialect::end_walk(&mut session.conn).is_err();
        drop(session);
        let head = filled?;
        let file = writer.into_inner().map_err(|error| self.unusable(error.error()))?;
        Ok(Filled { head, file, room })
    }

    fn unusable(&self, error: &io::Error) -> Error {
        Error::Unavailable(format!("cannot write an export in {}: {error}", self.folder.display()))
    }
}

/// Bytes that are written to such a file together.
const BUFFER: usize = 256 * 1024;

/// What was read, before it has the place in which it is kept.
pub(crate) struct Filled {
    head: Head,
    file: File,
    room: Room,
}

impl Filled {
    pub(crate) fn in_place(self, place: Place) -> Spooled {
        let Self { head, file, room } = self;
        Spooled { head, file: Mutex::new(file), room, _place: place }
    }
}

/// What was read, whole and of one moment. It takes room until it is dropped.
pub struct Spooled {
    /// The newest entry at that moment.
    pub head: Head,
    file: Mutex<File>,
    room: Room,
    _place: Place,
}

impl Spooled {
    /// Its length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.room.bytes
    }

    /// At most so many bytes from this place on; none only at the end.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read(&self, from: u64, at_most: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.length().saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; at_most.min(left)];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// What one file holds of all that they may.
struct Room {
    amounts: Arc<Mutex<Amounts>>,
    client: Client,
    bytes: u64,
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        let more = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.amounts.lock().unwrap_or_else(PoisonError::into_inner).take(&self.client, more, self.bytes)?;
        self.bytes = self.bytes.saturating_add(more);
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.amounts.lock().unwrap_or_else(PoisonError::into_inner).give_back(&self.client, self.bytes);
    }
}

/// A file that only this process has, whatever becomes of it.
fn nameless_file(folder: &Path) -> io::Result<File> {
    let number = random::bytes::<16>().map_err(|error| io::Error::other(error.to_string()))?;
    let path = folder.join(format!(".mutuals-export-{:032x}", u128::from_be_bytes(number)));
    let file = files::make_private(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// A connection on which a snapshot has begun. All of the pool may be dead, after a restart of the database, so that as many are
/// tried.
fn in_snapshot(pool: &Pool) -> Result<r2d2::PooledConnection<conn::Manager>, Error> {
    for _ in 0..pool.max_size() {
        let mut session = conn::check_out(pool)?;
        session.broken = dialect::begin_walk(&mut session.conn).is_err();
        if !session.broken {
            return Ok(session);
        }
    }
    Err(Error::Unavailable("no database connection answers".to_owned()))
}
