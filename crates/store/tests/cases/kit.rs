//! A register of its own for each case, ways to look behind it, and properties that await.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::task::Poll;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamp};
use document::Documented;
use domain::{Id, Kind, Record};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use store::{DatabaseUrl, Error, Listed, Representation, Stamp, Store, WriteTx};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What cases on PostgreSQL need and `tests/with-postgres` gives.
const CLUSTER: &str = "TEST_DATABASE_URL";

/// Which database a case runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Runs a case on an empty register.
pub fn run(engine: Engine, case: impl AsyncFnOnce(&Register)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let database = Database::fresh(engine);
    let register = Register { store: database.open(), database };
    runtime.block_on(case(&register));
}

/// An open register, which is gone when the case is.
pub struct Register {
    pub store: Store,
    // The last to be dropped: the store must have let go of it.
    pub database: Database,
}

impl Register {
    pub fn engine(&self) -> Engine {
        match self.database.0 {
            Place::Sqlite { .. } => Engine::Sqlite,
            Place::Postgres { .. } => Engine::Postgres,
        }
    }

    /// A write at an arbitrary time.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.store.write(stamp(0), work).await
    }

    /// What the entry log holds.
    pub fn entries(&self) -> Vec<Entry> {
        self.database.raw().entries()
    }

    /// The number of the newest entry about each record, by its id.
    pub fn newest_entries(&self) -> HashMap<String, i64> {
        self.entries().into_iter().map(|entry| (entry.resource_id, entry.seq)).collect()
    }

    /// Empties every table.
    pub fn wipe(&self) {
        let mut raw = self.database.raw();
        // Children before what they belong to.
        let records = Kind::RECORDS.iter().rev().map(|kind| kind.table());
        let found_by = ["contract_cpv_codes", "mutual_search", "department_search", "identifiers", "mutual_sectors"];
        let found_by =
            found_by.into_iter().chain(["contract_search", "mutual_other_departments", "department_policy_areas"]);
        let others = ["tombstones", "entries", "log_subtrees", "personal_values"];
        for table in found_by.chain(records).chain(others) {
            raw.execute(&format!("DELETE FROM {table}"));
        }
        raw.execute("UPDATE log_head SET seq = 0, at = NULL");
    }
}

/// A place for a register, gone when this value is.
pub struct Database(Place);

enum Place {
    Sqlite { folder: TempDir },
    Postgres { name: String },
}

impl Database {
    /// An empty register of this version's schema.
    pub fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Self::absent(engine);
                std::fs::write(database.path(), &*SQLITE_TEMPLATE).unwrap();
                database
            }
            Engine::Postgres => {
                let name = next_name();
                cluster().execute(&format!("CREATE DATABASE {name} TEMPLATE {}", *POSTGRES_TEMPLATE));
                Self(Place::Postgres { name })
            }
        }
    }

    /// A place where no register is yet.
    pub fn absent(engine: Engine) -> Self {
        Self(match engine {
            Engine::Sqlite => Place::Sqlite { folder: TempDir::with_prefix("store-cases.").unwrap() },
            Engine::Postgres => Place::Postgres { name: create_empty() },
        })
    }

    pub fn url(&self) -> DatabaseUrl {
        match &self.0 {
            Place::Sqlite { .. } => DatabaseUrl::Sqlite(self.path()),
            Place::Postgres { name } => DatabaseUrl::Postgres(in_cluster(name)),
        }
    }

    /// The folder of an SQLite register.
    pub fn folder(&self) -> &Path {
        match &self.0 {
            Place::Sqlite { folder } => folder.path(),
            Place::Postgres { name } => panic!("{name} is in no folder"),
        }
    }

    /// The file of an SQLite register.
    pub fn path(&self) -> PathBuf {
        self.folder().join("register.db")
    }

    /// The register here, once more where it is open already.
    pub fn open(&self) -> Store {
        Store::open(&self.url(), 2).unwrap()
    }

    /// A connection of the case's own.
    pub fn raw(&self) -> Raw {
        Raw::connect(&self.url())
    }

    /// Ends every connection to a PostgreSQL database.
    pub fn cut_connections(&self) {
        let Place::Postgres { name } = &self.0 else { panic!("only a PostgreSQL server can cut connections") };
        cluster().load::<Found>(&format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) AS found FROM pg_stat_activity WHERE datname = '{name}'"
        ));
    }

    /// Whether a PostgreSQL database lets anybody in.
    pub fn admit(&self, anybody: bool) {
        let Place::Postgres { name } = &self.0 else { panic!("only a PostgreSQL server can close its doors") };
        cluster().execute(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {anybody}"));
    }
}

