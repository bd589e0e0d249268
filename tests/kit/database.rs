//! A database for each case, made from a template that is brought up to date once a process; and a look into it that goes
//! around the service.
//!
//! Reading is done by the databases' own tools, `psql` and the `sqlite3` module of Python: a second SQLite linked into the
//! test would not be the one that is tested, and the store's own reading is what is to be checked.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use api::{Clock, Secret};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use uuid::Uuid;

/// What [`Database`] needs and `tests/with-postgres` gives.
const CLUSTER: &str = "TEST_DATABASE_URL";

/// Which database a case runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL, in the cluster that `TEST_DATABASE_URL` names.
    Postgres,
}

/// An empty register of this version's schema. It is gone when the case is.
#[derive(Debug)]
pub struct Database {
    place: Place,
    /// Whether it has the key of the administrator that requests come from.
    has_admin_key: bool,
}

#[derive(Debug)]
enum Place {
    Sqlite { folder: TempDir },
    Postgres { name: String },
}

impl Database {
    /// A copy of the template.
    pub fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let mut database = Self::sqlite_folder();
                fs::write(database.path(), &*SQLITE_TEMPLATE).unwrap();
                database.has_admin_key = true;
                database
            }
            Engine::Postgres => {
                let name = next_name();
                psql(&cluster(), &format!("CREATE DATABASE {name} TEMPLATE {}", *POSTGRES_TEMPLATE));
                Self { place: Place::Postgres { name }, has_admin_key: true }
            }
        }
    }

    /// A place where no register is yet.
    pub fn absent(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite_folder(),
            Engine::Postgres => {
                let name = next_name();
                psql(&cluster(), &format!("CREATE DATABASE {name}"));
                Self { place: Place::Postgres { name }, has_admin_key: false }
            }
        }
    }

    /// A copy of the register that [`Database::keep`] stored in this folder.
    pub fn stored(engine: Engine, folder: &Path) -> Self {
        let database = Self::absent(engine);
        let stored = unzip(&folder.join(stored_as(engine)));
        match engine {
            Engine::Sqlite => fs::write(database.path(), stored).unwrap(),
            Engine::Postgres => {
                let mut script = NamedTempFile::new().unwrap();
                script.write_all(&stored).unwrap();
                let mut command = Command::new("psql");
                command.args(["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]);
                command.arg("--dbname").arg(database.url()).arg("--file").arg(script.path());
                output(command);
            }
        }
        database
    }

    /// Stores the register in this folder, as the database's own tools write it.
    pub fn keep(&self, folder: &Path) {
        let written = match &self.place {
            Place::Sqlite { .. } => fs::read(self.copy().path()).unwrap(),
            Place::Postgres { .. } => {
                let mut command = Command::new("pg_dump");
                command.args(["--no-owner", "--no-privileges", "--dbname", &self.url()]);
                output(command).into_bytes()
            }
        };
        let file = fs::File::create(folder.join(stored_as(self.engine()))).unwrap();
        let mut file = GzEncoder::new(file, Compression::best());
        file.write_all(&written).unwrap();
        file.finish().unwrap();
    }

    fn sqlite_folder() -> Self {
        let folder = TempDir::with_prefix("mutuals-test.").unwrap();
        Self { place: Place::Sqlite { folder }, has_admin_key: false }
    }

    /// Which kind it is.
    pub fn engine(&self) -> Engine {
        match self.place {
            Place::Sqlite { .. } => Engine::Sqlite,
            Place::Postgres { .. } => Engine::Postgres,
        }
    }

    /// What `DATABASE_URL` is to be.
    pub fn url(&self) -> String {
        match &self.place {
            Place::Sqlite { .. } => format!("sqlite:{}", self.path().display()),
            Place::Postgres { name } => in_cluster(name),
        }
    }

    /// The file of an SQLite register.
    pub fn path(&self) -> PathBuf {
        match &self.place {
            Place::Sqlite { folder } => folder.path().join("register.db"),
            Place::Postgres { name } => panic!("{name} is no file"),
        }
    }

    /// The rows of a query as objects, each with its columns by name.
    pub fn rows(&self, sql: &str) -> Vec<Value> {
        let json = match &self.place {
            Place::Sqlite { .. } => python(&["rows", &self.path().to_string_lossy(), sql]),
            Place::Postgres { .. } => {
                psql(&self.url(), &format!("SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({sql}) AS found"))
            }
        };
        serde_json::from_str(&json).unwrap()
    }

    /// A new key with this role for these departments, or for all if there are none; made behind the service's back.
    pub fn make_key(&self, role: &str, departments: &[&str]) -> String {
        let (id, secret) = new_key();
        self.insert_key(&id, &secret, role, departments);
        secret.reveal().to_owned()
    }

    /// Makes the key of the administrator that requests come from, where the register doesn't have it yet.
    pub fn make_admin_key(&self) {
        if !self.has_admin_key {
            let (id, secret) = &*ADMIN;
            self.insert_key(id, secret, "admin", &[]);
        }
    }

    fn insert_key(&self, id: &str, secret: &Secret, role: &str, departments: &[&str]) {
        let hash: String = secret.hash().iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = match self.place {
            Place::Sqlite { .. } => format!("X'{hash}'"),
            Place::Postgres { .. } => format!("decode('{hash}', 'hex')"),
        };
        let scope = if departments.is_empty() { "NULL".to_owned() } else { format!("'{}'", json!(departments)) };
        self.execute(&format!(
            "INSERT INTO api_keys (id, hash, label, role, department_ids, created_at, created_by, expires_at) \
             VALUES ('{id}', {hash}, 'a test', '{role}', {scope}, '2020-01-01 00:00:00', 'operator', '2999-01-01 00:00:00') \
             ON CONFLICT (id) DO NOTHING"
        ));
    }

    /// A copy of the register as it is now, as the database's own tools make it.
    #[must_use]
    pub fn copy(&self) -> Self {
        match &self.place {
            Place::Sqlite { .. } => {
                let mut copy = Self::sqlite_folder();
                self.execute(&format!("VACUUM INTO '{}'", copy.path().display()));
                copy.has_admin_key = self.has_admin_key;
                copy
            }
            Place::Postgres { name: of } => {
                let name = next_name();
                psql(&cluster(), &format!("CREATE DATABASE {name} TEMPLATE {of}"));
                Self { place: Place::Postgres { name }, has_admin_key: self.has_admin_key }
            }
        }
    }

    /// Takes the database away from the service that runs on it.
    pub fn take_away(&self) {
        match &self.place {
            Place::Sqlite { .. } => fs::remove_file(self.path()).unwrap(),
            Place::Postgres { name } => drop(psql(&cluster(), &format!("DROP DATABASE {name} WITH (FORCE)"))),
        }
    }

    /// Keeps all others from writing for this time, or until what it gives is dropped.
    pub fn lock(&self, time: Duration) -> Lock<'_> {
        self.hold("UPDATE log_head SET seq = seq", time)
    }

    /// Keeps all others from a table of PostgreSQL in the same way.
    pub fn lock_table(&self, table: &str, time: Duration) -> Lock<'_> {
        self.hold(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"), time)
    }

    fn hold(&self, sql: &str, time: Duration) -> Lock<'_> {
        let seconds = time.as_secs();
        let mut command = match &self.place {
            Place::Sqlite { .. } => python_command(&["lock", &self.path().to_string_lossy(), &seconds.to_string()]),
            Place::Postgres { .. } => {
                psql_command(&self.url(), &format!("BEGIN; {sql}; SELECT 'locked'; SELECT pg_sleep({seconds})"))
            }
        };
        if self.engine() == Engine::Sqlite {
            return self.held_by(command);
        }
        let holder = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // `psql` shows what a command of several statements finds when all of them are done.
        let sleeping = format!("SELECT pid FROM pg_stat_activity WHERE {SLEEPING}");
        while self.rows(&sleeping).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Lock { holder, database: self }
    }

    /// Keeps all others from reading and writing an SQLite register for this time, or until what it gives is dropped.
    pub fn keep_alone(&self, time: Duration) -> Lock<'_> {
        self.held_by(python_command(&["keep", &self.path().to_string_lossy(), &time.as_secs().to_string()]))
    }

    /// The lock of a process that says when it has it.
    fn held_by(&self, mut command: Command) -> Lock<'_> {
        let mut holder = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        Lock { holder, database: self }
    }

    /// Runs a statement that changes what no request could.
    pub fn execute(&self, sql: &str) {
        match &self.place {
            Place::Sqlite { .. } => drop(python(&["execute", &self.path().to_string_lossy(), sql])),
            Place::Postgres { .. } => drop(psql(&self.url(), sql)),
        }
    }
}

