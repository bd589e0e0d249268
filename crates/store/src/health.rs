//! Whether this instance can read and write just now.
//!
//! The writer publishes the results of its commits. If it has committed nothing lately, a check makes it change the row
//! of `write_probe`. Reading is tested on a separate connection. So a check never waits for other reads, and a busy
//! service is still ready.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::backend::conn::{Conn, Pool, Purpose};
use crate::backend::dialect;
use crate::backend::site::Site;
use crate::clock::Doubt;
use crate::error::Error;
use crate::log::entry_log;
use crate::transaction::{ReadTx, Stamp};
use crate::writer::Queue;

/// The time for which the result of a check is used again.
const RECENT: Duration = Duration::from_secs(1);
/// A check is waited for at most this long: it ends in a shorter time.
const PATIENCE: Duration = Duration::from_millis(1700);
/// Reading and writing each have this long.
const ATTEMPT: Duration = Duration::from_millis(1400);
/// A service that has committed so lately can write.
const LATELY: Duration = Duration::from_secs(2);
/// A writer that committed so lately, and has no turn for the check, is busy.
const BUSY: Duration = Duration::from_secs(4);
/// The maximum number of test reads that may wait for a database that does not answer.
const MOST_STUCK: usize = 3;

/// What an instance can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the register can be read, or why not.
    pub reads: Result<(), String>,
    /// Whether the register can be changed, or why not.
    pub writes: Result<(), String>,
    /// Why the clock is not trusted, which keeps the register from being changed.
    pub clock: Option<Doubt>,
}

/// What became of the writer's commits.
#[derive(Default)]
pub(crate) struct Commits {
    last: Mutex<Option<Last>>,
    failed: AtomicU64,
    unknown: AtomicU64,
}

#[derive(Clone)]
struct Last {
    at: Instant,
    failure: Option<String>,
}

impl Commits {
    /// Something is on disk.
    pub(crate) fn note_success(&self) {
        self.note(None);
    }

