//! What enters the rows of imports, in the background of a server or for a command.
//!
//! The imports of different callers take turns. If a chunk cannot be entered because of an internal error, the worker
//! splits it in halves until it finds the bad row, and rejects that row, so that it does not block the others. If the
//! database does not answer, the worker tries again at growing intervals, and gives up after some time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt::time::{sleep, timeout};
use chrono::TimeDelta;
use domain::ImportMode;
use store::import::{self, Chunk, Import, ImportId, MAX_REFUSED_ALONE, Outcome, Wanted};
use store::{Error, SavepointOutcome, Stamp, Store, WriteTx};
use tokio::sync::Notify;
use uuid::Uuid;

use super::imported::Entering;
use super::row::{self, Broken, Rows};
use crate::app::{Clock, OPERATOR};
use crate::caller::Caller;
use crate::caller::authentication;
use crate::response::problem::Problem;

/// How often a server looks for imports that others have left or taken in.
const POLL_EVERY: Duration = Duration::from_secs(2);

/// So many of such looks go by before old imports are forgotten.
const LOOKS_BETWEEN_TIDYING: u32 = 600;

/// The length of a caller's turn while others wait. At least one chunk is entered.
const TURN: Duration = Duration::from_millis(250);

/// A database that does not answer is asked again after a second, then after twice as long each time, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The number of tries after which the import is given up.
const MOST_TRIES: u32 = 12;

/// An import that was not tried again for so long belongs to another importer, or to nobody.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// If this number of rows cannot be entered because of an internal error, the import is given up.
const MOST_BROKEN_ROWS: u32 = 20;

/// A failure of an import that the caller did not cause.
struct Trouble {
    tries: u32,
    not_before: Instant,
    broken_rows: u32,
    actor: String,
}

#[derive(Clone)]
pub struct Importer {
    store: Store,
    clock: Clock,
    scrutineer_above: i64,
    kept: TimeDelta,
    troubles: Arc<Mutex<HashMap<ImportId, Trouble>>>,
    /// What the importer is known by to others.
    pub name: String,
    /// What it is told by that there is an import.
    pub call: Arc<Notify>,
}

struct Ready {
    chunks: Arc<[Chunk]>,
    stamp: Stamp,
    rows: Arc<dyn Rows>,
}

impl Importer {
    pub fn new(store: Store, clock: Clock, scrutineer_above: i64, kept: TimeDelta) -> Self {
        let (name, troubles) = (Uuid::now_v7().to_string(), Arc::default());
        Self { store, clock, scrutineer_above, kept, troubles, name, call: Arc::default() }
    }

    /// Claims an import that no worker has, from the caller whose turn comes after this one's.
    async fn claim(&self, after: &str) -> Result<Option<Import>, Error> {
        if !self.store.read_one(import::is_any_open).await? {
            return Ok(None);
        }
        let (name, actor, now) = (self.name.clone(), after.to_owned(), Instant::now());
        let except: Vec<String> = {
            let troubles = self.troubles();
            troubles.values().filter(|trouble| trouble.not_before > now).map(|trouble| trouble.actor.clone()).collect()
        };
        let wanted = Wanted::After { actor, except };
        self.store.write(self.own_stamp(), move |tx| import::claim(tx, &name, &wanted)).await
    }

    /// Enters the rows of an import that it has claimed, to the end or to the end of its turn, and reports the progress
    /// after each step. `None` if another importer has taken it over.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: what was entered is, and the rest still waits.
    async fn run(
        &self,
        mut import: Import,
        turn: Option<Duration>,
        mut tell: impl FnMut(&Import),
    ) -> Result<Option<Import>, Error> {
        let began = Instant::now();
        while !import.state.is_over() {
            let stands = match self.make_pass(&import, (began, turn), &mut tell).await {
                Ok(stands) => stands,
                Err(Stuck::Store(error)) => return Err(error),
                Err(Stuck::Rows { chunks, error }) => self.get_past(&import, &chunks, &error).await?,
            };
            let Some(stands) = stands else {
                self.troubles().remove(&import.id);
                return Ok(None);
            };
            tell(&stands);
            import = stands;
            if self.is_turn_over(&import, (began, turn)).await? {
                break;
            }
        }
        if import.state.is_over() {
            self.troubles().remove(&import.id);
        }
        Ok(Some(import))
    }

    /// Whether it is time for the imports of others, and there are some.
    async fn is_turn_over(&self, import: &Import, (began, turn): (Instant, Option<Duration>)) -> Result<bool, Error> {
        if turn.is_none_or(|turn| began.elapsed() < turn) {
            return Ok(false);
        }
        let (name, now, own) = (self.name.clone(), self.clock.now(), import.caller.name.clone());
        let waiting = self.store.read_one(move |tx| import::waiting_actors(tx, &name, now)).await?;
        Ok(waiting.iter().any(|actor| *actor != own))
    }

