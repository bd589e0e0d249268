//! Connections that send and read none of the responses: requests for long texts, requests behind one that waits, and bodies that nobody
//! reads.

use std::time::Duration;

use kit::Engine;
use tokio::time::sleep;

use crate::field::{Attack, Field, MOST_MEMORY, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

const SQLITE: &[Engine] = &[Engine::Sqlite];

/// Lists, plain and compressed, and the contract, one behind the other.
pub const LISTS: Attack =
    Attack { name: "never-reading", engines: SQLITE, run: |engine, size| Box::pin(lists(engine, size)) };

/// The contract alone, on very many connections.
pub const CONTRACT: Attack =
    Attack { name: "contract-unread", engines: SQLITE, run: |engine, size| Box::pin(contract(engine, size)) };

/// A request that waits, and thousands behind it.
pub const PIPELINING: Attack =
    Attack { name: "pipelining", engines: SQLITE, run: |engine, size| Box::pin(pipelining(engine, size)) };

/// Requests with bodies that no handler reads, of which some wait.
pub const BODIES: Attack =
    Attack { name: "unread-bodies", engines: SQLITE, run: |engine, size| Box::pin(bodies(engine, size)) };

async fn lists(engine: Engine, size: Size) -> Report {
    let (connections, requests) = (size.choose(50, 500), 100);
    let field = Field::filled(engine, 300, &[]);
    let sent = ["", "Accept-Encoding: gzip\r\n"].map(|headers| {
        let all = ["/v1/mutuals?limit=200", "/openapi.json"].map(|path| get(path, headers));
        all.concat().repeat(requests)
    });
    let done =
        format!("{connections} connections, each with {requests} requests for lists and for the contract, none read");
    besiege(&field, connections, &sent, Duration::from_secs(size.choose(3, 10)), done).await
}

async fn contract(engine: Engine, size: Size) -> Report {
    let connections = size.choose(250, 5_000);
    let field = Field::filled(engine, 300, &[]);
    let done = format!("{connections} connections that ask for the contract and do not read it");
    besiege(&field, connections, &[get("/openapi.json", "")], Duration::from_secs(size.choose(3, 10)), done).await
}

async fn pipelining(engine: Engine, size: Size) -> Report {
    let (connections, requests) = (size.choose(60, 200), 4000);
    let field = Field::start(engine, &[]);
    let sent = format!("{}{}", get(WAITING, ""), get("/", "").repeat(requests));
    let done = format!("{connections} connections, each with a long poll and {requests} requests behind it");
    besiege(&field, connections, &[sent], Duration::from_secs(3), done).await
}

async fn bodies(engine: Engine, size: Size) -> Report {
    const LENGTH: usize = 300_000;
    let connections = size.choose(300, 1_000);
    let field = Field::start(engine, &[]);
    let body = format!("3e8\r\n{}\r\n", "a".repeat(1000)).repeat(LENGTH / 1000);
    let sent = [WAITING, "/livez"].map(|path| format!("{}{body}", get(path, "Transfer-Encoding: chunked\r\n")));
    let done = format!(
        "{connections} connections, each with a read that has a body of {LENGTH} bytes, every second a long poll"
    );
    besiege(&field, connections, &sent, Duration::from_secs(3), done).await
}

/// It waits for the first entry.
const WAITING: &str = "/v1/entries?after=0&wait=20";

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: attack.test\r\n{headers}\r\n")
}

/// Sends this on so many connections, one text on each in turn, reads nothing, and looks at the program after a while.
async fn besiege(field: &Field, connections: usize, sent: &[String], time: Duration, done: String) -> Report {
    let healthy = Healthy::begin(field.address(), "/v1/mutuals?limit=1");
    let open = wire::send_unread(field.address(), connections, sent).await;
    sleep(time).await;
    let memory = field.peak_memory();
    let seen = healthy.end().await;
    drop(open);
    let mut report = Report { done, memory: Some(memory), ..Report::default() };
    report.must(memory < MOST_MEMORY, format!("{memory} MiB resident, {MOST_MEMORY} allowed"));
    report.must(seen.percent() >= 99, "the healthy caller was refused");
    report.must(seen.p99 < Duration::from_millis(500), "the healthy caller waited");
    report.seen = Some(seen);
    report
}
