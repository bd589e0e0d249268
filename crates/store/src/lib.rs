//! The register's persistence: SQLite in a file or PostgreSQL, behind one [`Store`].
//!
//! Owns transactions, SQL, the entry log and the reading of the databases' errors; knows no word of HTTP. Each
//! kind of record is a [`StoredRecord`], to `find`, `update` and `delete`; all writing goes through [`Store::write`].
//!
//! Whatever takes a transaction fails with [`Error::Unavailable`] where the database does not answer; its own documentation says what
//! else it refuses.

mod awaited;
mod backend;
mod ballot_box;
mod clock;
mod error;
mod health;
pub mod idempotency;
pub mod import;
pub mod key;
mod known;
mod log;
mod patience;
pub mod pseudonym;
mod query;
mod random;
mod register;
mod share;
mod transaction;
mod verification;
mod writer;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use domain::{Kind, StaffBallotId};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::timeout;

pub use log::epoch::{Epoch, EpochId};
pub use log::renewal::{LogPlace, Renewal};
pub use log::{cosignature, entry, entry_log, governing, history, log_tree, renewal, settlement};
pub use query::{coverage, release, report, scorecard, statistics};
pub use register::naming::having_identifiers;
pub use register::root::{StoredRecord, StoredRoot};
pub use register::{
    ballot_list, child, compliance, hosted_ballot, mutual, pathway_progress, readiness, reference, staff_ballot,
    stage_transition,
};

pub use ballot_box::{Boxes, CASTER, Cast, Contents, Vote};

pub use backend::backup::{backup, restore};
pub use backend::checkpoint::empty_write_ahead_log;
pub use backend::conn::DatabaseUrl;
pub use backend::copy::{Copied, CopyProgress, copy};
pub use backend::files::{Readers, readers, replace_file};
pub use backend::migrate::{Making, expect_current, migrate, prepare};
pub use clock::{ClockGuard, Doubt, DoubtCause, Reading};
pub use error::{
    CONFLICT_INDEXES, Conflict, ConflictKind, Error, OpenError, OtherRecord, TECHNICAL_INDEXES, is_key_of_ids,
};
pub use health::Readiness;
pub use known::Naming;
pub use log::verify::LogFault;
pub use patience::{ANSWER, answer_anew, answering};
pub use query::keyset::{COUNTED, IdPage, Listed, Page, Position, Slice, SortKey, Sorted, Total};
pub use query::record_filter::RecordFilter;
pub use query::spool::{SpoolSettings, Spooled};
pub use register::review::{RecordBreach, Review};
pub use register::verify::RegisterFault;
pub use share::Client;
pub use transaction::{ReadTx, Representation, SavepointOutcome, Stamp, Stored, WriteTx};
pub use verification::{Verification, Verified};

use awaited::{Connections, Held, take};
use backend::conn::{self, Conn, Pool, Purpose, Session};
use backend::dialect;
use backend::server::{self, Use};
use backend::site::Site;
use health::Health;
use log::entry::Head;
use log::governing::Trusted;
use query::spool::{self, Spool};
use register::upgrade;
use share::{Place, Places, Shares};
use writer::PATIENCE;

/// Reads that may wait for the blocking pool; one more is refused at once.
const READ_QUEUE: usize = 1024;
/// The same for surveys, which take longer.
const SURVEY_QUEUE: usize = 256;
/// How often a process looks for entries that another one wrote, while a request waits for some.
const POLL_EVERY: Duration = Duration::from_millis(200);
/// Figures that may be computed at a time: the first one reads all of the register.
const FIGURES: u32 = 1;
/// Reads of the operator that may run at a time.
const OWN_READS: u32 = 2;

