//! The one writer of a process: takes all waiting writes and commits them in one transaction.
//!
//! A write that fails is rolled back alone; one `fsync` serves them all, and nothing is answered before it, refusals
//! included, since a refusal may name what a sibling has written. Callers take turns: a caller with many writes does
//! not delay the writes of others ([`turns`]).

mod job;
pub(crate) mod shifts;
mod turn;
pub(crate) mod turns;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{oneshot, watch};

use crate::backend::checkpoint::Checkpointer;
use crate::backend::conn::{Conn, DatabaseUrl};
use crate::backend::dialect;
use crate::backend::site::Site;
use crate::clock::{ClockGuard, Judgement};
use crate::error::{BatchError, Error};
use crate::health::Commits;
use crate::known::{KnownNames, Naming};
use crate::log::entry::Head;
use crate::log::entry_log;
use crate::patience;
use crate::transaction::{Pending, SearchChangeKind, Stamp, WriteTx};
use job::{Job, Verdict, Waiting};
use shifts::Shifts;
use turn::{COMMITTING, GIVEN_UP, RUNNING, TAKEN_BACK, Turn, WAITING};
use turns::{Entrance, Exit, Refused, by_turns};

/// A request waits at most this long for a connection, or for its turn to write.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// Writes that may wait; one more is refused at once, which beats a wait without end.
const QUEUE: usize = 1024;
const SQLITE_BATCH: usize = 256;
const POSTGRES_BATCH: usize = 64;
/// A batch takes no further write once it has run this long. The others come into the next batch, so that nobody waits
/// for 256 slow writes.
const BATCH_TIME: Duration = Duration::from_millis(50);
/// A write whose turn has come is waited for at most this long, where no answer waits for it.
const COMMIT_PATIENCE: Duration = Duration::from_secs(30);
/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Queue {
    jobs: Entrance<Box<dyn Job>>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) commits: Arc<Commits>,
    pub(crate) guard: ClockGuard,
    desk: Weak<Desk>,
}

/// How the writer gets on.
#[derive(Default)]
pub(crate) struct Progress {
    /// Writes in the queue.
    pub(crate) waiting: AtomicU64,
    /// Transactions so far.
    pub(crate) batches: AtomicU64,
    /// Writes in them.
    pub(crate) batched_writes: AtomicU64,
}

impl Progress {
    fn taken(&self, writes: usize) {
        let writes = count(writes);
        self.waiting.fetch_sub(writes, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.batched_writes.fetch_add(writes, Ordering::Relaxed);
    }

    fn given_back(&self, writes: usize) {
        let writes = count(writes);
        self.waiting.fetch_add(writes, Ordering::Relaxed);
        self.batched_writes.fetch_sub(writes, Ordering::Relaxed);
    }
}

fn count(writes: usize) -> u64 {
    u64::try_from(writes).unwrap_or(u64::MAX)
}

impl Queue {
    /// Hands over a write and waits until it is on disk or refused.
    ///
    /// A write whose turn does not come in time is cancelled and never runs. If the queue is full and another write
    /// comes, the newest write of the caller with the most waiting is cancelled too.
    pub(crate) async fn submit<T, E, F>(&self, stamp: Stamp, names: Vec<Naming>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.submit_at(Some(stamp.now), stamp, names, work).await
    }

    /// The same for a write that stores no time and leaves no entry, so that it needs no clock.
    pub(crate) async fn submit_timeless<T, E, F>(&self, stamp: Stamp, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.submit_at(None, stamp, Vec::new(), work).await
    }

