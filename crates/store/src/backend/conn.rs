//! Connections to either database: how an address is read, how a connection is opened and set up, and the pools.
//!
//! Only the files of this folder name a database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use crate::backend::address;
use crate::backend::site::Site;
use crate::error::{Error, OpenError};

/// Where the register is kept: an SQLite file or a PostgreSQL database.
///
/// Its `Display` never shows a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`: one file.
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`, as libpq reads it.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = OpenError;

    fn from_str(raw: &str) -> Result<Self, OpenError> {
        if raw.starts_with("postgres://") || raw.starts_with("postgresql://") {
            return Ok(Self::Postgres(raw.to_owned()));
        }
        match raw.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() && path != ":memory:" => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(OpenError::UnknownUrl(harmless_part(raw))),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

/// An address without what stands between the user's name and the host, and without parameters that hold a secret.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    // libpq looks for the login before the first slash; a password with a slash in it is refused later, and hidden all the same.
    let authority = rest.split('/').next().unwrap_or_default();
    let address = rest.split('?').next().unwrap_or_default();
    let login_end = authority.rfind('@').or_else(|| address.rfind('@'));
    let (user, place) = match login_end.and_then(|end| rest.split_at_checked(end)) {
        Some((login, place)) => (login.split_once(':').map_or(login, |(user, _)| user), place),
        None => ("", rest),
    };
    let (address, parameters) = place.split_once('?').unwrap_or((place, ""));
    let is_secret = |parameter: &&str| {
        let name = parameter.split_once('=').map_or(*parameter, |(name, _)| name);
        name.contains("password") || name.contains("secret") || name.contains('%')
    };
    let kept: Vec<&str> = parameters.split('&').filter(|it| !it.is_empty() && !is_secret(it)).collect();
    let question_mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{user}{address}{question_mark}{}", kept.join("&"))
}

/// What may be shown of an address that is not understood: all of it, unless some part may be a password.
fn harmless_part(raw: &str) -> String {
    if raw.contains('@') || raw.to_lowercase().contains("password") {
        format!("{}…", raw.split([':', '=', '@', '/']).next().unwrap_or_default())
    } else {
        raw.to_owned()
    }
}

/// A connection to either database, behind one type for diesel.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite, bundled.
    Sqlite(SqliteConnection),
}

/// What a connection is for, which decides its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads only: the database itself refuses a write.
    Read,
    /// The one writer, checkpoints and migrations.
    Write,
}

impl Conn {
    /// Opens and sets up a connection. It makes no file: if the file of a register is lost, the service must not
    /// continue with an empty one.
    pub(crate) fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Self, diesel::ConnectionError> {
        let mut conn = match url {
            DatabaseUrl::Sqlite(path) if !path.exists() => {
                return Err(diesel::ConnectionError::BadConnection(format!("{} does not exist", path.display())));
            }
            DatabaseUrl::Sqlite(path) => Self::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?),
            DatabaseUrl::Postgres(url) => {
                address::check(url).map_err(diesel::ConnectionError::BadConnection)?;
                Self::Postgres(PgConnection::establish(&with_keepalives(url))?)
            }
        };
        let settings = match (&conn, purpose) {
            (Self::Sqlite(_), Purpose::Write) => {
                format!("{}{SQLITE_COMMON}{SQLITE_WRITE}", busy_timeout(SQLITE_PATIENCE))
            }
            (Self::Sqlite(_), Purpose::Read) => {
                format!("{}{SQLITE_COMMON}{SQLITE_READ}", busy_timeout(SQLITE_PATIENCE))
            }
            (Self::Postgres(_), Purpose::Write) => format!("{POSTGRES_COMMON}{POSTGRES_WRITE}"),
            (Self::Postgres(_), Purpose::Read) => format!("{POSTGRES_COMMON}{POSTGRES_READ}"),
        };
        conn.batch_execute(&settings).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

/// A statement waits at most this long for another connection's lock.
pub(crate) const SQLITE_PATIENCE: Duration = Duration::from_secs(10);

/// The write-ahead log is checkpointed by a thread of its own, so that no write waits for it: see `checkpoint.rs`. What is deleted is
/// overwritten, so that an erased name is in no free page.
const SQLITE_COMMON: &str = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; ";
const SQLITE_WRITE: &str = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192; \
     PRAGMA journal_size_limit = 268435456; PRAGMA secure_delete = ON;";
const SQLITE_READ: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";
/// Changes are on disk before they are confirmed, whatever the server's default is. A stricter setting stays. Error
/// messages are in English if the role may set this, because diesel reports the SQLSTATE of few errors.
const POSTGRES_COMMON: &str = "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
     DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); EXCEPTION WHEN insufficient_privilege THEN NULL; END $$; ";
/// A statement of the writer keeps all other writes waiting, those of other instances too, and so does a transaction that it does not
/// go on with, because the network between has failed: the server ends both. The callers have given up by then, and another writer of
/// this instance has taken over ([`crate::writer::shifts`]).
const POSTGRES_WRITE: &str = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '20s'; ";
/// Within the time for an answer; what is no answer has more (`dialect::begin_long_read`).
const POSTGRES_READ: &str = "SET statement_timeout = '4s'; SET default_transaction_read_only = on;";

/// How long SQLite waits for locks from now on.
pub(crate) fn busy_timeout(patience: Duration) -> String {
    format!("PRAGMA busy_timeout = {}; ", patience.as_millis())
}

/// A peer that is gone is noticed within seconds; what the operator's URL says wins.
fn with_keepalives(url: &str) -> String {
    let mut url = url.to_owned();
    for setting in [
        "connect_timeout=2",
        "keepalives_idle=5",
        "keepalives_interval=2",
        "keepalives_count=2",
        "tcp_user_timeout=5000",
    ] {
        let name = setting.split('=').next().unwrap_or(setting);
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(setting);
        }
    }
    url
}

/// A pooled connection; `broken` is set by what its user saw, so that nobody gets it again.
pub(crate) struct Session {
    pub(crate) conn: Conn,
    pub(crate) broken: bool,
}

/// Opens the pool's connections.
#[derive(Debug)]
pub(crate) struct Manager {
    site: Site,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Session;
    type Error = diesel::ConnectionError;

    fn connect(&self) -> Result<Session, diesel::ConnectionError> {
        Ok(Session { conn: self.site.open(Purpose::Read)?, broken: false })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), diesel::ConnectionError> {
        session.conn.batch_execute("SELECT 1").map_err(diesel::ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.broken
    }
}

/// A pool of reading connections, opened as they are needed.
#[derive(Clone)]
pub(crate) struct Pool {
    site: Site,
    size: u32,
    patience: Duration,
    current: Arc<RwLock<Generation>>,
}

/// Connections that were opened since all were opened anew for the last time.
#[derive(Clone)]
struct Generation {
    number: u64,
    connections: r2d2::Pool<Manager>,
}

impl Pool {
    /// A pool of `size` connections; it waits at most `patience` for one.
    pub(crate) fn new(site: &Site, size: u32, patience: Duration) -> Result<Self, OpenError> {
        let unreachable = |reason: String| OpenError::Unreachable { url: site.url().to_string(), reason };
        let first = make(site, size, patience);
        // Whether the database lets anybody in is told at the start.
        drop(first.get().map_err(|error| unreachable(error.to_string()))?);
        let first = Generation { number: 0, connections: first };
        Ok(Self { site: site.clone(), size, patience, current: Arc::new(RwLock::new(first)) })
    }

    /// How often all connections were replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.current().number
    }

    /// Replaces all connections of this generation, and says whether it did: others may have done so already. Those in use
    /// are closed when they are returned.
    pub(crate) fn renew(&self, generation: u64) -> bool {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number != generation {
            return false;
        }
        let connections = make(&self.site, self.size, self.patience);
        *current = Generation { number: generation.wrapping_add(1), connections };
        true
    }

    pub(crate) fn url(&self) -> &DatabaseUrl {
        self.site.url()
    }

    pub(crate) fn max_size(&self) -> u32 {
        self.size
    }

    pub(crate) fn state(&self) -> r2d2::State {
        self.current().connections.state()
    }

    fn current(&self) -> Generation {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn make(site: &Site, size: u32, patience: Duration) -> r2d2::Pool<Manager> {
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .test_on_check_out(false)
        .connection_timeout(patience)
        .error_handler(Box::new(LogWarning))
        .build_unchecked(Manager { site: site.clone() })
}

/// Takes a connection, or says that the database is unavailable.
pub(crate) fn check_out(pool: &Pool) -> Result<r2d2::PooledConnection<Manager>, Error> {
    let taken = pool.current().connections.get();
    taken.map_err(|error| Error::Unavailable(format!("no database connection within the time allowed: {error}")))
}

#[derive(Debug)]
struct LogWarning;

impl<E: std::error::Error> r2d2::HandleError<E> for LogWarning {
    fn handle_error(&self, error: E) {
        log::warn!("could not open a database connection: {error}");
    }
}
