//! More callers at a time than the program can serve, each with one request after the other.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kit::Engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::field::{Attack, Field, MOST_MEMORY, Report, Size};
use crate::healthy::Healthy;

/// See the module.
pub const ATTACK: Attack = Attack {
    name: "overload",
    engines: &[Engine::Sqlite, Engine::Postgres],
    run: |engine, size| Box::pin(run(engine, size)),
};

/// No answer may take longer.
const LONGEST: Duration = Duration::from_secs(4);

/// What all callers saw together.
#[derive(Debug, Default)]
struct Tally {
    over: AtomicBool,
    answers: AtomicUsize,
    refusals: AtomicUsize,
    /// 503 without `Retry-After`, answers of any other kind, and connections that ended.
    odd: AtomicUsize,
    late: AtomicUsize,
}

async fn run(engine: Engine, size: Size) -> Report {
    let (callers, time) = (size.choose(500, 4000), Duration::from_secs(size.choose(4, 30)));
    let field = Field::filled(engine, 300, &[]);
    let readiness = Healthy::begin(field.address(), "/readyz");
    let tally = Arc::<Tally>::default();
    let address = field.address();
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let tally = Arc::clone(&tally);
            tokio::spawn(async move { call(address, &tally).await })
        })
        .collect();
    sleep(time).await;
    let (memory, seen) = (field.peak_memory(), readiness.end().await);
    tally.over.store(true, Ordering::Relaxed);
    for call in calls {
        call.abort();
    }
    let told = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let (answers, refusals) = (told(&tally.answers), told(&tally.refusals));
    let mut report = Report {
        done: format!("{callers} callers for {} s: {answers} answers, {refusals} refusals", time.as_secs()),
        memory: Some(memory),
        ..Report::default()
    };
    report.must(memory < MOST_MEMORY, format!("{memory} MiB resident, {MOST_MEMORY} allowed"));
    report.must(told(&tally.odd) == 0, format!("{} answers were of no use", told(&tally.odd)));
    report
        .must(told(&tally.late) == 0, format!("{} answers took more than {} s", told(&tally.late), LONGEST.as_secs()));
    report.must(answers > 0, "nobody was answered");
    report.must(seen.percent() >= 99, "the program was not ready while it worked");
    report.seen = Some(seen);
    report
}

/// One list after the other, on one connection.
async fn call(address: SocketAddr, tally: &Tally) {
    let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
    let Ok(mut stream) = TcpStream::connect(address).await else {
        count(&tally.odd);
        return;
    };
    while !tally.over.load(Ordering::Relaxed) {
        let head = match timeout(LONGEST, exchange(&mut stream)).await {
            Ok(Ok(head)) => head,
            failed => {
                count(if failed.is_err() { &tally.late } else { &tally.odd });
                return;
            }
        };
        match head.get(9..12) {
            Some("200") => count(&tally.answers),
            Some("503" | "429") if head.contains("retry-after: ") => count(&tally.refusals),
            _ => count(&tally.odd),
        };
    }
}

/// The beginning of an answer, all of which has arrived.
async fn exchange(stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(b"GET /v1/mutuals?limit=20 HTTP/1.1\r\nHost: attack.test\r\n\r\n").await?;
    let mut received = Vec::new();
    while !kit::is_whole(&received) {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(String::from_utf8_lossy(&received[..received.len().min(2000)]).into_owned())
}