    async fn submit_at<T, E, F>(
        &self,
        time: Option<DateTime<Utc>>,
        stamp: Stamp,
        names: Vec<Naming>,
        work: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, mut answer) = oneshot::channel();
        let turn = Turn::default();
        let job = Box::new(Waiting { stamp, time, names, work, turn: turn.clone(), result: None, reply });
        self.put(job)?;
        let stopped = |_| Error::Unavailable("the writer has stopped".to_owned());
        if let Some(answered) = patience::wait(PATIENCE, &mut answer).await {
            return answered.map_err(stopped)?.result;
        }
        if turn.pass(WAITING, GIVEN_UP) {
            return Err(Error::Unavailable("the write's turn did not come in time".to_owned()).into());
        }
        if let Some(answered) = patience::wait(COMMIT_PATIENCE, answer).await {
            return answered.map_err(stopped)?.result;
        }
        if turn.take_back() {
            return Err(Error::Unavailable("the write took too long and was undone".to_owned()).into());
        }
        Err(Error::OutcomeUnknown("the database did not confirm the commit in time".to_owned()).into())
    }

    fn put(&self, job: Box<dyn Job>) -> Result<(), Error> {
        if let Some(desk) = self.desk.upgrade() {
            desk.relieve();
        }
        let too_many = || Error::Unavailable("too many writes are waiting".to_owned());
        self.progress.waiting.fetch_add(1, Ordering::Relaxed);
        let (displaced, refused) = match self.jobs.put(job) {
            Ok(displaced) => (displaced, None),
            Err(Refused::Full(_)) => (None, Some(too_many())),
            Err(Refused::Stopped(_)) => (None, Some(Error::Unavailable("the writer has stopped".to_owned()))),
        };
        if displaced.is_some() || refused.is_some() {
            self.progress.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(displaced) = displaced {
            displaced.finish(Some(Error::ShareUsedUp));
        }
        refused.map_or(Ok(()), Err)
    }
}

/// Starts the writer; it ends when the last [`Queue`] is dropped.
///
/// Whoever waits for entries is told of the newest after each commit.
pub(crate) fn start(site: Site, conn: Conn, heads: watch::Sender<Head>, guard: ClockGuard) -> std::io::Result<Queue> {
    let (jobs, waiting) = by_turns(QUEUE);
    let checkpointer = match site.url() {
        DatabaseUrl::Sqlite(_) => Some(Checkpointer::start(&site)?),
        DatabaseUrl::Postgres(_) => None,
    };
    let (progress, commits) = (Arc::<Progress>::default(), Arc::<Commits>::default());
    let desk = Arc::new(Desk {
        site,
        heads,
        waiting,
        progress: Arc::clone(&progress),
        commits: Arc::clone(&commits),
        guard: guard.clone(),
        shifts: Shifts::default(),
    });
    let queue = Queue { jobs, progress, commits, guard, desk: Arc::downgrade(&desk) };
    Writer { desk, shift: 0, conn: Some(conn), checkpointer }.begin()?;
    Ok(queue)
}

/// What the writers of a process share. One of them is on at a time.
struct Desk {
    site: Site,
    heads: watch::Sender<Head>,
    waiting: Exit<Box<dyn Job>>,
    progress: Arc<Progress>,
    commits: Arc<Commits>,
    guard: ClockGuard,
    shifts: Shifts,
}

impl Desk {
    /// Starts another writer if the present one gets no answer.
    fn relieve(self: &Arc<Self>) {
        let start = |shift| Writer { desk: Arc::clone(self), shift, conn: None, checkpointer: None }.begin();
        self.shifts.relieve(&self.site, "writer", start);
    }
}

struct Writer {
    desk: Arc<Desk>,
    shift: u64,
    conn: Option<Conn>,
    checkpointer: Option<Checkpointer>,
}

impl Writer {
    fn begin(self) -> std::io::Result<()> {
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || self.run()).map(drop)
    }

    fn run(mut self) {
        let desk = Arc::clone(&self.desk);
        let most = match desk.site.url() {
            DatabaseUrl::Sqlite(_) => SQLITE_BATCH,
            DatabaseUrl::Postgres(_) => POSTGRES_BATCH,
        };
        while desk.shifts.is_on(self.shift)
            && let Some(jobs) = desk.waiting.take(most)
        {
            desk.progress.taken(jobs.len());
            desk.shifts.note(self.shift, Some(Instant::now()));
            let left = self.serve(jobs);
            desk.shifts.note(self.shift, None);
            desk.progress.given_back(left.len());
            desk.waiting.give_back(left);
        }
    }

