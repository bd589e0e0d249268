//! What enters the rows of imports, in the background of a server or for a command.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::{sleep, timeout};
use chrono::TimeDelta;
use domain::ImportMode;
use store::import::{self, Chunk, Import, Outcome};
use store::{Error, SavepointOutcome, Stamp, Store, WriteTx};
use tokio::sync::Notify;
use uuid::Uuid;

use super::row::{self, Broken, Entering, Rows};
use crate::app::{Clock, OPERATOR};
use crate::caller::Caller;
use crate::caller::authentication;

/// How often a server looks for imports that others have left or taken in.
const POLL_EVERY: Duration = Duration::from_secs(2);

/// So many of such looks go by before old imports are forgotten.
const LOOKS_BETWEEN_TIDYING: u32 = 600;

#[derive(Clone)]
pub struct Importer {
    store: Store,
    clock: Clock,
    scrutineer_above: i64,
    kept: TimeDelta,
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
        Self { store, clock, scrutineer_above, kept, name: Uuid::now_v7().to_string(), call: Arc::default() }
    }

    /// The oldest import that nobody works at, which is this importer's now.
    pub async fn claim(&self) -> Result<Option<Import>, Error> {
        if !self.store.read_one(import::is_any_open).await? {
            return Ok(None);
        }
        let name = self.name.clone();
        self.store.write(self.own_stamp(), move |tx| import::claim(tx, &name, None)).await
    }

    /// Enters the rows of an import that it has claimed, to the end, and tells after each step how it stands. None where another importer
    /// has taken it over.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: what was entered is, and the rest still waits.
    pub async fn run(&self, mut import: Import, mut tell: impl FnMut(&Import)) -> Result<Option<Import>, Error> {
        while !import.state.is_over() {
            let Some(stands) = self.make_pass(&import, &mut tell).await? else { return Ok(None) };
            tell(&stands);
            import = stands;
        }
        Ok(Some(import))
    }

    /// Enters the rows of an import that it has claimed, or sees to it that another importer does where that has taken it over, and tells
    /// how it stands. Gives it when it is over.
    pub async fn see_through(&self, import: Import, mut tell: impl FnMut(&Import)) -> Result<Import, Error> {
        let id = import.id;
        let mut own = Some(import);
        loop {
            if let Some(own) = own
                && let Some(done) = self.run(own, &mut tell).await?
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
            own = self.store.write(self.own_stamp(), move |tx| import::claim(tx, &name, Some(id))).await?;
        }
    }

    /// Enters the rows of a pass, and while some are entered reads the next. Gives the import as it stands then, if it still has it.
    async fn make_pass(&self, import: &Import, tell: &mut impl FnMut(&Import)) -> Result<Option<Import>, Error> {
        let mut next = self.read_after(import, 0).await?;
        while let Some(ready) = next {
            let last = ready.chunks.last().map_or(i64::MAX, |chunk| chunk.line);
            let (entered, following) =
                futures_util::future::join(self.enter(import, &ready), self.read_after(import, last)).await;
            match entered? {
                Some(stands) if !stands.state.is_over() => tell(&stands),
                ended => return Ok(ended),
            }
            next = following?;
        }
        let (id, name) = (import.id, self.name.clone());
        self.store
            .write(self.stamp(import), move |tx| match import::held(tx, id, &name)? {
                Some(own) => import::go_on(tx, &own).map(Some),
                None => Ok(None),
            })
            .await
    }

    async fn read_after(&self, import: &Import, line: i64) -> Result<Option<Ready>, Error> {
        let (id, pass, together) = (import.id, import.pass, together(import));
        let found = self.store.read(move |tx| import::chunks_after(tx, id, pass, line, together));
        let chunks: Arc<[Chunk]> = found.await?.into();
        if chunks.is_empty() {
            return Ok(None);
        }
        let (import, stamp) = (import.clone(), self.stamp(import));
        let reading = tokio::task::spawn_blocking(move || {
            let rows = Arc::from(row::read(&chunks, &import, stamp.now));
            Ready { chunks, stamp, rows }
        });
        reading.await.map(Some).map_err(|error| Error::Internal(format!("rows could not be read: {error}")))
    }

    /// Enters rows; gives the import as it stands then, if it still has it.
    async fn enter(&self, import: &Import, ready: &Ready) -> Result<Option<Import>, Error> {
        let mut result = self.attempt(import, ready, false).await;
        if matches!(result, Err(Broken::NeedsSavepoint)) {
            result = self.attempt(import, ready, true).await;
        }
        result.map_err(|broken| match broken {
            Broken::Store(error) => error,
            Broken::NeedsSavepoint => Error::Internal(broken.to_string()),
        })
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
                return Ok(Some(import::fail(tx, id, &[(0, row::problem_of(0, &problem, None, &[]))])?));
            }
            let outcome = enter(tx, rows.as_ref(), &entering)?;
            Ok(Some(match own.mode {
                ImportMode::Atomic if !outcome.problems.is_empty() => import::fail(tx, id, &outcome.problems)?,
                _ => import::settle(tx, &own, &chunks, &outcome)?,
            }))
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
        let kept = self.kept;
        self.store.write(self.own_stamp(), move |tx| import::tidy_up(tx, kept)).await
    }
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
        if import.validate_only || !outcome.problems.is_empty() { Err(Ok(outcome)) } else { Ok(outcome) }
    });
    match entered? {
        SavepointOutcome::Done(outcome) => Ok(outcome),
        SavepointOutcome::Refused(taken_back) => taken_back,
        SavepointOutcome::NeedsSavepoint => Err(Broken::NeedsSavepoint),
    }
}

/// Works at imports for as long as the server runs.
pub fn start(importer: Importer) {
    drop(actix_web::rt::spawn(async move {
        let mut looks = 0_u32;
        loop {
            if looks.is_multiple_of(LOOKS_BETWEEN_TIDYING)
                && let Err(error) = importer.tidy_up().await
            {
                log::warn!("could not delete expired imports: {error}");
            }
            looks = looks.wrapping_add(1);
            match work(&importer).await {
                Ok(true) => {}
                Ok(false) => drop(timeout(POLL_EVERY, importer.call.notified()).await),
                Err(error) => {
                    log::warn!("an import could not continue and will be tried again: {error}");
                    sleep(POLL_EVERY).await;
                }
            }
        }
    }));
}

/// Whether there was an import.
async fn work(importer: &Importer) -> Result<bool, Error> {
    match importer.claim().await? {
        Some(import) => importer.run(import, |_| {}).await.map(|_| true),
        None => Ok(false),
    }
}
