//! Where an attack takes place: the program in a process of its own, on a register of its own.

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use kit::{ChildResource, Database, Engine, Program};

use crate::healthy::Seen;

/// How much of an attack is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// What fits into the checks of every change.
    Short,
    /// All of it.
    Full,
}

impl Size {
    /// One of two values.
    pub fn choose<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// An attack, by its name.
pub struct Attack {
    /// Its name, by which it is chosen on the command line.
    pub name: &'static str,
    /// The databases on which it makes a difference.
    pub engines: &'static [Engine],
    /// Carries it out.
    pub run: fn(Engine, Size) -> Pin<Box<dyn Future<Output = Report>>>,
}

/// What came of an attack.
#[derive(Debug, Default)]
pub struct Report {
    /// What was done, with its numbers.
    pub done: String,
    /// What the healthy caller saw.
    pub seen: Option<Seen>,
    /// The most memory that the program had resident, in MiB.
    pub memory: Option<u64>,
    /// What should not have been so; empty where the program held.
    pub faults: Vec<String>,
}

impl Report {
    /// An attack that could not be carried out to its end.
    pub fn failed(fault: String) -> Self {
        Self { faults: vec![fault], ..Self::default() }
    }

    /// Notes a fault unless this holds.
    pub fn must(&mut self, holds: bool, fault: impl Into<String>) {
        if !holds {
            self.faults.push(fault.into());
        }
    }
}

/// The program under attack.
pub struct Field {
    served: ChildResource,
    // The last to be dropped: the program must have let go of it.
    _database: Database,
}

impl Field {
    /// Starts the program on an empty register, with these arguments after `serve`.
    pub fn start(engine: Engine, arguments: &[&str]) -> Self {
        let database = Database::fresh(engine);
        let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let served = Program::new(&all).env("DATABASE_URL", &database.url()).env("RUST_LOG", "warn").serve();
        Self { served, _database: database }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The most memory that it has had resident so far, in MiB (`VmHWM`, Linux).
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.served.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes.div_ceil(1024)
    }
}
