//! Callers without a key who ask for the most expensive list there is, all at once, over and over.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kit::Engine;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::field::{Attack, Field, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

/// See the module.
pub const ATTACK: Attack = Attack {
    name: "searchers",
    engines: &[Engine::Sqlite, Engine::Postgres],
    run: |engine, size| Box::pin(run(engine, size)),
};

const CALLERS: usize = 24;
const SEARCH: &str = "/v1/mutuals?q=c&count=exact&sort=-name&limit=200";
/// An answer may take so long while the machine is shared with all of them.
const SOON: Duration = Duration::from_secs(1);

async fn run(engine: Engine, size: Size) -> Report {
    let (mutuals, time) = (size.choose(4_000, 60_000), Duration::from_secs(size.choose(3, 15)));
    let field = Field::filled(engine, mutuals, &[]);
    let address = field.address();
    let watchers = [
        ("readiness", Healthy::begin(address, "/readyz")),
        ("a history", Healthy::begin(address, "/v1/mutuals/mutual-7/entries")),
        ("a record", Healthy::begin(address, "/v1/mutuals/mutual-7")),
    ];
    let end = Instant::now() + time;
    let searchers: Vec<JoinHandle<[usize; 3]>> = (0..CALLERS).map(|_| tokio::spawn(search(address, end))).collect();
    let mut answers = [0; 3];
    for searcher in searchers {
        for (sum, own) in answers.iter_mut().zip(searcher.await.unwrap()) {
            *sum += own;
        }
    }
    let [found, refused, other] = answers;
    let done = format!(
        "{CALLERS} callers from one address search and count {mutuals} mutuals for {} s: {found} answers, {refused} times \
         too many",
        time.as_secs()
    );
    let mut report = Report { done, memory: Some(field.peak_memory()), ..Report::default() };
    report.must(found > 0, "nobody found anything");
    report.must(other == 0, format!("{other} searches failed"));
    for (what, watcher) in watchers {
        let seen = watcher.end().await;
        report.must(seen.percent() >= 99, format!("{what}: {seen}"));
        report.must(seen.p99 < SOON, format!("{what} waited: {seen}"));
        report.seen.get_or_insert(seen);
    }
    report
}

/// Searches until the time is over: how often with success, how often told that it was too much, and how often otherwise.
async fn search(address: SocketAddr, end: Instant) -> [usize; 3] {
    let mut answers = [0; 3];
    while Instant::now() < end {
        match wire::get(address, SEARCH).await.map(|answer| answer.status) {
            Ok(200) => answers[0] += 1,
            // A search that gets no place in time is told so too.
            Ok(429 | 503) => {
                answers[1] += 1;
                sleep(Duration::from_millis(50)).await;
            }
            _ => answers[2] += 1,
        }
    }
    answers
}