/// How busy a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Connections of the pool for reading that are open.
    pub connections: u32,
    /// Those of them that nobody uses.
    pub idle_connections: u32,
    /// Reads that wait for the blocking pool.
    pub waiting_reads: u64,
    /// Writes in the queue.
    pub waiting_writes: u64,
    /// Transactions of the writer so far.
    pub batches: u64,
    /// Writes in these transactions.
    pub batched_writes: u64,
    /// Transactions that the database refused or failed to store.
    pub failed_commits: u64,
    /// Transactions that may have been stored: the database failed at their commit.
    pub unknown_outcomes: u64,
}

/// The register, open for reading and writing, for one client. Its reads count against the client's share.
#[derive(Clone)]
pub struct Store {
    parts: Arc<Parts>,
    client: Client,
}

/// What all handles of a store share.
struct Parts {
    site: Site,
    health: Arc<Health>,
    connections: Connections,
    /// For reads of a few bounded statements.
    reads: Places,
    /// For reads that take time in proportion to the register.
    surveys: Places,
    /// For the figures, which one request at a time computes.
    figures: Places,
    /// For reads of the service itself and its operators.
    own_reads: Places,
    /// For exports: while the database is read, and until the client has read everything.
    spooling: Places,
    spooled: Places,
    spool: Spool,
    queue: writer::Queue,
    boxes: Boxes,
    /// The newest entry that this process knows of.
    heads: watch::Sender<Head>,
    /// Held by the one waiting request that looks for what other processes wrote.
    lookout: Mutex<()>,
    /// What the figures are made of, once somebody has asked for some.
    facts: Held<statistics::Facts>,
}

impl Store {
    /// Opens a database that [`migrate`] has brought up to date, for a server with so many worker threads. The handle is the operator's.
    ///
    /// # Errors
    /// [`OpenError::Unreachable`] where the database does not answer.
    pub fn open(url: &DatabaseUrl, workers: u32) -> Result<Self, OpenError> {
        Self::open_with(url, workers, &SpoolSettings::default(), ClockGuard::off())
    }

    /// The same with settings for exports, and a guard that changes must pass.
    ///
    /// # Errors
    /// [`OpenError::Spool`] too, where nothing can be written in the folder that they name.
    pub fn open_with(
        url: &DatabaseUrl,
        workers: u32,
        exports: &SpoolSettings,
        guard: ClockGuard,
    ) -> Result<Self, OpenError> {
        let unreachable = |reason: String| OpenError::Unreachable { url: url.to_string(), reason };
        // On SQLite the workers read on connections of their own.
        let (direct, reads, surveys) = match url {
            DatabaseUrl::Sqlite(_) => (workers, 4, 3),
            DatabaseUrl::Postgres(_) => (0, workers.saturating_mul(4).max(8), 4),
        };
        let connections = [direct, reads, surveys, FIGURES, OWN_READS, spool::AT_A_TIME];
        let connections = connections.into_iter().fold(0, u32::saturating_add);
        let places = |count: u32, waiting| Places::new(Shares::of(usize::try_from(count).unwrap_or(1), waiting));
        let spool = Spool::open(exports, url)?;
        let site = Site::of(url).map_err(|error| unreachable(format!("the file cannot be found: {error}")))?;
        let mut writing = site.open(Purpose::Write).map_err(|error| unreachable(error.to_string()))?;
        server::check(&mut writing, Use::Reading).map_err(unreachable)?;
        let head = entry_log::newest(&mut ReadTx::on(&mut writing)).map_err(|error| unreachable(error.to_string()))?;
        let pool = Pool::new(&site, connections, PATIENCE)?;
        let heads = watch::Sender::new(head);
        let queue = writer::start(site.clone(), writing, heads.clone(), guard)
            .map_err(|error| unreachable(error.to_string()))?;
        let boxes = Boxes::start(&site).map_err(|error| unreachable(error.to_string()))?;
        let parts = Parts {
            boxes,
            health: Health::new(site.clone(), queue.clone(), pool.clone()),
            site,
            connections: Connections::with(pool),
            reads: places(reads, READ_QUEUE),
            surveys: places(surveys, SURVEY_QUEUE),
            figures: places(FIGURES, SURVEY_QUEUE),
            own_reads: Places::new(Shares::for_one(usize::try_from(OWN_READS).unwrap_or(1), READ_QUEUE)),
            spooling: places(spool::AT_A_TIME, SURVEY_QUEUE),
            spooled: Places::new(Shares { each: spool::KEPT_BY_ONE, ..Shares::of(spool::KEPT, SURVEY_QUEUE) }),
            spool,
            queue,
            heads,
            lookout: Mutex::default(),
            facts: Arc::default(),
        };
        Ok(Self { parts: Arc::new(parts), client: Client::Operator })
    }

