//! Clients that ask for exports and then hardly read, while others write and export.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::Method;
use kit::fixture::{STAFF_BALLOTS, full_staff_ballot, id};
use kit::{Client, Engine, admin_key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::field::{Attack, Field, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

/// See the module.
pub const ATTACK: Attack = Attack {
    name: "slow-readers",
    engines: &[Engine::Sqlite, Engine::Postgres],
    run: |engine, size| Box::pin(run(engine, size)),
};

/// SQLite's write-ahead log may have so many MiB: 128 before it starts over, and what is written until then.
const LONGEST_LOG: u64 = 192;
const EXPORTS: usize = 15;
const WRITERS: usize = 8;

async fn run(engine: Engine, size: Size) -> Report {
    let (mutuals, time) = (size.choose(8_000, 60_000), Duration::from_secs(size.choose(4, 20)));
    let field = Field::filled(engine, mutuals, &[]);
    let address = field.address();
    let ballot = enter_ballot(address).await;
    let healthy = Healthy::begin(address, "/v1/mutuals");
    let held = Arc::<AtomicUsize>::default();
    let slow: Vec<JoinHandle<()>> = (0..4).map(|_| tokio::spawn(dribble(address, Arc::clone(&held)))).collect();
    let end = Instant::now() + time;
    let writers: Vec<JoinHandle<usize>> = (0..WRITERS).map(|own| tokio::spawn(write(address, own, end))).collect();
    let mut exported = 0;
    for _ in 0..EXPORTS {
        let request = format!(
            "GET /v1/departments/export.ndjson HTTP/1.1\r\nHost: attack.test\r\nAuthorization: Bearer {}\r\n\
             Connection: close\r\n\r\n",
            admin_key()
        );
        exported += usize::from(wire::send(address, &request).await.is_ok_and(|answer| answer.status == 200));
    }
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let log = field.write_ahead_log();
    let begun = Instant::now();
    let erased = field.run(&["erase", &ballot, "--reason", "Asked for"]);
    let taken = begun.elapsed();
    let seen = healthy.end().await;
    slow.iter().for_each(JoinHandle::abort);
    let held = held.load(Ordering::Relaxed);
    let done = format!(
        "{held} of 4 exports of {mutuals} mutuals are read at a byte a second, while {written} records are entered; {exported} of \
         {EXPORTS} exports with a key; write-ahead log {log} MiB, an erasure took {} ms",
        taken.as_millis()
    );
    let mut report = Report { done, memory: Some(field.peak_memory()), ..Report::default() };
    report.must(held == 2, "one address did not have two exports");
    report.must(exported == EXPORTS, "exports with a key were refused");
    report.must(written > 0, "nothing was written");
    report.must(log <= LONGEST_LOG, "the write-ahead log grew");
    report.must(erased.code == Some(0) && taken < Duration::from_secs(10), format!("an erasure ended with {erased:?}"));
    report.must(seen.percent() >= 99, "the healthy caller was refused");
    report.must(seen.p99 < Duration::from_secs(1), "the healthy caller waited");
    report.seen = Some(seen);
    report
}

/// Enters a staff ballot that says something about a person, and gives its path.
async fn enter_ballot(address: SocketAddr) -> String {
    let client = Client::to(address);
    let mutual = client.request(Method::GET, "/v1/mutuals/mutual-7").await.expect(200);
    let ballot =
        client.request(Method::POST, STAFF_BALLOTS).with_key(admin_key()).json(&full_staff_ballot(id(&mutual)));
    format!("{STAFF_BALLOTS}/{}", id(&ballot.await.expect(201)))
}

/// Reads a byte a second of an export, if there is a place for it, until the connection ends.
async fn dribble(address: SocketAddr, held: Arc<AtomicUsize>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /v1/mutuals/export.ndjson HTTP/1.1\r\nHost: attack.test\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    if &first != b"HTTP/1.1 200" {
        return;
    }
    held.fetch_add(1, Ordering::Relaxed);
    while stream.read_u8().await.is_ok() {
        sleep(Duration::from_secs(1)).await;
    }
}

/// Enters departments until the time is over, and tells how many.
async fn write(address: SocketAddr, own: usize, end: Instant) -> usize {
    let mut written = 0;
    while Instant::now() < end {
        let body = format!("{{\"name\":\"Office {own} {written}\",\"kind\":\"other\"}}");
        let request = format!(
            "POST /v1/departments HTTP/1.1\r\nHost: attack.test\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            admin_key(),
            body.len()
        );
        written += usize::from(wire::send(address, &request).await.is_ok_and(|answer| answer.status == 201));
    }
    written
}
