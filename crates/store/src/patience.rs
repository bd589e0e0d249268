//! How long to wait for the database. A response has one time limit for all its reads and writes. Other work has more
//! time.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::time::timeout;

/// The time that a response may wait for the database, for all its reads and writes together.
pub const ANSWER: Duration = Duration::from_millis(4500);
/// The time that one read of other work may take, such as an import: longer than the limit of a statement.
pub(crate) const WORK: Duration = Duration::from_secs(40);

tokio::task_local! {
    /// What is left of the time for an answer.
    static LEFT: Cell<Duration>;
}

/// Runs what makes an answer.
pub async fn answering<W: Future>(work: W) -> W::Output {
    LEFT.scope(Cell::new(ANSWER), work).await
}

/// Gives an answer its whole time again: called when more has come in of a request that takes long to arrive.
pub fn answer_anew() {
    // Where no answer is being made, there is no time to give.
    let _ = LEFT.try_with(|left| left.set(ANSWER));
}

/// Whether an answer is being made.
pub(crate) fn is_answering() -> bool {
    LEFT.try_with(|_| ()).is_ok()
}

/// Waits at most this long, and no longer than the time left for the response. `None` if the time ran out.
pub(crate) async fn wait<W: Future>(most: Duration, work: W) -> Option<W::Output> {
    let most = LEFT.try_with(|left| left.get().min(most)).unwrap_or(most);
    let began = Instant::now();
    let over = timeout(most, work).await.ok();
    // Where no answer is being made, nothing is counted.
    let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(began.elapsed())));
    over
}
