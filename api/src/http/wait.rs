//! Requests that wait for something to happen.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use store::Store;

use crate::http::drain::Drain;
use crate::http::gate::Gate;
use crate::response::problem::Problem;

pub struct Waits {
    pub gate: Gate,
    pub drain: Arc<Drain>,
}

impl Waits {
    /// Waits until there is an entry after this number, its time is over or connections begin to close.
    ///
    /// # Errors
    /// 503 where the database doesn't answer.
    pub async fn for_entry(&self, store: &Store, after: i64, patience: Duration) -> Result<(), Problem> {
        let arrival = Box::pin(store.wait_for_entry(after, patience));
        let closing = Box::pin(self.drain.closing());
        if self.drain.is_closing() {
            return Ok(());
        }
        if let Either::Left((arrived, _)) = select(arrival, closing).await {
            arrived?;
        }
        Ok(())
    }
}
