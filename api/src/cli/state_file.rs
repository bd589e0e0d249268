//! The file in which a command that goes on for long keeps what it knows, for one process alone.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::outcome::Failure;

/// A state file.
pub(super) struct StateFile {
    path: PathBuf,
    /// Locked until the process ends.
    _lock: File,
}

impl StateFile {
    /// The file at this path. `user` says who uses it: "witness".
    pub(super) fn open(path: PathBuf, user: &str) -> Result<Self, Failure> {
        let locked = beside(&path, ".lock");
        let failed = |error: std::io::Error| format!("cannot use the state file {}: {error}", path.display());
        let lock = File::options().create(true).append(true).open(locked).map_err(failed)?;
        let in_use = |_| format!("another {user} uses the state file {}", path.display());
        lock.try_lock().map_err(in_use)?;
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it has; none if it is not there.
    ///
    /// # Errors
    /// In words, if it cannot be read.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, String> {
        let failed =
            |error: &dyn std::fmt::Display| format!("cannot read the state file {}: {error}", self.path.display());
        match std::fs::read_to_string(&self.path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| failed(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Puts this in the place of what it has.
    ///
    /// # Errors
    /// In words, if it cannot be written.
    pub(super) fn write(&self, state: &impl Serialize) -> Result<(), String> {
        let failed =
            |error: &dyn std::fmt::Display| format!("cannot write the state file {}: {error}", self.path.display());
        let text = serde_json::to_string_pretty(state).map_err(|error| failed(&error))?;
        store::replace_file(&self.path, format!("{text}\n").as_bytes()).map_err(|error| failed(&error))
    }
}

/// A path with this after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
