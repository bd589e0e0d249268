//! What enters the rows of imports, in the background of a server or for a command.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::{sleep, timeout};
use chrono::TimeDelta;
use domain::ImportMode;
use store::import::{self, Chunk, Import, Outcome};
use store::{Error, Stamp, Store};
use tokio::sync::Notify;
use uuid::Uuid;

use super::row::{self, Broken, Entering, Rows};
use crate::authentication;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::server::Clock;

/// How often a server looks for imports that others have left or taken in.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// So many of such looks go by before old imports are forgotten.
const LOOKS_BETWEEN_TIDYING: u32 = 600;

/// What enters rows.
#[derive(Clone)]
pub struct Importer {
    store: Store,
    clock: Clock,
    scrutineer_above: i64,
    kept: TimeDelta,
    name: String,
    call: Arc<Notify>,
}

/// Rows that are ready to be entered.
struct Ready {
    chunk: Chunk,
    stamp: Stamp,
    rows: Arc<dyn Rows>,
}

impl Importer {
    /// An importer that keeps what is over for so long.
    pub fn new(store: Store, clock: Clock, scrutineer_above: i64, kept: TimeDelta) -> Self {
        Self { store, clock, scrutineer_above, kept, name: Uuid::now_v7().to_string(), call: Arc::default() }
    }

    /// Says that there is an import.
    pub fn wake(&self) {
        self.call.notify_one();
    }