    fn troubles(&self) -> MutexGuard<'_, HashMap<ImportId, Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters the rows of an import that it has claimed, or sees to it that another importer does where that has taken it over, and tells
    /// how it stands. Gives it when it is over.
    pub async fn see_through(&self, import: Import, mut tell: impl FnMut(&Import)) -> Result<Import, Error> {
        let id = import.id;
        let mut own = Some(import);
        loop {
            if let Some(own) = own
                && let Some(done) = self.run(own, None, &mut tell).await?
            {
                return Ok(done);
            }
            let stands = self.store.read_one(move |tx| import::find(tx, id)).await?;
            tell(&stands);
            if stands.state.is_over() {
                return Ok(stands);
            }
            sleep(POLL_EVERY).await;
            let name = self.name.clone();
            let claim = move |tx: &mut WriteTx<'_>| import::claim(tx, &name, &Wanted::This(id));
            own = self.store.write(self.own_stamp(), claim).await?;
        }
    }

    /// Enters the rows of a pass, and while some are entered reads the next. Gives the import as it stands then, if it still has it: at the
    /// end of the pass, or of the turn.
    async fn make_pass(
        &self,
        import: &Import,
        turn: (Instant, Option<Duration>),
        tell: &mut impl FnMut(&Import),
    ) -> Result<Option<Import>, Stuck> {
        let mut next = self.read_after(import, 0).await?;
        while let Some(ready) = next {
            let last = ready.chunks.last().map_or(i64::MAX, |chunk| chunk.line);
            let (entered, following) =
                futures_util::future::join(self.enter(import, &ready), self.read_after(import, last)).await;
            match entered? {
                Some(stands) if !stands.state.is_over() => {
                    tell(&stands);
                    if self.is_turn_over(&stands, turn).await? {
                        return Ok(Some(stands));
                    }
                }
                ended => return Ok(ended),
            }
            next = following?;
        }
        let (id, name) = (import.id, self.name.clone());
        let go_on = self.store.write(self.stamp(import), move |tx| match import::held(tx, id, &name)? {
            Some(own) => import::go_on(tx, &own).map(Some),
            None => Ok(None),
        });
        Ok(go_on.await?)
    }

    async fn read_after(&self, import: &Import, line: i64) -> Result<Option<Ready>, Stuck> {
        let (id, pass, together) = (import.id, import.pass, together(import));
        let found = self.store.read(move |tx| import::chunks_after(tx, id, pass, line, together));
        let chunks: Arc<[Chunk]> = found.await?.into();
        if chunks.is_empty() {
            return Ok(None);
        }
        let (import, stamp, own) = (import.clone(), self.stamp(import), Arc::clone(&chunks));
        let reading = tokio::task::spawn_blocking(move || {
            let rows = Arc::from(row::read(&own, &import, stamp.now));
            Ready { chunks: own, stamp, rows }
        });
        reading
            .await
            .map(Some)
            .map_err(|error| Stuck::Rows { chunks, error: Error::Internal(format!("rows could not be read: {error}")) })
    }

    /// Enters rows; gives the import as it stands then, if it still has it.
    async fn enter(&self, import: &Import, ready: &Ready) -> Result<Option<Import>, Stuck> {
        let mut result = self.attempt(import, ready, false).await;
        if matches!(result, Err(Broken::NeedsSavepoint)) {
            result = self.attempt(import, ready, true).await;
        }
        let stuck = |error| Stuck::Rows { chunks: Arc::clone(&ready.chunks), error };
        result.map_err(|broken| match broken {
            Broken::Store(error) if is_passing(&error) => Stuck::Store(error),
            Broken::Store(error) => stuck(error),
            Broken::NeedsSavepoint => stuck(Error::Internal(broken.to_string())),
        })
    }

