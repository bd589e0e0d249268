//! Sends a spooled export at the client's own pace, as long as the client reads fast enough and its key is valid.
//!
//! If sending stops early, the connection ends before the promised length is sent, so that the export never looks
//! complete.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::{BoxBody, SizedStream};
use actix_web::rt::time::{Instant, sleep};
use actix_web::web::{self, Bytes};
use futures_util::stream;
use store::Spooled;

use crate::app::{App, Pace};
use crate::caller::{Caller, authentication};
use crate::response::problem::Problem;

/// The time in which a client must read the whole export.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The number of bytes that are read from the file at a time.
const BLOCK: usize = 128 * 1024;
/// The time after which the key is looked up again.
const CHECKED_EVERY: Duration = Duration::from_millis(500);

/// What is on its way to a client.
pub struct Delivery {
    app: App,
    caller: Caller,
    shelf: Arc<Shelf>,
    length: u64,
    given: u64,
    begun: Instant,
    /// When the caller's key was last found valid.
    checked: Option<Instant>,
}

/// The source of the export, until the client is found to be too slow.
struct Shelf {
    spooled: Mutex<Option<Arc<Spooled>>>,
    given: AtomicU64,
}

impl Delivery {
    /// Begins to send to the caller.
    pub fn begin(app: &App, caller: Caller, spooled: Spooled) -> Self {
        let length = spooled.length();
        let shelf = Arc::new(Shelf { spooled: Mutex::new(Some(Arc::new(spooled))), given: AtomicU64::new(0) });
        watch(&shelf, app.export_pace);
        Self { app: app.clone(), caller, shelf, length, given: 0, begun: Instant::now(), checked: None }
    }

    /// The body of the answer.
    pub fn into_body(self) -> BoxBody {
        let length = self.length;
        let blocks = stream::try_unfold(self, |delivery| async {
            let next = delivery.next().await;
            next.inspect_err(|problem| log::warn!("an export was cut short: {problem:?}"))
        });
        BoxBody::new(SizedStream::new(length, Box::pin(blocks)))
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        if self.given >= self.length {
            return Ok(None);
        }
        if self.begun.elapsed() > LONGEST {
            return Err(Problem::unavailable("a client took too long to read an export"));
        }
        self.check_key().await?;
        let spooled =
            self.shelf.spooled().ok_or_else(|| Problem::unavailable("a client reads its export too slowly"))?;
        let from = self.given;
        let block = web::block(move || spooled.read(from, BLOCK)).await;
        let block = block.map_err(io::Error::other).flatten().map_err(Problem::internal)?;
        let bytes = u64::try_from(block.len()).unwrap_or(u64::MAX);
        self.given = self.given.saturating_add(bytes);
        self.shelf.given.store(self.given, Ordering::Relaxed);
        Ok(Some((block.into(), self)))
    }

    /// Stops sending when the caller's key stops working.
    async fn check_key(&mut self) -> Result<(), Problem> {
        if self.checked.is_none_or(|checked| checked.elapsed() >= CHECKED_EVERY) {
            let (caller, now) = (self.caller.clone(), self.app.clock.now());
            // It is the service that asks: the caller's share has nothing to do with it.
            let own = &self.app.shared().store;
            own.read_one(move |tx| authentication::confirm_before(tx, &caller, now)).await?;
            self.checked = Some(Instant::now());
        }
        Ok(())
    }
}

impl Shelf {
    fn spooled(&self) -> Option<Arc<Spooled>> {
        self.spooled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn clear(&self) {
        self.spooled.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Gives up the file once a client reads too slowly, even if it reads nothing and never asks for the next block. The
/// connection is closed at the next block, or by the limit on unread responses.
fn watch(shelf: &Arc<Shelf>, pace: Pace) {
    let shelf = Arc::downgrade(shelf);
    drop(actix_web::rt::spawn(async move {
        let mut before = 0;
        loop {
            sleep(pace.window).await;
            let Some(shelf) = shelf.upgrade() else { return };
            let given = shelf.given.load(Ordering::Relaxed);
            if given.saturating_sub(before) < pace.bytes {
                shelf.clear();
                return;
            }
            before = given;
        }
    }));
}