    /// The oldest import that nobody works at, which is this importer's now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn claim(&self) -> Result<Option<Import>, Error> {
        if !self.store.look(import::is_any_open).await? {
            return Ok(None);
        }
        let name = self.name.clone();
        self.store.write(self.own_stamp(), move |tx| import::claim(tx, &name)).await
    }

    /// Enters the rows of an import to its end, and tells after each step how it stands.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: what was entered is, and the rest still waits.
    pub async fn run(&self, mut import: Import, mut tell: impl FnMut(&Import)) -> Result<Import, Error> {
        while !import.state.is_over() {
            import = match import.mode {
                ImportMode::Atomic => self.enter_together(&import).await?,
                ImportMode::BestEffort => match self.make_pass(&import, &mut tell).await? {
                    ControlFlow::Break(failed) => failed,
                    ControlFlow::Continue(()) => {
                        let passed = import.clone();
                        self.store.write(self.stamp(&import), move |tx| import::go_on(tx, &passed)).await?
                    }
                },
            };
            tell(&import);
        }
        Ok(import)
    }

    /// Enters the chunks of a pass. While one is entered the next is read.
    async fn make_pass(&self, import: &Import, tell: &mut impl FnMut(&Import)) -> Result<ControlFlow<Import>, Error> {
        let mut next = self.read_after(import, 0).await?;
        while let Some(ready) = next {
            let (entered, following) =
                futures_util::future::join(self.enter(import, &ready), self.read_after(import, ready.chunk.line)).await;
            match entered? {
                ControlFlow::Continue(Some(stands)) => tell(&stands),
                ControlFlow::Continue(None) => {}
                ControlFlow::Break(failed) => return Ok(ControlFlow::Break(failed)),
            }
            next = following?;
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn read_after(&self, import: &Import, line: i64) -> Result<Option<Ready>, Error> {
        let (id, pass) = (import.id, import.pass);
        let Some(chunk) = self.store.look(move |tx| import::chunk_after(tx, id, pass, line)).await? else {
            return Ok(None);
        };
        self.read(import, chunk).await.map(Some)
    }

    async fn read(&self, import: &Import, chunk: Chunk) -> Result<Ready, Error> {
        let (store, import, stamp) = (self.store.clone(), import.clone(), self.stamp(import));
        let reading = tokio::task::spawn_blocking(move || {
            let rows = Arc::from(row::read(&chunk, &import, store.documents(), stamp.now));
            Ready { chunk, stamp, rows }
        });
        reading.await.map_err(|error| Error::Internal(format!("rows could not be read: {error}")))
    }

    /// Enters the rows of a chunk; gives the import as it stands then, unless another instance was faster.
    async fn enter(&self, import: &Import, ready: &Ready) -> Result<ControlFlow<Import, Option<Import>>, Error> {
        let mut result = self.attempt(import, ready, false).await;
        if matches!(result, Err(Broken::Entangled)) {
            result = self.attempt(import, ready, true).await;
        }
        match result {
            Ok(stands) => Ok(ControlFlow::Continue(stands)),
            Err(Broken::Caller(problem)) => Ok(ControlFlow::Break(self.give_up(import, &problem).await?)),
            Err(Broken::Store(error)) => Err(error),
            Err(Broken::Entangled) => Err(Error::Internal("rows can't be told apart".to_owned())),
        }
    }

    async fn attempt(&self, import: &Import, ready: &Ready, with_savepoints: bool) -> Result<Option<Import>, Broken> {
        let entering = self.entering(import, with_savepoints);
        let (rows, chunk) = (Arc::clone(&ready.rows), ready.chunk.clone());
        let entered = self.store.write(ready.stamp.clone(), move |tx| {
            if !import::waits(tx, entering.import.id, &chunk)? {
                return Ok::<_, Broken>(None);
            }
            authentication::confirm(tx, &entering.caller).map_err(Broken::Caller)?;
            let outcome = rows.enter(tx, &entering)?;
            if entering.import.validate_only {
                tx.discard();
                return Ok(Some(Err(outcome)));
            }
            Ok(Some(Ok(import::settle(tx, &entering.import, &chunk, &outcome)?)))
        });
        match entered.await? {
            None => Ok(None),
            Some(Ok(stands)) => Ok(Some(stands)),
            Some(Err(outcome)) => Ok(Some(self.settle(import, &ready.chunk, outcome).await?)),
        }
    }

    /// Notes what would become of the rows of a dry run.
    async fn settle(&self, import: &Import, chunk: &Chunk, outcome: Outcome) -> Result<Import, Error> {
        let (own, chunk) = (import.clone(), chunk.clone());
        self.store.write(self.stamp(import), move |tx| import::settle(tx, &own, &chunk, &outcome)).await
    }

    /// Enters all rows or none.
    async fn enter_together(&self, import: &Import) -> Result<Import, Error> {
        let last = Import { is_last_pass: true, ..import.clone() };
        let (id, pass) = (import.id, import.pass);
        let chunks = self.store.read(move |tx| {
            let mut chunks = Vec::new();
            let mut line = 0;
            while let Some(chunk) = import::chunk_after(tx, id, pass, line)? {
                line = chunk.line;
                chunks.push(chunk);
            }
            Ok::<_, Error>(chunks)
        });
        let chunks = chunks.await?;
        let rows = chunks.iter().flat_map(|chunk| chunk.rows.iter().cloned()).collect();
        let ready = self.read(&last, Chunk { pass, line: 0, rows }).await?;
        let mut result = self.attempt_together(&last, &ready, &chunks, false).await;
        if matches!(result, Err(Broken::Entangled)) {
            result = self.attempt_together(&last, &ready, &chunks, true).await;
        }
        match result {
            Ok(Ok(import)) => Ok(import),
            Ok(Err(outcome)) if outcome.problems.is_empty() => {
                let (own, chunks) = (import.clone(), chunks.clone());
                self.store
                    .write(self.stamp(import), move |tx| {
                        settle_all(tx, &own, &chunks, &outcome)?;
                        import::go_on(tx, &own)
                    })
                    .await
            }
            Ok(Err(outcome)) => {
                self.store.write(self.stamp(import), move |tx| import::fail(tx, id, &outcome.problems)).await
            }
            Err(Broken::Caller(problem)) => self.give_up(import, &problem).await,
            Err(Broken::Store(error)) => Err(error),
            Err(Broken::Entangled) => Err(Error::Internal("rows can't be told apart".to_owned())),
        }
    }

    /// The import as it is then; or what became of the rows, where nothing of it is to stay.
    async fn attempt_together(
        &self,
        import: &Import,
        ready: &Ready,
        chunks: &[Chunk],
        with_savepoints: bool,
    ) -> Result<Result<Import, Outcome>, Broken> {
        let entering = self.entering(import, with_savepoints);
        let (rows, chunks) = (Arc::clone(&ready.rows), chunks.to_vec());
        let entered = self.store.write(ready.stamp.clone(), move |tx| {
            authentication::confirm(tx, &entering.caller).map_err(Broken::Caller)?;
            let own = import::find(tx, entering.import.id)?;
            if own.state.is_over() {
                return Ok::<_, Broken>(Ok(own));
            }
            let outcome = rows.enter(tx, &entering)?;
            if entering.import.validate_only || !outcome.problems.is_empty() {
                tx.discard();
                return Ok(Err(outcome));
            }
            settle_all(tx, &entering.import, &chunks, &outcome)?;
            Ok(Ok(import::go_on(tx, &entering.import)?))
        });
        entered.await
    }

    /// Ends an import whose caller may not go on with it.
    async fn give_up(&self, import: &Import, problem: &Problem) -> Result<Import, Error> {
        let (id, told) = (import.id, vec![(0, row::problem_of(0, problem, None))]);
        self.store.write(self.stamp(import), move |tx| import::fail(tx, id, &told)).await
    }

    fn entering(&self, import: &Import, with_savepoints: bool) -> Entering {
        let caller = Caller::from(import.caller.clone());
        Entering { import: import.clone(), caller, scrutineer_above: self.scrutineer_above, with_savepoints }
    }

    /// Whom the log names for what an import enters.
    fn stamp(&self, import: &Import) -> Stamp {
        Stamp { now: self.clock.now(), actor: import.caller.name.clone(), request_id: import.request_id.clone() }
    }

    fn own_stamp(&self) -> Stamp {
        Stamp { now: self.clock.now(), actor: crate::server::OPERATOR.to_owned(), request_id: self.name.clone() }
    }

    /// Forgets old imports.
    async fn tidy_up(&self) -> Result<(), Error> {
        let kept = self.kept;
        self.store.write(self.own_stamp(), move |tx| import::tidy_up(tx, kept)).await
    }
}

/// Notes what became of all rows as if they had been in the first chunk.
fn settle_all(tx: &mut store::WriteTx<'_>, import: &Import, chunks: &[Chunk], outcome: &Outcome) -> Result<(), Error> {
    let nothing = Outcome::default();
    for (position, chunk) in chunks.iter().enumerate() {
        import::settle(tx, import, chunk, if position == 0 { outcome } else { &nothing })?;
    }
    Ok(())
}

/// Works at imports for as long as the server runs.
pub fn start(importer: Importer) {
    drop(actix_web::rt::spawn(async move {
        let mut looks = 0_u32;
        loop {
            if looks.is_multiple_of(LOOKS_BETWEEN_TIDYING)
                && let Err(error) = importer.tidy_up().await
            {
                log::warn!("old imports are still there: {error}");
            }
            looks = looks.wrapping_add(1);
            match work(&importer).await {
                Ok(true) => {}
                Ok(false) => drop(timeout(LOOK_EVERY, importer.call.notified()).await),
                Err(error) => {
                    log::warn!("an import waits: {error}");
                    sleep(LOOK_EVERY).await;
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
