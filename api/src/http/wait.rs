//! Requests that wait for something to happen.

use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use futures_util::future::{Either, select};
use store::Store;

use crate::http::gate::Gate;
use crate::response::problem::Problem;

pub struct Waits {
    pub gate: Gate,
    pub ending: GracefulShutdownSignal,
}

impl Waits {
    /// Waits until there is an entry after this number, its time is over or the server stops.
    ///
    /// # Errors
    /// 503 where the database doesn't answer.
    pub async fn for_entry(&self, store: &Store, after: i64, patience: Duration) -> Result<(), Problem> {
        let arrival = Box::pin(store.wait_for_entry(after, patience));
        let ending = Box::pin(self.ending.notified());
        if let Either::Left((arrived, _)) = select(arrival, ending).await {
            arrived?;
        }
        Ok(())
    }
}