    /// Gets past rows that cannot be entered because of an internal error: splits a chunk in two, and rejects a row
    /// that is alone. An atomic import is given up. Gives the import as it stands then, if the worker still has it.
    async fn get_past(&self, import: &Import, chunks: &[Chunk], error: &Error) -> Result<Option<Import>, Error> {
        log::error!("rows of the import {} could not be entered: {error}", import.id);
        let Some(chunk) = chunks.first().filter(|_| !may_be_taken_back(import)) else {
            return self.give_up(import, "its rows could not be entered").await;
        };
        let (id, name, chunk) = (import.id, self.name.clone(), chunk.clone());
        if chunk.rows.len() <= 1 && self.count_broken_row(import) > MOST_BROKEN_ROWS {
            return self.give_up(import, "too many of its rows could not be entered").await;
        }
        let past = self.store.write(self.stamp(import), move |tx| {
            let Some(own) = import::held(tx, id, &name)? else { return Ok(None) };
            if chunk.rows.len() > 1 {
                import::divide(tx, id, &chunk)?;
                return Ok(Some(own));
            }
            let line = chunk.rows.first().map_or(0, |(line, _)| *line);
            let told = row::problem_of(line, &Problem::internal("a row could not be entered"), None, &[]);
            let outcome = Outcome { failed: 1, problems: vec![(line, told)], ..Outcome::default() };
            import::settle(tx, &own, std::slice::from_ref(&chunk), &outcome).map(Some)
        });
        match past.await {
            Err(error) if !is_passing(&error) => {
                log::error!("rows of the import {} could not be rejected: {error}", import.id);
                self.give_up(import, "its rows could not be entered").await
            }
            past => past,
        }
    }

    /// Ends an import for this reason, if it still has it.
    async fn give_up(&self, import: &Import, reason: &str) -> Result<Option<Import>, Error> {
        let (id, name) = (import.id, self.name.clone());
        let told = row::problem_of(0, &Problem::import_given_up(reason), None, &[]);
        let failed = self.store.write(self.stamp(import), move |tx| match import::held(tx, id, &name)? {
            Some(_) => import::fail(tx, id, 0, &[(0, told.clone())]).map(Some),
            None => Ok(None),
        });
        failed.await
    }

    fn count_broken_row(&self, import: &Import) -> u32 {
        let mut troubles = self.troubles();
        let trouble = troubles.entry(import.id).or_insert_with(|| Trouble::of(import));
        trouble.broken_rows = trouble.broken_rows.saturating_add(1);
        trouble.broken_rows
    }

    /// Resets the count of failed tries, once the import continues.
    fn forgive(&self, import: &Import) {
        if let Some(trouble) = self.troubles().get_mut(&import.id) {
            trouble.tries = 0;
        }
    }

    /// Notes that an import could not continue, and gives it up after too many tries. While the clock may be wrong, it
    /// only waits.
    async fn put_off(&self, import: &Import, error: &Error) {
        if matches!(error, Error::Clock(_)) {
            return;
        }
        let tries = {
            let mut troubles = self.troubles();
            let trouble = troubles.entry(import.id).or_insert_with(|| Trouble::of(import));
            let pause = LONGEST_PAUSE.min(Duration::from_secs(1_u64 << trouble.tries.min(6)));
            trouble.tries = trouble.tries.saturating_add(1);
            trouble.not_before = Instant::now().checked_add(pause).unwrap_or(trouble.not_before);
            trouble.tries
        };
        log::warn!("the import {} could not continue and will be tried again: {error}", import.id);
        if tries < MOST_TRIES && is_passing(error) {
            return;
        }
        match self.give_up(import, "the database did not store its rows, although this was tried many times").await {
            Ok(_) => drop(self.troubles().remove(&import.id)),
            Err(error) => log::error!("the import {} could not be ended: {error}", import.id),
        }
    }

    /// What the rows do and that they are done is one write, so that they are entered once.
    async fn attempt(&self, import: &Import, ready: &Ready, with_savepoints: bool) -> Result<Option<Import>, Broken> {
        let caller = Caller::from(import.caller.clone());
        let scrutineer_above = self.scrutineer_above;
        let entering = Entering { import: import.clone(), caller, scrutineer_above, with_savepoints };
        let (id, name) = (import.id, self.name.clone());
        let (rows, chunks) = (Arc::clone(&ready.rows), Arc::clone(&ready.chunks));
        let entered = self.store.write_named(ready.stamp.clone(), rows.names(), move |tx| {
            let Some(own) = import::held(tx, id, &name)? else { return Ok::<_, Broken>(None) };
            if let Err(problem) = authentication::confirm(tx, &entering.caller) {
                return Ok(Some(import::fail(tx, id, 0, &[(0, row::problem_of(0, &problem, None, &[]))])?));
            }
            let outcome = enter(tx, rows.as_ref(), &Entering { import: own.clone(), ..entering.clone() })?;
            if own.mode == ImportMode::Atomic && outcome.failed > 0 {
                return Ok(Some(import::fail(tx, id, outcome.failed, &outcome.problems)?));
            }
            let stands = import::settle(tx, &own, &chunks, &outcome)?;
            if is_hopeless(&stands) {
                let reason = format!("its first {MAX_REFUSED_ALONE} rows were all rejected");
                let told = row::problem_of(0, &Problem::import_given_up(&reason), None, &[]);
                return Ok(Some(import::fail(tx, id, 0, &[(0, told)])?));
            }
            Ok(Some(stands))
        });
        entered.await
    }

