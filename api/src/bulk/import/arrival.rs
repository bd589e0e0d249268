//! A file that is arriving. Its rows are stored as they arrive, and deleted if the connection breaks or the request ends.

use std::time::Duration;

use actix_web::rt::time::timeout;
use store::import::{self, ImportId, Load, NewImport};
use store::{Error, ReadTx, Stamp, Store, WriteTx};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::file::Row;
use crate::caller::authentication;
use crate::response::problem::{ErrorItem, Problem};

/// The maximum number of rows that are entered together.
const ROWS_AT_A_TIME: usize = 500;
/// The maximum number of their bytes, unless one row has more.
const BYTES_AT_A_TIME: usize = 512 * 1024;

/// An import whose rows are still to come, or some of them.
pub(super) struct Arriving {
    store: Store,
    stamp: Stamp,
    new: NewImport,
    count: usize,
    rows: Vec<(i64, String)>,
    bytes: usize,
    quota: Option<Load>,
    /// Whether nothing is left to be forgotten.
    is_over: bool,
}

impl Arriving {
    pub(super) async fn begin(
        store: Store,
        stamp: Stamp,
        new: NewImport,
        caller: &domain::Caller,
        quota: Option<Load>,
    ) -> Result<Self, Problem> {
        let access = caller.access.clone().ok_or_else(authentication::needed)?;
        let asked = new.clone();
        let mut arriving = Self { store, stamp, new, count: 0, rows: Vec::new(), bytes: 0, quota, is_over: false };
        let begin = arriving.store.write(arriving.stamp.clone(), move |tx| {
            import::insert(tx, &asked, &access)?;
            let actor = tx.stamp().actor.clone();
            quota.map_or(Ok(()), |most| check_quota(tx, &actor, most))
        });
        let begun: Result<(), Problem> = begin.await;
        arriving.is_over = begun.is_err();
        begun.map(|()| arriving)
    }

    /// The next rows.
    pub(super) async fn rows(&mut self, rows: Vec<Row>) -> Result<(), Problem> {
        for (line, row) in rows {
            self.row(line, row.into_stored()).await?;
        }
        Ok(())
    }

    async fn row(&mut self, line: i64, text: String) -> Result<(), Problem> {
        self.count = self.count.saturating_add(1);
        let most = domain::ImportMode::MAX_ATOMIC_ROWS;
        if self.new.mode == domain::ImportMode::Atomic && self.count > most {
            let said = format!("an atomic import takes at most {most} rows: use fewer rows, or the mode best_effort");
            return Err(Problem::invalid(vec![ErrorItem::pointer("", "too-many", said)]));
        }
        self.bytes = self.bytes.saturating_add(text.len());
        self.rows.push((line, text));
        if self.rows.len() >= ROWS_AT_A_TIME || self.bytes >= BYTES_AT_A_TIME { self.put().await } else { Ok(()) }
    }

    async fn put(&mut self) -> Result<(), Problem> {
        let (id, rows) = (self.new.id, std::mem::take(&mut self.rows));
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        let quota = self.quota;
        let put = self.store.write(self.stamp.clone(), move |tx| {
            import::add(tx, id, &rows)?;
            let actor = tx.stamp().actor.clone();
            quota.map_or(Ok(()), |most| check_quota(tx, &actor, most))
        });
        put.await
    }

    /// Stores the last rows, and then does this with all that are there.
    pub(super) async fn end<T: Send + 'static>(
        &mut self,
        mut work: impl FnMut(&mut WriteTx<'_>, ImportId) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.put().await?;
        let id = self.new.id;
        let ended = self.store.write(self.stamp.clone(), move |tx| work(tx, id)).await;
        self.is_over = ended.is_ok();
        ended
    }

    /// Forgets what has arrived, unless all of it has; gives the problem, which is why.
    pub(super) async fn break_off(mut self, problem: Problem) -> Problem {
        const PATIENCE: Duration = Duration::from_millis(300);
        if let Some(forgetting) = self.forget() {
            let _ = timeout(PATIENCE, forgetting).await;
        }
        problem
    }

    /// Forgets what has arrived. It goes on without whoever waits for it.
    fn forget(&mut self) -> Option<JoinHandle<()>> {
        self.is_over = true;
        let (store, stamp, id) = (self.store.clone(), self.stamp.clone(), self.new.id);
        // Without a runtime, the program ends: the import is forgotten by another, later.
        let runtime = Handle::try_current().ok()?;
        Some(runtime.spawn(async move {
            match store.write(stamp, move |tx| import::abandon(tx, id)).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => log::warn!("could not delete the incomplete import {id}: {error}"),
            }
        }))
    }
}

/// Its request was dropped, as when the client resets the connection.
impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.forget());
        }
    }
}

/// Rejects a caller who has more open than this.
fn check_quota(tx: &mut ReadTx<'_>, actor: &str, most: Load) -> Result<(), Problem> {
    /// The seconds after which there may be room.
    const RETRY_AFTER: u32 = 10;
    let load = import::load_of(tx, actor)?;
    let refuse = |said: String| Err(Problem::too_many_requests("caller", said, RETRY_AFTER));
    if load.imports > most.imports {
        return refuse(format!("{} open imports", most.imports));
    }
    if load.rows > most.rows {
        return refuse(format!("{} rows in open imports", most.rows));
    }
    Ok(())
}