/// Writing is locked while this is there.
#[derive(Debug)]
pub struct Lock<'d> {
    holder: Child,
    database: &'d Database,
}

/// A session of PostgreSQL that holds a [`Lock`].
const SLEEPING: &str = "datname = current_database() AND wait_event = 'PgSleep'";

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if self.database.engine() == Engine::Postgres {
            self.database.rows(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {SLEEPING}"));
        }
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Postgres { name } = &self.place {
            let dropped = psql_command(&cluster(), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).output();
            assert!(
                std::thread::panicking() || dropped.is_ok_and(|ended| ended.status.success()),
                "{name} can't be dropped"
            );
        }
    }
}

/// The name of a stored register's file.
fn stored_as(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite.db.gz",
        Engine::Postgres => "postgres.sql.gz",
    }
}

fn unzip(file: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let file = fs::File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    GzDecoder::new(file).read_to_end(&mut content).unwrap();
    content
}

static ADMIN: LazyLock<(String, Secret)> = LazyLock::new(new_key);

/// A key with its id.
fn new_key() -> (String, Secret) {
    let id = Uuid::now_v7().to_string();
    let secret = Secret::make(id.parse().unwrap()).unwrap();
    (id, secret)
}

/// The key of an administrator, which every register of the tests has.
#[must_use]
pub fn admin_key() -> &'static str {
    ADMIN.1.reveal()
}