impl Database {
    /// An empty PostgreSQL database whose texts are kept in this encoding.
    pub fn in_encoding(encoding: &str) -> Self {
        let name = next_name();
        cluster().execute(&format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C' ENCODING '{encoding}'"));
        Self(Place::Postgres { name })
    }

    /// Whether a PostgreSQL database refuses writes from its next transaction on, in the sessions that there are too.
    pub fn refuse_writes(&self, all: bool) {
        self.refuse_writes_of_new_sessions(all);
        self.cut_connections();
    }

    /// The same in sessions that begin from now on.
    pub fn refuse_writes_of_new_sessions(&self, all: bool) {
        let Place::Postgres { name } = &self.0 else { panic!("only a PostgreSQL server can be set so") };
        cluster().execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {all}"));
    }

    /// The processes of a PostgreSQL server that serve this database.
    pub fn sessions(&self) -> Vec<i64> {
        let Place::Postgres { name } = &self.0 else { panic!("only a PostgreSQL server has sessions") };
        let sessions = format!("SELECT pid::bigint AS found FROM pg_stat_activity WHERE datname = '{name}'");
        cluster().load::<Found>(&sessions).into_iter().map(|session| session.found).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Postgres { name } = &self.0 {
            // A case that broke off may have broken the cluster's connection too, and says so itself.
            if !std::thread::panicking() {
                cluster().execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
            }
        }
    }
}

static SQLITE_TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let template = Database::absent(Engine::Sqlite);
    store::migrate(&template.url()).unwrap();
    std::fs::read(template.path()).unwrap()
});

static POSTGRES_TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = create_empty();
    store::migrate(&DatabaseUrl::Postgres(in_cluster(&name))).unwrap();
    name
});

/// An empty PostgreSQL database that sorts like a dictionary, as an operator's may: the register must not.
fn create_empty() -> String {
    let name = next_name();
    cluster().execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-GB'"
    ));
    name
}

/// Unique in the cluster, which may serve several processes.
fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("store_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn cluster_url() -> String {
    std::env::var(CLUSTER).unwrap_or_else(|_| {
        panic!("{CLUSTER} is not set: run `tests/with-postgres cargo test -p store`, which starts a PostgreSQL for it alone")
    })
}

fn cluster() -> Raw {
    Raw::Postgres(PgConnection::establish(&cluster_url()).unwrap())
}

/// The cluster's address with another database in it.
fn in_cluster(name: &str) -> String {
    let cluster = cluster_url();
    let (server, _) = cluster.rsplit_once('/').unwrap_or_else(|| panic!("{CLUSTER} names no database: {cluster}"));
    format!("{server}/{name}")
}

/// A connection around the store.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub fn connect(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                Self::Sqlite(conn)
            }
            DatabaseUrl::Postgres(url) => Self::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    pub fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub fn load<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        match self {
            Self::Sqlite(conn) => diesel::sql_query(sql).load(conn),
            Self::Postgres(conn) => diesel::sql_query(sql).load(conn),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub fn entries(&mut self) -> Vec<Entry> {
        self.load("SELECT * FROM entries ORDER BY seq")
    }

    /// How many rows a condition meets: `mutuals WHERE …`.
    pub fn count(&mut self, rows: &str) -> i64 {
        self.load::<Found>(&format!("SELECT count(*) AS found FROM {rows}"))[0].found
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Entry {
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    #[diesel(sql_type = Timestamp)]
    pub at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    pub actor: String,
    #[diesel(sql_type = Text)]
    pub request_id: String,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub resource_type: String,
    #[diesel(sql_type = Text)]
    pub resource_id: String,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub after: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Binary)]
    pub leaf_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    pub nonce: Option<String>,
}