    /// The same register for what this client asks.
    #[must_use]
    pub fn for_client(&self, client: Client) -> Self {
        Self { parts: Arc::clone(&self.parts), client }
    }

    /// Whose share it reads with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where the register is kept.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        self.parts.site.url()
    }

    /// The epoch of the log, as far as this process knows. One that begins while it runs is known with the next write or wait.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.parts.heads.borrow().epoch
    }

    /// Reads by one bounded statement, which is its own snapshot.
    ///
    /// On SQLite it runs on the calling thread, since a hop to another costs more than the read.
    ///
    /// # Errors
    /// What `work` returns, or [`Error::Unavailable`] where no connection is free in time.
    pub async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.parts.site.url() {
            DatabaseUrl::Sqlite(_) => run(&self.parts.connections.pool, statement(work)),
            DatabaseUrl::Postgres(_) => self.on_blocking_pool(&self.parts.reads, statement(work)).await,
        }
    }

    /// Reads by a few bounded statements, all of one moment, where [`Store::read_one`] would read.
    ///
    /// # Errors
    /// As [`Store::read_one`].
    pub async fn read_few<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.parts.site.url() {
            DatabaseUrl::Sqlite(_) => run(&self.parts.connections.pool, snapshot(work)),
            DatabaseUrl::Postgres(_) => self.on_blocking_pool(&self.parts.reads, snapshot(work)).await,
        }
    }

    /// Reads by several bounded statements, all of one moment.
    ///
    /// # Errors
    /// What `work` returns, [`Error::ShareUsedUp`] where the client reads as much as one may, or [`Error::Unavailable`] where no
    /// connection is free in time.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.on_blocking_pool(&self.parts.reads, snapshot(work)).await
    }

    /// The same for a read that takes time in proportion to the register: a search, a count, an order without an index.
    /// Few of these run at a time, and other reads do not wait for them.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn survey<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.on_blocking_pool(&self.parts.surveys, snapshot(work)).await
    }

    /// Reads with the facts that the figures are made of, as of the moment of the read.
    ///
    /// One request at a time does so, and waits for its turn without a thread: the first one reads all of the register.
    ///
    /// # Errors
    /// What `work` returns, or [`Error::Unavailable`] where the database does not answer or its turn doesn't come in time.
    pub async fn with_facts<T, F>(&self, mut work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut ReadTx<'_>, &statistics::Facts) -> Result<T, Error> + Send + 'static,
    {
        let late = || Error::Unavailable("too many figures are being computed".to_owned());
        let turn = self.parts.figures.take(&self.client, patience::WORK);
        let place = patience::wait(patience::WORK, turn).await.ok_or_else(late)??;
        let kept = Arc::clone(&self.parts.facts);
        let compute = snapshot(move |tx: &mut ReadTx<'_>| with_facts(tx, &kept, &mut work));
        self.in_place(place, compute).await
    }

    /// Reads an export of what `list` finds in the facts at the same moment: as [`Store::spool`].
    ///
    /// # Errors
    /// What the functions return, and as [`Store::spool`].
    pub async fn spool_with_facts<T, E, L, F>(&self, mut list: L, mut next: F) -> Result<Spooled, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        L: FnMut(&mut ReadTx<'_>, &statistics::Facts) -> Result<T, E> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>, &mut T) -> Result<Option<Vec<u8>>, E> + Send + 'static,
    {
        let kept = Arc::clone(&self.parts.facts);
        let mut listed = None;
        self.spool(move |tx| {
            let listed = match &mut listed {
                Some(listed) => listed,
                none => none.insert(with_facts(tx, &kept, &mut list)?),
            };
            next(tx, listed)
        })
        .await
    }

    /// Reads an export piece by piece, until `next` gives `None`, into a file that a client can read slowly. The
    /// snapshot ends when the database has been read. If the caller stops waiting, the reading ends too.
    ///
    /// # Errors
    /// What `next` returns, [`Error::TooLarge`] where it is too long, [`Error::ShareUsedUp`] where the client has, or takes, as many as one
    /// may, or [`Error::Unavailable`] where there is no place, room or connection for it in time.
    pub async fn spool<E, F>(&self, next: F) -> Result<Spooled, E>
    where
        E: From<Error> + Send + 'static,
        F: FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, E> + Send + 'static,
    {
        let late = || Error::Unavailable("too many exports are being read".to_owned());
        let places = async {
            let kept = self.parts.spooled.take(&self.client, PATIENCE).await?;
            Ok::<_, Error>((kept, self.parts.spooling.take(&self.client, PATIENCE).await?))
        };
        let places = patience::wait(patience::WORK, places).await.ok_or_else(late)??;
        let (_awaited, running) = self.parts.connections.begin(places)?;
        let (parts, client) = (Arc::clone(&self.parts), self.client.clone());
        let (steps, mut going_on) = mpsc::unbounded_channel();
        drop(tokio::task::spawn_blocking(move || {
            let filled = parts.spool.fill(running.pool(), next, client, || steps.send(None).is_ok());
            let Some((kept, _reading)) = running.end() else { return };
            // Whoever asked may have gone.
            drop(steps.send(Some(filled.map(|filled| filled.in_place(kept)))));
        }));
        loop {
            match patience::wait(ANSWER, going_on.recv()).await {
                Some(Some(None)) => patience::answer_anew(),
                Some(Some(Some(spooled))) => return spooled,
                Some(None) => return Err(Error::Internal("an export was cut short".to_owned()).into()),
                None => return Err(Error::Unavailable("the database did not answer in time".to_owned()).into()),
            }
        }
    }

    /// Changes the register: the only way in.
    ///
    /// Returns when the change is on disk, or was refused and rolled back. `work` may run more than once, so that nothing
    /// outside the database may happen in it.
    ///
    /// # Errors
    /// What `work` returns, [`Error::Clock`] where the guard doubts the time of the stamp, or [`Error::Unavailable`] where too many writes
    /// wait already or the database is gone.
    pub async fn write<T, E, F>(&self, stamp: Stamp, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.write_named(stamp, Vec::new(), work).await
    }

    /// The same for a change that enters records of these names: those of all writes that wait are looked up together.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_named<T, E, F>(&self, stamp: Stamp, names: Vec<Naming>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.parts.queue.submit(stamp, names, work).await
    }

    /// Waits until there is an entry after this number, or its time is over. What this process writes is known at once, what another
    /// one wrote within a fraction of a second.
    pub async fn wait_for_entry(&self, after: i64, patience: Duration) -> Result<(), Error> {
        let (mut heads, own) = (self.parts.heads.subscribe(), self.for_client(Client::Operator));
        let arrival = async {
            while heads.borrow_and_update().seq <= after {
                if timeout(POLL_EVERY, heads.changed()).await.is_ok() {
                    continue;
                }
                // One of all who wait looks for the others too, whatever else its client reads.
                if let Ok(_lookout) = self.parts.lookout.try_lock() {
                    // A long wait has its own time.
                    let head = answering(own.read_one(entry_log::newest)).await?;
                    writer::raise(&self.parts.heads, head);
                }
            }
            Ok(())
        };
        timeout(patience, arrival).await.unwrap_or(Ok(()))
    }

    /// Upgrades the stored documents that an earlier release wrote in another form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer, [`Error::Internal`] where a newer release wrote it, or where how far
    /// the upgrade came is not kept.
    pub async fn bring_documents_up_to_date(&self, stamp: &Stamp) -> Result<(), Error> {
        for kind in self.read(upgrade::outstanding).await? {
            let mut through = String::new();
            let go_on = move |tx: &mut WriteTx<'_>| kind.go_on(tx);
            let leaves_entries = self.read(move |tx| kind.leaves_entries(tx)).await?;
            loop {
                let last = if leaves_entries {
                    self.write(stamp.clone(), go_on).await?
                } else {
                    self.parts.queue.submit_timeless(stamp.clone(), go_on).await?
                };
                let Some(last) = last else { break };
                if last <= through {
                    return Err(kind.stuck(&last));
                }
                through = last;
            }
        }
        match self.read(upgrade::outstanding).await?.first() {
            None => Ok(()),
            Some(kind) => Err(kind.stuck("its end")),
        }
    }

    /// Ensures that the log has which issuers or signing keys are in use. Writes an entry only if something has
    /// changed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn note_in_use(&self, stamp: &Stamp, kind: Kind, used: Option<Trusted>) -> Result<(), Error> {
        let wanted = used.clone();
        if self.read(move |tx| governing::is_noted(tx, kind, wanted.as_ref())).await? {
            return Ok(());
        }
        self.write(stamp.clone(), move |tx| governing::note(tx, kind, used.as_ref())).await
    }

    /// Checks the whole log, as far as it goes when the check begins, and compares the register with it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let mut check = Verification::default();
        while !check.is_done() {
            check = self.verify_next(check).await?;
        }
        Ok(check.found())
    }

    /// Takes the next step of such a check.
    ///
    /// # Errors
    /// As [`Store::verify`].
    pub async fn verify_next(&self, check: Verification) -> Result<Verification, Error> {
        self.read(move |tx| check.clone().go_on(tx)).await
    }

    /// Casts a vote into the box of a hosted ballot, for a caller of this name, and waits until it is on disk or refused.
    ///
    /// # Errors
    /// [`Error::OutcomeUnknown`] where it may or may not have been cast: the same vote, sent again, tells.
    pub async fn cast(&self, caller: String, ballot: StaffBallotId, vote: Vote) -> Result<Cast, Error> {
        self.parts.boxes.cast(caller, ballot, vote).await
    }

    /// The boxes of all ballots, for steps inside a write.
    #[must_use]
    pub fn boxes(&self) -> Boxes {
        self.parts.boxes.clone()
    }

    /// Does something with the boxes, on a thread that may wait.
    ///
    /// # Errors
    /// What `work` returns, and [`Error::OutcomeUnknown`] where it is not done in time.
    pub async fn on_boxes<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Boxes) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let boxes = self.parts.boxes.clone();
        let done = patience::wait(patience::WORK, tokio::task::spawn_blocking(move || work(&boxes))).await;
        let late = || Error::OutcomeUnknown("the work on a ballot box was not done in time".to_owned());
        done.ok_or_else(late)?
            .unwrap_or_else(|error| Err(Error::Internal(format!("the work on a ballot box was cut short: {error}"))))
    }

    /// How busy it is just now.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let pool = self.parts.connections.pool.state();
        let progress = &self.parts.queue.progress;
        let parts = &self.parts;
        let places = [&parts.reads, &parts.surveys, &parts.figures, &parts.own_reads, &parts.spooling, &parts.spooled];
        let waiting_reads = places.into_iter().map(Places::waiting).fold(0, usize::saturating_add);
        let (failed_commits, unknown_outcomes) = parts.queue.commits.counts();
        Vitals {
            connections: pool.connections,
            idle_connections: pool.idle_connections,
            waiting_reads: u64::try_from(waiting_reads).unwrap_or(u64::MAX),
            waiting_writes: progress.waiting.load(Ordering::Relaxed),
            batches: progress.batches.load(Ordering::Relaxed),
            batched_writes: progress.batched_writes.load(Ordering::Relaxed),
            failed_commits,
            unknown_outcomes,
        }
    }

    /// Whether this instance can read and write, as it was found within the last second or is found now. It takes no more than two
    /// seconds, however busy the service is.
    pub async fn readiness(&self) -> Readiness {
        self.parts.health.ask().await
    }

    /// Checks the clock without the database. Call it regularly, so that the guard sees how the clock runs. Gives the
    /// reason if it is not trusted.
    pub fn judge_clock(&self) -> Option<Doubt> {
        let guard = &self.parts.queue.guard;
        guard.judge(&self.parts.heads.borrow());
        guard.doubt()
    }

    /// Runs a read when there is a place for it. What the operator reads waits for nobody else.
    async fn on_blocking_pool<T, E>(
        &self,
        places: &Places,
        work: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let places = if self.client == Client::Operator { &self.parts.own_reads } else { places };
        let late = || Error::Unavailable("too many reads are running".to_owned());
        let place = patience::wait(patience::WORK, places.take(&self.client, PATIENCE)).await.ok_or_else(late)??;
        self.in_place(place, work).await
    }

    async fn in_place<T, E>(
        &self,
        place: Place,
        work: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (_awaited, running) = self.parts.connections.begin(place)?;
        let read = move || run(running.pool(), work);
        match patience::wait(patience::WORK, tokio::task::spawn_blocking(read)).await {
            Some(Ok(result)) => result,
            Some(Err(error)) => Err(Error::Internal(format!("a read was cut short: {error}")).into()),
            None => Err(Error::Unavailable("the database did not answer in time".to_owned()).into()),
        }
    }
}

