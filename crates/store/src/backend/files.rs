//! The files of an SQLite register. Only their owner can read them, and they are moved into place only when they are
//! complete.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;

use crate::backend::conn::{Conn, DatabaseUrl, Purpose};

/// What SQLite keeps beside a database, and the lock of programs that start at the same time.
pub(crate) const COMPANIONS: [&str; 3] = ["-wal", "-shm", ".lock"];

/// A file beside another, whose name ends with this.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a file that only its owner may read and write, whatever the umask. SQLite gives its companions the same mode.
///
/// # Errors If the file exists already, or cannot be made.
pub(crate) fn make_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // A umask may have taken rights from the owner too.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// The same, unless the file is there already: then it keeps its mode.
pub(crate) fn open_or_make_private(path: &Path) -> io::Result<File> {
    match make_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::options().write(true).open(path),
        made => made,
    }
}

/// Who beside its owner can read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    Owner,
    /// The file's group.
    Group,
    /// Every user of the machine.
    Everybody,
}

/// Who can read this file by its mode. On systems without such modes that is taken to be its owner.
///
/// # Errors
/// Where the file is not there.
pub fn readers(path: &Path) -> io::Result<Readers> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    #[cfg(not(unix))]
    let mode = u32::from(metadata.is_file()) * 0o600;
    Ok(match mode {
        mode if mode & 0o004 != 0 => Readers::Everybody,
        mode if mode & 0o040 != 0 => Readers::Group,
        _ => Readers::Owner,
    })
}

/// A new register in a temporary file beside its place. If this is dropped before the file is moved into place, nothing
/// is left.
#[derive(Debug)]
pub(crate) struct Fresh {
    path: PathBuf,
    target: PathBuf,
}

impl Fresh {
    /// An empty file for it. One that was left by a process which was killed is replaced.
    pub(crate) fn beside(target: &Path, suffix: &str) -> io::Result<Self> {
        let fresh = Self { path: beside(target, suffix), target: target.to_owned() };
        fresh.remove();
        make_private(&fresh.path)?;
        Ok(fresh)
    }

    /// Where it is being made.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same as a database's address.
    pub(crate) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.path.clone())
    }

    /// Puts it in its place, as one file that is on disk, without a write-ahead log beside it.
    ///
    /// # Errors
    /// If the disk fails. Each error says whether the register is in its place.
    pub(crate) fn put_in_place(self) -> Result<(), PlacingError> {
        self.finish().and_then(|()| fs::rename(&self.path, &self.target)).map_err(PlacingError::NotPlaced)?;
        sync_folder(&self.target).map_err(PlacingError::NotOnDisk)
    }

    fn finish(&self) -> io::Result<()> {
        let mut conn = Conn::open(&self.url(), Purpose::Write).map_err(io::Error::other)?;
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").map_err(io::Error::other)?;
        drop(conn);
        File::open(&self.path)?.sync_all()
    }

    fn remove(&self) {
        for suffix in [""].iter().chain(&COMPANIONS) {
            // Most are not there.
            drop(fs::remove_file(beside(&self.path, suffix)));
        }
    }
}

/// Why a register is not in its place, or not for good.
#[derive(Debug)]
pub(crate) enum PlacingError {
    /// Nothing is in the place.
    NotPlaced(io::Error),
    /// The whole register is, but its name may be lost in a crash.
    NotOnDisk(io::Error),
}

impl fmt::Display for PlacingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPlaced(error) => error.fmt(f),
            Self::NotOnDisk(error) => write!(
                f,
                "the whole file is in its place, but a crash could lose it, since its folder cannot be written to disk \
                 ({error}). Check the disk, remove the file and try again"
            ),
        }
    }
}

impl std::error::Error for PlacingError {}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Puts a private file with this content in the place of another, so that a crash leaves the one or the other whole. Returns when it is
/// on disk.
///
/// # Errors
/// If the disk fails.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path, ".new");
    // One may be left by a process that was killed.
    drop(fs::remove_file(&new));
    let mut file = make_private(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// Has the name of a file on disk, and not the file alone.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    }
}
