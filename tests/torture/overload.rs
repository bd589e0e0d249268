//! More callers at a time than the program can serve, each with one request after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kit::Engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

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
    /// 503 without `Retry-After`, and answers of any other kind.
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
            tokio::spawn(async move { call(TcpStream::connect(address).await?, &tally).await })
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
    report.must(told(&tally.odd) == 0, format!("{} refusals did not say when to come back", told(&tally.odd)));
    report
        .must(told(&tally.late) == 0, format!("{} answers took more than {} s", told(&tally.late), LONGEST.as_secs()));
    report.must(seen.percent() >= 99, "the program was not ready while it worked");
    report.seen = Some(seen);
    report
}

/// One list after the other, on one connection.
async fn call(mut stream: TcpStream, tally: &Tally) -> std::io::Result<()> {
    const REQUEST: &[u8] = b"GET /v1/mutuals?limit=20 HTTP/1.1\r\nHost: attack.test\r\n\r\n";
    let mut received = vec![0; 256 * 1024];
    while !tally.over.load(Ordering::Relaxed) {
        let started = Instant::now();
        stream.write_all(REQUEST).await?;
        let mut count = 0;
        while !is_whole(&received[..count]) {
            match stream.read(&mut received[count..]).await? {
                0 => return Ok(()),
                more => count += more,
            }
        }
        let head = String::from_utf8_lossy(&received[..count.min(2000)]).into_owned();
        let tallied = match head.get(9..12) {
            Some("200") => &tally.answers,
            Some("503" | "429") if head.contains("retry-after: ") => &tally.refusals,
            _ => &tally.odd,
        };
        tallied.fetch_add(1, Ordering::Relaxed);
        if started.elapsed() > LONGEST {
            tally.late.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn is_whole(received: &[u8]) -> bool {
    let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&received[..end]);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_some_and(|length| received.len() >= end + 4 + length)
}
