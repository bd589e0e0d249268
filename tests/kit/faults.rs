//! A disk that fails and a clock that is wrong when a case wants it, by a library that is loaded into the program before that of C.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::program::Program;

/// The disk under an SQLite register.
#[derive(Debug)]
pub struct FaultyDisk {
    folder: TempDir,
}

/// What a disk fails at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// What was written can't be confirmed: EIO at `fsync`.
    Sync,
    /// There is no room: ENOSPC at `write`.
    Full,
}

impl FaultyDisk {
    /// One that works for now.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("mutuals-disk.").unwrap();
        fs::write(folder.path().join("fault"), "").unwrap();
        Self { folder }
    }

    /// The program with its register on this disk.
    #[must_use]
    pub fn under(&self, program: Program) -> Program {
        program.env("LD_PRELOAD", &LIBRARY.1.to_string_lossy()).env("FAULTS_FILE", &self.file().to_string_lossy())
    }

    /// From now on it fails at this, or works.
    pub fn set(&self, fault: Option<DiskFault>) {
        let letter = match fault {
            Some(DiskFault::Sync) => "s",
            Some(DiskFault::Full) => "f",
            None => "",
        };
        fs::write(self.file(), letter).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("fault")
    }
}

impl Default for FaultyDisk {
    fn default() -> Self {
        Self::new()
    }
}

/// The time of the day as programs see it.
#[derive(Debug)]
pub struct SettableClock {
    folder: TempDir,
}

impl SettableClock {
    /// One that is right for now.
    pub fn new() -> Self {
        let clock = Self { folder: TempDir::with_prefix("mutuals-clock.").unwrap() };
        clock.set_ahead(0);
        clock
    }

    /// The program on a machine with this clock.
    #[must_use]
    pub fn under(&self, program: Program) -> Program {
        program.env("LD_PRELOAD", &LIBRARY.1.to_string_lossy()).env("CLOCK_FILE", &self.file().to_string_lossy())
    }

    /// From now on it is so many seconds ahead.
    pub fn set_ahead(&self, seconds: i64) {
        // The program may be reading it: it finds the old time or the new one.
        let new = self.folder.path().join("new");
        fs::write(&new, seconds.to_string()).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }
}

impl Default for SettableClock {
    fn default() -> Self {
        Self::new()
    }
}

/// The folder stays as long as the process.
static LIBRARY: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = TempDir::with_prefix("mutuals-faults.").unwrap();
    let (source, library) = (folder.path().join("faults.c"), folder.path().join("faults.so"));
    fs::write(&source, include_str!("faults.c")).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl");
    let compiled = compile.output().expect("a C compiler, which the build needs too");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    (folder, library)
});