    /// Commits the batch; where it fails as a whole, each write has a try of its own. Gives those that it had no time for.
    fn serve(&mut self, mut jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
        let mut left = Vec::new();
        match self.commit(&mut jobs) {
            Ok(attempted) => {
                left = jobs.split_off(attempted.min(jobs.len()));
                jobs.into_iter().for_each(|job| job.finish(None));
            }
            Err(BatchError::GivenUp) => self.serve_one_by_one(jobs),
            Err(BatchError::NotCommitted(error)) => {
                log::warn!("a batch of {} writes failed and is being tried again one by one: {error}", jobs.len());
                self.serve_one_by_one(jobs);
            }
            Err(BatchError::Unknown(error)) => {
                log::error!(
                    "the database failed while committing a batch of {} writes, so its connection is given up: {error}",
                    jobs.len()
                );
                let (not_run, run): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.turn().is(WAITING));
                left = not_run;
                run.into_iter().for_each(|job| job.finish(Some(error.clone())));
            }
        }
        if let (Some(checkpointer), Some(conn)) = (&self.checkpointer, &mut self.conn) {
            checkpointer.after_commit(conn);
        }
        left
    }

    /// A write that finds the database unavailable even alone speaks for those behind it, which would only wait as long each.
    fn serve_one_by_one(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut unavailable = None;
        for job in jobs {
            let mut alone = [job];
            self.desk.shifts.note(self.shift, Some(Instant::now()));
            let failure = match &unavailable {
                Some(error) => Some(Error::clone(error)),
                None => match self.commit(&mut alone) {
                    Ok(_) => None,
                    Err(BatchError::GivenUp) => Some(Error::Unavailable("the write was given up".to_owned())),
                    Err(BatchError::NotCommitted(error) | BatchError::Unknown(error)) => Some(error),
                },
            };
            let [job] = alone;
            if matches!(failure, Some(Error::Unavailable(_))) && !job.turn().is(TAKEN_BACK) {
                unavailable.clone_from(&failure);
            }
            job.finish(failure);
        }
    }

    /// Gives how many writes, from the first on, were run.
    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<usize, BatchError> {
        self.try_to_commit(jobs).inspect_err(|failure| match failure {
            BatchError::GivenUp => {}
            BatchError::NotCommitted(error) => self.desk.commits.note_failure(error),
            BatchError::Unknown(error) => self.desk.commits.note_unknown(error),
        })
    }

    /// A connection on which anything went wrong is closed, and the next batch opens another. What SQLite has left in its log after a
    /// failed commit, the next one writes over.
    fn try_to_commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<usize, BatchError> {
        self.desk.site.check().map_err(BatchError::NotCommitted)?;
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self
                .desk
                .site
                .open_again()
                .map_err(|error| BatchError::NotCommitted(Error::Unavailable(error.to_string())))?,
        };
        let (done, attempted) = run_batch(&mut conn, jobs, &self.desk.guard)?;
        let (head, clean) = match done {
            Done::Committed { head, is_on_disk } => {
                self.desk.site.note_log();
                if is_on_disk {
                    self.desk.commits.note_success();
                }
                (head, true)
            }
            Done::Refused { head } => (head, dialect::control(&mut conn, &["ROLLBACK"]).is_ok()),
        };
        raise(&self.desk.heads, head);
        self.conn = clean.then_some(conn);
        Ok(attempted)
    }
}

enum Done {
    /// This is the newest entry now. A batch that changed nothing puts nothing on disk.
    Committed { head: Head, is_on_disk: bool },
    /// The only write of the batch is not to be kept: the transaction is still to be rolled back. This is the newest entry all the same.
    Refused { head: Head },
}

