//! Keeps SQLite's write-ahead log short without making writes wait.
//!
//! A thread of its own copies what is committed into the database file while the writer goes on. The log can start
//! over only when nobody uses it, which under a steady load never happens by itself: beyond [`LONGEST_LOG`] the writer
//! waits for the readers of the moment and starts it over, unless one of them takes long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::backend::conn::{Conn, DatabaseUrl, Purpose, SQLITE_PATIENCE, busy_timeout};
use crate::backend::site::Site;
use crate::error::OpenError;

/// In pages of 4 KiB: 128 MiB. To start over takes the writer some 30 ms, which it is to do seldom. The file keeps twice that length (`journal_size_limit` in `conn.rs`), so that a log that starts over writes
/// where it has written before, which a disk confirms sooner than a file that grows.
const LONGEST_LOG: i32 = 32_768;
/// The checkpointer rests this long between two rounds.
const PAUSE: Duration = Duration::from_millis(400);
/// The writer waits at most this long for readers.
const PATIENCE: Duration = Duration::from_millis(50);

/// Emptying the log waits for readers with the writer's turn in its hands: at first this long, and twice as long each further time.
const EMPTYING: Duration = Duration::from_millis(500);

/// Empties the write-ahead log of an SQLite register, in which pages are as they were before they were changed. False where somebody
/// reads for so long that it can't be done within this time; the service itself has no snapshot for longer than a minute.
///
/// # Errors
/// [`OpenError::Unreachable`] where the database does not answer.
pub fn empty_write_ahead_log(url: &DatabaseUrl, at_most: Duration) -> Result<bool, OpenError> {
    if let DatabaseUrl::Postgres(_) = url {
        return Ok(true);
    }
    let unreachable = |reason: String| OpenError::Unreachable { url: url.to_string(), reason };
    let mut conn = Conn::open(url, Purpose::Write).map_err(|error| unreachable(error.to_string()))?;
    let (begun, mut wait) = (Instant::now(), EMPTYING);
    loop {
        wait_at_most(&mut conn, wait);
        let done = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Progress>(&mut conn);
        if done.map_err(|error| unreachable(error.to_string()))?.busy == 0 {
            return Ok(true);
        }
        if begun.elapsed() >= at_most {
            return Ok(false);
        }
        // A checkpoint of the service's own is not waited for by SQLite itself.
        std::thread::sleep(PAUSE);
        wait = wait.saturating_mul(2).min(at_most.saturating_sub(begun.elapsed()).max(EMPTYING));
    }
}

/// The writer's side.
pub(crate) struct Checkpointer {
    wake: SyncSender<()>,
    too_long: Arc<AtomicBool>,
}

impl Checkpointer {
    /// Starts the thread; it ends when this value is dropped.
    pub(crate) fn start(site: &Site) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let too_long = Arc::new(AtomicBool::new(false));
        let (site, flag) = (site.clone(), Arc::clone(&too_long));
        std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || run(&site, &woken, &flag))?;
        Ok(Self { wake, too_long })
    }

    /// Called by the writer between two batches.
    pub(crate) fn after_commit(&self, conn: &mut Conn) {
        // A full channel means that the thread is about to run anyway.
        let _ = self.wake.try_send(());
        if self.too_long.swap(false, Ordering::Relaxed) {
            // The readers of short statements are done by then; for an export no write is made to wait.
            wait_at_most(conn, PATIENCE);
            checkpoint(conn, "PRAGMA wal_checkpoint(RESTART)");
            wait_at_most(conn, SQLITE_PATIENCE);
        }
    }
}

#[derive(QueryableByName)]
struct Progress {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
}

fn run(site: &Site, woken: &Receiver<()>, too_long: &AtomicBool) {
    let mut conn = None;
    while woken.recv().is_ok() {
        if conn.is_none() {
            conn = site
                .open(Purpose::Write)
                .inspect_err(|error| log::warn!("could not open a connection for checkpoints: {error}"))
                .ok();
        }
        if let Some(conn) = &mut conn {
            let mut pages = checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)");
            if pages > LONGEST_LOG {
                // What was written during a long copy the writer would have to copy itself: little of it is left by a second one.
                pages = checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)");
            }
            too_long.store(pages > LONGEST_LOG, Ordering::Relaxed);
        }
        std::thread::sleep(PAUSE);
    }
}

fn wait_at_most(conn: &mut Conn, patience: Duration) {
    if let Err(error) = conn.batch_execute(&busy_timeout(patience)) {
        log::warn!("could not set the busy timeout: {error}");
    }
}

/// Gives the length of the log in pages.
fn checkpoint(conn: &mut Conn, pragma: &str) -> i32 {
    match diesel::sql_query(pragma).get_result::<Progress>(conn) {
        Ok(progress) => progress.log,
        Err(error) => {
            log::warn!("could not checkpoint the write-ahead log: {error}");
            0
        }
    }
}
