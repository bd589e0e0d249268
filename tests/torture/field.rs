//! Where an attack takes place: the program in a process of its own, on a register of its own.

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use kit::{ChildResource, Database, Ended, Engine, Program};

use crate::healthy::Seen;

/// How much memory the program may have resident, in MiB.
pub const MOST_MEMORY: u64 = 256;

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

/// An attack while it goes on.
pub type Attacking = Pin<Box<dyn Future<Output = Report>>>;

/// An attack, by its name.
pub struct Attack {
    /// Its name, by which it is chosen on the command line.
    pub name: &'static str,
    /// The databases on which it makes a difference.
    pub engines: &'static [Engine],
    /// Carries it out.
    pub run: fn(Engine, Size) -> Attacking,
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
    database: Database,
}

impl Field {
    /// Starts the program on an empty register, with these arguments after `serve`.
    pub fn start(engine: Engine, arguments: &[&str]) -> Self {
        Self::on(Database::fresh(engine), arguments)
    }

    /// The same on a register with so many mutuals, and the key of an administrator.
    pub fn filled(engine: Engine, mutuals: usize, arguments: &[&str]) -> Self {
        let database = Database::fresh(engine);
        database.make_admin_key();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mutuals.ndjson");
        let said = "Staff of the council who ran community services own and lead them together. ".repeat(6);
        let line = |n: usize| {
            format!(
                "{{\"name\":\"Mutual {n}\",\"description\":\"{said}\",\"sectors\":[\"culture\"],\"staff_count\":{n}}}\n"
            )
        };
        fs::write(&file, (0..mutuals).map(line).collect::<String>()).unwrap();
        let import = ["import", "--resource-type", "mutual", &file.to_string_lossy()];
        let imported = Program::new(&import).env("DATABASE_URL", &database.url()).run();
        assert_eq!(imported.code, Some(0), "{imported:?}");
        Self::on(database, arguments)
    }

    fn on(database: Database, arguments: &[&str]) -> Self {
        let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        Self::serving(database, Program::new(&all), |program| program)
    }

    /// Starts the program on this register, in surroundings that are changed like this.
    pub fn with(database: Database, surroundings: impl FnOnce(Program) -> Program) -> Self {
        Self::serving(database, Program::new(&["serve", "--listen", "127.0.0.1:0"]), surroundings)
    }

    fn serving(database: Database, program: Program, surroundings: impl FnOnce(Program) -> Program) -> Self {
        let program = program.env("DATABASE_URL", &database.url()).env("RUST_LOG", "warn");
        Self { served: surroundings(program).serve(), database }
    }

    /// Kills it, and gives the register as it is then.
    pub fn kill(self) -> Database {
        self.served.kill();
        self.database
    }

    /// Whether any session of the PostgreSQL cluster may change anything, from its next transaction on.
    pub fn let_cluster_write(&self, may: bool) {
        let switch = if may { "RESET default_transaction_read_only" } else { "SET default_transaction_read_only = on" };
        self.database.execute(&format!("ALTER SYSTEM {switch}"));
        self.database.rows("SELECT pg_reload_conf()");
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        self.served.terminate();
    }

    /// Waits for its end; its exit status.
    pub fn end(self) -> Option<i32> {
        self.served.wait()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// How long SQLite's write-ahead log is, in MiB.
    pub fn write_ahead_log(&self) -> u64 {
        match self.database.engine() {
            Engine::Sqlite => {
                let log = self.database.path().with_extension("db-wal");
                fs::metadata(log).map_or(0, |log| log.len().div_ceil(1024 * 1024))
            }
            Engine::Postgres => 0,
        }
    }

    /// Runs the program beside it, on the same register.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Program::new(arguments).env("DATABASE_URL", &self.database.url()).run()
    }

    /// A key of this role, for all departments.
    pub fn key(&self, role: &str) -> String {
        self.database.make_key(role, &[])
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> usize {
        self.database.rows(&format!("SELECT 1 AS one FROM {table}")).len()
    }

    /// The most memory that it has had resident so far, in MiB (`VmHWM`, Linux).
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.served.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes.div_ceil(1024)
    }
}