/// Gives how many writes were run too.
fn run_batch(conn: &mut Conn, jobs: &mut [Box<dyn Job>], guard: &ClockGuard) -> Result<(Done, usize), BatchError> {
    let mut pending = begin(conn, guard).map_err(BatchError::NotCommitted)?;
    pending.known.names = names_of(conn, jobs).map_err(BatchError::NotCommitted)?;
    let mut attempted = 1;
    if let [job] = jobs {
        if job.attempt(conn, &mut pending) != Verdict::Keep {
            return Ok((Done::Refused { head: pending.head }, attempted));
        }
    } else {
        attempted = attempt_each(conn, jobs, &mut pending).map_err(BatchError::NotCommitted)?;
    }
    let (run, left) = jobs.split_at(attempted.min(jobs.len()));
    wait_again(left);
    let head = store_pending(conn, &pending).map_err(BatchError::NotCommitted)?;
    let is_on_disk = head.seq > pending.head.seq
        || dialect::has_changed(conn, pending.changes_before)
            .map_err(|error| BatchError::NotCommitted(error.into()))?;
    begin_commit(run)?;
    match dialect::control(conn, &["COMMIT"]) {
        Ok(()) => Ok((Done::Committed { head, is_on_disk }, attempted)),
        Err(error) => Err(dialect::after_failed_commit(conn, error)).inspect_err(|failure| {
            if matches!(failure, BatchError::NotCommitted(_)) {
                end_commit(run);
            }
        }),
    }
}

/// What a first try ran and a second one has no time for comes into the next batch.
fn wait_again(left: &[Box<dyn Job>]) {
    for job in left {
        job.turn().pass(RUNNING, WAITING);
    }
}

/// From here on no caller gives a write up. Where one has, the others are done without it.
fn begin_commit(jobs: &[Box<dyn Job>]) -> Result<(), BatchError> {
    let mut run = jobs.iter().map(|job| job.turn()).filter(|turn| !turn.is(GIVEN_UP));
    if run.all(|turn| turn.pass(RUNNING, COMMITTING)) {
        return Ok(());
    }
    end_commit(jobs);
    Err(BatchError::GivenUp)
}

/// Nothing was stored, and the writes are run again.
fn end_commit(jobs: &[Box<dyn Job>]) {
    for job in jobs {
        job.turn().pass(COMMITTING, RUNNING);
    }
}

/// Begins the transaction of a batch, and has the clock judged.
fn begin(conn: &mut Conn, guard: &ClockGuard) -> Result<Pending, Error> {
    let before = guard.read();
    let begun = dialect::begin_write(conn)?;
    Ok(Pending::after(&begun, guard.judge_batch(before, &begun.head, begun.database_time)))
}

/// What stands against the names that the writes of a batch are about to take: one look-up serves them all.
fn names_of(conn: &mut Conn, jobs: &[Box<dyn Job>]) -> Result<KnownNames, Error> {
    Ok(KnownNames::look_up(conn, jobs.iter().flat_map(|job| job.names()))?)
}

/// A write that is refused has seldom changed anything, and then there is nothing to roll back. Savepoints come only with a second
/// try: on SQLite they keep a copy of every page that is changed after them, on PostgreSQL each is a round trip. Gives how many writes
/// were run.
fn attempt_each(conn: &mut Conn, jobs: &mut [Box<dyn Job>], pending: &mut Pending) -> Result<usize, Error> {
    if let Some(attempted) = attempt_without_savepoints(conn, jobs, pending)? {
        return Ok(attempted);
    }
    dialect::control(conn, &["ROLLBACK"])?;
    // Another process may have written in between.
    *pending = Pending::after(&dialect::begin_write(conn)?, pending.clock);
    Ok(attempt_with_savepoints(conn, jobs, pending)?)
}