    /// Nothing was stored, and the database is why.
    pub(crate) fn note_failure(&self, error: &Error) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.note(Some(error));
    }

    /// Nobody knows whether something was stored.
    pub(crate) fn note_unknown(&self, error: &Error) {
        self.unknown.fetch_add(1, Ordering::Relaxed);
        self.note(Some(error));
    }

    /// Commits that failed, and those whose outcome is unknown.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.failed.load(Ordering::Relaxed), self.unknown.load(Ordering::Relaxed))
    }

    fn note(&self, failure: Option<&Error>) {
        *self.last() = Some(Last { at: Instant::now(), failure: failure.map(ToString::to_string) });
    }

    fn have_succeeded_within(&self, time: Duration) -> bool {
        self.last().as_ref().is_some_and(|last| last.failure.is_none() && last.at.elapsed() < time)
    }

    /// Why the last one failed, if it did.
    fn failure(&self) -> Option<String> {
        self.last().as_ref().and_then(|last| last.failure.clone())
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What checks of a store share.
pub(crate) struct Health {
    site: Site,
    queue: Queue,
    pool: Pool,
    found: watch::Sender<Option<(Instant, Readiness)>>,
    /// Held by the check that is running.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// For reading, while no check uses it.
    conn: Mutex<Option<Conn>>,
    reading: AtomicUsize,
}

impl Health {
    pub(crate) fn new(site: Site, queue: Queue, pool: Pool) -> Arc<Self> {
        let found = watch::Sender::new(None);
        Arc::new(Self {
            site,
            queue,
            pool,
            found,
            turn: Arc::default(),
            conn: Mutex::default(),
            reading: AtomicUsize::new(0),
        })
    }

    /// What was found lately, or what a check finds now.
    pub(crate) async fn ask(self: &Arc<Self>) -> Readiness {
        let mut found = self.found.subscribe();
        let recent = |found: &Option<(Instant, Readiness)>| {
            found.as_ref().filter(|(at, _)| at.elapsed() < RECENT).map(|(_, readiness)| readiness.clone())
        };
        if let Some(readiness) = recent(&found.borrow_and_update()) {
            return readiness;
        }
        if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
            let health = Arc::clone(self);
            // Whoever asked may go away: others wait for the same check.
            drop(tokio::spawn(async move {
                let _turn = turn;
                health.check().await;
            }));
        }
        let check = timeout(PATIENCE, found.wait_for(|found| recent(found).is_some())).await;
        let readiness = check.ok().and_then(Result::ok).and_then(|found| recent(&found));
        readiness.unwrap_or_else(|| Readiness::failed("the check did not end in time"))
    }

    async fn check(self: &Arc<Self>) {
        let readiness = match self.site.check() {
            Ok(()) => {
                let reading = tokio::spawn(Arc::clone(self).try_reading());
                let writes = self.try_writing().await;
                let reads = reading.await.unwrap_or_else(|error| Err(error.to_string()));
                let clock = self.queue.guard.doubt();
                let writes = writes.and_then(|()| clock.map_or(Ok(()), |doubt| Err(doubt.to_string())));
                Readiness { reads, writes, clock }
            }
            Err(error) => Readiness::failed(&error.to_string()),
        };
        let before = self.found.send_replace(Some((Instant::now(), readiness.clone())));
        let before = before.map(|(_, before)| before);
        tell("reading", before.as_ref().map(|before| &before.reads), &readiness.reads);
        tell("writing", before.as_ref().map(|before| &before.writes), &readiness.writes);
        if readiness.writes.is_ok() && before.is_some_and(|before| before.writes.is_err()) {
            self.read_where_it_writes();
        }
    }

    /// Another server may have become the one that takes changes, while those that read are connected to the one before.
    fn read_where_it_writes(&self) {
        self.pool.renew(self.pool.generation());
        drop(self.conn.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// On a thread of its own: none of those that serve requests is to wait for a database that doesn't answer.
    async fn try_reading(self: Arc<Self>) -> Result<(), String> {
        let Some(attempt) = Attempt::begin(self) else {
            return Err("earlier checks still wait for the database".to_owned());
        };
        let (reply, answer) = oneshot::channel();
        // Nobody may be waiting any more.
        let read = move || drop(reply.send(attempt.0.read()));
        thread::Builder::new().name("readiness".to_owned()).spawn(read).map_err(|error| error.to_string())?;
        match timeout(ATTEMPT, answer).await {
            Ok(Ok(result)) => result.map_err(|error| error.to_string()),
            Ok(Err(_)) => Err("the check was cut short".to_owned()),
            Err(_) => Err("the database did not answer in time".to_owned()),
        }
    }

    fn read(&self) -> Result<(), Error> {
        let kept = self.conn.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut conn) = kept
            && entry_log::head(&mut ReadTx::on(&mut conn)).is_ok()
        {
            self.keep(conn);
            return Ok(());
        }
        let opened = self.site.open(Purpose::Read);
        let mut conn = opened.map_err(|error| Error::Unavailable(error.to_string()))?;
        entry_log::head(&mut ReadTx::on(&mut conn))?;
        self.keep(conn);
        Ok(())
    }

    fn keep(&self, conn: Conn) {
        *self.conn.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn);
    }

    async fn try_writing(&self) -> Result<(), String> {
        let commits = &self.queue.commits;
        // A clock in doubt is judged anew with every batch.
        if commits.have_succeeded_within(LATELY) && self.queue.guard.doubt().is_none() {
            return Ok(());
        }
        let probe = self.queue.submit_timeless(Stamp::of_probe(), |tx| Ok::<_, Error>(dialect::probe(tx.adding())?));
        let failure = match timeout(ATTEMPT, probe).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no turn to write came in time".to_owned(),
        };
        match commits.failure() {
            Some(cause) => Err(cause),
            None if commits.have_succeeded_within(BUSY) => Ok(()),
            None => Err(failure),
        }
    }
}

/// An attempt to read, counted until it ends, also by a panic.
struct Attempt(Arc<Health>);

impl Attempt {
    /// None where as many wait as may.
    fn begin(health: Arc<Health>) -> Option<Self> {
        let waiting = health.reading.fetch_add(1, Ordering::AcqRel);
        let attempt = Self(health);
        (waiting < MOST_STUCK).then_some(attempt)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.reading.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Readiness {
    fn failed(reason: &str) -> Self {
        Self { reads: Err(reason.to_owned()), writes: Err(reason.to_owned()), clock: None }
    }
}

/// Tells the operator of a change, once.
fn tell(what: &str, before: Option<&Result<(), String>>, now: &Result<(), String>) {
    match (before, now) {
        (None | Some(Ok(())), Err(reason)) => {
            log::error!("{what} does not work, so the service is not ready: {reason}")
        }
        (Some(Err(_)), Ok(())) => log::info!("{what} works again"),
        _ => {}
    }
}