/// Works with the facts as of now, which are kept for whoever works with them next.
fn with_facts<T, E: From<Error>>(
    tx: &mut ReadTx<'_>,
    kept: &Held<statistics::Facts>,
    work: &mut impl FnMut(&mut ReadTx<'_>, &statistics::Facts) -> Result<T, E>,
) -> Result<T, E> {
    // What fails on the way is not kept: it may be of no one moment.
    let facts = statistics::Facts::as_of_now(tx, take(kept))?;
    let result = work(tx, &facts);
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
    result
}

fn statement<T, E>(mut work: impl FnMut(&mut ReadTx<'_>) -> Result<T, E>) -> impl FnMut(&mut Conn) -> Result<T, E> {
    move |conn| work(&mut ReadTx::on(conn))
}

fn snapshot<T, E: From<Error>>(
    mut work: impl FnMut(&mut ReadTx<'_>) -> Result<T, E>,
) -> impl FnMut(&mut Conn) -> Result<T, E> {
    let begin = if patience::is_answering() { dialect::begin_read } else { dialect::begin_long_read };
    move |conn| {
        begin(conn).map_err(Error::from)?;
        let result = work(&mut ReadTx::on(conn));
        dialect::control(conn, &["ROLLBACK"]).map_err(Error::from)?;
        result
    }
}

/// Runs a read; one that failed on a connection which turns out to be dead is tried again on another.
///
/// All connections of the pool may be dead, after a restart of the database, so that as many tries are made while somebody waits.
fn run<T, E: From<Error>>(pool: &Pool, mut work: impl FnMut(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    let began = Instant::now();
    for _ in 0..pool.max_size() {
        if began.elapsed() > ANSWER {
            break;
        }
        let mut session = conn::check_out(pool)?;
        let result = attempt(&mut session, &mut work);
        if !session.broken {
            return result;
        }
    }
    attempt(&mut *conn::check_out(pool)?, &mut work)
}

fn attempt<T, E>(session: &mut Session, work: &mut impl FnMut(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    // A panic leaves the connection in whatever transaction it was: nobody is to get it again.
    session.broken = true;
    let result = work(&mut session.conn);
    session.broken = result.is_err() && !dialect::answers(&mut session.conn);
    result
}
