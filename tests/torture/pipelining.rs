//! Connections that send one request that waits, and thousands behind it.

use std::time::Duration;

use kit::Engine;
use tokio::time::sleep;

use crate::field::{Attack, Field, MOST_MEMORY, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

/// See the module.
pub const ATTACK: Attack =
    Attack { name: "pipelining", engines: &[Engine::Sqlite], run: |engine, size| Box::pin(run(engine, size)) };

async fn run(engine: Engine, size: Size) -> Report {
    let (connections, requests) = (size.choose(60, 200), 4000);
    let field = Field::start(engine, &[]);
    let healthy = Healthy::begin(field.address(), "/v1/mutuals");
    let sent = format!(
        "GET /v1/entries?after=0&wait=20 HTTP/1.1\r\nHost: attack.test\r\n\r\n{}",
        "GET / HTTP/1.1\r\nHost: attack.test\r\n\r\n".repeat(requests)
    );
    let open = wire::send_unread(field.address(), connections, &sent).await;
    sleep(Duration::from_secs(3)).await;
    let memory = field.peak_memory();
    drop(open);
    let seen = healthy.end().await;
    let mut report = Report {
        done: format!("{connections} connections, each with a long poll and {requests} requests behind it"),
        memory: Some(memory),
        ..Report::default()
    };
    report.must(memory < MOST_MEMORY, format!("{memory} MiB resident, {MOST_MEMORY} allowed"));
    report.must(seen.percent() >= 99, "the healthy caller was refused");
    report.must(seen.p99 < Duration::from_millis(500), "the healthy caller waited");
    report.seen = Some(seen);
    report
}