static SQLITE_TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let template = Database::sqlite_folder();
    migrate(&template.url());
    template.make_admin_key();
    // The write-ahead log is folded into the file, so that the file alone is the register.
    python(&["execute", &template.path().to_string_lossy(), "PRAGMA wal_checkpoint(TRUNCATE)"]);
    fs::read(template.path()).unwrap()
});

static POSTGRES_TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = next_name();
    psql(&cluster(), &format!("CREATE DATABASE {name}"));
    migrate(&in_cluster(&name));
    let template = Database { place: Place::Postgres { name: name.clone() }, has_admin_key: false };
    template.make_admin_key();
    // It is a template from here on, and not dropped with this value.
    mem::forget(template);
    name
});

/// A server brings its database up to date before it serves.
fn migrate(url: &str) {
    let mut config = api::settings(&["--listen", "127.0.0.1:0", "--database-url", url]).unwrap();
    config.workers = 1;
    api::start(config, Clock::system()).unwrap().stop().unwrap();
}

/// Unique in the cluster, which may serve several processes. In a long run, the number of one that has ended is given again.
fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static STARTED: LazyLock<Duration> = LazyLock::new(|| UNIX_EPOCH.elapsed().unwrap_or_default());
    format!("case_{}_{}_{}", process::id(), STARTED.as_micros(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn cluster() -> String {
    std::env::var(CLUSTER).unwrap_or_else(|_| {
        panic!("{CLUSTER} is not set: run `make test`, or `tests/with-postgres cargo test -p tests`, which starts a PostgreSQL for the tests alone")
    })
}

/// The cluster's address with another database in it.
fn in_cluster(name: &str) -> String {
    let cluster = cluster();
    let (server, _) = cluster.rsplit_once('/').unwrap_or_else(|| panic!("{CLUSTER} names no database: {cluster}"));
    format!("{server}/{name}")
}

fn psql(url: &str, sql: &str) -> String {
    output(psql_command(url, sql))
}

fn psql_command(url: &str, sql: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
    command.args(["--dbname", url, "--command", sql]);
    command
}

/// Python's own SQLite: `rows FILE SQL` prints what a query finds, `execute FILE SQL` carries out a statement, `lock FILE SECONDS`
/// keeps others from writing, and `keep FILE SECONDS` from reading too.
fn python_command(arguments: &[&str]) -> Command {
    const SCRIPT: &str = "\
import json, sqlite3, sys, time
what, path, sql = sys.argv[1:]
db = sqlite3.connect(path, timeout=30)
db.row_factory = sqlite3.Row
if what in ('lock', 'keep'):
    if what == 'keep':
        db.execute('PRAGMA locking_mode = EXCLUSIVE')
    db.execute('BEGIN IMMEDIATE')
    db.execute('UPDATE log_head SET seq = seq')
    print('locked', flush=True)
    time.sleep(int(sql))
    sys.exit()
found = [dict(row) for row in db.execute(sql)]
db.commit()
if what == 'rows':
    print(json.dumps(found))
";
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT]).args(arguments);
    command
}

fn python(arguments: &[&str]) -> String {
    output(python_command(arguments))
}

fn output(mut command: Command) -> String {
    let ended = command.output().unwrap_or_else(|error| {
        panic!(
            "{} can't be run, which the tests need (`make setup` installs it): {error}",
            command.get_program().display()
        )
    });
    assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}