/// How many were run; none where a write that is not to be kept has changed something, or has ended the transaction for all.
fn attempt_without_savepoints(
    conn: &mut Conn,
    jobs: &mut [Box<dyn Job>],
    pending: &mut Pending,
) -> Result<Option<usize>, Error> {
    let (began, mut attempted) = (Instant::now(), 0);
    for job in jobs {
        if has_no_time(began, attempted) {
            break;
        }
        attempted += 1;
        let before = dialect::changes_to_check(conn)?;
        match job.attempt(conn, pending) {
            Verdict::Keep => {}
            Verdict::Refuse => {
                debug_assert_eq!(dialect::changes_to_check(conn)?, before, "a change was made as if it were a read");
                if !dialect::goes_on(conn)? {
                    return Ok(None);
                }
            }
            Verdict::RollBack => return Ok(None),
        }
    }
    Ok(Some(attempted))
}

/// Whether the next write comes into the next batch.
fn has_no_time(began: Instant, attempted: usize) -> bool {
    attempted > 0 && began.elapsed() >= BATCH_TIME
}

/// The end of one savepoint and the start of the next go together. Gives how many were run.
fn attempt_with_savepoints(
    conn: &mut Conn,
    jobs: &mut [Box<dyn Job>],
    pending: &mut Pending,
) -> diesel::QueryResult<usize> {
    const ROLL_BACK: &[&str] = &["ROLLBACK TO SAVEPOINT one_write"];
    let mut between: &[&str] = &["SAVEPOINT one_write"];
    let (began, mut attempted) = (Instant::now(), 0);
    for job in jobs {
        if has_no_time(began, attempted) {
            break;
        }
        attempted += 1;
        dialect::control(conn, between)?;
        between = match job.attempt(conn, pending) {
            Verdict::Keep => &["RELEASE SAVEPOINT one_write", "SAVEPOINT one_write"],
            Verdict::Refuse | Verdict::RollBack => ROLL_BACK,
        };
    }
    if between == ROLL_BACK {
        dialect::control(conn, between)?;
    }
    Ok(attempted)
}

/// Gives the newest entry.
fn store_pending(conn: &mut Conn, pending: &Pending) -> Result<Head, Error> {
    let mut found_by = Vec::new();
    for (position, change) in pending.search.iter().enumerate() {
        match &change.kind {
            SearchChangeKind::Insert { tokens } if !is_removed_later(pending, position, &change.id) => {
                found_by.push((change.index, change.id.as_str(), &**tokens));
            }
            SearchChangeKind::Insert { .. } => {}
            SearchChangeKind::Remove { row_no } => change.index.remove(conn, *row_no)?,
        }
    }
    for of_one_index in found_by.chunk_by(|(one, ..), (other, ..)| one == other) {
        dialect::insert_words(conn, of_one_index)?;
    }
    entry_log::append(conn, pending.head, &pending.entries)
}

/// The record may be gone by the end of the batch, and then has no row to go by.
fn is_removed_later(pending: &Pending, position: usize, id: &str) -> bool {
    let later = pending.search.iter().skip(position.saturating_add(1));
    later.filter(|change| change.id == id).any(|change| matches!(change.kind, SearchChangeKind::Remove { .. }))
}

/// Carries out one write on a connection of its own, where no writer runs.
pub(crate) fn write_alone<T>(
    conn: &mut Conn,
    stamp: &Stamp,
    work: impl FnOnce(&mut WriteTx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut pending = Pending::after(&dialect::begin_write(conn)?, Judgement::Unwatched);
    let done = work(&mut WriteTx::on(conn, stamp, &mut pending))?;
    store_pending(conn, &pending)?;
    dialect::control(conn, &["COMMIT"])?;
    Ok(done)
}

/// Lets those who wait know of a newer entry.
pub(crate) fn raise(heads: &watch::Sender<Head>, head: Head) {
    heads.send_if_modified(|known| {
        let is_newer = head.is_beyond(known);
        if is_newer {
            *known = head;
        }
        is_newer
    });
}