    /// Whom the log names for what an import enters.
    fn stamp(&self, import: &Import) -> Stamp {
        Stamp { now: self.clock.now(), actor: import.caller.name.clone(), request_id: import.request_id.clone() }
    }

    fn own_stamp(&self) -> Stamp {
        Stamp { now: self.clock.now(), actor: OPERATOR.to_owned(), request_id: self.name.clone() }
    }

    async fn tidy_up(&self) -> Result<(), Error> {
        // Of an import that was put off and then cancelled, or that another importer has ended.
        self.troubles().retain(|_, trouble| trouble.not_before.elapsed() < FORGOTTEN_AFTER);
        let kept = self.kept;
        self.store.write(self.own_stamp(), move |tx| import::tidy_up(tx, kept)).await
    }
}

/// Why an import does not continue.
enum Stuck {
    /// The database does not answer. Rows that were entered stay, and the others still wait.
    Store(Error),
    /// These rows cannot be entered, because of an internal error.
    Rows { chunks: Arc<[Chunk]>, error: Error },
}

impl From<Error> for Stuck {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Trouble {
    fn of(import: &Import) -> Self {
        Self { tries: 0, not_before: Instant::now(), broken_rows: 0, actor: import.caller.name.clone() }
    }
}

/// Whether a later try may succeed.
fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::Unavailable(_)
            | Error::ShareUsedUp
            | Error::ReadOnly(_)
            | Error::Clock(_)
            | Error::OutcomeUnknown(_)
            | Error::StorageFull(_)
    )
}

/// Whether so many rows were rejected, and none entered, that the others would probably be rejected too.
fn is_hopeless(import: &Import) -> bool {
    let counts = import.counts;
    let accepted = counts.created.saturating_add(counts.updated).saturating_add(counts.unchanged);
    accepted == 0 && counts.failed >= MAX_REFUSED_ALONE && counts.failed < counts.rows
}

/// Whether what the rows of an import do may have to be taken back together.
fn may_be_taken_back(import: &Import) -> bool {
    import.validate_only || import.mode == ImportMode::Atomic
}

/// How many rows of an import are entered in one write, for which all others wait: of what may be taken back as many as may be entered
/// all or none, of anything else a chunk.
fn together(import: &Import) -> usize {
    if may_be_taken_back(import) { ImportMode::MAX_ATOMIC_ROWS } else { 1 }
}

/// Enters rows and tells what became of them; takes them back where they are not to stay.
fn enter(tx: &mut WriteTx<'_>, rows: &dyn Rows, entering: &Entering) -> Result<Outcome, Broken> {
    let import = &entering.import;
    if !may_be_taken_back(import) {
        return rows.enter(tx, entering);
    }
    let entered = tx.in_savepoint(true, |tx| {
        let outcome = rows.enter(tx, entering).map_err(Err)?;
        if import.validate_only || outcome.failed > 0 { Err(Ok(Box::new(outcome))) } else { Ok(outcome) }
    });
    match entered? {
        SavepointOutcome::Done(outcome) => Ok(outcome),
        SavepointOutcome::Refused(taken_back) => taken_back.map(|outcome| *outcome),
        SavepointOutcome::NeedsSavepoint => Err(Broken::NeedsSavepoint),
    }
}

/// Works at imports for as long as the server runs.
pub fn start(importer: Importer) {
    drop(actix_web::rt::spawn(async move {
        let (mut looks, mut actor) = (0_u32, String::new());
        loop {
            if looks.is_multiple_of(LOOKS_BETWEEN_TIDYING)
                && let Err(error) = importer.tidy_up().await
            {
                log::warn!("could not delete expired imports: {error}");
            }
            looks = looks.wrapping_add(1);
            match work(&importer, &mut actor).await {
                Ok(true) => {}
                Ok(false) => drop(timeout(POLL_EVERY, importer.call.notified()).await),
                // The operator has been told of it.
                Err(Error::Clock(_)) => sleep(POLL_EVERY).await,
                Err(error) => {
                    log::warn!("could not look for imports: {error}");
                    sleep(POLL_EVERY).await;
                }
            }
        }
    }));
}

/// Gives the next caller a turn, who is then the one who had it last; whether there was an import.
async fn work(importer: &Importer, actor: &mut String) -> Result<bool, Error> {
    let Some(import) = importer.claim(actor).await? else { return Ok(false) };
    actor.clone_from(&import.caller.name);
    match importer.run(import.clone(), Some(TURN), |_| {}).await {
        Ok(_) => importer.forgive(&import),
        Err(error) => importer.put_off(&import, &error).await,
    }
    Ok(true)
}