/// What a list shows of a record.
pub fn listed<T: Documented>(record: &Record<T>, entry_seq: i64) -> Listed {
    let Representation { id, version, document, .. } = shown(record, entry_seq);
    Listed { id, version, entry_seq: Some(entry_seq), document, reduced: false }
}

/// What is shown of a record that this entry made.
pub fn shown<T: Documented>(record: &Record<T>, entry_seq: i64) -> Representation {
    Representation {
        id: record.id.to_string(),
        version: record.version,
        updated_at: record.updated_at,
        entry_seq,
        document: document::record::shown(record),
        reduced: false,
    }
}

/// What the log says of a record.
pub fn canonical<T: Documented>(record: &Record<T>) -> String {
    document::record::write(record).canonical
}

/// A change so many minutes and microseconds after a fixed moment.
pub fn stamp(minutes: i64) -> Stamp {
    stamp_at(moment() + TimeDelta::minutes(minutes))
}

pub fn stamp_at(now: DateTime<Utc>) -> Stamp {
    Stamp { now, actor: "tester".to_owned(), request_id: "req-1".to_owned() }
}

pub fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

/// An id that nobody has; each is greater than the ones before.
pub fn next_id<T>() -> Id<T> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    numbered(1_000_000 + u128::from(COUNT.fetch_add(1, Ordering::Relaxed)))
}

/// The id with this number.
pub fn numbered<T>(number: u128) -> Id<T> {
    Id::from_uuid(uuid::Uuid::from_u128((0x0190_b7a4_3f52_7c31 << 64) | number))
}

/// Checks a property of an empty register on random scripts; a failing one is made smaller before it is shown.
pub fn for_all<S>(register: &Register, cases: u32, scripts: S, check: impl AsyncFn(&Register, S::Value))
where
    S: Strategy<Value: Clone + Debug>,
{
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&scripts, |script| {
        register.wipe();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(check(register, script)));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Hands over a write, or any future, and lets it wait beside the case.
pub async fn submit<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let mut future = Box::pin(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => tokio::spawn(async { output }),
        Poll::Pending => tokio::spawn(future),
    }
}

/// Keeps the writer busy with a write that changes nothing: all writes handed over meanwhile come into one batch.
pub struct Hold {
    _release: Sender<()>,
}

impl Hold {
    pub async fn the_writer_of(store: &Store) -> Self {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = oneshot::channel();
        let mut begun = Some(begun);
        let waits = move |_: &mut WriteTx<'_>| {
            if let Some(begun) = begun.take() {
                begun.send(()).unwrap();
            }
            // Over as soon as the other end is dropped.
            let _ = released.recv();
            Ok::<(), Error>(())
        };
        submit({
            let store = store.clone();
            async move { store.write(stamp(0), waits).await }
        })
        .await;
        begins.await.unwrap();
        Self { _release: release }
    }

    /// Keeps so many reads running, or waiting for their turn.
    pub async fn reads_of(store: &Store, number: usize) -> Vec<Self> {
        let mut held = Vec::new();
        for _ in 0..number {
            let (release, released) = std::sync::mpsc::channel::<()>();
            let waits = move |_: &mut store::ReadTx<'_>| {
                // Over as soon as the other end is dropped.
                let _ = released.recv();
                Ok::<(), Error>(())
            };
            let store = store.clone();
            submit(async move { store.read(waits).await }).await;
            held.push(Self { _release: release });
        }
        held
    }

    pub fn release(self) {}
}
